"""What is known about a WebRTC connection: its path, what passed over it, and how long it took to open?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bareline.media.audio_stats import AudioStats
from bareline.transports.webrtc.ice_servers import ServerOutcome
from bareline.transports.webrtc.peer import SetupTimes

__all__ = ["CandidateInfo", "WebRtcStats"]


@dataclass(frozen=True, slots=True)
class CandidateInfo:
    """One end of the path: ``type`` is host, srflx, prflx or relay; ``relay_protocol`` udp, tcp or tls for ours."""

    type: str
    address: str
    port: int
    relay_protocol: Literal["udp", "tcp", "tls"] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WebRtcStats:
    """A snapshot. Counters are since the beginning.

    ``local`` and ``remote``: the pair in use. ``ice_round_trip_ns``: of the last consent check; ``sctp_round_trip_ns``:
    smoothed, of the data channel; that of RTCP is in ``audio``, as are loss, jitter, FEC, concealment and held delay.
    ``packets_*`` and ``bytes_*``: everything over the path but ICE, encrypted. ``dropped_packets`` came before anybody
    could use them or could not leave; ``undecryptable_packets`` are SRTP without a key that fits. ``messages_*`` are
    those of the data channel, ``binary_messages`` those ignored, ``unsent_bytes`` what the other side has not
    acknowledged, ``dropped_frames`` decoded audio that nobody took in time. ``servers``: what became of each STUN and
    TURN server.
    """

    local: CandidateInfo | None
    remote: CandidateInfo | None
    ice_round_trip_ns: int | None
    sctp_round_trip_ns: int | None
    packets_sent: int
    packets_received: int
    bytes_sent: int
    bytes_received: int
    dropped_packets: int
    undecryptable_packets: int
    messages_sent: int
    messages_received: int
    message_bytes_sent: int
    message_bytes_received: int
    binary_messages: int
    retransmissions: int
    unsent_bytes: int
    dropped_frames: int
    unsent_audio_packets: int
    max_message_bytes: int
    times: SetupTimes
    servers: tuple[ServerOutcome, ...]
    audio: AudioStats | None
