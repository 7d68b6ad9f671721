"""What is wrong with a JSON value, given the shape it should have?

A generator of refusals, of which the first is the answer: what comes after may build on what is wrong already. An
object is judged in a fixed order: its type, missing keys, unknown keys, each value, and last what must hold between
them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import msgspec
from msgspec import inspect

from bareline.protocol.limits import APPEND_MAX_BYTES, INTEGER_MAX
from bareline.protocol.refusal import (
    Refusal,
    invalid_type,
    invalid_value,
    missing,
    out_of_range,
    quoted,
    too_long,
    unknown_parameter,
    unsupported,
)
from bareline.protocol.shapes import object_shapes, union_members
from bareline.protocol.strict_rules import NO_RULE, Rule, allowed_types, rule_for, rules_between

__all__ = ["Place", "problems"]

_TYPE = "type"


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where a value stands: its path in the message, its shape, its rule, and the only types it may have."""

    path: str
    shape: inspect.Type
    rule: Rule = NO_RULE
    types: tuple[str, ...] | None = None

    def inside(self, path: str, shape: inspect.Type) -> Place:
        """The place of an entry of this array or map."""
        return msgspec.structs.replace(self, path=path, shape=shape)


def problems(value: object, place: Place) -> Iterator[Refusal]:
    """What is wrong with ``value``, in the order in which the service would find it."""
    members = union_members(place.shape)
    if any(isinstance(member, inspect.AnyType) for member in members):
        return
    match value:
        case None:
            yield from _unless(members, (inspect.NoneType,), value, place)
        case bool():
            yield from _unless(members, (inspect.BoolType,), value, place)
        case int() | float():
            yield from _number_problems(value, members, place)
        case str():
            yield from _text_problems(value, members, place)
        case list():
            yield from _array_problems(cast("list[object]", value), members, place)
        case _:
            yield from _object_problems(cast("dict[str, Any]", value), members, place)


def _unless(
    members: tuple[inspect.Type, ...], kinds: tuple[type[inspect.Type], ...], value: object, place: Place
) -> Iterator[Refusal]:
    """A refusal unless one of ``members`` is of one of ``kinds``."""
    if not any(isinstance(member, kinds) for member in members):
        yield invalid_type(place.path, _expected(place), _got(value))


def _number_problems(value: float, members: tuple[inspect.Type, ...], place: Place) -> Iterator[Refusal]:
    whole = not any(isinstance(member, inspect.FloatType) for member in members)
    fitting = (inspect.FloatType, inspect.IntType) if isinstance(value, int) else (inspect.FloatType,)
    if not any(isinstance(member, fitting) for member in members):
        yield invalid_type(place.path, _expected(place), _got(value))
        return
    rule = place.rule
    if rule.choices and value not in rule.choices:
        yield invalid_value(place.path, value, rule.choices)
    least = -INTEGER_MAX if rule.least is None else rule.least
    most = INTEGER_MAX if rule.most is None else rule.most
    if not least <= value <= most:
        yield out_of_range(place.path, value, least=least, most=most, whole=whole)


def _text_problems(value: str, members: tuple[inspect.Type, ...], place: Place) -> Iterator[Refusal]:
    rule = place.rule
    if any(isinstance(member, inspect.BytesType) for member in members):
        yield from _base64_problems(value, place.path)
        return
    choices = rule.choices or _literals(members)
    if choices and value not in choices:
        yield invalid_value(place.path, value, choices)
    elif not choices and not any(isinstance(member, inspect.StrType) for member in members):
        yield invalid_type(place.path, _expected(place), _got(value))
    elif rule.base64:
        yield from _base64_problems(value, place.path)
    elif rule.max_chars is not None and len(value) > rule.max_chars:
        yield too_long(place.path, rule.max_chars, len(value))


def _base64_problems(value: str, path: str) -> Iterator[Refusal]:
    try:
        audio = msgspec.convert(value, bytes)
    except msgspec.ValidationError:
        yield unsupported(path, "expected base64-encoded audio bytes, but got an invalid value")
        return
    if len(audio) > APPEND_MAX_BYTES:
        yield too_long(path, -(-APPEND_MAX_BYTES // 3) * 4, len(value))


def _array_problems(value: list[object], members: tuple[inspect.Type, ...], place: Place) -> Iterator[Refusal]:
    inner = next((member.item_type for member in members if isinstance(member, inspect.ListType)), None)
    if inner is None:
        yield invalid_type(place.path, _expected(place), _got(value))
        return
    for index, entry in enumerate(value):
        yield from problems(entry, place.inside(f"{place.path}[{index}]", inner))


def _object_problems(value: dict[str, Any], members: tuple[inspect.Type, ...], place: Place) -> Iterator[Refusal]:
    shapes = object_shapes(place.shape)
    if shapes:
        shape = shapes.get(None) or shapes.get(value.get(_TYPE) if isinstance(value.get(_TYPE), str) else None)
        types = place.types or tuple(str(tag) for tag in shapes)
        if shape is None or (shape.tag is not None and shape.tag not in types):
            yield _type_problem(value, types, place.path)
        else:
            yield from _struct_problems(value, shape, place.path)
        return
    inner = next((member.value_type for member in members if isinstance(member, inspect.DictType)), None)
    if inner is None:
        yield invalid_type(place.path, _expected(place), _got(value))
        return
    for key, entry in value.items():
        yield from problems(entry, place.inside(_join(place.path, key), inner))


def _type_problem(value: dict[str, Any], types: tuple[str, ...], path: str) -> Refusal:
    path = _join(path, _TYPE)
    if _TYPE not in value:
        return missing(path)
    kind = value[_TYPE]
    if not isinstance(kind, str):
        return invalid_type(path, "a string", _got(kind))
    return invalid_value(path, kind, types)


def _struct_problems(value: dict[str, Any], shape: inspect.StructType, path: str) -> Iterator[Refusal]:
    names = {field.encode_name for field in shape.fields}
    for field in shape.fields:
        needed = field.required or rule_for(shape.cls, field.name).required
        if needed and value.get(field.encode_name, msgspec.UNSET) is msgspec.UNSET:
            yield missing(_join(path, field.encode_name))
    for key in value:
        if key not in names and not (key == _TYPE and shape.tag is not None):
            yield unknown_parameter(_join(path, key))
    for field in shape.fields:
        if field.encode_name in value:
            yield from problems(value[field.encode_name], _place_of(field, value, shape, path))
    yield from rules_between(shape.cls, value, path)


def _place_of(field: inspect.Field, value: dict[str, Any], shape: inspect.StructType, path: str) -> Place:
    rule = rule_for(shape.cls, field.name)
    kind = field.type
    if rule.required:
        # Optional on receipt, but a request must state it: then null does not do either.
        kind = inspect.UnionType(tuple(m for m in union_members(kind) if not isinstance(m, inspect.NoneType)))
    return Place(
        path=_join(path, field.encode_name),
        shape=kind,
        rule=rule,
        types=allowed_types(shape.cls, field.name, value),
    )


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _literals(members: tuple[inspect.Type, ...]) -> tuple[object, ...]:
    return tuple(value for member in members if isinstance(member, inspect.LiteralType) for value in member.values)


def _expected(place: Place) -> str:
    """What a place accepts, in words."""
    words = [word for member in union_members(place.shape) for word in _words(member, place.rule)]
    unique = list(dict.fromkeys(words))
    return unique[0] if len(unique) == 1 else "one of " + " or ".join(unique)


def _words(member: inspect.Type, rule: Rule) -> tuple[str, ...]:
    match member:
        case inspect.StrType() if rule.choices:
            return tuple(quoted(choice) for choice in rule.choices)
        case inspect.LiteralType(values=values):
            return tuple(quoted(value) for value in values)
        case _:
            return (_NAMES.get(type(member), "an object"),)


_NAMES: dict[type[inspect.Type], str] = {
    inspect.NoneType: "null",
    inspect.BoolType: "a boolean",
    inspect.IntType: "an integer",
    inspect.FloatType: "a decimal",
    inspect.StrType: "a string",
    inspect.BytesType: "a string",
    inspect.ListType: "an array",
}

_GOT: dict[type, str] = {
    type(None): "null",
    bool: "a boolean",
    int: "an integer",
    float: "a decimal",
    str: "a string",
    list: "an array",
}


def _got(value: object) -> str:
    return _GOT.get(type(value), "an object")
