"""What is understood of the descriptions that real peers write, and how wrong ones are refused."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bareline.errors import RemoteProtocolError
from bareline.protocol.limits import SDP_MAX_BYTES, SDP_MAX_CANDIDATES
from bareline.protocol.sdp import Candidate, Codec, Description, IceCredentials, OtherSection, parse_description

_FOLDER = Path(__file__).parents[3] / "data" / "sdp"
_FILES = sorted(path.name for path in _FOLDER.glob("*.sdp"))


def text_of(name: str) -> str:
    return (_FOLDER / name).read_text()


def parsed(name: str) -> Description:
    return parse_description(text_of(name))


def refusal_of(text: str) -> str:
    with pytest.raises(RemoteProtocolError) as caught:
        parse_description(text)
    assert caught.value.raw == text.encode(errors="replace")
    return str(caught.value)


def test_the_answer_of_the_service() -> None:
    answer = parsed("service-answer.sdp")
    assert answer.ice_lite
    assert answer.setup == "active"
    assert answer.ice == IceCredentials("kQvTzXwUeRnBpLhA", "oJfMnYbWcXqTzRkUvHsLdPgAeIyCwKmN")
    assert [(c.transport, c.port, c.type, c.tcp_type) for c in answer.candidates] == [
        ("udp", 3478, "host", None),
        ("tcp", 443, "host", "passive"),
    ]
    assert answer.end_of_candidates
    assert answer.audio is not None
    assert [(c.payload_type, c.name) for c in answer.audio.codecs] == [(96, "opus"), (0, "pcmu"), (8, "pcma")]
    assert (answer.audio.stream_id, answer.audio.track_id) == ("realtimeapi", "audio")
    assert (answer.audio.ssrc, answer.audio.cname) == (2473650195, "realtimeapi")
    assert answer.data is not None
    assert (answer.data.sctp_port, answer.data.max_message_bytes) == (5000, 1073741823)


def test_the_offer_of_chromium() -> None:
    offer = parsed("chromium-stun-offer.sdp")
    assert offer.sections == ("0", "1")
    assert offer.setup == "actpass"
    assert offer.candidates[0].address == "5f3a9c1e-8b7d-4e26-9a40-d1c6f0b2e873.local"
    assert [candidate.port for candidate in offer.candidates] == [54609, 54609]
    assert (offer.candidates[1].related_address, offer.candidates[1].related_port) == ("0.0.0.0", 0)  # noqa: S104 - what browsers write there
    assert offer.audio is not None
    assert offer.audio.codecs[0] == Codec(111, "opus", 48000, 2, (("minptime", "10"), ("useinbandfec", "1")))
    assert [codec.name for codec in offer.audio.codecs[1:]] == [
        "red",
        "g722",
        "pcmu",
        "pcma",
        "cn",
        "telephone-event",
        "telephone-event",
    ]
    assert offer.audio.codecs[1].parameters == (("111/111", ""),)
    assert offer.data is not None
    assert offer.data.max_message_bytes == 262144


def test_the_offer_of_firefox_has_its_fingerprint_in_the_session() -> None:
    offer = parsed("firefox-offer.sdp")
    assert offer.fingerprints[0].value.startswith("E4:90:1B")
    assert offer.ice.ufrag == "a31f8c05"
    assert [(c.transport, c.tcp_type) for c in offer.candidates] == [("udp", None), ("tcp", "active"), ("udp", None)]
    assert offer.audio is not None
    assert offer.audio.stream_id == "{6d2b9f14-8c05-4e7a-93fb-21d0c84e5a67}"
    assert next(codec for codec in offer.audio.codecs if codec.name == "g722").channels == 1


def test_the_offer_of_safari() -> None:
    offer = parsed("safari-offer.sdp")
    assert offer.ice.ufrag == "T+4w"
    assert offer.candidates == ()
    assert not offer.end_of_candidates
    assert offer.data is not None
    assert offer.data.max_message_bytes == 65535


def test_the_offer_of_aiortc_has_several_fingerprints() -> None:
    offer = parsed("aiortc-offer.sdp")
    assert [fingerprint.algorithm for fingerprint in offer.fingerprints] == ["sha-256", "sha-384"]
    assert offer.candidates == (
        Candidate("8f2c1b0d7e6a4935c2d1f0e9b8a7c6d5", 1, "udp", 2130706431, "192.0.2.15", 47120, "host"),
    )


@pytest.mark.parametrize("payload_type", ["x", "128", "1111", "٣"])
def test_a_payload_type_that_is_none_is_left_out(payload_type: str) -> None:
    text = text_of("chromium-offer.sdp").replace("SAVPF 111 ", f"SAVPF {payload_type} 111 ")
    audio = parse_description(text).audio
    assert audio is not None
    assert audio.codecs == parsed("chromium-offer.sdp").audio.codecs


def test_audio_without_a_direction_goes_both_ways() -> None:
    audio = parse_description(text_of("chromium-offer.sdp").replace("a=sendrecv", "a=nothing")).audio
    assert audio is not None
    assert audio.direction == "sendrecv"


def test_everything_may_stand_in_the_session() -> None:
    offer = parsed("audio-only-offer.sdp")
    assert offer.ice.ufrag == "sess"
    assert (offer.fingerprints[0].algorithm, offer.fingerprints[0].value[:5]) == ("sha-256", "AA:01")
    assert offer.setup == "passive"
    assert offer.candidates[0].port == 50000
    assert offer.sections == ("0",)
    assert offer.data is None
    assert offer.audio is not None
    assert offer.audio.direction == "recvonly"
    assert [codec.name for codec in offer.audio.codecs] == ["pcmu", "opus", "cn"]


def test_the_first_section_in_use_leads_the_bundle_and_others_are_kept() -> None:
    offer = parsed("video-first-offer.sdp")
    assert offer.sections == ("cam", "mic", "events", "music")
    assert offer.ice.ufrag == "soun"
    assert offer.candidates[0].port == 40003
    assert offer.data is not None
    assert (offer.data.mid, offer.data.sctp_port, offer.data.max_message_bytes) == ("events", 5001, 65536)
    assert offer.others == (
        OtherSection("cam", "video", "UDP/TLS/RTP/SAVPF", ("96", "97")),
        OtherSection("music", "audio", "UDP/TLS/RTP/SAVPF", ("101",)),
    )


@pytest.mark.parametrize("name", _FILES)
def test_line_ends_do_not_matter(name: str) -> None:
    text = text_of(name)
    assert "\r" not in text
    assert parse_description(text.replace("\n", "\r\n")) == parse_description(text)


@pytest.mark.parametrize("name", ["ice-ufrag", "ice-pwd", "fingerprint", "setup"])
def test_what_is_missing_is_named(name: str) -> None:
    lines = [line for line in text_of("chromium-stun-offer.sdp").split("\n") if not line.startswith(f"a={name}:")]
    assert refusal_of("\n".join(lines)).endswith(f": a={name} is missing")


@pytest.mark.parametrize(
    ("line", "wrong", "words"),
    [
        ("v=0", "v=1", "line 1: a description begins with v=0"),
        ("s=-", "s", "line 3: a line is a letter"),
        ("s=-", "s=a\x00b", "line 3: there is a control character"),
        ("s=-", "w=1", "line 3: there are no lines of type 'w'"),
        ("a=group:BUNDLE 0 1", "a=group:BUNDLE 0", "must share one transport"),
        ("a=mid:1", "a=mid:0", "line 48: a=mid must be one word and name one section only"),
        ("a=sctp-port:5000", "a=sctp-port:65536", "line 49: a=sctp-port needs a number up to 65535"),
        ("a=sctp-port:5000", "a=x", "line 40: a=sctp-port is missing"),
        ("a=max-message-size:262144", "a=max-message-size:-1", "line 50: a=max-message-size needs a number"),
        ("a=setup:actpass", "a=setup:holdconn", "line 17: a=setup must be actpass, active or passive"),
        ("a=ice-ufrag:9kLm", "a=ice-ufrag:9k", "line 13: a=ice-ufrag needs 4 to 256 characters"),
        ("a=rtpmap:111 opus/48000/2", "a=rtpmap:111 opus", "line 27: a=rtpmap needs a name and a clock rate"),
        ("a=ssrc:3127745586 cname:u2YdPq7RxWmE4tKs", "a=ssrc:x cname:y", "line 38: a=ssrc needs a number"),
        ("m=audio 54609 ", "m=audio 99999 ", "line 8: the port of m= is no number up to 65535"),
        ("m=application 9 UDP/DTLS/SCTP webrtc-datachannel", "m=application", "line 40: m= needs a kind"),
        (" typ host", " type host", "line 11: a=candidate needs foundation"),
        (" 2113937151 ", " 4294967296 ", "line 11: a=candidate needs a number up to 4294967295"),
        ("a=fingerprint:sha-256 2C:", "a=fingerprint:sha-256 2G:", "line 16: a=fingerprint needs an algorithm"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(line: str, wrong: str, words: str) -> None:
    text = text_of("chromium-stun-offer.sdp")
    assert line in text
    assert words in refusal_of(text.replace(line, wrong))


def test_a_description_without_sections_of_use_is_refused() -> None:
    head = "v=0\no=- 1 1 IN IP4 0.0.0.0\ns=-\nt=0 0\n"
    assert "neither audio" in refusal_of(head)
    assert "neither audio" in refusal_of(head + "m=audio 5004 RTP/AVP 0\n")
    assert "neither audio" in refusal_of(head + "m=audio 0 UDP/TLS/RTP/SAVPF 0\n")
    assert "neither audio" in refusal_of(head + "m=application 9 DTLS/SCTP 5000\n")


def test_no_secret_is_quoted() -> None:
    text = text_of("chromium-stun-offer.sdp").replace("a=ice-pwd:Vt3RyQ8wZs5XnB1cPd7HjFgK", "a=ice-pwd:short-secret")
    assert "short-secret" not in refusal_of(text)


def test_there_are_limits() -> None:
    offer = text_of("chromium-stun-offer.sdp")
    assert f"longer than {SDP_MAX_BYTES} bytes" in refusal_of(offer + "a=x\n" * (SDP_MAX_BYTES // 4))
    candidate = "a=candidate:1 1 udp 1 192.0.2.1 {port} typ host\n"
    many = "".join(candidate.format(port=port) for port in range(SDP_MAX_CANDIDATES + 1))
    assert f"more than {SDP_MAX_CANDIDATES} times" in refusal_of(offer.replace("a=setup:actpass\n", many, 1))


@given(st.text() | st.text(alphabet="v=0amo:-1 \r\n/.").map("v=0\n{}".format))
def test_any_text_is_read_or_refused(text: str) -> None:
    _read_or_refused(text)


@given(st.sampled_from(_FILES), st.randoms(use_true_random=False), st.text(max_size=6))
def test_any_damage_is_read_or_refused(name: str, random: object, inserted: str) -> None:
    text = text_of(name)
    start = random.randrange(len(text))  # type: ignore[attr-defined]
    end = start + random.randrange(40)  # type: ignore[attr-defined]
    _read_or_refused(text[:start] + inserted + text[end:])


def _read_or_refused(text: str) -> None:
    with suppress(RemoteProtocolError):
        parse_description(text)
