"""How does a server answer a WebRTC offer?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from bareline.transports.webrtc.settings import WebRtcSettings

if TYPE_CHECKING:
    from bareline.transports.webrtc.transport import WebRtcTransport

__all__ = ["ANSWER_TIMEOUT_S", "answer_webrtc"]

ANSWER_TIMEOUT_S = 30.0
"""How long an answered call may take to connect; then its sockets are given up."""


async def answer_webrtc(
    offer: str,
    *,
    settings: WebRtcSettings,
    address: str = "",
    binary: Callable[[bytes], bytes] | None = None,
    timeout_s: float = ANSWER_TIMEOUT_S,
) -> tuple[str, WebRtcTransport]:
    """The answer to ``offer``, with all candidates in it, and the transport, which connects by itself.

    ``opened`` of the transport tells the outcome within ``timeout_s``. ``binary`` makes what ``receive`` gives for a
    message that is not text; without it such messages are ignored and counted. Raises ``RemoteProtocolError`` for an
    offer that cannot be used, ``ConfigurationError`` and ``MissingExtra`` as ``open_webrtc``.
    """
    from bareline.protocol.sdp import answer_to, parse_description
    from bareline.transports.webrtc.agreement import Identity, audio_line, gather, written
    from bareline.transports.webrtc.peer import Peer
    from bareline.transports.webrtc.transport import WebRtcTransport

    text = settings.sdp_hook("offer", "remote", offer) if settings.sdp_hook else offer
    remote = parse_description(text)
    peer = Peer(offerer=False, relay_only=settings.relay_only)
    try:
        await gather(peer, settings)
        who = Identity.chosen()
        local = answer_to(
            remote,
            ice=peer.credentials,
            fingerprints=peer.fingerprints,
            candidates=peer.candidates,
            codecs=settings.codecs,
            ssrc=who.ssrc,
            cname=who.cname,
        )
        if remote.setup == "actpass":
            # The offering side knows first that there is a path, so a round trip less if it begins DTLS.
            local = replace(local, setup="passive")
        answer, local = written(local, "answer", settings)
        codec = next(iter(local.audio.codecs), None) if local.audio else None
        audio = audio_line(peer, settings, who, codec=codec, local=local, remote=remote)
    except BaseException:
        await peer.close(1001, "")
        raise
    transport = WebRtcTransport(
        peer, address or "offer", remote=remote, audio=audio, binary=binary, active=local.setup == "active"
    )
    transport.begin(complete=False, timeout_s=timeout_s)
    return answer, transport
