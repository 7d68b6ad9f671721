"""How does a client open a WebRTC connection: offer, exchange, answer, wait?"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, NamedTuple

from bareline.errors import ConnectFailed
from bareline.transports.webrtc.settings import WebRtcSettings

if TYPE_CHECKING:
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

    Raises ``ConnectFailed`` with the stage (offer, ice, dtls, channel, packet) and a likely cause,
    ``ConfigurationError`` for settings that cannot be, ``MissingExtra`` where WebRTC is not installed.
    """
    from bareline.transports.webrtc.offering import agree  # loads aiortc: a fraction of a second, before time counts
    from bareline.transports.webrtc.peer import Peer

    give_up_at = time.monotonic() + open_timeout_s
    peer = Peer(offerer=True, relay_only=settings.relay_only)
    try:
        async with asyncio.timeout(open_timeout_s):
            transport = await agree(peer, exchange, settings, address)
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
