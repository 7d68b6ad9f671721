"""Turns decided on this side, over both transports: committed whole, answered once, nothing sent before speech."""

from __future__ import annotations

import asyncio
from array import array

import pytest

from bareline.client.call_events import (
    AgentSaid,
    AgentStarted,
    Interrupted,
    Reconnected,
    TurnDecided,
    UserSaid,
    UserStarted,
    UserStopped,
)
from bareline.errors import ConfigurationError
from bareline.protocol import events as ev
from bareline.testing.virtual import run_virtual
from bareline.turns.energy import EnergyVad
from bareline.turns.profiles import ServerVad
from bareline.turns.silence import SilenceTurnDetector

WAYS = pytest.mark.parametrize("media", [False, True], ids=["websocket", "webrtc"])


def detector(silence_ms: int = 300) -> SilenceTurnDetector:
    return SilenceTurnDetector(EnergyVad(), silence_duration_ms=silence_ms)


def answers(kit, ms: int = 1_000):
    async def respond(request):
        for delta in kit.speech("One two three four five six.", ms):
            yield delta

    return respond


def loud_ms(phone, number: int) -> tuple[int, int]:
    """How many ms of silence come before the user's hum in an utterance, and how many ms it lasts."""
    samples = array("h", phone.mind.utterances[number].audio.pcm)
    sounds = [n for n, value in enumerate(samples) if abs(value) > 500]
    return sounds[0] // 24, (sounds[-1] - sounds[0]) // 24


@WAYS
def test_each_turn_is_committed_whole_and_answered_once(kit, media) -> None:
    async def main() -> None:
        async with kit.phone(answers(kit), turns=detector(), media=media) as phone:
            assert phone.server.session.audio.input.turn_detection is None
            await asyncio.sleep(0.5)
            for turn in (1, 2, 3):
                await phone.talk(600)
                await phone.until(AgentSaid, count=turn)
                await asyncio.sleep(0.5)
            assert len(phone.mind.utterances) == len(phone.sent(ev.ResponseCreate)) == 3
            for turn in range(3):
                before_ms, hum_ms = loud_ms(phone, turn)
                assert hum_ms == pytest.approx(600, abs=2)
                assert 180 <= before_ms <= 230
            assert phone.errors() == []
            await phone.until(UserSaid, count=3)

    run_virtual(main())


@WAYS
def test_decisions_and_turns_are_told_with_both_times(kit, media) -> None:
    async def main() -> None:
        async with kit.phone(answers(kit), turns=detector(), media=media) as phone:
            await asyncio.sleep(1)
            await phone.talk(600)
            await phone.until(AgentStarted)
            kinds = [event.kind for event in phone.seen(TurnDecided)]
            assert kinds == ["speech_started", "speech_stopped", "turn_ended"]
            began, _, ended = phone.seen(TurnDecided)
            assert ended.at_ns - began.at_ns == pytest.approx(600e6, abs=25e6)
            assert ended.decided_at_ns - ended.at_ns == pytest.approx(300e6, abs=25e6)
            assert ended.reason == "300 ms of silence"
            assert [event.at_ns for event in phone.seen(UserStarted)] == [began.at_ns]
            assert [event.at_ns for event in phone.seen(UserStopped)] == [ended.at_ns]

    run_virtual(main())


@WAYS
def test_before_speech_nothing_is_sent_but_silence_that_media_needs(kit, media) -> None:
    async def main() -> None:
        async with kit.phone(answers(kit), turns=detector(), media=media) as phone:
            await phone.mic.push(array("h", [40, -40] * 24_000).tobytes())  # a room, two seconds of it
            await asyncio.sleep(3)
            assert not any(r.name == "input_audio_buffer.append" for r in phone.records.records)
            await phone.talk(600)
            await phone.until(AgentSaid)
            pcm = phone.mind.utterances[0].audio.pcm
            assert len(pcm) // 48 <= 1_250  # the turn, and no second of the room

    run_virtual(main())


@WAYS
def test_speech_interrupts_the_assistant_and_is_answered(kit, media) -> None:
    async def main() -> None:
        async with kit.phone(answers(kit, 6_000), turns=detector(), media=media) as phone:
            await phone.talk(600)
            await phone.until(AgentStarted)
            await asyncio.sleep(1)
            await phone.talk(1_200)
            cut = await phone.until(Interrupted)
            assert cut.by == "user"
            assert 900 <= cut.heard_ms <= 1_500
            await phone.until(AgentStarted, count=2)
            assert len(phone.mind.utterances) == 2
            assert phone.errors() == []

    run_virtual(main())


@WAYS
def test_what_does_not_take_the_floor_is_neither_committed_nor_answered(kit, media) -> None:
    class Listeners:
        def takes_floor(self) -> bool:
            return False

    async def main() -> None:
        async with kit.phone(answers(kit, 3_000), turns=detector(), media=media) as phone:
            await phone.talk(600)
            await phone.until(AgentStarted)
            phone.call._parts.turns.floor = Listeners()
            await phone.talk(200)
            said = await phone.until(AgentSaid)
            assert (said.heard_ms, said.interrupted) == (3_000, False)
            await asyncio.sleep(2)
            assert len(phone.mind.utterances) == 1
            assert len(phone.sent(ev.ResponseCreate)) == 1
            assert phone.sent(ev.InputAudioBufferClear)

    run_virtual(main())


def test_turns_go_on_after_a_reconnection_in_the_middle_of_one(kit) -> None:
    async def main() -> None:
        async with kit.phone(answers(kit), turns=detector()) as phone:
            await phone.talk(400)
            await phone.wires[-1].close(1006)
            await phone.until(Reconnected)
            await phone.talk(600)
            await phone.until(AgentSaid)
            await phone.talk(600)
            await phone.until(AgentSaid, count=2)
            assert phone.errors() == []

    run_virtual(main())


def test_a_turn_that_ends_while_nobody_is_there_is_not_answered(kit) -> None:
    async def main() -> None:
        async with kit.phone(answers(kit), turns=detector()) as phone:
            await phone.talk(600)
            await phone.until(AgentSaid)
            phone.refuse_dials = 3
            await phone.wires[-1].close(1006)
            await phone.talk(200, then_ms=600)
            assert len(phone.seen(UserStopped)) == 2
            await phone.until(Reconnected)
            await asyncio.sleep(2)
            assert len(phone.sent(ev.ResponseCreate)) == 1
            await phone.talk(600)
            await phone.until(AgentSaid, count=2)
            assert phone.errors() == []

    run_virtual(main())


@WAYS
def test_who_decides_can_change_within_the_call(kit, media) -> None:
    async def main() -> None:
        async with kit.phone(answers(kit), turns=detector(), media=media) as phone:
            await phone.talk(600)
            await phone.until(AgentSaid)
            phone.call.update(turns=ServerVad.fast())
            await asyncio.sleep(0.5)
            await phone.talk(600)
            await phone.until(AgentSaid, count=2)
            assert phone.server.session.audio.input.turn_detection.silence_duration_ms == 250
            phone.call.update(turns=detector(500))
            await asyncio.sleep(0.5)
            await phone.talk(600)
            await phone.until(AgentSaid, count=3)
            assert len(phone.mind.utterances) == 3
            assert phone.errors() == []

    run_virtual(main())


def test_a_detector_without_ears_and_an_object_that_is_none_are_refused(kit) -> None:
    from bareline.client.call import Call

    with pytest.raises(ConfigurationError, match="microphone"):
        Call(model="gpt-realtime", turns=detector())

    async def main() -> None:
        async with kit.phone(answers(kit), turns=object()):
            pass

    with pytest.raises(ConfigurationError, match="method 'feed'"):
        run_virtual(main())
