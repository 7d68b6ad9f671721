"""How does a test get two ends of a real WebRTC connection on 127.0.0.1?"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from bareline.transports.webrtc.answering import answer_webrtc
from bareline.transports.webrtc.opening import CallAnswer, open_webrtc
from bareline.transports.webrtc.settings import SdpHook, WebRtcSettings

if TYPE_CHECKING:
    from bareline.transports.webrtc.transport import WebRtcTransport

__all__ = ["LOOPBACK", "webrtc_pair"]

LOOPBACK = WebRtcSettings(addresses=["127.0.0.1"])
"""Needs no network interface but ``lo``."""


@asynccontextmanager
async def webrtc_pair(
    *,
    settings: WebRtcSettings = LOOPBACK,
    server_settings: WebRtcSettings = LOOPBACK,
    sdp_hook: SdpHook | None = None,
    binary: Callable[[bytes], bytes] | None = None,
    open_timeout_s: float = 10.0,
) -> AsyncGenerator[tuple[WebRtcTransport, WebRtcTransport]]:
    """The client, which offered, and the server, which answered; both closed at the end.

    ``sdp_hook`` is the client's (``UdpLink.sdp_hook`` puts a network between them).
    """
    if sdp_hook is not None:
        settings = replace(settings, sdp_hook=sdp_hook)
    answered: list[WebRtcTransport] = []

    async def exchange(offer: str) -> CallAnswer:
        answer, server = await answer_webrtc(offer, settings=server_settings, address="client", binary=binary)
        answered.append(server)
        return CallAnswer(answer, "rtc_pair")

    opened: list[WebRtcTransport] = []
    try:
        opened.append(await open_webrtc(exchange, settings=settings, open_timeout_s=open_timeout_s, address="server"))
        await answered[0].opened()
        yield opened[0], answered[0]
    finally:
        await asyncio.gather(*(side.close() for side in [*opened, *answered]))
