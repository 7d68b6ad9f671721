"""How does the service turn somebody away before or instead of a session?

On a WebSocket the upgrade succeeds, one ``error`` event follows, then the close; over HTTP the same error is a body
with a status. Source: REALTIME.md sections 1 and 11.
"""

from __future__ import annotations

from typing import Any, cast

import msgspec

from bareline.protocol.events.response import ErrorDetail
from bareline.protocol.refusal import Refusal, quoted

__all__ = [
    "beta_disabled",
    "build_error_body",
    "close_of",
    "http_status",
    "invalid_api_key",
    "invalid_model",
    "missing_model",
    "parse_error_body",
    "session_expired",
]

_CLOSES: dict[str | None, int] = {
    "invalid_api_key": 3000,
    "missing_model": 4000,
    "invalid_model": 4000,
    "beta_api_shape_disabled": 4000,
    "session_expired": 1001,
}
_STATUSES: dict[str | None, int] = {"invalid_api_key": 401, "unsupported_content_type": 415}


def invalid_api_key(key: str | None) -> Refusal:
    """The key is wrong or missing; only its last characters are named."""
    if not key:
        return Refusal(code="invalid_api_key", message="You didn't provide an API key.")
    hint = f"...{key[-4:]}" if len(key) >= 12 else "..."
    return Refusal(code="invalid_api_key", message=f"Incorrect API key provided: {hint}.")


def missing_model() -> Refusal:
    """A WebSocket asked for neither a model, nor a call, nor transcription."""
    return Refusal(code="missing_model", message="You must provide a model parameter in the URL.", param="model")


def invalid_model(model: str) -> Refusal:
    """This server does not serve that model."""
    message = f'Model "{quoted(model)[1:-1]}" is not supported in realtime mode.'
    return Refusal(code="invalid_model", message=message, param="model")


def beta_disabled() -> Refusal:
    """The client asked for the shape of before general availability (``OpenAI-Beta: realtime=v1``)."""
    return Refusal(
        code="beta_api_shape_disabled",
        message="The Realtime Beta API is no longer supported. Remove the 'OpenAI-Beta' header to use the GA API.",
    )


def session_expired(minutes: int = 60) -> Refusal:
    """The session came to its end."""
    return Refusal(code="session_expired", message=f"Your session hit the maximum duration of {minutes} minutes.")


def close_of(refusal: Refusal) -> tuple[int, str] | None:
    """The close code and reason after the error event; None if the session stays open."""
    code = _CLOSES.get(refusal.code)
    if code is None:
        return None
    return code, refusal.message if code == 1001 else f"{refusal.type}.{refusal.code}"


def http_status(refusal: Refusal) -> int:
    """The status with which the refusal is sent over HTTP."""
    return _STATUSES.get(refusal.code, 400)


def build_error_body(refusal: Refusal) -> bytes:
    """The body of an HTTP error."""
    error = {"message": refusal.message, "type": refusal.type, "param": refusal.param, "code": refusal.code}
    return msgspec.json.encode({"error": error})


def parse_error_body(body: bytes) -> ErrorDetail | None:
    """The error in a body, with what is missing or strange in it left out; None if there is none."""
    try:
        error = msgspec.json.decode(body)["error"]
    except (ValueError, RecursionError, KeyError, TypeError, IndexError):
        return None
    if isinstance(error, str):
        return ErrorDetail(type="unknown", message=error)
    if not isinstance(error, dict):
        return None
    texts = {key: value for key, value in cast("dict[str, Any]", error).items() if isinstance(value, str)}
    return ErrorDetail(
        type=texts.get("type", "unknown"),
        message=texts.get("message", ""),
        code=texts.get("code"),
        param=texts.get("param"),
    )
