"""How is an offer or an answer written?

All that the transport needs stands in every section in use, as browsers write it, and the candidates in the first.
Source: REALTIME.md 1.1; RFC 8829 section 5.
"""

from __future__ import annotations

from typing import Literal

from bareline.errors import LocalProtocolError
from bareline.protocol.sdp.attributes import candidate_line, codec_lines
from bareline.protocol.sdp.description import AudioSection, DataSection, Description, OtherSection

__all__ = ["write_description"]

_NOWHERE = "c=IN IP4 0.0.0.0"


def write_description(
    description: Description, *, kind: Literal["offer", "answer"], session_id: int, version: int = 0
) -> str:
    """The text, with CRLF. ``session_id`` (up to 63 bits) names the session, ``version`` grows with each rewriting.

    Raises ``LocalProtocolError`` for an answer that leaves open who is the DTLS client.
    """
    if kind == "answer" and description.setup == "actpass":
        raise LocalProtocolError("an answer decides the DTLS role: setup must be active or passive")
    used = [section.mid for section in (description.audio, description.data) if section is not None]
    bundled = [mid for mid in description.sections if mid in used]
    lines = ["v=0", f"o=- {session_id} {version} IN IP4 127.0.0.1", "s=-", "t=0 0"]
    lines += [f"a=group:BUNDLE {' '.join(bundled)}", "a=msid-semantic:WMS *"]
    lines += ["a=ice-lite"] if description.ice_lite else []
    for mid in description.sections:
        lines += _section_lines(description, mid, first=mid == bundled[0])
    return "\r\n".join([*lines, ""])


def _section_lines(description: Description, mid: str, *, first: bool) -> list[str]:
    audio, data = description.audio, description.data
    if audio is not None and mid == audio.mid:
        head, tail = _audio_head(audio), _audio_tail(audio)
    elif data is not None and mid == data.mid:
        head = ["m=application 9 UDP/DTLS/SCTP webrtc-datachannel", _NOWHERE]
        tail = _data_tail(data)
    else:
        return _refused_lines(next(other for other in description.others if other.mid == mid))
    return [*head, *_transport_lines(description, first=first), f"a=mid:{mid}", *tail]


def _transport_lines(description: Description, *, first: bool) -> list[str]:
    lines = [f"a=ice-ufrag:{description.ice.ufrag}", f"a=ice-pwd:{description.ice.password}"]
    lines += [f"a=fingerprint:{fingerprint.algorithm} {fingerprint.value}" for fingerprint in description.fingerprints]
    lines.append(f"a=setup:{description.setup}")
    if first:
        lines += [candidate_line(candidate) for candidate in description.candidates]
        lines += ["a=end-of-candidates"] if description.end_of_candidates else []
    return lines


def _audio_head(audio: AudioSection) -> list[str]:
    payload_types = " ".join(str(codec.payload_type) for codec in audio.codecs)
    return [f"m=audio 9 UDP/TLS/RTP/SAVPF {payload_types}", _NOWHERE, "a=rtcp:9 IN IP4 0.0.0.0"]


def _audio_tail(audio: AudioSection) -> list[str]:
    lines = [f"a={audio.direction}"]
    if audio.stream_id is not None or audio.track_id is not None:
        lines.append(f"a=msid:{audio.stream_id or '-'} {audio.track_id or ''}".rstrip(" "))
    lines += ["a=rtcp-mux"] if audio.rtcp_mux else []
    for codec in audio.codecs:
        lines += codec_lines(codec)
    if audio.ssrc is not None:
        lines.append(f"a=ssrc:{audio.ssrc} cname:{audio.cname}" if audio.cname else f"a=ssrc:{audio.ssrc}")
    return lines


def _data_tail(data: DataSection) -> list[str]:
    return [f"a=sctp-port:{data.sctp_port}", f"a=max-message-size:{data.max_message_bytes}"]


def _refused_lines(other: OtherSection) -> list[str]:
    return [
        f"m={other.kind} 0 {other.protocol} {' '.join(other.formats)}",
        _NOWHERE,
        f"a=mid:{other.mid}",
        "a=inactive",
    ]
