"""How is a WebRTC call asked for: which offer goes where, and what comes back?

Source: REALTIME.md 1.1 and 3. The transport itself is ``bareline.transports.webrtc``.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from msgspec import UNSET
from msgspec.structs import replace as replaced

from bareline.client.http import post
from bareline.errors import ConfigurationError, ConnectFailed
from bareline.protocol.events import RealtimeSessionConfig, SessionConfig, TranscriptionSessionConfig
from bareline.protocol.signalling import CallRequest, build_call, call_id_from_location, http_url
from bareline.transports.addresses import is_loopback, without_secrets
from bareline.transports.connect_errors import explain_status
from bareline.transports.contract import Transport
from bareline.transports.webrtc.opening import CallAnswer, Exchange, open_webrtc
from bareline.transports.webrtc.settings import WebRtcSettings

if TYPE_CHECKING:
    from bareline.client.opening import Opening

__all__ = ["CALLS_PATH", "open_webrtc_line"]

CALLS_PATH = "/realtime/calls"


async def open_webrtc_line(opening: Opening) -> Transport:
    """Set up a call.

    Raises ``MissingExtra`` without the stack, ``ConfigurationError`` for a sideband (which is a WebSocket), and
    ``ConnectFailed`` with the stage: dns, tcp, tls, handshake (of the HTTP request), offer, ice, dtls, channel, packet.
    """
    if opening.target.call_id is not None:
        raise ConfigurationError("a sideband (call_id=) is a WebSocket: leave transport='webrtc' out")
    url = http_url(opening.base_url, CALLS_PATH)
    if opening.query:
        url += ("&" if "?" in url else "?") + urlencode(opening.query)
    return await open_webrtc(
        _exchange(url, opening, _asked(opening)),
        settings=_reachable(opening.webrtc or WebRtcSettings(), opening.base_url),
        open_timeout_s=opening.open_timeout_s,
        address=without_secrets(url),
    )


def _asked(opening: Opening) -> SessionConfig | None:
    """The session to ask for; None leaves it to the client secret, which has one."""
    session, model = opening.session, opening.target.model
    if session is None and opening.target.intent == "transcription":
        return TranscriptionSessionConfig()
    if session is None:
        return None if model is None else RealtimeSessionConfig(model=model)
    if isinstance(session, RealtimeSessionConfig) and session.model is UNSET and model is not None:
        return replaced(session, model=model)
    return session


def _exchange(url: str, opening: Opening, session: SessionConfig | None) -> Exchange:
    """What sends the offer and brings the answer."""

    async def exchange(offer: str) -> CallAnswer:
        content_type, body = build_call(CallRequest(sdp=offer, session=session))
        headers = {**opening.headers, "Content-Type": content_type, "Accept": "application/sdp"}
        reply = await post(url, body, headers=headers, timeout_s=opening.open_timeout_s, ssl=opening.ssl)
        address = without_secrets(url)
        if reply.status not in {200, 201}:
            explanation = explain_status(address, reply.status, reply.body, headers)
            raise ConnectFailed(explanation, stage="offer", status=reply.status)
        answer = reply.body.decode(errors="replace")
        if not answer.startswith("v=0"):
            words = f"{address} answered HTTP {reply.status} without an SDP answer: this is not a realtime endpoint"
            raise ConnectFailed(words, stage="offer", status=reply.status)
        return CallAnswer(answer, call_id_from_location(reply.headers.get("location", "")))

    return exchange


def _reachable(settings: WebRtcSettings, base_url: str) -> WebRtcSettings:
    """A server on this machine is reached by loopback alone, unless the caller names a way (DESIGN.md D3)."""
    if settings.addresses is None and not settings.ice_servers and is_loopback(base_url):
        return replace(settings, addresses=("127.0.0.1",))
    return settings
