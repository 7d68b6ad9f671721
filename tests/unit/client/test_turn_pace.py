"""Rules that change a call's patience: by session.update for the service, by telling the detector for this side."""

from __future__ import annotations

import asyncio

import pytest

from bareline.client.call_events import AgentSaid, Reconnected, UserSaid
from bareline.protocol import events as ev
from bareline.protocol.generation import SpeechDelta
from bareline.testing.virtual import run_virtual
from bareline.turns.endpointing import Endpointing
from bareline.turns.energy import EnergyVad
from bareline.turns.pace_rules import DEFAULT_TURN_RULES
from bareline.turns.profiles import SemanticVad, ServerVad
from bareline.turns.silence import SilenceTurnDetector


def says(kit, *answers: str):
    left = list(answers)

    async def respond(request):
        text = left.pop(0) if left else "Done."
        yield SpeechDelta(item=0, transcript=text, audio=kit.voice(400))

    return respond


def silences(phone) -> list[object]:
    """What the session's turn detection was asked to be, after the first time."""
    asked = [event.session.audio.input.turn_detection for event in phone.sent(ev.SessionUpdate) if event.session.audio]
    return [(t.silence_duration_ms if isinstance(t, ev.ServerVad) else t.eagerness) for t in asked if t][1:]


def effective(phone):
    return phone.server.session.audio.input.turn_detection


def test_the_services_silence_is_short_after_a_question_and_long_for_a_number_and_then_as_before(kit) -> None:
    async def main() -> None:
        answers = says(kit, "Shall I delete it?", "What is your phone number?", "Thank you.")
        turns = ServerVad.balanced(silence_duration_ms=432, threshold=0.4)
        async with kit.phone(answers, turns=turns, turn_rules=DEFAULT_TURN_RULES) as phone:
            for turn, silence_ms in ((1, 250), (2, 1_000), (3, 432)):
                await phone.talk(600)
                await phone.until(AgentSaid, count=turn)
                await phone.until(UserSaid, count=turn)
                await asyncio.sleep(1)
                assert effective(phone).silence_duration_ms == silence_ms
                assert effective(phone).threshold == 0.4
            assert silences(phone) == [250, 1_000, 432]
            assert phone.errors() == []

    run_virtual(main())


def test_eagerness_follows_too(kit) -> None:
    async def main() -> None:
        answers = says(kit, "Take your time.", "Fine.")
        async with kit.phone(answers, turns=SemanticVad.balanced(), turn_rules=DEFAULT_TURN_RULES) as phone:
            await phone.talk(600)
            await phone.until(AgentSaid)
            await asyncio.sleep(1)
            assert effective(phone).eagerness == "low"
            await phone.talk(600, then_ms=3_000)
            await phone.until(AgentSaid, count=2)
            await asyncio.sleep(1)
            assert silences(phone) == ["low", "medium"]

    run_virtual(main())


def test_what_the_user_said_counts_where_it_is_transcribed(kit) -> None:
    async def main() -> None:
        words = ["let me see", "the first one"]
        options = {"turns": ServerVad.balanced(), "turn_rules": DEFAULT_TURN_RULES, "words": lambda n: words[n]}
        async with kit.phone(says(kit), **options) as phone:
            for turn, silence_ms in ((1, 1_000), (2, 500)):
                await phone.talk(600, then_ms=1_500)
                await phone.until(UserSaid, count=turn)
                await asyncio.sleep(1)
                assert effective(phone).silence_duration_ms == silence_ms

    run_virtual(main())


def test_who_goes_on_before_the_answer_is_heard_is_given_time_for_two_answers(kit) -> None:
    async def slow(request):
        await asyncio.sleep(1)
        yield SpeechDelta(item=0, transcript="Done.", audio=kit.voice(400))

    async def main() -> None:
        async with kit.phone(slow, turns=ServerVad.balanced(), turn_rules=DEFAULT_TURN_RULES) as phone:
            await phone.talk(600, then_ms=900)
            await phone.talk(600, then_ms=100)
            assert effective(phone).silence_duration_ms == 1_000
            await phone.until(AgentSaid)
            assert effective(phone).silence_duration_ms == 1_000
            await phone.talk(600)
            await phone.until(AgentSaid, count=2)
            await asyncio.sleep(1)
            assert effective(phone).silence_duration_ms == 500

    run_virtual(main())


@pytest.mark.parametrize("media", [False, True], ids=["websocket", "webrtc"])
def test_a_detector_on_this_side_is_told_and_nothing_is_sent(kit, media) -> None:
    async def main() -> None:
        detector = SilenceTurnDetector(EnergyVad())
        detector.use(Endpointing.balanced(silence_ms=432))
        options = {"turns": detector, "turn_rules": DEFAULT_TURN_RULES, "media": media}
        async with kit.phone(says(kit, "Shall I delete it?", "What is your phone number?"), **options) as phone:
            for turn, silence_ms in ((1, 250), (2, 1_000), (3, 432)):
                await phone.talk(600)
                await phone.until(AgentSaid, count=turn)
                await asyncio.sleep(1)
                assert detector.silence_duration_ms == silence_ms
            assert silences(phone) == []

    run_virtual(main())


def test_a_new_connection_and_a_new_choice_begin_with_the_applications_settings(kit) -> None:
    async def main() -> None:
        answers = says(kit, "Shall I delete it?", "Shall I?")
        async with kit.phone(answers, turns=ServerVad.balanced(), turn_rules=DEFAULT_TURN_RULES) as phone:
            await phone.talk(600)
            await phone.until(AgentSaid)
            await phone.wires[-1].close(1006)
            await phone.until(Reconnected)
            await asyncio.sleep(1)
            assert effective(phone).silence_duration_ms == 500
            phone.call.update(turns=ServerVad.patient())
            await phone.talk(600)
            await phone.until(AgentSaid, count=2)
            await asyncio.sleep(1)
            assert effective(phone).silence_duration_ms == 250

    run_virtual(main())


def test_without_turn_detection_there_is_nothing_to_change(kit) -> None:
    async def main() -> None:
        async with kit.phone(says(kit, "Shall I?"), turns="manual", turn_rules=DEFAULT_TURN_RULES) as phone:
            phone.call.send_text("hello")
            await phone.until(AgentSaid)
            await asyncio.sleep(1)
            assert effective(phone) is None
            assert silences(phone) == []

    run_virtual(main())
