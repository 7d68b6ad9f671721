"""How does the service say that a request is wrong?

Codes and wording of REALTIME.md section 11, one function per kind of mistake. Values from outside are quoted short.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from bareline.protocol.events.response import ErrorDetail

__all__ = [
    "Refusal",
    "invalid_type",
    "invalid_value",
    "missing",
    "out_of_range",
    "quoted",
    "too_long",
    "unknown_parameter",
    "unsupported",
]

_QUOTE_MAX_CHARS = 200


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """Why a request was refused. ``param`` is the full path of the culprit, ``event_id`` that of the client's event.

    ``code`` is ``None`` where the service gives none.
    """

    code: str | None
    message: str
    param: str | None = None
    event_id: str | None = None
    type: str = "invalid_request_error"

    def detail(self) -> ErrorDetail:
        """The error object of an ``error`` event or of an HTTP error."""
        return ErrorDetail(
            type=self.type, code=self.code, message=self.message, param=self.param, event_id=self.event_id
        )


def missing(param: str) -> Refusal:
    """A key that must be there is not."""
    return Refusal(code="missing_required_parameter", message=f"Missing required parameter: '{param}'.", param=param)


def unknown_parameter(param: str) -> Refusal:
    """A key that means nothing here."""
    param = _short(param)
    return Refusal(code="unknown_parameter", message=f"Unknown parameter: '{param}'.", param=param)


def invalid_type(param: str, expected: str, got: str) -> Refusal:
    """A JSON value of another type; ``expected`` and ``got`` with their articles."""
    message = f"Invalid type for '{param}': expected {expected}, but got {got} instead."
    return Refusal(code="invalid_type", message=message, param=param)


def invalid_value(param: str, value: object, supported: Iterable[object]) -> Refusal:
    """A value outside its enumeration."""
    choices = ", ".join(quoted(choice) for choice in supported)
    message = f"Invalid value: {quoted(value)}. Supported values are: {choices}."
    return Refusal(code="invalid_value", message=message, param=param)


def unsupported(param: str, why: str) -> Refusal:
    """A value that no enumeration describes; ``why`` completes the sentence."""
    return Refusal(code="invalid_value", message=f"Invalid '{param}': {why}.", param=param)


def too_long(param: str, most: int, length: int) -> Refusal:
    """A string longer than ``most`` characters."""
    message = (
        f"Invalid '{param}': string too long. Expected a string with maximum length {most}, "
        f"but got a string with length {length} instead."
    )
    return Refusal(code="string_above_max_length", message=message, param=param)


def out_of_range(param: str, value: float, *, least: float | None, most: float | None, whole: bool) -> Refusal:
    """A number below ``least`` or above ``most``, inclusive; ``whole`` if only integers are accepted here."""
    kind = "integer" if whole else "decimal"
    if least is not None and value < least:
        side, bound = "below_min", f"below minimum value. Expected a value >= {least}"
    else:
        side, bound = "above_max", f"above maximum value. Expected a value <= {most}"
    message = f"Invalid '{param}': {kind} {bound}, but got {quoted(value)} instead."
    return Refusal(code=f"{kind}_{side}_value", message=message, param=param)


def quoted(value: object) -> str:
    """A value as messages show it: strings in quotes and cut where they are long."""
    return f"'{_short(value)}'" if isinstance(value, str) else _short(str(value))


def _short(text: str) -> str:
    return text if len(text) <= _QUOTE_MAX_CHARS else f"{text[:_QUOTE_MAX_CHARS]}..."
