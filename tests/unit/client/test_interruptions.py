"""Who speaks over the assistant is judged on this side, over both transports, whoever finds the turns."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from bareline.client.call import Call
from bareline.client.call_events import (
    AgentSaid,
    AgentStarted,
    AgentStopped,
    Interrupted,
    OutputDucked,
    OutputPaused,
    OutputResumed,
    Reconnected,
)
from bareline.devices.sources import QueueSource
from bareline.errors import ConfigurationError
from bareline.protocol import events as ev
from bareline.protocol.generation import Failed
from bareline.testing.virtual import run_virtual
from bareline.turns.contract import Hypothesis
from bareline.turns.energy import EnergyVad
from bareline.turns.interruption import Judgement, Overlap
from bareline.turns.interruption_rules import InterruptionRules, NeverInterrupt
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


class Words:
    """The balanced rules, as if somebody had understood every sound."""

    def __init__(self, words: str) -> None:
        self.words = words

    def judge(self, overlap: Overlap) -> Judgement:
        return InterruptionRules.balanced().judge(replace(overlap, words=self.words))


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


def users(phone) -> list[str]:
    """The items of the user that the server knows."""
    items = phone.server.conversation.items
    return [entry.item.id for entry in items if getattr(entry.item, "role", "") == "user"]


@MEDIA
def test_a_lone_stop_is_kept_and_not_answered(kit, media) -> None:
    async def main() -> None:
        policy = Words("stop")
        async with kit.phone(answers(kit), media=media, **judged(interruptions=policy)) as phone:
            await answered(phone)
            await phone.talk(300)
            cut = await phone.until(Interrupted)
            assert cut.kind == "stop"
            await asyncio.sleep(4)
            assert len(phone.sent(ev.ResponseCreate)) == 1
            assert len(users(phone)) == 2
            assert phone.errors() == []

    run_virtual(main())


def test_words_of_a_recogniser_on_this_side_are_known_when_a_turn_ends(kit) -> None:
    class Understood:
        def __init__(self) -> None:
            self.turns = 0

        def feed(self, frame): ...
        def partial(self): ...
        def reset(self): ...

        def finish(self):
            self.turns += 1
            return Hypothesis("stop" if self.turns == 2 else "hello", 0.9)

    async def main() -> None:
        async with kit.phone(answers(kit), **judged(local=True, recogniser=Understood())) as phone:
            await answered(phone)
            await phone.talk(250)
            assert (await phone.until(Interrupted)).kind == "stop"
            await asyncio.sleep(2)
            assert len(phone.mind.utterances) == 1

    run_virtual(main())


class HearsTwoSyllables:
    """Understands "uh-huh" when it is over, and half of it before."""

    def feed(self, frame): ...
    def reset(self): ...

    def partial(self):
        return Hypothesis("uh", 0.9)

    def finish(self):
        return Hypothesis("uh huh", 0.9)


@MEDIA
@pytest.mark.parametrize("listens", ["recogniser", "overlap_recogniser"])
def test_half_a_listeners_word_is_no_turn(kit, media, listens) -> None:
    async def main() -> None:
        options = judged(local=True, **{listens: HearsTwoSyllables()})
        async with kit.phone(answers(kit), media=media, **options) as phone:
            await answered(phone)
            await phone.talk(400)
            assert (await phone.until(OutputResumed)).kind == "backchannel"
            assert not (await phone.until(AgentSaid)).interrupted

    run_virtual(main())


def test_what_a_turn_detector_understands_does_not_count_beside_a_recogniser_of_overlaps(kit) -> None:
    class Orders(HearsTwoSyllables):
        def partial(self):
            return Hypothesis("add milk", 0.9)

    async def main() -> None:
        options = judged(local=True, recogniser=Orders(), overlap_recogniser=HearsTwoSyllables())
        async with kit.phone(answers(kit), **options) as phone:
            await answered(phone)
            await phone.talk(400)
            assert (await phone.until(OutputResumed)).kind == "backchannel"

    run_virtual(main())


def test_one_recogniser_cannot_listen_for_two() -> None:
    heard = HearsTwoSyllables()
    with pytest.raises(ConfigurationError, match="cannot listen for two"):
        Call(microphone=QueueSource(), **judged(local=True, recogniser=heard, overlap_recogniser=heard))


def test_a_stop_drops_what_waits_to_be_said(kit) -> None:
    async def main() -> None:
        async def respond(request):
            for delta in kit.speech("One two three four five six.", 5_000):
                yield delta
                await asyncio.sleep(0.09)

        async with kit.phone(respond, **judged(interruptions=Words("stop"))) as phone:
            await answered(phone)
            phone.call.say("This waits.")
            await phone.talk(300)
            assert (await phone.until(Interrupted)).kind == "stop"
            await asyncio.sleep(5)
            assert len(phone.sent(ev.ResponseCreate)) == 1

    run_virtual(main())


@MEDIA
def test_a_correction_is_answered(kit, media) -> None:
    async def main() -> None:
        policy = Words("no, the other one")
        async with kit.phone(answers(kit, 2_000), media=media, **judged(interruptions=policy)) as phone:
            await answered(phone)
            await phone.talk(300)
            assert (await phone.until(Interrupted)).kind == "correction"
            await phone.until(AgentStopped, count=2)
            assert len(phone.sent(ev.ResponseCreate)) == len(users(phone)) == 2
            assert phone.errors() == []

    run_virtual(main())


@MEDIA
def test_words_of_the_service_that_come_late_still_stop_the_voice(kit, media) -> None:
    async def main() -> None:
        said = {0: "hello", 1: "stop it"}
        options = judged(transcription="whisper-1")
        async with kit.phone(answers(kit), media=media, words=said.__getitem__, **options) as phone:
            await answered(phone)
            await phone.talk(300)
            await phone.until(OutputResumed)
            cut = await phone.until(Interrupted)
            assert cut.kind == "stop"
            await asyncio.sleep(2)
            assert len(users(phone)) == 2
            assert len(phone.sent(ev.ResponseCreate)) == 1

    run_virtual(main())


@MEDIA
def test_a_listeners_words_go_from_the_conversation_once_they_are_known(kit, media) -> None:
    async def main() -> None:
        said = {0: "hello", 1: "Mm-hmm."}
        options = judged(transcription="whisper-1")
        async with kit.phone(answers(kit), media=media, words=said.__getitem__, **options) as phone:
            await answered(phone)
            await phone.talk(300)
            await phone.until(AgentStopped)
            assert len(users(phone)) == 1
            assert phone.seen(Interrupted) == []
            assert phone.errors() == []

    run_virtual(main())


@MEDIA
@pytest.mark.parametrize("policy", [None, InterruptionRules.balanced()], ids=["no-policy", "policy"])
def test_what_must_be_heard_is_heard_to_its_end(kit, media, policy) -> None:
    async def main() -> None:
        options = judged(interruptions=policy)
        async with kit.phone(answers(kit, 3_000), media=media, **options) as phone:
            phone.call.say("This call is recorded.", interruptible=False)
            await phone.until(AgentStarted)
            await asyncio.sleep(0.5)
            await phone.talk(1_200)
            first = await phone.until(AgentStopped)
            assert not first.interrupted
            assert phone.seen(Interrupted) == []
            await phone.until(AgentStarted, count=2)  # what was said meanwhile is answered
            assert phone.server.session.audio.input.turn_detection.interrupt_response is (policy is None)
            await asyncio.sleep(0.5)
            await phone.talk(1_200)
            assert await phone.until(Interrupted)
            assert phone.errors() == []

    run_virtual(main())


@MEDIA
def test_what_must_be_heard_is_protected_behind_an_answer_that_is_still_played(kit, media) -> None:
    async def main() -> None:
        async with kit.phone(answers(kit, 4_000), media=media, **judged(interruptions=None)) as phone:
            await answered(phone)
            phone.call.say("This call is recorded.", interruptible=False)
            await phone.until(AgentStarted, count=2)
            await asyncio.sleep(0.5)
            await phone.talk(1_200)
            await phone.until(AgentStopped, count=2)
            assert phone.seen(Interrupted) == []
            assert phone.errors() == []

    run_virtual(main())


def test_a_span_protects_whatever_is_said_in_it(kit) -> None:
    async def main() -> None:
        async with kit.phone(answers(kit, 3_000), **judged()) as phone:
            with phone.call.uninterruptible():
                await answered(phone)
                await phone.talk(1_000, then_ms=500)
                assert phone.seen(OutputDucked) == []
            await phone.until(AgentStopped)
            assert phone.seen(Interrupted) == []

    run_virtual(main())


def test_an_announcement_that_fails_protects_nothing(kit) -> None:
    async def main() -> None:
        async def respond(request):
            yield Failed("server_error", "no voice")

        async with kit.phone(respond, **judged(interruptions=None)) as phone:
            phone.call.say("This call is recorded.", interruptible=False)
            await asyncio.sleep(3)
            await phone.talk(800, then_ms=1_000)
            assert phone.server.session.audio.input.turn_detection.interrupt_response is True

    run_virtual(main())


def test_never_interrupted_means_answered_afterwards(kit) -> None:
    async def main() -> None:
        async with kit.phone(answers(kit, 3_000), **judged(interruptions=NeverInterrupt())) as phone:
            await answered(phone)
            await phone.talk(1_000)
            await phone.until(AgentStopped, count=2)
            assert phone.seen(Interrupted) == phone.seen(OutputDucked) == []
            assert len(phone.sent(ev.ResponseCreate)) == 2

    run_virtual(main())


def test_the_service_is_asked_to_leave_it_to_this_side(kit) -> None:
    async def main() -> None:
        async with kit.phone(answers(kit), **judged()) as phone:
            detection = phone.server.session.audio.input.turn_detection
            assert (detection.interrupt_response, detection.create_response) == (False, False)
            phone.call.update(turns=ServerVad.patient())
            await asyncio.sleep(0.1)
            detection = phone.server.session.audio.input.turn_detection
            assert (detection.silence_duration_ms, detection.create_response) == (1_000, False)

    run_virtual(main())


def test_whoever_answers_by_hand_is_not_answered_for(kit) -> None:
    async def main() -> None:
        turns = ServerVad.balanced(create_response=False)
        async with kit.phone(answers(kit), **{**judged(), "turns": turns}) as phone:
            await phone.talk(800, then_ms=2_000)
            assert phone.sent(ev.ResponseCreate) == []

    run_virtual(main())


def test_policies_that_cannot_work_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="barge_in"):
        Call(interruptions=InterruptionRules(), barge_in=False, microphone=QueueSource())
    with pytest.raises(ConfigurationError, match="microphone"):
        Call(interruptions=InterruptionRules())


def test_a_lost_connection_leaves_nobody_waiting(kit) -> None:
    async def main() -> None:
        async with kit.phone(answers(kit), **judged(transcription="whisper-1")) as phone:
            await answered(phone)
            await phone.talk(200)
            await phone.until(OutputPaused)
            await phone.wires[-1].close(1006)
            await phone.until(OutputResumed)
            await phone.until(Reconnected)
            await phone.talk(800)
            await phone.until(AgentStarted, count=2)

    run_virtual(main())


def test_an_announcement_outlives_its_connection(kit) -> None:
    async def main() -> None:
        async with kit.phone(answers(kit, 3_000), **judged()) as phone:
            phone.call.say("This call is recorded.", interruptible=False)
            await phone.until(AgentStarted)
            await phone.wires[-1].close(1006)
            await phone.talk(1_200)
            first = await phone.until(AgentStopped)
            assert not first.interrupted

    run_virtual(main())


def test_a_microphone_that_dies_holds_no_voice_back(kit) -> None:
    class Dying(QueueSource):
        async def read(self):
            if self.dead:
                await asyncio.Event().wait()
            return await super().read()

        dead = False

    async def main() -> None:
        mic = Dying()
        async with kit.phone(answers(kit), microphone=mic, **judged()) as phone:
            phone.mic = mic
            await answered(phone)
            await phone.talk(200)
            await phone.until(OutputPaused)
            mic.dead = True
            stopped = await phone.until(AgentStopped)
            assert not stopped.interrupted

    run_virtual(main())


@MEDIA
@FOUND_BY
def test_what_the_microphone_knows_to_be_the_loudspeakers_interrupts_nothing(kit, media, local) -> None:
    class Beside(QueueSource):
        echo_share: float | None = None

    async def main() -> None:
        mic = Beside()
        options = judged(local=local, ears=True)
        async with kit.phone(answers(kit), media=media, microphone=mic, **options) as phone:
            phone.mic = mic
            await answered(phone)
            mic.echo_share = 0.9
            await phone.talk(1_500)
            assert phone.seen(OutputPaused) == phone.seen(Interrupted) == []
            mic.echo_share = 0.1
            await phone.talk(1_500)
            await phone.until(Interrupted)

    run_virtual(main())


def test_who_says_nothing_for_long_is_answered_once(kit) -> None:
    async def main() -> None:
        turns = ServerVad.balanced(idle_timeout_ms=5_000)
        async with kit.phone(answers(kit, 1_000), **{**judged(), "turns": turns}) as phone:
            await phone.talk(800)
            await phone.until(AgentStopped)
            await phone.until(AgentStarted, count=2)
            assert len(phone.sent(ev.ResponseCreate)) == 2

    run_virtual(main())
