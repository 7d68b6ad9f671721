"""Are the arguments a model wrote what the function takes, and if not, what should the model be told?"""

from __future__ import annotations

import hashlib
import re
from typing import Any

import msgspec

__all__ = ["Arguments", "InvalidArguments", "parse_arguments"]

_PATH = re.compile(r" - at `(?:key in )?\$\.?([^`]*)`")
_FIELD = re.compile(r"field `([^`]+)`")


class Arguments(msgspec.Struct, frozen=True):
    """Validated arguments: ``values`` by parameter name, and ``canonical``, the one JSON text of equal arguments."""

    values: dict[str, Any]
    canonical: str

    @property
    def digest(self) -> str:
        """A hash of the canonical text: what a consent is bound to."""
        return hashlib.sha256(self.canonical.encode()).hexdigest()[:32]


class InvalidArguments(msgspec.Struct, frozen=True):
    """Why arguments were refused: the top-level ``field`` at fault, if one is, and what it ``expected``."""

    message: str
    field: str | None = None
    expected: Any = None


def parse_arguments(text: str, kind: type[msgspec.Struct], schema: dict[str, Any]) -> Arguments | InvalidArguments:
    """Convert the model's raw JSON text.

    Numbers and booleans written as strings are understood where nothing else fits; no text at all means no arguments.
    """
    try:
        raw = msgspec.json.decode(text or "{}")
    except msgspec.DecodeError as error:
        return InvalidArguments(f"the arguments are not JSON: {error}")
    try:
        value = _convert(raw, kind)
    except msgspec.ValidationError as error:
        return _explain(str(error), schema)
    values = {name: getattr(value, name) for name in kind.__struct_fields__}
    return Arguments(values, msgspec.json.encode(value, order="deterministic").decode())


def _convert(raw: Any, kind: type[msgspec.Struct]) -> msgspec.Struct:
    try:
        return msgspec.convert(raw, kind)
    except msgspec.ValidationError as strict:
        try:
            return msgspec.convert(raw, kind, strict=False)
        except msgspec.ValidationError:
            raise strict from None


def _explain(message: str, schema: dict[str, Any]) -> InvalidArguments:
    path = _PATH.search(message)
    named = _FIELD.search(message)
    field = path[1] if path and path[1] else named[1] if named else None
    top = re.split(r"[.\[]", field)[0] if field else None
    expected: dict[str, Any] | None = schema["properties"].get(top)
    words = _PATH.sub("", message)
    choices: list[Any] = expected.get("enum", []) if expected else []
    if choices:
        words += "; it must be one of " + ", ".join(str(value) for value in choices)
    return InvalidArguments(words, top, expected)
