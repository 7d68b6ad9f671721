"""Does the simulated caller speak when a person would, and know exactly when it did?"""

from __future__ import annotations

import asyncio
import itertools
from array import array
from collections.abc import Iterable

import pytest

from bareline.clock import now_ns
from bareline.devices import NullSink
from bareline.media.frames import AudioFrame
from bareline.testing.caller import (
    Decide,
    HangUp,
    InterruptAfter,
    Pause,
    Play,
    Say,
    SimulatedCaller,
    Step,
    WaitForAgent,
)
from bareline.testing.tones import ToneSynthesis
from bareline.testing.virtual import run_virtual
from bareline.testing.voice import SPEECH_RMS
from bareline.units import NS_PER_MS, ms_to_samples

VOICE = ToneSynthesis()


async def record(caller: SimulatedCaller) -> array[int]:
    """All that the microphone hears until the caller hangs up."""
    heard = array("h")
    while (frame := await caller.read()) is not None:
        assert frame.first_sample == len(heard)
        heard.frombytes(frame.pcm)
    return heard


async def answer(sink: NullSink, text: str, after_s: float) -> None:
    await asyncio.sleep(after_s)
    async for chunk in VOICE.speak(text, voice="high"):
        await sink.write(AudioFrame(chunk.pcm))


def call(script: Iterable[Step], *, seed: int = 1, snr_db: float | None = None) -> SimulatedCaller:
    return SimulatedCaller(VOICE, voice="low", script=script, seed=seed, snr_db=snr_db)


def test_the_ground_truth_is_exact_to_the_sample() -> None:
    async def main() -> None:
        caller = call([Pause(500), Say("hello there"), Pause(300), Say("good bye")])
        heard = await record(caller)
        first, second = caller.utterances
        loud = [index for index, value in enumerate(heard) if value]
        gap = max(range(1, len(loud)), key=lambda n: loud[n] - loud[n - 1])
        found = (loud[0], loud[gap - 1] + 1, loud[gap], loud[-1] + 1)
        known = (first.first_sample, first.end_sample, second.first_sample, second.end_sample)
        assert all(abs(a - b) <= 48 for a, b in zip(found, known, strict=True))  # the 34 dB below the peak
        assert first.started_ns == first.first_sample * 1_000_000 // 24
        assert (first.text, second.voice, first.agent_heard_ms) == ("hello there", "low", None)

    run_virtual(main())


def test_a_caller_who_stops_to_think_says_one_thing_all_the_same() -> None:
    async def main() -> None:
        caller = call([Say("add a task to … water the plants", pause_ms=700)])
        heard = await record(caller)
        (said,) = caller.utterances
        loud = [index for index, value in enumerate(heard) if value]
        gap = max(later - earlier for earlier, later in itertools.pairwise(loud))
        assert said.text == "add a task to … water the plants"
        assert said.first_sample == pytest.approx(loud[0], abs=24)
        assert said.end_sample == pytest.approx(loud[-1], abs=24)
        assert ms_to_samples(700) <= gap <= ms_to_samples(900), gap / 24

    run_virtual(main())


def test_frames_come_in_real_time_and_a_cancelled_read_loses_nothing() -> None:
    async def main() -> None:
        caller = call([Say("one two three four")], snr_db=30)
        whole = await record(call([Say("one two three four")], snr_db=30))
        pieces = array("h")
        while True:
            try:
                frame = await asyncio.wait_for(caller.read(), 0.007)
            except TimeoutError:
                continue
            if frame is None:
                break
            assert now_ns() >= frame.at_ns + frame.duration_ns
            pieces.frombytes(frame.pcm)
        assert pieces == whole
        assert await caller.read() is None

    run_virtual(main())


def test_noise_is_as_far_below_speech_as_asked_and_the_seed_decides() -> None:
    async def main(seed: int) -> array[int]:
        return await record(call([Pause(2000)], seed=seed, snr_db=30))

    noise = run_virtual(main(1))
    rms = (sum(value * value for value in noise) / len(noise)) ** 0.5
    assert rms == pytest.approx(SPEECH_RMS / 31.6, rel=0.1)
    assert run_virtual(main(1)) == noise != run_virtual(main(2))


def test_the_caller_waits_until_the_agent_has_finished() -> None:
    async def main() -> None:
        caller = call([Say("hello"), WaitForAgent(silence_ms=700), Say("thanks")])
        sink = NullSink()
        speaker = caller.listen_to(sink)
        async with asyncio.TaskGroup() as group:
            group.create_task(record(caller))
            group.create_task(answer(speaker, "one moment", 3))
            group.create_task(answer(speaker, "here it is", 4.2))
        (agent_first, agent_last) = (caller.agent_heard[0], caller.agent_heard[-1])
        thanks = caller.utterances[1]
        assert agent_first.start_ns == pytest.approx(3_000 * NS_PER_MS, abs=30 * NS_PER_MS)
        assert 700 <= (thanks.started_ns - agent_last.end_ns) / NS_PER_MS <= 700 + 400 + 60
        await sink.close()

    run_virtual(main())


def test_the_caller_does_not_talk_over_an_agent_who_goes_on() -> None:
    async def main() -> None:
        caller = call([Say("hello"), WaitForAgent(silence_ms=700), Say("thanks")])
        sink = NullSink()
        speaker = caller.listen_to(sink)
        async with asyncio.TaskGroup() as group:
            group.create_task(record(caller))
            group.create_task(answer(speaker, "one moment", 3))
            group.create_task(answer(speaker, "here it is", 4.35))
        assert caller.utterances[1].started_ns > caller.agent_heard[-1].end_ns
        assert caller.utterances[1].agent_heard_ms is None
        await sink.close()

    run_virtual(main())


def test_an_interruption_comes_so_long_after_the_answer_began() -> None:
    async def main() -> None:
        caller = call([Say("tell me a story"), InterruptAfter(900, "stop")])
        sink = NullSink()
        speaker = caller.listen_to(sink)
        telling = asyncio.create_task(answer(speaker, "once upon a time there was a very long story", 3))
        await record(caller)
        stop = caller.utterances[1]
        began_ns = caller.agent_heard[0].start_ns
        assert (stop.started_ns - began_ns) / NS_PER_MS == pytest.approx(900, abs=45)
        assert stop.agent_heard_ms == pytest.approx(900, abs=45)
        telling.cancel()
        await sink.close()
        await asyncio.gather(telling, return_exceptions=True)

    run_virtual(main())


def test_a_short_answer_is_not_interrupted() -> None:
    async def main() -> None:
        caller = call([Say("yes?"), InterruptAfter(5000, "go on")])
        sink = NullSink()
        answering = asyncio.create_task(answer(caller.listen_to(sink), "no", 2))
        await record(caller)
        assert caller.utterances[1].agent_heard_ms is None
        assert caller.utterances[1].started_ns - caller.agent_heard[-1].end_ns >= 800 * NS_PER_MS
        await answering
        await sink.close()

    run_virtual(main())


def test_what_was_cleared_is_not_heard() -> None:
    async def main() -> None:
        caller = call([Pause(4000)])
        sink = NullSink()
        speaker = caller.listen_to(sink)
        answering = asyncio.create_task(answer(speaker, "long long long", 1))
        listening = asyncio.create_task(record(caller))
        await asyncio.sleep(1.2)
        speaker.clear()
        await listening
        assert caller.agent_heard[-1].end_ns <= 1_200 * NS_PER_MS
        await answering
        await sink.close()

    run_virtual(main())


def test_the_agents_words_decide() -> None:
    async def main() -> None:
        asked: list[str] = []

        def choose(words: str) -> list[Step]:
            asked.append(words)
            return [Say("yes please"), HangUp()]

        caller = call([WaitForAgent(until=lambda words: "sure" in words), Decide(choose), Say("never said")])
        sink = NullSink()
        speaker = caller.listen_to(sink)
        listening = asyncio.create_task(record(caller))
        await answer(speaker, "deleting it", 1)
        await asyncio.sleep(5)
        assert not caller.utterances
        caller.agent_said("are you sure")
        await listening
        assert (asked, [said.text for said in caller.utterances]) == (["are you sure"], ["yes please"])
        await sink.close()

    run_virtual(main())


def test_a_caller_who_hears_nothing_gives_up_and_says_so() -> None:
    async def main() -> None:
        caller = call([Say("hello"), WaitForAgent(timeout_ms=5000), Say("never said")])
        caller.listen_to(NullSink())
        await record(caller)
        assert caller.gave_up == "nothing was heard of the agent for 5000 ms after 'hello'"
        assert len(caller.utterances) == 1

    run_virtual(main())


def test_recorded_speech_is_brought_to_level_and_placed() -> None:
    async def main() -> None:
        quiet = array("h", [0] * 480 + [100, -100] * 1200 + [0] * 480)
        caller = call([Play(quiet.tobytes(), text="hm")])
        heard = await record(caller)
        (said,) = caller.utterances
        assert said.end_sample - said.first_sample == 2400
        assert max(heard) == pytest.approx(SPEECH_RMS, rel=0.05)
        assert len(heard) % ms_to_samples(20) == 0

    run_virtual(main())


def test_closing_ends_a_synthesis_under_way() -> None:
    class Slow(ToneSynthesis):
        async def speak(self, text, *, voice, speed=1.0):  # type: ignore[no-untyped-def,override]
            await asyncio.sleep(3600)
            async for chunk in super().speak(text, voice=voice, speed=speed):
                yield chunk

    async def main() -> None:
        caller = SimulatedCaller(Slow(), voice="low", script=[Say("hello")])
        await caller.read()
        await caller.close()
        await caller.close()
        assert await caller.read() is None

    run_virtual(main())
