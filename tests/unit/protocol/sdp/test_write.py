"""What is written is read back as it was, and says what browsers need."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bareline.errors import LocalProtocolError
from bareline.protocol.sdp import (
    AudioSection,
    Candidate,
    Codec,
    DataSection,
    Description,
    Fingerprint,
    IceCredentials,
    OtherSection,
    answer_to,
    offer_of,
    parse_description,
    write_description,
)

_ICE = IceCredentials("abcd", "abcdefghijklmnopqrstuvwx")
_FINGERPRINT = Fingerprint("sha-256", ":".join(["AB"] * 32))
_HOST = Candidate("1", 1, "udp", 2130706431, "127.0.0.1", 40000, "host")

_word = st.text(string.ascii_letters + string.digits + "+/-_.{}", min_size=1, max_size=12).filter(lambda w: w != "-")
_lower = st.text(string.ascii_lowercase + string.digits, min_size=1, max_size=8)
_candidates = st.builds(
    Candidate,
    foundation=_word,
    component=st.integers(1, 256),
    transport=st.sampled_from(["udp", "tcp"]),
    priority=st.integers(0, 2**32 - 1),
    address=st.sampled_from(["192.0.2.1", "2001:db8::1", "a-b.local"]),
    port=st.integers(0, 65535),
    type=st.sampled_from(["host", "srflx", "prflx", "relay"]),
    related_address=st.none() | st.just("192.0.2.2"),
    related_port=st.none() | st.integers(0, 65535),
    tcp_type=st.none() | st.sampled_from(["active", "passive"]),
)
_codecs = st.builds(
    Codec,
    payload_type=st.integers(0, 127),
    name=_lower,
    clock_hz=st.integers(1, 192000),
    channels=st.integers(1, 8),
    parameters=st.lists(st.tuples(_lower, st.just("") | _lower), max_size=3).map(tuple),
)
_audio = st.builds(
    AudioSection,
    mid=st.just("a"),
    direction=st.sampled_from(["sendrecv", "sendonly", "recvonly", "inactive"]),
    codecs=st.lists(_codecs, min_size=1, max_size=5, unique_by=lambda codec: codec.payload_type).map(tuple),
    ssrc=st.integers(0, 2**32 - 1),
    cname=st.none() | _word,
    stream_id=st.none() | _word,
    track_id=_word,
    rtcp_mux=st.booleans(),
)
_data = st.builds(
    DataSection, mid=st.just("d"), sctp_port=st.integers(0, 65535), max_message_bytes=st.integers(0, 2**63)
)
_other = st.builds(
    OtherSection,
    mid=st.just("o"),
    kind=st.sampled_from(["video", "audio", "application"]),
    protocol=st.sampled_from(["UDP/TLS/RTP/SAVPF", "RTP/AVP"]),
    formats=st.lists(_word, min_size=1, max_size=4).map(tuple),
)


@st.composite
def _descriptions(draw: st.DrawFn) -> Description:
    audio, data = draw(st.tuples(st.none() | _audio, st.none() | _data).filter(any))
    other = draw(st.none() | _other)
    mids = [section.mid for section in (audio, data, other) if section is not None]
    return Description(
        ice=IceCredentials(draw(st.text(string.ascii_letters, min_size=4, max_size=20)), _ICE.password),
        fingerprints=(_FINGERPRINT, *draw(st.sampled_from([(), (Fingerprint("sha-512", "01:FF"),)]))),
        setup=draw(st.sampled_from(["actpass", "active", "passive"])),
        candidates=tuple(draw(st.lists(_candidates, max_size=3, unique=True))),
        audio=audio,
        data=data,
        sections=tuple(draw(st.permutations(mids))),
        others=(other,) if other is not None else (),
        ice_lite=draw(st.booleans()),
        end_of_candidates=draw(st.booleans()),
    )


def test_what_is_not_known_is_not_written() -> None:
    offer = offer_of(ice=_ICE, fingerprints=[_FINGERPRINT], candidates=[], ssrc=7, cname="me", channel=False)
    assert offer.audio is not None
    bare = AudioSection("0", "inactive", offer.audio.codecs, rtcp_mux=False)
    quiet = Description(offer.ice, offer.fingerprints, "actpass", (), bare, None, ("0",))
    text = write_description(quiet, kind="offer", session_id=1)
    assert parse_description(text) == quiet
    for name in ("msid:", "ssrc", "rtcp-mux", "end-of-candidates", "ice-lite", "candidate"):
        assert f"a={name}" not in text


@given(_descriptions(), st.integers(0, 2**63 - 1), st.integers(0, 9))
def test_what_is_written_is_read_back(description: Description, session_id: int, version: int) -> None:
    text = write_description(description, kind="offer", session_id=session_id, version=version)
    assert parse_description(text) == description
    assert text.startswith(f"v=0\r\no=- {session_id} {version} IN IP4 127.0.0.1\r\n")
    assert text.replace("\r\n", "").isprintable()


def test_our_offer_in_full() -> None:
    offer = offer_of(ice=_ICE, fingerprints=[_FINGERPRINT], candidates=[_HOST], ssrc=7, cname="me")
    transport = ["a=ice-ufrag:abcd", "a=ice-pwd:abcdefghijklmnopqrstuvwx"]
    transport += [f"a=fingerprint:sha-256 {_FINGERPRINT.value}", "a=setup:actpass"]
    assert write_description(offer, kind="offer", session_id=9).split("\r\n") == [
        "v=0",
        "o=- 9 0 IN IP4 127.0.0.1",
        "s=-",
        "t=0 0",
        "a=group:BUNDLE 0 1",
        "a=msid-semantic:WMS *",
        "m=audio 9 UDP/TLS/RTP/SAVPF 111 0 8",
        "c=IN IP4 0.0.0.0",
        "a=rtcp:9 IN IP4 0.0.0.0",
        *transport,
        "a=candidate:1 1 udp 2130706431 127.0.0.1 40000 typ host",
        "a=end-of-candidates",
        "a=mid:0",
        "a=sendrecv",
        "a=msid:bareline audio",
        "a=rtcp-mux",
        "a=rtpmap:111 opus/48000/2",
        "a=fmtp:111 minptime=10;useinbandfec=1",
        "a=rtpmap:0 PCMU/8000",
        "a=rtpmap:8 PCMA/8000",
        "a=ssrc:7 cname:me",
        "m=application 9 UDP/DTLS/SCTP webrtc-datachannel",
        "c=IN IP4 0.0.0.0",
        *transport,
        "a=mid:1",
        "a=sctp-port:5000",
        "a=max-message-size:22020096",
        "",
    ]


def test_a_refused_section_keeps_its_place_with_port_zero() -> None:
    own = {"ice": _ICE, "fingerprints": [_FINGERPRINT], "candidates": [_HOST], "ssrc": 7, "cname": "me"}
    offer = offer_of(**own)  # type: ignore[arg-type]
    video = OtherSection("v", "video", "UDP/TLS/RTP/SAVPF", ("96", "97"))
    both = Description(
        offer.ice, offer.fingerprints, "actpass", (), offer.audio, offer.data, ("v", "0", "1"), others=(video,)
    )
    text = write_description(answer_to(both, **own), kind="answer", session_id=1)  # type: ignore[arg-type]
    assert "a=group:BUNDLE 0 1\r\n" in text
    assert "m=video 0 UDP/TLS/RTP/SAVPF 96 97\r\nc=IN IP4 0.0.0.0\r\na=mid:v\r\na=inactive\r\nm=audio 9 " in text


def test_an_answer_decides_the_dtls_role() -> None:
    offer = offer_of(ice=_ICE, fingerprints=[_FINGERPRINT], candidates=[], ssrc=7, cname="me")
    with pytest.raises(LocalProtocolError, match="active or passive"):
        write_description(offer, kind="answer", session_id=1)
