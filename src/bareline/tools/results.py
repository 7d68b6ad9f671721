"""Which text does a model get for what a tool returned, or for how it failed?

Results are JSON a model can act on. What an unexpected exception says stays inside: it goes to the observer, never to
the model.
"""

from __future__ import annotations

from typing import Any

import msgspec

from bareline import errors
from bareline.tools.arguments import InvalidArguments

__all__ = ["RESULT_MAX_CHARS", "error_text", "invalid_text", "result_text", "status_text"]

RESULT_MAX_CHARS = 16_000
"""Of one result; more costs the conversation its context and the user seconds."""

_KINDS: tuple[tuple[type[errors.ToolError], str], ...] = (
    (errors.NotFound, "not_found"),
    (errors.InvalidRequest, "invalid_request"),
    (errors.Temporary, "temporary"),
    (errors.Denied, "denied"),
    (errors.Permanent, "permanent"),
)
_INTERNAL = "Something went wrong on my side."


def result_text(value: Any, limit: int = RESULT_MAX_CHARS) -> str:
    """Text of any return value: text as it is, nothing as ``{"status":"ok"}``, all else as JSON.

    Dates, enumerations, dataclasses and msgspec structs have their JSON form, anything else its ``str``. A result
    above ``limit`` characters is cut and says so.
    """
    if value is None:
        return status_text("ok")
    text = value if isinstance(value, str) else msgspec.json.encode(value, enc_hook=str).decode()
    if len(text) <= limit:
        return text
    hint = f"The result has {len(text)} characters and was cut; ask for less, or for one thing."
    return status_text("truncated", hint=hint, start=text[:limit])


def error_text(error: Exception) -> str:
    """Text of a failure. Only what a ``ToolError`` says on purpose is told."""
    if not isinstance(error, errors.ToolError):
        return status_text("error", kind="internal", message="the tool failed", say=_INTERNAL)
    kind = next((name for known, name in _KINDS if isinstance(error, known)), "failed")
    return status_text("error", kind=kind, message=str(error), say=error.say or str(error), **_details(error))


def invalid_text(tool: str, invalid: InvalidArguments) -> str:
    """Text of refused arguments: enough for the model to mend them by itself."""
    details = {"field": invalid.field, "expected": invalid.expected}
    known = {key: value for key, value in details.items() if value is not None}
    return status_text("error", kind="invalid_arguments", tool=tool, message=invalid.message, **known)


def status_text(status: str, **details: Any) -> str:
    """``{"status": status, ...}`` as JSON text."""
    return msgspec.json.encode({"status": status, **details}, enc_hook=str).decode()


def _details(error: errors.ToolError) -> dict[str, Any]:
    match error:
        case errors.NotFound(suggestions=suggestions) if suggestions:
            return {"suggestions": list(suggestions)}
        case errors.InvalidRequest(field=field) if field:
            return {"field": field}
        case errors.Temporary(retry_after_ms=ms) if ms is not None:
            return {"retry_after_ms": ms}
        case _:
            return {}
