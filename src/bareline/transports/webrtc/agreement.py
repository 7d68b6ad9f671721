"""What do we say of ourselves in a description, and what follows from both descriptions for the audio?"""

from __future__ import annotations

import logging
import secrets
import time
from dataclasses import dataclass, replace
from typing import Literal

from bareline.clock import now_ns
from bareline.errors import ConfigurationError, RemoteProtocolError
from bareline.media.rtp_session import RtpSession, RtpSettings
from bareline.protocol.sdp import (
    OWN_CODECS,
    Codec,
    Description,
    offer_of,
    parse_description,
    write_description,
)
from bareline.transports.webrtc.audio_line import AudioLine
from bareline.transports.webrtc.explain import explain_no_candidates, server_problems
from bareline.transports.webrtc.host_addresses import host_addresses
from bareline.transports.webrtc.ice_servers import read_servers
from bareline.transports.webrtc.peer import Peer
from bareline.transports.webrtc.settings import CodecName, WebRtcSettings

__all__ = ["Identity", "audio_line", "gather", "offer", "written"]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Identity:
    """How our audio stream is named on the wire: chosen at random for each call."""

    ssrc: int
    cname: str

    @classmethod
    def chosen(cls) -> Identity:
        """A new one."""
        return cls(secrets.randbelow(2**32 - 1) + 1, secrets.token_urlsafe(12))


async def gather(peer: Peer, settings: WebRtcSettings) -> None:
    """Find our candidates as ``settings`` say.

    Raises ``ConfigurationError`` for wrong settings and ``ConnectFailed`` (stage offer) when there is none.
    """
    addresses = host_addresses(settings.addresses)
    servers, ignored = read_servers(settings.ice_servers)
    peer.servers += ignored
    await peer.gather(addresses, servers, verify_turn=settings.verify_turn_certificate)
    for problem in server_problems(peer):
        _log.warning("ICE server %s", problem)
    if not peer.candidates:
        raise explain_no_candidates(peer, relay_only=settings.relay_only)


def offer(peer: Peer, settings: WebRtcSettings, who: Identity) -> Description:
    """Our offer: audio both ways and a data channel."""
    return offer_of(
        ice=peer.credentials,
        fingerprints=peer.fingerprints,
        candidates=peer.candidates,
        codecs=settings.codecs,
        ssrc=who.ssrc,
        cname=who.cname,
    )


def written(
    description: Description, kind: Literal["offer", "answer"], settings: WebRtcSettings
) -> tuple[str, Description]:
    """The text to send, and what it says: the hook may have changed it.

    Raises ``ConfigurationError`` where what the hook gave is no description.
    """
    text = write_description(description, kind=kind, session_id=secrets.randbits(62))
    changed = settings.sdp_hook(kind, "local", text) if settings.sdp_hook else text
    return changed, description if changed == text else _read_own(changed, kind)


def audio_line(
    peer: Peer,
    settings: WebRtcSettings,
    who: Identity,
    *,
    codec: Codec | None,
    local: Description,
    remote: Description,
    catch_up: bool = False,
) -> AudioLine | None:
    """The audio of the call, sent by ``codec`` and received by any that both descriptions name.

    ``catch_up``: it is played to somebody in real time (``RtpSettings``).
    """
    if codec is None or local.audio is None or remote.audio is None:
        return None
    rtp = RtpSession(
        RtpSettings(
            codec=_name(codec),
            payload_type=codec.payload_type,
            ssrc=who.ssrc,
            cname=who.cname,
            first_sequence=secrets.randbelow(2**15),
            first_timestamp=secrets.randbits(32),
            dtx=settings.dtx,
            bitrate_bps=settings.bitrate_bps,
            unix_offset_ns=time.time_ns() - now_ns(),
            catch_up=catch_up,
        )
    )
    for known in local.audio.codecs:
        rtp.add_receive(known.payload_type, _name(known))
    sends = local.audio.direction in {"sendrecv", "sendonly"} and remote.audio.direction in {"sendrecv", "recvonly"}
    return AudioLine(rtp, peer.dtls.send_media, sends=sends)


def _read_own(text: str, kind: str) -> Description:
    """Codecs that the hook added and we do not have are left out."""
    try:
        said = parse_description(text)
    except RemoteProtocolError as error:
        raise ConfigurationError(f"the local {kind} that sdp_hook gave: {error}") from error
    if said.audio is None:
        return said
    codecs = tuple(codec for codec in said.audio.codecs if codec.name in OWN_CODECS)
    return replace(said, audio=replace(said.audio, codecs=codecs))


def _name(codec: Codec) -> CodecName:
    names: dict[str, CodecName] = {"opus": "opus", "pcmu": "pcmu", "pcma": "pcma"}
    return names[codec.name]
