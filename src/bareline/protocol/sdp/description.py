"""What does one side say about itself in an SDP offer or answer?

Only what a realtime call needs: one bundled transport, at most one audio stream, at most one data channel association.
Text to values and back: ``bareline.protocol.sdp``. Source: REALTIME.md 1.1; RFC 8866, 8829, 8839, 8841.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = [
    "AudioSection",
    "Candidate",
    "Codec",
    "DataSection",
    "Description",
    "Direction",
    "Fingerprint",
    "IceCredentials",
    "OtherSection",
    "Setup",
]

Direction = Literal["sendrecv", "sendonly", "recvonly", "inactive"]
Setup = Literal["actpass", "active", "passive"]


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """Of a DTLS certificate: ``algorithm`` as in SDP (``sha-256``), ``value`` in upper-case hex pairs with colons."""

    algorithm: str
    value: str


@dataclass(frozen=True, slots=True)
class IceCredentials:
    """``ice-ufrag`` and ``ice-pwd``."""

    ufrag: str
    password: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """One ``a=candidate`` line. ``address`` may be a name ending in ``.local`` (mDNS)."""

    foundation: str
    component: int
    transport: str
    priority: int
    address: str
    port: int
    type: str
    related_address: str | None = None
    related_port: int | None = None
    tcp_type: str | None = None


@dataclass(frozen=True, slots=True)
class Codec:
    """One payload type: ``name`` in lower case (``opus``, ``pcmu``, ``pcma``), ``clock_hz``, ``parameters`` of fmtp."""

    payload_type: int
    name: str
    clock_hz: int
    channels: int = 1
    parameters: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class AudioSection:
    """The audio stream; ``codecs`` in order of preference. ``stream_id`` and ``track_id`` are the ``msid``."""

    mid: str
    direction: Direction
    codecs: tuple[Codec, ...]
    ssrc: int | None = None
    cname: str | None = None
    stream_id: str | None = None
    track_id: str | None = None
    rtcp_mux: bool = True


@dataclass(frozen=True, slots=True)
class DataSection:
    """The data channel association. ``max_message_bytes``: 65536 where the other side says nothing, 0 for no limit."""

    mid: str
    sctp_port: int = 5000
    max_message_bytes: int = 65536


@dataclass(frozen=True, slots=True)
class OtherSection:
    """A section of no use here (video, a second audio stream), or one that is refused; written with port 0."""

    mid: str
    kind: str
    protocol: str
    formats: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Description:
    """One side of a call. ``sections`` are the ``mid`` values in the order of their m-lines, ``others`` included."""

    ice: IceCredentials
    fingerprints: tuple[Fingerprint, ...]
    setup: Setup
    candidates: tuple[Candidate, ...]
    audio: AudioSection | None
    data: DataSection | None
    sections: tuple[str, ...]
    others: tuple[OtherSection, ...] = ()
    ice_lite: bool = False
    end_of_candidates: bool = False
