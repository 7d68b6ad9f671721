"""Does simulated time run two endpoints as their drivers would, and does a broken law name its seed?"""

from __future__ import annotations

from array import array

import pytest

import bareline.testing
from bareline.protocol import events as ev
from bareline.protocol.client_endpoint import ClientEndpoint, Received
from bareline.protocol.generation import Outcome, Output, ResponseRequest, SpeechDelta, TextDelta
from bareline.testing.laws import LawBroken, Laws
from bareline.testing.link import SeededLink
from bareline.testing.pair import EndpointPair
from bareline.testing.random_user import RandomUser
from bareline.testing.simulation import SimulationFailed, simulate
from bareline.testing.voice import Room, level_speech, mix
from bareline.transports.faults import parse_faults
from bareline.units import NS_PER_MS, NS_PER_S


def hello(request: ResponseRequest) -> list[tuple[int, Output | Outcome]]:
    return [(100 * NS_PER_MS, TextDelta(text="hello ")), (100 * NS_PER_MS, TextDelta(text="there"))]


def test_a_text_turn_takes_the_time_of_its_link_and_its_plan() -> None:
    seen: list[tuple[int, str]] = []

    def note(received: Received) -> None:
        seen.append((received.at_ns // NS_PER_MS, type(received.event).__name__))

    pair = EndpointPair(hello, link=SeededLink(parse_faults("delay=50ms")), on_event=note)
    pair.send(ev.ResponseCreate(response=ev.ResponseConfig(output_modalities=["text"])))
    pair.run()
    assert (50, "SessionCreated") in seen
    assert (100, "ResponseCreated") in seen
    assert (200, "ResponseOutputTextDelta") in seen
    assert (300, "ResponseDone") in seen
    assert pair.client.conversation is not None
    assert pair.client.conversation.items[0].text == "hello there"
    assert not pair.generating


def test_the_session_ends_at_its_limit() -> None:
    pair = EndpointPair(hello)
    pair.run(until_ns=3_599 * NS_PER_S)
    assert (pair.closed, pair.now_ns) == (None, 3_599 * NS_PER_S)
    pair.run(until_ns=3_601 * NS_PER_S)
    assert pair.closed is not None
    assert pair.closed.code == 1001


def test_speech_is_turned_into_turns_by_silence() -> None:
    pair = EndpointPair(hello, client=ClientEndpoint())
    for number in range(12):
        loud = b"\x00\x20" * 2_400 if 3 <= number < 6 else bytes(4_800)
        pair.at(number * 100 * NS_PER_MS, lambda loud=loud: pair.send(ev.InputAudioBufferAppend(audio=loud)))
    pair.run()
    assert pair.client.conversation is not None
    assert [entry.role for entry in pair.client.conversation.items] == ["user", "assistant"]


def test_two_that_talk_for_ever_are_stopped() -> None:
    pair = EndpointPair(hello, max_steps=50)

    def again() -> None:
        pair.after(NS_PER_MS, again)

    again()
    with pytest.raises(AssertionError, match="talk for ever"):
        pair.run()


def test_a_broken_law_names_the_seed_the_faults_and_the_last_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RandomUser, "received", lambda *_: 1 / 0)
    with pytest.raises(SimulationFailed, match=r"seed 3, stream, \(Delay.*ZeroDivisionError"):
        simulate(3)


def test_a_second_end_of_a_response_breaks_a_law() -> None:
    laws, response = Laws(checked=True), ev.Response(id="resp_1", status="completed")
    laws.received(Received(ev.ResponseCreated(response=response), b"", 1_000_000))
    laws.received(Received(ev.ResponseDone(response=response), b"", 2_000_000))
    with pytest.raises(LawBroken, match=r"resp_1 ended twice\n.*1 ms < ResponseCreated"):
        laws.received(Received(ev.ResponseDone(response=response), b"", 3_000_000))


def test_more_audio_than_was_received_cannot_be_truncated() -> None:
    laws = Laws(checked=True)
    with pytest.raises(LawBroken, match="truncated at 5 of 0 ms"):
        laws.sent(ev.ConversationItemTruncate(item_id="item_1", content_index=0, audio_end_ms=5), 0)


def test_loud_speech_over_noise_is_clipped_and_not_wrapped() -> None:
    assert list(mix(array("h", [1_000, -1_000, 5]), array("h", [32_000, -32_000]))) == [32_767, -32_768, 5]
    assert level_speech(bytes(960)).end == 0
    assert max(level_speech(array("h", [1, -32_768, 0]).tobytes()).samples) < 32_767
    assert set(Room(1, None).frame(480)) == {0}


def test_the_packages_names_are_there_when_used() -> None:
    assert all(getattr(bareline.testing, name) for name in bareline.testing.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = bareline.testing.nonsense


def test_speech_in_a_text_response_is_its_transcript() -> None:
    pair = EndpointPair(lambda _: [(0, SpeechDelta(transcript="hi", audio=bytes(480)))])
    pair.send(ev.ResponseCreate(response=ev.ResponseConfig(output_modalities=["text"])))
    pair.run()
    assert pair.client.conversation is not None
    assert pair.client.conversation.items[0].text == "hi"
