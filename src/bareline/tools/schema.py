"""What does the JSON Schema of a tool's arguments look like to a model?

Flat: references are written out, titles dropped, an optional value is simply not required.
"""

from __future__ import annotations

from typing import Any

import msgspec

from bareline.errors import ConfigurationError

__all__ = ["schema_of"]


def schema_of(arguments: type[msgspec.Struct], descriptions: dict[str, str]) -> dict[str, Any]:
    """The schema of ``arguments``; ``descriptions`` fills in what the type itself does not describe.

    Raises ``ConfigurationError`` for a type that contains itself.
    """
    (root,), components = msgspec.json.schema_components([arguments], ref_template="{name}")
    whole = _flat(root, components, ())
    properties: dict[str, Any] = whole.get("properties", {})
    for name, schema in properties.items():
        properties[name] = _described(_optional(schema), descriptions.get(name))
    return {
        "type": "object",
        "properties": properties,
        "required": whole.get("required", []),
        "additionalProperties": False,
    }


def _flat(schema: Any, components: dict[str, Any], inside: tuple[str, ...]) -> Any:
    if isinstance(schema, list):
        return [_flat(entry, components, inside) for entry in _entries(schema)]
    if not isinstance(schema, dict):
        return schema
    given: dict[str, Any] = _keys(schema)
    name = given.get("$ref")
    if isinstance(name, str):
        if name in inside:
            raise ConfigurationError(f"the type '{name}' contains itself, which a flat schema cannot express")
        target = _flat(components[name], components, (*inside, name))
        return {**target, **{key: value for key, value in given.items() if key != "$ref"}}
    flat = {key: _value(key, value, components, inside) for key, value in given.items() if key != "title"}
    return _typed(flat)


def _value(key: str, value: Any, components: dict[str, Any], inside: tuple[str, ...]) -> Any:
    """Names of properties and literal values are not schemas, even when they look like keywords."""
    if key == "properties":
        return {name: _flat(schema, components, inside) for name, schema in _keys(value).items()}
    if key in {"enum", "default", "examples", "const", "required"}:
        return value
    return _flat(value, components, inside)


def _typed(schema: dict[str, Any]) -> dict[str, Any]:
    """Enumerations say their type: small models need it."""
    if "enum" not in schema or "type" in schema:
        return schema
    values = _entries(schema["enum"])
    if all(isinstance(value, str) for value in values):
        return {"type": "string", **schema}
    return {"type": "integer", **schema} if all(type(value) is int for value in values) else schema


def _optional(schema: dict[str, Any]) -> dict[str, Any]:
    """``X | None = None`` is X, not required: models omit it; a null they send is still understood."""
    options = schema.get("anyOf")
    if "default" not in schema or schema["default"] is not None or not isinstance(options, list):
        return schema
    kept = [option for option in _entries(options) if option != {"type": "null"}]
    rest = {key: value for key, value in schema.items() if key not in {"anyOf", "default"}}
    return {**kept[0], **rest} if len(kept) == 1 else {"anyOf": kept, **rest}


def _described(schema: dict[str, Any], description: str | None) -> dict[str, Any]:
    return schema if not description or "description" in schema else {**schema, "description": description}


def _entries(values: Any) -> list[Any]:
    return list(values)


def _keys(values: Any) -> dict[str, Any]:
    return dict(values)
