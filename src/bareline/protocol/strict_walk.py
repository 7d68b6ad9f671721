"""What is wrong with a JSON value, given the shape it should have?

The first thing that is wrong is the answer. An object is judged in a fixed order: its type, missing keys, unknown keys,
each value, and last what must hold between them.
"""

from __future__ import annotations

from collections.abc import Iterable
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
from bareline.protocol.strict_rules import NO_RULE, Rule, allowed_types, rule_between, rule_for

__all__ = ["Place", "first_problem"]

JsonObject = dict[str, Any]

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


def first_problem(value: object, place: Place) -> Refusal | None:
    """What is wrong with ``value``: the first thing, in the order in which the service would find it."""
    members = union_members(place.shape)
    if any(isinstance(member, inspect.AnyType) for member in members):
        return None
    match value:
        case None | bool():
            kind = inspect.NoneType if value is None else inspect.BoolType
            return None if any(isinstance(member, kind) for member in members) else _wrong_type(value, place)
        case int() | float():
            return _number_problem(value, members, place)
        case str():
            return _text_problem(value, members, place)
        case list():
            return _array_problem(cast("list[object]", value), members, place)
        case _:
            return _object_problem(cast("JsonObject", value), members, place)


def _wrong_type(value: object, place: Place) -> Refusal:
    return invalid_type(place.path, _expected(place), _got(value))


def _number_problem(value: float, members: tuple[inspect.Type, ...], place: Place) -> Refusal | None:
    whole = not any(isinstance(member, inspect.FloatType) for member in members)
    fitting = (inspect.FloatType, inspect.IntType) if isinstance(value, int) else (inspect.FloatType,)
    if not any(isinstance(member, fitting) for member in members):
        return _wrong_type(value, place)
    rule = place.rule
    if rule.choices and value not in rule.choices:
        return invalid_value(place.path, value, rule.choices)
    least = -INTEGER_MAX if rule.least is None else rule.least
    most = INTEGER_MAX if rule.most is None else rule.most
    if least <= value <= most:
        return None
    return out_of_range(place.path, value, least=least, most=most, whole=whole)


def _text_problem(value: str, members: tuple[inspect.Type, ...], place: Place) -> Refusal | None:
    rule = place.rule
    if rule.base64 or any(isinstance(member, inspect.BytesType) for member in members):
        return _audio_problem(value, place.path)
    choices = rule.choices or _literals(members)
    if choices:
        return None if value in choices else invalid_value(place.path, value, choices)
    if not any(isinstance(member, inspect.StrType) for member in members):
        return _wrong_type(value, place)
    if rule.max_chars is not None and len(value) > rule.max_chars:
        return too_long(place.path, rule.max_chars, len(value))
    return None


def _audio_problem(value: str, path: str) -> Refusal | None:
    try:
        audio = msgspec.convert(value, bytes)
    except msgspec.ValidationError:
        return unsupported(path, "expected base64-encoded audio bytes, but got an invalid value")
    if len(audio) > APPEND_MAX_BYTES:
        return too_long(path, -(-APPEND_MAX_BYTES // 3) * 4, len(value))
    return None


def _array_problem(value: list[object], members: tuple[inspect.Type, ...], place: Place) -> Refusal | None:
    inner = next((member.item_type for member in members if isinstance(member, inspect.ListType)), None)
    if inner is None:
        return _wrong_type(value, place)
    entries = (place.inside(f"{place.path}[{index}]", inner) for index in range(len(value)))
    return _first(first_problem(entry, spot) for entry, spot in zip(value, entries, strict=True))


def _object_problem(value: JsonObject, members: tuple[inspect.Type, ...], place: Place) -> Refusal | None:
    shapes = object_shapes(place.shape)
    if not shapes:
        return _map_problem(value, members, place)
    kind = value.get(_TYPE)
    shape = shapes.get(None) or shapes.get(kind if isinstance(kind, str) else None)
    types = place.types or tuple(str(tag) for tag in shapes)
    if shape is None or (shape.tag is not None and shape.tag not in types):
        return _type_problem(value, types, place.path)
    return _struct_problem(value, shape, place.path)


def _map_problem(value: JsonObject, members: tuple[inspect.Type, ...], place: Place) -> Refusal | None:
    inner = next((member.value_type for member in members if isinstance(member, inspect.DictType)), None)
    if inner is None:
        return _wrong_type(value, place)
    return _first(first_problem(entry, place.inside(_join(place.path, key), inner)) for key, entry in value.items())


def _type_problem(value: JsonObject, types: tuple[str, ...], path: str) -> Refusal:
    path = _join(path, _TYPE)
    if _TYPE not in value:
        return missing(path)
    kind = value[_TYPE]
    if not isinstance(kind, str):
        return invalid_type(path, "a string", _got(kind))
    return invalid_value(path, kind, types)


def _struct_problem(value: JsonObject, shape: inspect.StructType, path: str) -> Refusal | None:
    names = {field.encode_name for field in shape.fields}
    if shape.tag is not None:
        names.add(_TYPE)
    for field in shape.fields:
        if field.encode_name not in value and (field.required or rule_for(shape.cls, field.name).required):
            return missing(_join(path, field.encode_name))
    for key in value:
        if key not in names:
            return unknown_parameter(_join(path, key))
    stated = (field for field in shape.fields if field.encode_name in value)
    wrong = _first(first_problem(value[f.encode_name], _place_of(f, value, shape, path)) for f in stated)
    return wrong or rule_between(shape.cls, value, path)


def _first(found: Iterable[Refusal | None]) -> Refusal | None:
    return next((refusal for refusal in found if refusal is not None), None)


def _place_of(field: inspect.Field, value: JsonObject, shape: inspect.StructType, path: str) -> Place:
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
