"""Who speaks over the assistant is judged on this side, over both transports, whoever finds the turns."""

from __future__ import annotations

import asyncio

import pytest

from bareline.client.call_events import (
    AgentSaid,
    AgentStarted,
    AgentStopped,
    Interrupted,
    OutputPaused,
    OutputResumed,
)
from bareline.protocol import events as ev
from bareline.testing.virtual import run_virtual
from bareline.turns.energy import EnergyVad
from bareline.turns.interruption_rules import InterruptionRules
from bareline.turns.profiles import ServerVad
from bareline.turns.silence import SilenceTurnDetector

MEDIA = pytest.mark.parametrize("media", [False, True], ids=["websocket", "webrtc"])
FOUND_BY = pytest.mark.parametrize("local", [False, True], ids=["service", "detector"])
EARS = pytest.mark.parametrize("ears", [False, True], ids=["without-ears", "ears"])


def judged(*, local: bool = False, ears: bool = False, **options):
    """A call whose interruptions are judged."""
    turns = SilenceTurnDetector(EnergyVad(), silence_duration_ms=300) if local else ServerVad.balanced()
    options.setdefault("interruptions", InterruptionRules.balanced())
    return {"turns": turns, "ears": EnergyVad() if ears else None, "transcription": None, **options}


def answers(kit, ms: int = 5_000, text: str = "One two three four five six."):
    async def respond(request):
        for delta in kit.speech(text, ms):
            yield delta

    return respond


async def answered(phone) -> None:
    """The user has said something, and the answer is heard for a second."""
    await phone.talk(600)
    await phone.until(AgentStarted)
    await asyncio.sleep(1)


@MEDIA
@FOUND_BY
@EARS
def test_a_short_sound_without_words_pauses_the_voice_and_takes_nothing(kit, media, local, ears) -> None:
    async def main() -> None:
        async with kit.phone(answers(kit), media=media, **judged(local=local, ears=ears)) as phone:
            await answered(phone)
            await phone.talk(400)
            await phone.until(OutputResumed)
            said = await phone.until(AgentSaid)
            assert not said.interrupted
            assert said.text == "One two three four five six."
            assert phone.seen(OutputPaused)
            assert phone.seen(OutputResumed)[0].kind == "backchannel"
            assert phone.seen(Interrupted) == []
            await asyncio.sleep(4)
            assert len(phone.sent(ev.ResponseCreate)) == 1
            assert [entry.text for entry in phone.call.transcript if entry.role == "assistant"] == [said.text]
            users = [item for item in phone.server.conversation.items if getattr(item.item, "role", "") == "user"]
            assert len(users) == 1
            assert phone.errors() == []

    run_virtual(main())


@MEDIA
@FOUND_BY
@EARS
def test_a_turn_stops_the_voice_and_is_answered_once(kit, media, local, ears) -> None:
    async def main() -> None:
        async with kit.phone(answers(kit), media=media, **judged(local=local, ears=ears)) as phone:
            await answered(phone)
            await phone.talk(1_500)
            cut = await phone.until(Interrupted)
            assert cut.kind == "turn"
            assert "speech" in cut.reason
            assert 900 <= cut.heard_ms <= 1_500
            await phone.until(AgentStarted, count=2)
            await phone.until(AgentStopped, count=2)
            assert len(phone.sent(ev.ResponseCreate)) == 2
            assert len(phone.mind.utterances) == 2
            assert phone.errors() == []

    run_virtual(main())
