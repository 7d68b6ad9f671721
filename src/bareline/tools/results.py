"""Which text does a model get for what a tool returned, or for how it failed?

Results are JSON a model can act on: what happened, a sentence to say, what to offer next, whether to try again. What an
unexpected exception says stays inside: it goes to the observer, never to the model.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from bareline import errors
from bareline.tools.arguments import InvalidArguments
from bareline.tools.foreign_types import enc_hook
from bareline.tools.phrases import ENGLISH, Phrases, Told

__all__ = [
    "RESULT_MAX_CHARS",
    "cancelled_text",
    "error_text",
    "invalid_text",
    "not_recorded_text",
    "result_text",
    "status_text",
    "timed_out_text",
    "too_large_text",
    "unknown_text",
    "unknown_tool_text",
]

RESULT_MAX_CHARS = 16_000
"""Of one result; more costs the conversation its context and the user seconds."""

_KINDS: tuple[tuple[type[errors.ToolError], str], ...] = (
    (errors.NotFound, "not_found"),
    (errors.InvalidRequest, "invalid_request"),
    (errors.RateLimited, "rate_limited"),
    (errors.Temporary, "temporary"),
    (errors.Denied, "denied"),
    (errors.Permanent, "permanent"),
    (errors.ToolCancelled, "cancelled"),
)


def result_text(value: Any, limit: int = RESULT_MAX_CHARS, phrases: Phrases = ENGLISH) -> str:
    """Text of any return value: text as it is, nothing as ``{"status":"ok"}``, all else as JSON. Never raises.

    Dates, enumerations, dataclasses, msgspec structs and pydantic models have their JSON form, anything else its
    ``str``. A result above ``limit`` characters is cut and says so.
    """
    if value is None:
        return status_text("ok")
    try:
        text = value if isinstance(value, str) else msgspec.json.encode(value, enc_hook=enc_hook).decode()
    except Exception:  # noqa: BLE001 (the tool worked: a result that cannot be written must not make it a failure)
        return status_text("ok", message=phrases.untellable)
    if len(text) <= limit:
        return text
    return status_text("truncated", hint=phrases.cut.format(size=len(text)), start=text[:limit])


def error_text(error: Exception, *, attempts: int = 1, phrases: Phrases = ENGLISH) -> str:
    """Text of a failure after so many attempts. Only what a ``ToolError`` says on purpose is told."""
    if not isinstance(error, errors.ToolError):
        return _failure("internal", phrases.internal)
    kind = next((name for known, name in _KINDS if isinstance(error, known)), "failed")
    if isinstance(error, errors.Temporary):
        return _temporary(error, kind, attempts, phrases)
    told: Told = getattr(phrases, kind)
    say = error.say or _sentence(error, phrases) or told.say
    return _failure(kind, told, message=str(error) or told.message, say=say, **_details(error))


def invalid_text(tool: str, invalid: InvalidArguments, phrases: Phrases = ENGLISH) -> str:
    """Text of refused arguments: enough for the model to mend them by itself."""
    told = phrases.invalid_arguments
    details = {"field": invalid.field, "expected": invalid.expected}
    known = {key: value for key, value in details.items() if value is not None}
    return _failure("invalid_arguments", told, message=told.message.format(problem=invalid.message), tool=tool, **known)


def timed_out_text(timeout_s: float, phrases: Phrases = ENGLISH) -> str:
    """Text of a tool that may be repeated and did not answer in time."""
    told = phrases.timed_out
    return _failure("timed_out", told, message=told.message.format(timeout=f"{timeout_s:g} s"))


def unknown_text(phrases: Phrases = ENGLISH) -> str:
    """Text of an execution of which nobody knows whether it happened: it is not called failed."""
    return _failure("unknown", phrases.unknown, status="unknown")


def cancelled_text(phrases: Phrases = ENGLISH) -> str:
    """Text of an execution that was stopped because nobody waits for it any more."""
    return _failure("cancelled", phrases.cancelled, status="cancelled")


def unknown_tool_text(name: str, known: Sequence[str], phrases: Phrases = ENGLISH) -> str:
    """Text for a call of a tool that is not in the box."""
    told = phrases.unknown_tool
    return _failure("unknown_tool", told, message=told.message.format(name=name), tools=list(known))


def too_large_text(size_bytes: int, limit_bytes: int, phrases: Phrases = ENGLISH) -> str:
    """Text in place of a result that the connection does not carry."""
    told = phrases.too_large
    message = told.message.format(size=-(-size_bytes // 1000), limit=limit_bytes // 1000)
    return _failure("too_large", told, message=message)


def not_recorded_text(phrases: Phrases = ENGLISH) -> str:
    """Text of an irreversible execution that was not begun, because the store of executions did not take it."""
    return _failure("not_recorded", phrases.not_recorded)


def status_text(status: str, **details: Any) -> str:
    """``{"status": status, ...}`` as JSON text."""
    return msgspec.json.encode({"status": status, **details}, enc_hook=enc_hook).decode()


def _failure(kind: str, told: Told, *, status: str = "error", **details: Any) -> str:
    whole = {"message": told.message, "say": told.say, "offer": told.offer, "retry": told.retry, **details}
    return status_text(status, kind=kind, **whole)


def _temporary(error: errors.Temporary, kind: str, attempts: int, phrases: Phrases) -> str:
    """Their messages are for the model; whoever waits hears what it means, and how long it will take."""
    exhausted = attempts > 1 and kind == "temporary"
    told: Told = phrases.exhausted if exhausted else getattr(phrases, kind)
    happened = [f"{str(error).rstrip('.')}."] if str(error) else []
    if exhausted or not happened:
        happened.append(told.message.format(attempts=attempts))
    details: dict[str, Any] = {"attempts": attempts} if attempts > 1 else {}
    say = told.say
    if error.retry_after_ms is not None:
        details["retry_after_ms"] = error.retry_after_ms
        say = f"{say} {phrases.again_in.format(wait=phrases.duration(error.retry_after_ms))}"
    return _failure(kind, told, message=" ".join(happened), say=error.say or say, **details)


def _sentence(error: errors.ToolError, phrases: Phrases) -> str:
    """What is said when the tool names no sentence: its message, and for what was not found what there is instead."""
    if not isinstance(error, errors.NotFound):
        return "" if isinstance(error, errors.ToolCancelled) else str(error)
    missed = (
        phrases.not_found_wanted.format(wanted=error.wanted) if error.wanted else str(error) or phrases.not_found.say
    )
    if not error.suggestions:
        return missed
    stop = "" if missed.endswith((".", "!", "?")) else "."
    return f"{missed}{stop} {phrases.did_you_mean.format(names=phrases.either(error.suggestions))}"


def _details(error: errors.ToolError) -> dict[str, Any]:
    match error:
        case errors.NotFound(suggestions=suggestions) if suggestions:
            return {"suggestions": list(suggestions)}
        case errors.InvalidRequest(field=field) if field:
            return {"field": field}
        case _:
            return {}
