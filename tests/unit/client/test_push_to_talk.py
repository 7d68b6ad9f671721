"""Turns that a key or a wake word begins, over both transports."""

from __future__ import annotations

import asyncio
from array import array

import pytest

from bareline.client.call_events import AgentSaid, AgentStarted, Interrupted, TurnDecided
from bareline.media.frames import AudioFrame
from bareline.protocol import events as ev
from bareline.testing.virtual import run_virtual
from bareline.turns import PushToTalk, WakeWord
from bareline.turns.energy import EnergyVad
from bareline.turns.silence import SilenceTurnDetector
from bareline.turns.spotting import Spotted

WAYS = pytest.mark.parametrize("media", [False, True], ids=["websocket", "webrtc"])


def answers(kit, ms: int):
    async def respond(request):
        for delta in kit.speech("One two three four five six.", ms):
            yield delta

    return respond


def hum_ms(phone, number: int) -> int:
    """How many ms of an utterance are not silence."""
    return sum(abs(value) > 500 for value in array("h", phone.mind.utterances[number].audio.pcm)) // 24


def appended(phone) -> bool:
    return any(record.name == "input_audio_buffer.append" for record in phone.records.records)


@WAYS
def test_a_press_interrupts_and_a_release_is_answered(kit, media) -> None:
    async def main() -> None:
        key = PushToTalk()
        async with kit.phone(answers(kit, 5_000), turns=key, media=media) as phone:
            assert phone.server.session.audio.input.turn_detection is None
            await phone.talk(600)  # nobody presses the key: nobody hears it
            await asyncio.sleep(1)
            assert not appended(phone)
            assert phone.mind.utterances == []

            for turn in (1, 2):
                key.press()
                await phone.talk(600)
                key.release()
                await phone.until(AgentStarted, count=turn)
                await asyncio.sleep(1)

            assert len(phone.mind.utterances) == len(phone.sent(ev.ResponseCreate)) == 2
            assert hum_ms(phone, 0) == pytest.approx(583, abs=20)
            assert hum_ms(phone, 1) == pytest.approx(583, abs=20)
            assert [cut.by for cut in phone.seen(Interrupted)] == ["user"]
            assert phone.errors() == []

    run_virtual(main())


@WAYS
def test_the_assistant_is_silent_as_soon_as_the_key_goes_down(kit, media) -> None:
    async def main() -> None:
        key = PushToTalk()
        async with kit.phone(answers(kit, 5_000), turns=key, media=media) as phone:
            key.press()
            await phone.talk(400)
            key.release()
            await phone.until(AgentStarted)
            await asyncio.sleep(1)
            key.press()  # and says nothing yet
            await asyncio.sleep(0.06)
            cut = await phone.until(Interrupted)
            assert 950 <= cut.heard_ms <= 1_150
            key.release()
            await asyncio.sleep(1)
            assert len(phone.mind.utterances) == 1  # too short to be meant
            assert phone.seen(TurnDecided)[-1].reason.endswith("too short to be meant")
            assert phone.errors() == []

    run_virtual(main())


class HumSpotter:
    """Takes 1.2 seconds of hum for its phrase, and finds it at its end."""

    def __init__(self) -> None:
        self.reset()

    def feed(self, frame: AudioFrame) -> list[Spotted]:
        found: list[Spotted] = []
        for value in array("h", frame.pcm):
            self.heard += 1
            self.loud += abs(value) > 500
            if self.loud == 28_000:
                found.append(Spotted("hey you", self.heard - 28_000, self.heard, self.heard))
        return found

    def reset(self) -> None:
        self.heard = self.loud = 0


@WAYS
def test_before_the_wake_word_nothing_is_sent_and_after_it_the_turn_is_whole(kit, media) -> None:
    async def main() -> None:
        wake = WakeWord(HumSpotter(), SilenceTurnDetector(EnergyVad(), silence_duration_ms=300))
        async with kit.phone(answers(kit, 1_000), turns=wake, media=media) as phone:
            await phone.talk(600)
            await asyncio.sleep(2)
            assert not appended(phone)
            assert not wake.awake
            assert phone.sent(ev.ResponseCreate) == []

            await phone.talk(600)  # now the phrase is whole
            await asyncio.sleep(1)
            assert wake.awake
            assert not appended(phone)
            await phone.talk(600)
            await phone.until(AgentSaid)
            assert [hum_ms(phone, 0)] == pytest.approx([583], abs=20)
            assert len(phone.mind.utterances) == 1
            assert phone.errors() == []

    run_virtual(main())
