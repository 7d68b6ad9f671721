"""What does a schema expect, and what was given instead, in words that a model can act on?"""

from __future__ import annotations

from typing import Any

import msgspec

__all__ = ["GIVEN_MAX_CHARS", "expectation", "given"]

GIVEN_MAX_CHARS = 80
"""Of a refused value that are repeated."""
_FORMATS = {
    "date": "a date written YYYY-MM-DD, such as 2026-05-04 (work out words like 'tomorrow' from today's date)",
    "time": "a time of day written HH:MM:SS, such as 17:30:00",
    "date-time": "a date and time written YYYY-MM-DDTHH:MM:SS, such as 2026-05-04T17:30:00 (work out words like "
    "'tonight' from today's date)",
    "duration": "a duration as in ISO 8601, such as PT15M for 15 minutes",
    "uuid": "a UUID",
    "decimal": 'a decimal number in quotes, such as "9.90"',
}
_TYPES = {"string": "text", "boolean": "true or false", "null": "null"}


def expectation(schema: dict[str, Any]) -> str:
    """The values a flat schema accepts: "one of small, large", "a whole number from 1 to 9"."""
    for several in ("anyOf", "oneOf"):
        if several in schema:
            return " or ".join(expectation(option) for option in schema[several])
    if "enum" in schema or "const" in schema:
        values: list[Any] = schema.get("enum") or [schema.get("const")]
        return ("one of " if len(values) > 1 else "") + ", ".join(str(value) for value in values)
    match schema.get("type"):
        case "integer" | "number" as kind:
            return f"a {'whole ' if kind == 'integer' else ''}number{_range(schema)}"
        case "array":
            inner: dict[str, Any] = schema.get("items") or {}
            return f"a list, each entry {expectation(inner)}" if inner else "a list"
        case "object":
            fields: dict[str, Any] = schema.get("properties", {})
            return f"an object with {', '.join(fields)}" if fields else "an object"
        case kind:
            return _FORMATS.get(str(schema.get("format"))) or _TYPES.get(str(kind), "another value") + _length(schema)


def given(value: Any) -> str:
    """A value as the model wrote it, cut where it is long."""
    text = msgspec.json.encode(value).decode()
    return text if len(text) <= GIVEN_MAX_CHARS else f"{text[:GIVEN_MAX_CHARS]}…"


def _range(schema: dict[str, Any]) -> str:
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is not None and high is not None:
        return f" from {low} to {high}"
    limits = (("minimum", "of at least"), ("exclusiveMinimum", "above"), ("maximum", "of at most"))
    limits = (*limits, ("exclusiveMaximum", "below"), ("multipleOf", "divisible by"))
    return "".join(f" {words} {schema[key]}" for key, words in limits if key in schema)


def _length(schema: dict[str, Any]) -> str:
    limits = (("minLength", "of at least {} characters"), ("maxLength", "of at most {} characters"))
    limits = (*limits, ("pattern", "like the pattern {}"))
    return "".join(f" {words.format(schema[key])}" for key, words in limits if key in schema)
