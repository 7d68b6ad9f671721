"""What does an offer or an answer say?

Transport attributes are taken from the section that leads the bundle, then from the session. Sections that a realtime
call has no use for (video, a second audio stream) are kept as ``others``, so that an answer can refuse them in place.
Source: REALTIME.md 1.1; RFC 8829, 8843.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from bareline.errors import RemoteProtocolError
from bareline.protocol.limits import SDP_MAX_BYTES, SDP_MAX_CANDIDATES
from bareline.protocol.sdp.attributes import (
    read_candidate,
    read_codecs,
    read_direction,
    read_fingerprint,
    read_ice,
    read_msid,
    read_number,
    read_setup,
    read_ssrc,
)
from bareline.protocol.sdp.description import (
    AudioSection,
    Candidate,
    DataSection,
    Description,
    Fingerprint,
    IceCredentials,
    OtherSection,
)
from bareline.protocol.sdp.sections import Attribute, Block, SdpMistake, Section, read_blocks

__all__ = ["parse_description"]

_AUDIO_PROTOCOL = "UDP/TLS/RTP/SAVPF"
_DATA_PROTOCOLS = {"UDP/DTLS/SCTP", "TCP/DTLS/SCTP"}
_DATA_FORMAT = "webrtc-datachannel"
_MESSAGE_DEFAULT_BYTES = 65536
_MESSAGE_SIZE_MAX = 2**64 - 1


def parse_description(text: str) -> Description:
    """Read ``text``.

    Raises ``RemoteProtocolError``, which says what is missing or wrong and in which line; never anything else,
    whatever ``text`` is.
    """
    raw = text.encode(errors="replace")
    if len(raw) > SDP_MAX_BYTES:
        raise RemoteProtocolError(f"the session description is longer than {SDP_MAX_BYTES} bytes", raw)
    try:
        return _read(*read_blocks(text))
    except SdpMistake as mistake:
        raise RemoteProtocolError(f"the session description cannot be used: {mistake}", raw) from None


def _read(session: Block, sections: list[Section]) -> Description:
    mids = _read_mids(sections)
    by_mid = dict(zip(mids, sections, strict=True))
    audio = next((mid for mid in mids if _is_audio(by_mid[mid])), None)
    data = next((mid for mid in mids if _is_data(by_mid[mid])), None)
    used = [mid for mid in mids if mid in {audio, data}]
    if not used:
        raise SdpMistake(f"it has neither audio over {_AUDIO_PROTOCOL} nor a data channel over UDP/DTLS/SCTP")
    leading = [by_mid[mid] for mid in _bundled(session, used)]
    carriers = (leading[0], session, *leading[1:])
    return Description(
        ice=_read_ice(carriers),
        fingerprints=_read_fingerprints(carriers),
        setup=read_setup(_needed(carriers, "setup")),
        candidates=_read_candidates(leading[0], session),
        audio=_read_audio(audio, by_mid[audio], session) if audio is not None else None,
        data=_read_data(data, by_mid[data]) if data is not None else None,
        sections=tuple(mids),
        others=tuple(_read_other(mid, by_mid[mid]) for mid in mids if mid not in used),
        ice_lite=session.has("ice-lite"),
        end_of_candidates=leading[0].has("end-of-candidates") or session.has("end-of-candidates"),
    )


def _read_mids(sections: list[Section]) -> list[str]:
    """In the order of the m-lines; a section without one is named by its place."""
    mids: list[str] = []
    for place, section in enumerate(sections):
        attribute = section.first("mid")
        mid = str(place) if attribute is None else attribute.value
        line = section.media.line if attribute is None else attribute.line
        if not mid or " " in mid or mid in mids:
            raise SdpMistake("a=mid must be one word and name one section only", line)
        mids.append(mid)
    return mids


def _is_audio(section: Section) -> bool:
    media = section.media
    return media.kind == "audio" and media.protocol == _AUDIO_PROTOCOL and _in_use(section)


def _is_data(section: Section) -> bool:
    media = section.media
    known = media.protocol in _DATA_PROTOCOLS and _DATA_FORMAT in media.formats
    return media.kind == "application" and known and _in_use(section)


def _in_use(section: Section) -> bool:
    return section.media.port > 0 or section.has("bundle-only")


def _bundled(session: Block, used: list[str]) -> list[str]:
    """``used``, the section whose transport is everybody's first."""
    groups = [group.value.split(" ") for group in session.all("group")]
    bundles = [mids for semantics, *mids in groups if semantics.upper() == "BUNDLE"]
    group = next((mids for mids in bundles if used[0] in mids), used[:1])
    if not set(used) <= set(group):
        raise SdpMistake("audio and data channel must share one transport: a=group:BUNDLE does not name both")
    return sorted(used, key=group.index)


def _all(carriers: tuple[Block, ...], name: str) -> Iterator[Attribute]:
    return chain.from_iterable(carrier.all(name) for carrier in carriers)


def _needed(carriers: tuple[Block, ...], name: str) -> Attribute:
    found = next(_all(carriers, name), None)
    if found is None:
        raise SdpMistake(f"a={name} is missing")
    return found


def _read_ice(carriers: tuple[Block, ...]) -> IceCredentials:
    return read_ice(_needed(carriers, "ice-ufrag"), _needed(carriers, "ice-pwd"))


def _read_fingerprints(carriers: tuple[Block, ...]) -> tuple[Fingerprint, ...]:
    """All of the first carrier that has one."""
    _needed(carriers, "fingerprint")
    carrier = next(carrier for carrier in carriers if carrier.has("fingerprint"))
    return tuple(dict.fromkeys(read_fingerprint(found) for found in carrier.all("fingerprint")))


def _read_candidates(leading: Section, session: Block) -> tuple[Candidate, ...]:
    found = list(chain(leading.all("candidate"), session.all("candidate")))
    if len(found) > SDP_MAX_CANDIDATES:
        raise found[SDP_MAX_CANDIDATES].mistake(f"comes more than {SDP_MAX_CANDIDATES} times")
    return tuple(dict.fromkeys(read_candidate(candidate) for candidate in found))


def _read_audio(mid: str, section: Section, session: Block) -> AudioSection:
    ssrc, cname = read_ssrc(section)
    stream_id, track_id = read_msid(section)
    return AudioSection(
        mid=mid,
        direction=read_direction(section, session),
        codecs=read_codecs(section, section.media.formats),
        ssrc=ssrc,
        cname=cname,
        stream_id=stream_id,
        track_id=track_id,
        rtcp_mux=section.has("rtcp-mux") or section.has("rtcp-mux-only"),
    )


def _read_data(mid: str, section: Section) -> DataSection:
    port, size = section.first("sctp-port"), section.first("max-message-size")
    if port is None:
        raise SdpMistake("a=sctp-port is missing", section.media.line)
    return DataSection(
        mid=mid,
        sctp_port=read_number(port, port.value, 65535),
        max_message_bytes=_MESSAGE_DEFAULT_BYTES if size is None else read_number(size, size.value, _MESSAGE_SIZE_MAX),
    )


def _read_other(mid: str, section: Section) -> OtherSection:
    media = section.media
    return OtherSection(mid=mid, kind=media.kind, protocol=media.protocol, formats=media.formats)
