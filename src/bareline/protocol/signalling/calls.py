"""How is a call asked for over HTTP?

Two forms of ``POST /realtime/calls``: the raw offer, and a form of offer and session. Source: REALTIME.md 1.1.
"""

from __future__ import annotations

import msgspec

from bareline.protocol.bodies import CallRequest
from bareline.protocol.codec import encode_object
from bareline.protocol.events.session_config import SessionConfig
from bareline.protocol.refusal import Refusal, missing, unknown_parameter, unsupported
from bareline.protocol.signalling.multipart import Field, read_form, write_form
from bareline.protocol.strict import check_session

__all__ = ["build_call", "parse_call"]

_SDP = "application/sdp"
_FORM = "multipart/form-data"


def build_call(request: CallRequest) -> tuple[str, bytes]:
    """The ``Content-Type`` and the body: raw without a session, a form with one."""
    if request.session is None:
        return _SDP, request.sdp.encode()
    return write_form(
        (
            Field(name="sdp", value=request.sdp.encode(), content_type=_SDP),
            Field(name="session", value=encode_object(request.session), content_type="application/json"),
        )
    )


def parse_call(content_type: str, body: bytes) -> CallRequest | Refusal:
    """What is asked for, or why it is refused. Takes any bytes."""
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type == _SDP:
        sdp = _read_offer(body)
        return sdp if isinstance(sdp, Refusal) else CallRequest(sdp=sdp)
    if media_type != _FORM:
        message = f"Unsupported content type. Expected '{_SDP}' or '{_FORM}'."
        return Refusal(code="unsupported_content_type", message=message)
    fields = read_form(content_type, body)
    if fields is None:
        return Refusal(code="invalid_multipart_form_data", message="Could not parse the multipart form.")
    return _read_fields(fields)


def _read_fields(fields: list[Field]) -> CallRequest | Refusal:
    values = {field.name: field.value for field in fields}
    unknown = next((name for name in values if name not in {"sdp", "session"}), None)
    if unknown is not None:
        return unknown_parameter(unknown)
    if "sdp" not in values:
        return missing("sdp")
    sdp = _read_offer(values["sdp"])
    if isinstance(sdp, Refusal):
        return sdp
    session = _read_session(values["session"]) if "session" in values else None
    return session if isinstance(session, Refusal) else CallRequest(sdp=sdp, session=session)


def _read_offer(value: bytes) -> str | Refusal:
    try:
        text = value.decode()
    except UnicodeDecodeError:
        text = ""
    return text if text.startswith("v=0") else unsupported("sdp", "expected an SDP offer")


def _read_session(value: bytes) -> SessionConfig | Refusal:
    try:
        decoded = msgspec.json.decode(value)
    except (ValueError, RecursionError) as error:
        return Refusal(code="invalid_json", message=f"Could not parse 'session' as JSON: {error}.", param="session")
    return check_session(decoded)
