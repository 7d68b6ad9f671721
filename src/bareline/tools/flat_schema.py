"""What does a JSON Schema look like without references, titles and nulls that nobody writes?"""

from __future__ import annotations

from typing import Any

from bareline.errors import ConfigurationError

__all__ = ["flat_schema"]

_LITERAL = frozenset({"enum", "default", "examples", "const", "required"})
_IN_PLACE = "#/$defs/"


def flat_schema(schema: Any, components: dict[str, Any]) -> Any:
    """``schema`` with its references, names of ``components``, written out.

    Raises ``ConfigurationError`` for a type that contains itself.
    """
    return _flat(schema, components, ())


def _flat(schema: Any, components: dict[str, Any], inside: tuple[str, ...]) -> Any:
    if isinstance(schema, list | tuple):
        return [_flat(entry, components, inside) for entry in _entries(schema)]
    if not isinstance(schema, dict):
        return schema
    given: dict[str, Any] = _keys(schema)
    name = given.get("$ref")
    if isinstance(name, str):
        name = name.removeprefix(_IN_PLACE)
        if name in inside:
            raise ConfigurationError(f"the type '{name}' contains itself, which a flat schema cannot express")
        target = _flat(components[name], components, (*inside, name))
        return {**target, **{key: value for key, value in given.items() if key != "$ref"}}
    kept = {key: value for key, value in given.items() if key not in {"title", "$defs", "discriminator"}}
    return _typed({key: _value(key, value, components, inside) for key, value in kept.items()})


def _value(key: str, value: Any, components: dict[str, Any], inside: tuple[str, ...]) -> Any:
    """Names of properties and literal values are not schemas, even when they look like keywords."""
    if key == "properties":
        return {name: _optional(_flat(schema, components, inside)) for name, schema in _keys(value).items()}
    return value if key in _LITERAL else _flat(value, components, inside)


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


def _entries(values: Any) -> list[Any]:
    return list(values)


def _keys(values: Any) -> dict[str, Any]:
    return dict(values)
