"""What is answered to the offers of real peers, and what an answer agrees to."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bareline.errors import ConfigurationError, RemoteProtocolError
from bareline.protocol.sdp import (
    Candidate,
    Codec,
    Description,
    Fingerprint,
    IceCredentials,
    answer_to,
    check_answer,
    offer_of,
    parse_description,
    write_description,
)

_FOLDER = Path(__file__).parents[3] / "data" / "sdp"
_OFFERS = sorted(path.name for path in _FOLDER.glob("*offer*.sdp"))
_OWN: dict[str, Any] = {
    "ice": IceCredentials("abcd", "abcdefghijklmnopqrstuvwx"),
    "fingerprints": [Fingerprint("sha-256", ":".join(["AB"] * 32))],
    "candidates": [Candidate("1", 1, "udp", 2130706431, "127.0.0.1", 40000, "host")],
    "ssrc": 7,
    "cname": "realtimeapi",
}


def parsed(name: str) -> Description:
    return parse_description((_FOLDER / name).read_text())


def answered(offer: Description, **settings: Any) -> Description:
    """The answer as the other side reads it."""
    return parse_description(write_description(answer_to(offer, **_OWN, **settings), kind="answer", session_id=1))


def kept(description: Description) -> list[tuple[int, str]]:
    assert description.audio is not None
    return [(codec.payload_type, codec.name) for codec in description.audio.codecs]


@pytest.mark.parametrize("name", _OFFERS)
def test_an_answer_fits_its_offer(name: str) -> None:
    offer = parsed(name)
    answer = answered(offer)
    agreed = check_answer(offer, answer)
    assert agreed is not None
    assert agreed.name == "opus"
    assert (answer.sections, answer.others) == (offer.sections, offer.others)
    assert answer.audio is not None
    assert (answer.audio.stream_id, answer.audio.track_id) == ("realtimeapi", "audio")


def test_payload_types_are_the_offers_and_what_we_do_not_speak_is_dropped() -> None:
    answer = answered(parsed("chromium-stun-offer.sdp"))
    assert kept(answer) == [(111, "opus"), (0, "pcmu"), (8, "pcma")]
    assert answer.audio is not None
    assert answer.audio.codecs[0].parameters == (("minptime", "10"), ("useinbandfec", "1"))
    assert kept(answered(parsed("firefox-offer.sdp"))) == [(109, "opus"), (0, "pcmu"), (8, "pcma")]
    assert kept(answered(parsed("aiortc-offer.sdp"))) == [(96, "opus"), (0, "pcmu"), (8, "pcma")]


def test_the_order_of_codecs_is_ours() -> None:
    offer = parsed("chromium-stun-offer.sdp")
    assert kept(answered(offer, codecs=["pcma", "opus"])) == [(8, "pcma"), (111, "opus")]
    assert kept(answered(parsed("audio-only-offer.sdp"))) == [(96, "opus"), (0, "pcmu")]


@pytest.mark.parametrize(
    ("offered", "answer"),
    [("sendrecv", "sendrecv"), ("sendonly", "recvonly"), ("recvonly", "sendonly"), ("inactive", "inactive")],
)
def test_the_direction_is_mirrored(offered: Any, answer: str) -> None:
    offer = parsed("chromium-stun-offer.sdp")
    assert offer.audio is not None
    audio = answered(replace(offer, audio=replace(offer.audio, direction=offered))).audio
    assert audio is not None
    assert audio.direction == answer


@pytest.mark.parametrize(("offered", "answer"), [("actpass", "active"), ("active", "passive"), ("passive", "active")])
def test_the_dtls_role_follows_the_offer(offered: Any, answer: str) -> None:
    assert answered(replace(parsed("chromium-stun-offer.sdp"), setup=offered)).setup == answer


def test_a_data_channel_alone_is_enough() -> None:
    offer = replace(parsed("chromium-stun-offer.sdp"), audio=None, sections=("1",))
    answer = answered(offer)
    assert answer.audio is None
    assert answer.data is not None
    assert answer.data.mid == "1"
    assert check_answer(offer, answer) is None


def test_an_offer_without_a_common_codec_is_refused_in_words() -> None:
    offer = parsed("chromium-stun-offer.sdp")
    assert offer.audio is not None
    for codecs, words in (((), "none"), ((Codec(9, "g722", 8000),), "g722"), ((Codec(96, "opus", 48000, 1),), "opus")):
        with pytest.raises(RemoteProtocolError, match=f"no codec in common: offered are {words}, taken are opus,"):
            answer_to(replace(offer, audio=replace(offer.audio, codecs=codecs)), **_OWN)


def test_rtcp_needs_no_port_of_its_own() -> None:
    offer = parsed("chromium-stun-offer.sdp")
    assert offer.audio is not None
    apart = replace(offer, audio=replace(offer.audio, rtcp_mux=False))
    with pytest.raises(RemoteProtocolError, match="the offer wants RTCP on a port of its own"):
        answer_to(apart, **_OWN)
    with pytest.raises(RemoteProtocolError, match="the answer wants RTCP on a port of its own"):
        check_answer(offer, replace(apart, setup="active"))


@pytest.mark.parametrize("codecs", [[], ["g722"]])
def test_unknown_codecs_are_the_callers_mistake(codecs: Any) -> None:
    with pytest.raises(ConfigurationError, match="codecs are opus, pcmu, pcma"):
        offer_of(**_OWN, codecs=codecs)


def test_the_service_takes_opus_by_its_own_payload_type() -> None:
    offer = offer_of(**_OWN)
    assert check_answer(offer, parsed("service-answer.sdp")) == Codec(
        96, "opus", 48000, 2, (("minptime", "10"), ("useinbandfec", "1"))
    )


def test_a_codec_that_was_not_offered_is_passed_over() -> None:
    offer = offer_of(**_OWN, codecs=["pcma"])
    agreed = check_answer(offer, parsed("service-answer.sdp"))
    assert agreed is not None
    assert agreed.name == "pcma"


def test_an_offer_may_do_without_a_channel() -> None:
    offer = offer_of(**_OWN, channel=False, codecs=["pcmu", "pcmu"])
    assert (offer.sections, offer.data, kept(offer)) == (("0",), None, [(0, "pcmu")])


def test_answers_that_do_not_fit_are_refused() -> None:
    offer = offer_of(**_OWN)
    answer = answered(offer)
    assert answer.audio is not None
    wrong = {
        "the sections of the offer": replace(answer, sections=("1", "0")),
        "a=setup:actpass does not fit": replace(answer, setup="actpass"),
        "refuses the data channel": replace(answer, data=None),
        "refuses the audio": replace(answer, audio=None),
        "keeps no codec": replace(answer, audio=replace(answer.audio, codecs=())),
    }
    for words, description in wrong.items():
        with pytest.raises(RemoteProtocolError, match=words):
            check_answer(offer, description)
    with pytest.raises(RemoteProtocolError, match="a=setup:active does not fit the offer's active"):
        check_answer(replace(offer, setup="active"), answer)
