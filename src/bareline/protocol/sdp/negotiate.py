"""What do we offer, what do we answer, and what was agreed?

Payload types and the order and names of sections are the offer's; the order of codecs is ours. Source: REALTIME.md 1.1;
RFC 3264, 8829, 8842.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from bareline.errors import ConfigurationError, RemoteProtocolError
from bareline.protocol.limits import MESSAGE_MAX_BYTES
from bareline.protocol.sdp.description import (
    AudioSection,
    Candidate,
    Codec,
    DataSection,
    Description,
    Direction,
    Fingerprint,
    IceCredentials,
    Setup,
)

__all__ = ["OWN_CODECS", "answer_to", "check_answer", "offer_of"]

_CodecName = Literal["opus", "pcmu", "pcma"]

OWN_CODECS = {
    "opus": Codec(111, "opus", 48000, 2, (("minptime", "10"), ("useinbandfec", "1"))),
    "pcmu": Codec(0, "pcmu", 8000),
    "pcma": Codec(8, "pcma", 8000),
}
"""As we offer them, the payload types included."""
_MIRRORED: dict[Direction, Direction] = {
    "sendrecv": "sendrecv",
    "sendonly": "recvonly",
    "recvonly": "sendonly",
    "inactive": "inactive",
}
_ANSWERED: dict[Setup, Setup] = {"actpass": "active", "active": "passive", "passive": "active"}


def offer_of(
    *,
    ice: IceCredentials,
    fingerprints: Sequence[Fingerprint],
    candidates: Sequence[Candidate],
    codecs: Sequence[_CodecName] = ("opus", "pcmu", "pcma"),
    ssrc: int,
    cname: str,
    channel: bool = True,
    max_message_bytes: int = MESSAGE_MAX_BYTES,
    stream_id: str = "bareline",
    track_id: str = "audio",
) -> Description:
    """Our offer: one audio stream both ways and, with ``channel``, a data channel; both DTLS roles are open.

    Raises ``ConfigurationError`` when ``codecs`` is empty or names an unknown one.
    """
    chosen = tuple(_own_codec(name) for name in _checked(codecs))
    audio = AudioSection("0", "sendrecv", chosen, ssrc, cname, stream_id, track_id)
    return Description(
        ice=ice,
        fingerprints=tuple(fingerprints),
        setup="actpass",
        candidates=tuple(candidates),
        audio=audio,
        data=DataSection("1", max_message_bytes=max_message_bytes) if channel else None,
        sections=("0", "1") if channel else ("0",),
        end_of_candidates=True,
    )


def answer_to(
    offer: Description,
    *,
    ice: IceCredentials,
    fingerprints: Sequence[Fingerprint],
    candidates: Sequence[Candidate],
    codecs: Sequence[_CodecName] = ("opus", "pcmu", "pcma"),
    ssrc: int,
    cname: str,
    stream_id: str = "realtimeapi",
    track_id: str = "audio",
    max_message_bytes: int = MESSAGE_MAX_BYTES,
) -> Description:
    """Our answer. Of the offered ``codecs`` those that we know are kept, in our order, with the offer's payload types.

    Raises ``RemoteProtocolError`` when the offer's audio cannot be taken: no codec in common, no ``rtcp-mux``.
    """
    audio = None
    if offer.audio is not None:
        audio = AudioSection(
            mid=offer.audio.mid,
            direction=_MIRRORED[offer.audio.direction],
            codecs=_kept(offer.audio, _checked(codecs)),
            ssrc=ssrc,
            cname=cname,
            stream_id=stream_id,
            track_id=track_id,
        )
    return Description(
        ice=ice,
        fingerprints=tuple(fingerprints),
        setup=_ANSWERED[offer.setup],
        candidates=tuple(candidates),
        audio=audio,
        data=offer.data and DataSection(offer.data.mid, max_message_bytes=max_message_bytes),
        sections=offer.sections,
        others=offer.others,
        end_of_candidates=True,
    )


def check_answer(offer: Description, answer: Description) -> Codec | None:
    """The codec agreed, with the payload type to send it by; None for an offer without audio.

    We may receive any codec of the offer, by the offer's payload types. Raises ``RemoteProtocolError`` when the answer
    does not fit the offer or refuses a part of it.
    """
    if answer.sections != offer.sections:
        raise RemoteProtocolError("the answer does not have the sections of the offer, in their order")
    if answer.setup not in (("active", "passive") if offer.setup == "actpass" else (_ANSWERED[offer.setup],)):
        raise RemoteProtocolError(f"the answer's a=setup:{answer.setup} does not fit the offer's {offer.setup}")
    if _mid(offer.data) != _mid(answer.data):
        raise RemoteProtocolError("the answer refuses the data channel")
    if _mid(offer.audio) != _mid(answer.audio):
        raise RemoteProtocolError("the answer refuses the audio")
    if offer.audio is None or answer.audio is None:
        return None
    _check_mux(answer.audio, "answer")
    for codec in answer.audio.codecs:
        if any(_same(codec, own) for own in offer.audio.codecs):
            return codec
    raise RemoteProtocolError("the answer keeps no codec of the offer")


def _own_codec(name: _CodecName) -> Codec:
    return OWN_CODECS[name]


def _checked(codecs: Sequence[_CodecName]) -> Sequence[_CodecName]:
    unknown = [name for name in codecs if name not in OWN_CODECS]
    if unknown or not codecs:
        wrong = f"not {unknown[0]!r}" if unknown else "at least one of them"
        raise ConfigurationError(f"codecs are {', '.join(OWN_CODECS)}; {wrong}")
    return list(dict.fromkeys(codecs))


def _kept(audio: AudioSection, codecs: Sequence[_CodecName]) -> tuple[Codec, ...]:
    _check_mux(audio, "offer")
    found = [(OWN_CODECS[name], next((c for c in audio.codecs if _same(c, OWN_CODECS[name])), None)) for name in codecs]
    kept = tuple(replace(own, payload_type=offered.payload_type) for own, offered in found if offered is not None)
    if not kept:
        names = ", ".join(dict.fromkeys(codec.name for codec in audio.codecs)) or "none"
        raise RemoteProtocolError(f"no codec in common: offered are {names}, taken are {', '.join(codecs)}")
    return kept


def _check_mux(audio: AudioSection, kind: str) -> None:
    if not audio.rtcp_mux:
        raise RemoteProtocolError(f"the {kind} wants RTCP on a port of its own: a=rtcp-mux is missing")


def _same(one: Codec, other: Codec) -> bool:
    return (one.name, one.clock_hz, one.channels) == (other.name, other.clock_hz, other.channels)


def _mid(section: AudioSection | DataSection | None) -> str | None:
    return section.mid if section is not None else None
