"""What does a server's schema look like to a model, and do the model's arguments fit it?

A Realtime tool has one flat object of parameters: references are written out, alternatives at the top are merged. What
is checked is the schema as the server wrote it.
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable
from typing import Any, cast

import msgspec

from bareline.tools.arguments import Arguments, InvalidArguments

__all__ = ["flat_schema", "schema_reader"]

JsonObject = dict[str, Any]

_DROPPED = frozenset({"$schema", "$id", "$defs", "definitions", "title", "$comment"})
_LITERAL = frozenset({"enum", "default", "examples", "const", "required"})
_NAMED = frozenset({"properties", "patternProperties"})
_NUMBERS: dict[str, Callable[[str], Any]] = {"integer": int, "number": float}
_TRUTH = {"true": True, "false": False}


def flat_schema(schema: JsonObject) -> JsonObject:
    """The parameters of a Realtime tool. A type that contains itself is anything where it does."""
    whole: JsonObject = _flat(schema, schema, ())
    properties, required = _properties(whole), _required(whole)
    for part in _objects(whole.get("allOf")):
        properties |= _properties(part)
        required += _required(part)
    for key in ("anyOf", "oneOf"):
        options = _objects(whole.get(key))
        for option in options:
            properties = {**_properties(option), **properties}
        required += [name for name in properties if options and all(name in _required(option) for option in options)]
    flat: JsonObject = {"type": "object", "properties": properties, "required": list(dict.fromkeys(required))}
    if "additionalProperties" in whole:
        flat["additionalProperties"] = whole["additionalProperties"]
    return flat


def schema_reader(schema: JsonObject) -> Callable[[str], Arguments | InvalidArguments]:
    """Validates a model's text by the schema. Numbers and booleans written as strings are understood."""
    return functools.partial(_read, schema=schema)


def _properties(schema: JsonObject) -> JsonObject:
    found = schema.get("properties")
    return dict(cast("JsonObject", found)) if isinstance(found, dict) else {}


def _required(schema: JsonObject) -> list[str]:
    found = schema.get("required")
    return [name for name in cast("list[Any]", found) if isinstance(name, str)] if isinstance(found, list) else []


def _objects(value: Any) -> list[JsonObject]:
    """What a server wrote may be anything."""
    return [entry for entry in cast("list[Any]", value) if isinstance(entry, dict)] if isinstance(value, list) else []


def _flat(value: Any, root: JsonObject, inside: tuple[str, ...]) -> Any:
    if isinstance(value, list):
        return [_flat(entry, root, inside) for entry in cast("list[Any]", value)]
    if not isinstance(value, dict):
        return value
    given = cast("JsonObject", value)
    reference = given.get("$ref")
    if isinstance(reference, str):
        others = {key: entry for key, entry in given.items() if key != "$ref"}
        if reference in inside:
            return _flat(others, root, inside)
        target = _target(root, reference)
        return {**_flat(target, root, (*inside, reference)), **_flat(others, root, inside)}
    return {key: _entry(key, entry, root, inside) for key, entry in given.items() if key not in _DROPPED}


def _entry(key: str, value: Any, root: JsonObject, inside: tuple[str, ...]) -> Any:
    """Names of properties and literal values are not schemas, even when they look like keywords."""
    if key in _NAMED and isinstance(value, dict):
        return {name: _flat(entry, root, inside) for name, entry in cast("JsonObject", value).items()}
    return value if key in _LITERAL else _flat(value, root, inside)


def _target(root: JsonObject, reference: str) -> JsonObject:
    """What a reference within the document points at; one that leads elsewhere says nothing."""
    found: Any = root if reference.startswith("#") else None
    for step in reference.removeprefix("#").strip("/").split("/"):
        if step and isinstance(found, dict):
            found = cast("JsonObject", found).get(step.replace("~1", "/").replace("~0", "~"))
    return cast("JsonObject", found) if isinstance(found, dict) else {}


def _read(text: str, schema: JsonObject) -> Arguments | InvalidArguments:
    try:
        raw = msgspec.json.decode(text or "{}")
    except msgspec.DecodeError as error:
        return InvalidArguments(f"the arguments are not JSON: {error}")
    if not isinstance(raw, dict):
        return InvalidArguments("the arguments are not a JSON object")
    values = cast("JsonObject", raw)
    validator = _validator(schema)
    wrong = _worst(validator, values)
    if wrong is not None:
        values = _mended(values, schema)
        wrong = _worst(validator, values) and wrong
    if wrong is None:
        return Arguments(values, msgspec.json.encode(values, order="deterministic").decode())
    return _explained(wrong, schema)


def _validator(schema: JsonObject) -> Any:
    """References that lead out of the document are never fetched."""
    validators, referencing = importlib.import_module("jsonschema.validators"), importlib.import_module("referencing")
    kind = validators.validator_for(schema, default=validators.Draft202012Validator)
    return kind(schema, registry=referencing.Registry())


def _worst(validator: Any, values: JsonObject) -> Any:
    exceptions = importlib.import_module("jsonschema.exceptions")
    try:
        validator.check_schema(validator.schema)
        return exceptions.best_match(validator.iter_errors(values))
    except Exception as error:  # a schema that is none: the server judges by itself
        if type(error).__module__.startswith(("jsonschema", "referencing")):
            return None
        raise


def _mended(values: JsonObject, schema: JsonObject) -> JsonObject:
    properties: JsonObject = flat_schema(schema)["properties"]
    return {name: _of_kind(value, properties.get(name)) for name, value in values.items()}


def _of_kind(value: Any, schema: Any) -> Any:
    kind = cast("JsonObject", schema).get("type") if isinstance(schema, dict) else None
    if not isinstance(value, str) or not isinstance(kind, str):
        return value
    if kind == "boolean":
        return _TRUTH.get(value.lower(), value)
    try:
        return _NUMBERS.get(kind, str)(value)
    except ValueError:
        return value


def _explained(wrong: Any, schema: JsonObject) -> InvalidArguments:
    path = [str(step) for step in wrong.absolute_path]
    properties: JsonObject = flat_schema(schema)["properties"]
    missing = [name for name in properties if wrong.validator == "required" and wrong.message.startswith(f"'{name}' ")]
    field = path[0] if path else missing[0] if missing else None
    place = f" at {'.'.join(path)}" if len(path) > 1 else ""
    return InvalidArguments(f"{wrong.message}{place}", field, properties.get(field) if field else None)
