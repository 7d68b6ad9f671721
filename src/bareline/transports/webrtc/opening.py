"""How does a client open a WebRTC connection: offer, exchange, answer, wait?"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, NamedTuple

from bareline.errors import ConnectFailed, RemoteProtocolError
from bareline.transports.webrtc.settings import WebRtcSettings

if TYPE_CHECKING:
    from bareline.transports.webrtc.peer import Peer
    from bareline.transports.webrtc.transport import WebRtcTransport

__all__ = ["CallAnswer", "Exchange", "open_webrtc"]


class CallAnswer(NamedTuple):
    """What the service answers to an offer: its description, and the name of the call where it gives one."""

    sdp: str
    call_id: str | None


Exchange = Callable[[str], Awaitable[CallAnswer]]
"""Sends the offer and gives the answer. Raises ``ConnectFailed``."""


async def open_webrtc(
    exchange: Exchange, *, settings: WebRtcSettings, open_timeout_s: float, address: str
) -> WebRtcTransport:
    """Offer audio and a data channel, ``exchange`` the descriptions, and connect, all within ``open_timeout_s``.

    Raises ``ConnectFailed`` with the stage (offer, ice, dtls, channel) and a likely cause, ``ConfigurationError`` for
    settings that cannot be, ``MissingExtra`` where WebRTC is not installed.
    """
    from bareline.transports.webrtc.peer import Peer  # loads aiortc

    give_up_at = time.monotonic() + open_timeout_s
    peer = Peer(offerer=True, relay_only=settings.relay_only)
    try:
        async with asyncio.timeout(open_timeout_s):
            transport = await _agree(peer, exchange, settings, address)
    except TimeoutError as error:
        await peer.close(1001, "")
        words = f"{address} did not answer the offer within {open_timeout_s:g} s"
        raise ConnectFailed(words, stage="offer") from error
    except BaseException:
        await peer.close(1001, "")
        raise
    try:
        transport.begin(complete=True, timeout_s=max(0.1, give_up_at - time.monotonic()))
        await transport.opened()
    except BaseException:
        await transport.close(1001, "")
        raise
    return transport


async def _agree(peer: Peer, exchange: Exchange, settings: WebRtcSettings, address: str) -> WebRtcTransport:
    """Offer and answer; the transport that follows from them has not begun to connect."""
    from bareline.protocol.sdp import check_answer, parse_description
    from bareline.transports.webrtc.agreement import Identity, audio_line, gather, offer, written
    from bareline.transports.webrtc.transport import WebRtcTransport

    await gather(peer, settings)
    who = Identity.chosen()
    local = offer(peer, settings, who)
    started = time.monotonic_ns()
    answer = await exchange(written(local, "offer", settings))
    peer.times.exchange_ns = time.monotonic_ns() - started
    text = settings.sdp_hook("answer", "remote", answer.sdp) if settings.sdp_hook else answer.sdp
    try:
        remote = parse_description(text)
        codec = check_answer(local, remote)
    except RemoteProtocolError as error:
        raise ConnectFailed(f"the answer of {address} cannot be used: {error}", stage="offer") from error
    audio = audio_line(peer, settings, who, codec=codec, local=local, remote=remote, catch_up=True)
    transport = WebRtcTransport(peer, address, remote=remote, audio=audio, active=remote.setup == "passive")
    transport.call_id = answer.call_id
    return transport
