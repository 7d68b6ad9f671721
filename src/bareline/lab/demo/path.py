"""Over which path does the demo's call go, and what became of its audio there?"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from bareline.errors import ConfigurationError
from bareline.lab.demo.summary import MediaFigures
from bareline.testing.udp_link import LinkConditions, UdpLink
from bareline.transports.webrtc.settings import WebRtcSettings
from bareline.units import NS_PER_MS, samples_to_ms

if TYPE_CHECKING:
    from bareline.transports.webrtc.stats import WebRtcStats

__all__ = ["demo_path", "media_figures"]

_HERE = ("127.0.0.1",)


@asynccontextmanager
async def demo_path(
    transport: str, *, loss_percent: float, seed: int, local: bool
) -> AsyncGenerator[WebRtcSettings | None]:
    """How to connect over WebRTC; ``None`` for another transport.

    ``loss_percent`` of all packets are lost each way, drawn by ``seed``; ``local``: the server is on this machine.
    Raises ``ConfigurationError`` for loss where it cannot be had.
    """
    if not loss_percent:
        yield WebRtcSettings(addresses=_HERE if local else None) if transport == "webrtc" else None
        return
    if transport != "webrtc" or not local:
        raise ConfigurationError("packets can be lost over WebRTC to the built-in server only")
    async with UdpLink(LinkConditions(loss=loss_percent / 100), seed=seed) as link:
        yield WebRtcSettings(addresses=_HERE, sdp_hook=link.sdp_hook)


def media_figures(stats: WebRtcStats | None) -> MediaFigures | None:
    """What a line's statistics say about the audio that came over it."""
    audio = stats.audio if stats is not None else None
    if stats is None or audio is None:
        return None
    expected = audio.packets_received + audio.packets_lost
    round_trip_ns = audio.round_trip_ns or stats.ice_round_trip_ns
    return MediaFigures(
        codec=audio.codec,
        packets=audio.packets_received,
        lost_percent=round(100 * audio.packets_lost / expected, 2) if expected else 0.0,
        fec_ms=samples_to_ms(audio.samples_fec),
        concealed_ms=samples_to_ms(audio.samples_concealed),
        silent_ms=samples_to_ms(audio.samples_silent),
        jitter_ms=round(audio.jitter_ns / NS_PER_MS, 1),
        round_trip_ms=None if round_trip_ns is None else round(round_trip_ns / NS_PER_MS, 1),
    )
