"""Are the arguments a model wrote what the function takes, and if not, what should the model be told?"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from bareline.tools.expectations import expectation, given
from bareline.tools.foreign_types import Foreign, dec_hook, enc_hook, problems_of

__all__ = ["Arguments", "InvalidArguments", "arguments_reader"]

_PATH = re.compile(r" - at `(?:key in )?\$([^`]*)`$")
_STEP = re.compile(r"\[(\d+|\.\.\.)\]|\.?([^.\[]+)")
_MISSING = re.compile(r"^Object missing required field `([^`]+)`$")
_UNSAID = {"Invalid RFC3339 encoded time": "time", "Invalid RFC3339 encoded datetime": "date-time"}
"""Formats that msgspec's schema leaves out inside other types."""
_PROBLEMS_MAX = 5
_BY_TYPE: dict[str, type] = {"object": dict, "array": list}


class Arguments:
    """Validated arguments: ``values`` by parameter name, and ``canonical``, the one JSON text of equal arguments.

    That text is written when it is first asked for; whoever needs it asks before a function gets the values.
    """

    __slots__ = ("_canonical", "values")

    def __init__(self, values: dict[str, Any], canonical: str | Callable[[], bytes]) -> None:
        self.values = values
        self._canonical = canonical

    @property
    def canonical(self) -> str:
        """The same for equal arguments, however the model wrote them."""
        if not isinstance(self._canonical, str):
            self._canonical = self._canonical().decode()
        return self._canonical

    @property
    def digest(self) -> str:
        """A hash of the canonical text: what a consent is bound to."""
        return hashlib.sha256(self.canonical.encode()).hexdigest()[:32]


class InvalidArguments(msgspec.Struct, frozen=True):
    """Why arguments were refused: the first top-level ``field`` at fault, if one is, and what it ``expected``.

    ``message`` names every field at fault, what it must be and what it was.
    """

    message: str
    field: str | None = None
    expected: Any = None


def arguments_reader(
    kind: type[msgspec.Struct], schema: dict[str, Any]
) -> Callable[[str], Arguments | InvalidArguments]:
    """What converts the model's raw JSON text.

    Numbers and booleans written as strings are understood where nothing else fits; no text at all means no arguments.
    """
    decode = msgspec.json.Decoder(kind, dec_hook=dec_hook).decode

    def read(text: str) -> Arguments | InvalidArguments:
        try:
            value = decode(text or "{}")
        except msgspec.DecodeError:  # that it is the wrong JSON may be said of text that is not JSON further on
            mended = _mended(text, kind, schema["properties"])
            return mended if isinstance(mended, InvalidArguments) else _arguments(mended)
        return _arguments(value)

    return read


def _arguments(value: msgspec.Struct) -> Arguments:
    values = msgspec.structs.asdict(value)
    for name, written in values.items():
        if isinstance(written, Foreign):
            values[name] = written.value
    return Arguments(values, lambda: msgspec.json.encode(value, enc_hook=enc_hook, order="deterministic"))


def _mended(text: str, kind: type[msgspec.Struct], properties: dict[str, Any]) -> msgspec.Struct | InvalidArguments:
    try:
        return _field_by_field(msgspec.json.decode(text), kind, properties)
    except msgspec.DecodeError as error:
        return InvalidArguments(f"the arguments are not JSON: {error}")


def _field_by_field(
    raw: Any, kind: type[msgspec.Struct], properties: dict[str, Any]
) -> msgspec.Struct | InvalidArguments:
    """All that is wrong at once: each further round costs the user a second of silence."""
    if not isinstance(raw, dict):
        return InvalidArguments(f"the arguments must be an object with {', '.join(properties)}, not {given(raw)}")
    written: dict[str, Any] = dict(raw)  # pyright: ignore[reportUnknownArgumentType]
    values: dict[str, Any] = {}
    wrong: list[tuple[str, str]] = []
    for entry in msgspec.structs.fields(kind):
        if entry.name in written:
            try:
                values[entry.name] = _convert(written[entry.name], entry.type)
            except msgspec.ValidationError as error:
                problems = _problems(error, entry.name, written[entry.name], properties[entry.name])
                wrong += [(entry.name, words) for words in problems]
        elif entry.required:
            wrong.append((entry.name, f"'{entry.name}' is missing; it must be {expectation(properties[entry.name])}"))
    there_are = f"there are {', '.join(properties)}" if properties else "there are none"
    wrong += [(name, f"there is no argument '{name}'; {there_are}") for name in written if name not in properties]
    if not wrong:
        return kind(**values)
    first = wrong[0][0]
    return InvalidArguments("; ".join(words for _, words in wrong[:_PROBLEMS_MAX]), first, properties.get(first))


def _convert(raw: Any, kind: Any) -> Any:
    try:
        return msgspec.convert(raw, kind, dec_hook=dec_hook)
    except msgspec.ValidationError as strict:
        try:
            return msgspec.convert(raw, kind, strict=False, dec_hook=dec_hook)
        except msgspec.ValidationError:
            raise strict from strict.__cause__


def _problems(error: msgspec.ValidationError, name: str, value: Any, schema: dict[str, Any]) -> list[str]:
    path, words = _place(str(error))
    of_pydantic = problems_of(error.__cause__)
    if not of_pydantic:
        return [_said(name, path, words, value, schema)]
    return [f"'{_spelled(name, (*path, *loc))}': {message}, not {given(got)}" for loc, message, got in of_pydantic]


def _said(name: str, path: tuple[str | int, ...], words: str, value: Any, schema: dict[str, Any]) -> str:
    missing = _MISSING.match(words)
    inner, found = _at(value, schema, path)
    wanted: dict[str, Any] = {**found, "format": _UNSAID[words]} if words in _UNSAID else found
    if missing:
        path, wanted = (*path, missing[1]), wanted.get("properties", {}).get(missing[1], {})
        return f"'{_spelled(name, path)}' is missing; it must be {expectation(wanted)}"
    if isinstance(inner, _BY_TYPE.get(str(wanted.get("type")), ())):  # of this type, and yet wrong
        return f"'{_spelled(name, path)}': {words}, not {given(inner)}"
    return f"'{_spelled(name, path)}' must be {expectation(wanted)}, not {given(inner)}"


def _place(message: str) -> tuple[tuple[str | int, ...], str]:
    """The path inside the value, and the words before it."""
    found = _PATH.search(message)
    if found is None:
        return (), message
    steps = _STEP.findall(found[1])
    path = tuple(int(index) if index else name for index, name in steps if index != "...")
    return path, message[: found.start()]


def _at(value: Any, schema: dict[str, Any], path: tuple[str | int, ...]) -> tuple[Any, dict[str, Any]]:
    """What stands at the path, and what was expected there; where that is not to be known, one level above."""
    for step in path:
        further = schema.get("items") if isinstance(step, int) else schema.get("properties", {}).get(step)
        if not isinstance(further, dict):
            break
        value, schema = value[step], further  # pyright: ignore[reportUnknownVariableType]
    return value, schema


def _spelled(name: str, path: Sequence[str | int]) -> str:
    return name + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
