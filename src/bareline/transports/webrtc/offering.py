"""What does the offering side say, and what follows from the answer?"""

from __future__ import annotations

import time

from bareline.errors import ConnectFailed, RemoteProtocolError
from bareline.protocol.sdp import check_answer, parse_description
from bareline.transports.webrtc.agreement import Identity, audio_line, gather, offer, written
from bareline.transports.webrtc.opening import Exchange
from bareline.transports.webrtc.peer import Peer
from bareline.transports.webrtc.settings import WebRtcSettings
from bareline.transports.webrtc.transport import WebRtcTransport

__all__ = ["agree"]


async def agree(peer: Peer, exchange: Exchange, settings: WebRtcSettings, address: str) -> WebRtcTransport:
    """Offer and answer; the transport that follows from them has not begun to connect.

    Raises ``ConnectFailed`` (stage offer) where there is nothing to offer, or the answer cannot be used.
    """
    await gather(peer, settings)
    who = Identity.chosen()
    offered, local = written(offer(peer, settings, who), "offer", settings)
    started = time.monotonic_ns()
    answer = await exchange(offered)
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
