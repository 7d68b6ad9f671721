"""How does the server itself turn a request away, beside what the protocol's own refusals say?

Source: REALTIME.md sections 1 and 11.
"""

from __future__ import annotations

from msgspec.structs import replace

from bareline.errors import MissingExtra
from bareline.ids import IdSource
from bareline.protocol.codec import encode
from bareline.protocol.events import Error
from bareline.protocol.refusal import Refusal, quoted
from bareline.protocol.signalling import close_of, http_status, invalid_api_key

__all__ = [
    "UNAVAILABLE",
    "UPGRADE_NEEDED",
    "WEBRTC_MISSING",
    "call_not_found",
    "client_secret_expired",
    "close_for",
    "error_event",
    "invalid_offer",
    "model_not_found",
    "not_found",
    "offer_too_large",
    "server_error",
    "status_for",
    "too_large",
    "too_many_calls",
    "too_many_sidebands",
]

UPGRADE_NEEDED = Refusal(code="upgrade_required", message="Sessions are opened by a WebSocket upgrade of this address.")
UNAVAILABLE = Refusal(code="unavailable", message="The server refuses this connection.", type="server_error")
WEBRTC_MISSING = Refusal(
    code="webrtc_unavailable",
    message=f"This server has no WebRTC. {MissingExtra('POST /v1/realtime/calls', 'webrtc')}",
    type="server_error",
)
_STATUSES = {
    "call_id_not_found": 404,
    "model_not_found": 404,
    "request_too_large": 413,
    "server_error": 500,
    "too_many_calls": 429,
    "unknown_url": 404,
    "upgrade_required": 426,
    "webrtc_unavailable": 501,
}
_REFUSED = 4000
"""Close code of a session that was not opened for another reason than its key."""


def client_secret_expired(key: str) -> Refusal:
    """The key was a client secret, and its time is over; the code is that of any wrong key."""
    wrong = invalid_api_key(key)
    return replace(wrong, message=f"{wrong.message} This client secret has expired: make a new one.")


def call_not_found(call_id: str) -> Refusal:
    """There is no such call to attach to."""
    return Refusal(code="call_id_not_found", message=f"There is no call {quoted(call_id)}.", param="call_id")


def invalid_offer(reason: str) -> Refusal:
    """The SDP offer cannot be used."""
    return Refusal(code="invalid_offer", message=f"Invalid SDP offer: {reason}", param="sdp")


def offer_too_large(most_bytes: int) -> Refusal:
    """No offer is that long."""
    return too_large(f"the SDP offer has more than {most_bytes} bytes")


def too_large(what: str) -> Refusal:
    """A body is beyond its limit."""
    return Refusal(code="request_too_large", message=f"Request too large: {what}.")


def too_many_calls(most: int) -> Refusal:
    """The server is full."""
    message = f"This server carries at most {most} calls at a time."
    return Refusal(code="too_many_calls", message=message, type="rate_limit_error")


def too_many_sidebands(call_id: str) -> Refusal:
    """The call has as many sidebands as it may."""
    message = f"The call {quoted(call_id)} has as many connections as it may."
    return Refusal(code="too_many_sidebands", message=message, param="call_id")


def server_error(message: str) -> Refusal:
    """The server's own fault."""
    return Refusal(code="server_error", message=message, type="server_error")


def model_not_found(model: str) -> Refusal:
    """There is no such entry among the models."""
    return Refusal(code="model_not_found", message=f"The model {quoted(model)} does not exist.", param="model")


def not_found(method: str, path: str) -> Refusal:
    """There is nothing at this address."""
    return Refusal(code="unknown_url", message=f"Invalid URL ({method} {quoted(path)[1:-1]})")


def status_for(refusal: Refusal) -> int:
    """The HTTP status of a refusal."""
    return _STATUSES.get(refusal.code or "") or http_status(refusal)


def close_for(refusal: Refusal) -> tuple[int, str]:
    """How a WebSocket is closed after a refusal instead of a session: code and reason."""
    return close_of(refusal) or (_REFUSED, f"{refusal.type}.{refusal.code}")


def error_event(refusal: Refusal, ids: IdSource) -> bytes:
    """The event that is sent before such a close."""
    return encode(Error(event_id=ids.new("event"), error=refusal.detail()))
