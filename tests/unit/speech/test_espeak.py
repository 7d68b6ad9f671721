"""The real espeak-ng: streamed, aligned, deterministic, alone in its process."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from array import array
from itertools import pairwise

import pytest

from bareline.errors import Closed, ConfigurationError, EngineError, MissingExtra
from bareline.media.levels import LevelMeter
from bareline.media.synthesis import SpeechChunk
from bareline.speech import espeak_process
from bareline.speech import pronounce as pronunciation
from bareline.speech.espeak import EspeakSynthesis
from bareline.speech.espeak_process import EspeakProcess
from bareline.speech.pronounce import pronounce
from bareline.speech.voices import ASSISTANT_VOICES
from bareline.testing.virtual import run_virtual

pytest.importorskip("espeakng_loader")
TEXT = "Hello there, Dr. Smith! You've 25 tasks — “naïve” ones… due at 3:45pm; $12.50."


async def say(voice: EspeakSynthesis, text: str, name: str = "alloy", speed: float = 1.0) -> list[SpeechChunk]:
    return [chunk async for chunk in voice.speak(text, voice=name, speed=speed)]


def pcm(chunks: list[SpeechChunk]) -> bytes:
    return b"".join(chunk.pcm for chunk in chunks)


def test_words_are_the_text_and_follow_each_other_to_the_end() -> None:
    async def scenario() -> None:
        voice = EspeakSynthesis()
        chunks = await say(voice, TEXT)
        words = [word for chunk in chunks for word in chunk.words]
        assert "".join(word.text for word in words) == TEXT
        assert words[0].first_sample == 0
        assert words[-1].end_sample == len(pcm(chunks)) // 2
        assert all(a.end_sample == b.first_sample < b.end_sample for a, b in pairwise(words))
        end = 0
        for chunk in chunks:
            end += len(chunk.pcm) // 2
            assert len(chunk.pcm) <= 2 * 24 * 200
            assert all(word.first_sample < end for word in chunk.words)
        assert await say(voice, " \n") == []
        await voice.close()

    asyncio.run(scenario())


def test_the_same_samples_whatever_was_said_before_by_whom_and_when() -> None:
    async def scenario() -> None:
        first, second = EspeakSynthesis(), EspeakSynthesis(blocking=True)
        alone = await say(first, TEXT, "sage")
        together = await asyncio.gather(
            say(first, "Something else."), say(first, TEXT, "sage"), say(second, TEXT, "sage")
        )
        assert pcm(together[1]) == pcm(together[2]) == pcm(alone)
        assert [c.words for c in together[1] if c.words] == [c.words for c in alone if c.words]
        await first.close()
        await second.close()

    asyncio.run(scenario())


def test_voices_differ_are_loud_enough_and_do_not_clip() -> None:
    async def scenario() -> None:
        voice = EspeakSynthesis()
        assert set(voice.voices) >= {
            *("alloy", "ash", "ballad", "coral", "echo", "sage", "shimmer", "verse", "marin", "cedar"),
            *("caller-1", "caller-2", "caller-3", "caller-4", "caller-5"),
        }
        heard = {}
        for name in voice.voices:
            audio = pcm(await say(voice, "Oh! Absolutely, yes. Which one should I delete?", name))
            meter = LevelMeter()
            meter.feed(audio)
            levels = meter.levels()
            assert levels.clipped == 0
            assert -27 < levels.rms_dbfs < -18, name
            heard[name] = audio
        assert len(set(heard.values())) == len(heard)
        assert len({heard[name] for name in ASSISTANT_VOICES}) == 10
        await voice.close()

    asyncio.run(scenario())


def test_speed_changes_the_length() -> None:
    async def scenario() -> list[float]:
        voice = EspeakSynthesis()
        text = "Please delete the task buy milk, thanks."
        seconds = [len(pcm(await say(voice, text, speed=speed))) / 48000 for speed in (0.25, 0.5, 1.0, 1.5)]
        await voice.close()
        return [length / seconds[2] for length in seconds]

    slowest, slow, _, fast = asyncio.run(scenario())
    assert slowest == pytest.approx(4, rel=0.15)
    assert slow == pytest.approx(2, rel=0.15)
    assert fast == pytest.approx(1 / 1.5, rel=0.15)


def test_unknown_voices_and_speeds_are_refused_at_once() -> None:
    voice = EspeakSynthesis()
    with pytest.raises(ConfigurationError, match="unknown voice 'robot'; there are alloy"):
        voice.speak("Hello", voice="robot")
    with pytest.raises(ConfigurationError, match=r"0\.25-1\.5"):
        voice.speak("Hello", voice="alloy", speed=2)


def test_first_audio_comes_early_and_leaving_stops_the_work() -> None:
    async def scenario() -> float:
        voice = EspeakSynthesis()
        await say(voice, "Warm up.")
        waits = []
        for _ in range(5):
            began = time.perf_counter()
            speech = voice.speak("One moment. " * 300, voice="echo")
            await anext(speech)
            waits.append(time.perf_counter() - began)
            await speech.aclose()  # type: ignore[attr-defined]
        pid = voice._process.pid
        assert pid is not None
        for _ in range(200):
            if not children(pid):
                break
            await asyncio.sleep(0.01)
        assert children(pid) == []
        assert pcm(await say(voice, "Still here."))
        await voice.close()
        return min(waits)

    assert asyncio.run(scenario()) < 0.05


def test_many_speak_at_once_and_the_loop_goes_on() -> None:
    async def scenario() -> None:
        voice = EspeakSynthesis()
        await say(voice, "Warm up.")
        late = 0.0

        async def tick() -> None:
            nonlocal late
            while True:
                before = time.perf_counter()
                await asyncio.sleep(0.005)
                late = max(late, time.perf_counter() - before)

        ticking = asyncio.create_task(tick())
        all_chunks = await asyncio.gather(*(say(voice, f"This is utterance number {n}.") for n in range(12)))
        ticking.cancel()
        assert len({pcm(chunks) for chunks in all_chunks}) == 12
        assert late < 0.25
        await voice.close()

    asyncio.run(scenario())


def test_a_dead_worker_is_said_and_replaced() -> None:
    async def scenario() -> None:
        voice = EspeakSynthesis()
        speech = voice.speak("A long sentence that goes on, and on, and on. " * 40, voice="alloy")
        await anext(speech)
        assert voice._process.pid
        os.killpg(voice._process.pid, signal.SIGKILL)
        with pytest.raises(EngineError, match="died in the middle"):
            async for _ in speech:
                pass
        assert pcm(await say(voice, "Back again."))
        await voice.close()

    asyncio.run(scenario())


def test_a_worker_killed_between_utterances_is_not_noticed() -> None:
    async def scenario() -> None:
        voice = EspeakSynthesis()
        whole = pcm(await say(voice, "Back again."))
        for _ in range(5):
            assert voice._process.pid
            os.killpg(voice._process.pid, signal.SIGKILL)
            assert pcm(await say(voice, "Back again.")) == whole
        os.killpg(voice._process.pid, signal.SIGKILL)
        assert voice._process.ask({"voice": "en-us", "words": ["hello"]})
        await voice.close()

    asyncio.run(scenario())


def test_what_goes_wrong_in_the_worker_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    process = EspeakProcess()
    with pytest.raises(EngineError, match="no voice 'nobody'"):
        process.ask({"voice": "nobody", "words": ["hello"]})
    process.close()
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    with pytest.raises(EngineError, match="does not start"):
        EspeakProcess().ask({"voice": "en-us", "words": ["hello"]})


def test_a_worker_that_stalls_is_not_waited_for_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(espeak_process, "WORKER_TIMEOUT_S", 0.2)
    process = EspeakProcess(blocking=True)
    process.ask({"voice": "en-us", "words": ["hello"]})
    assert process.pid
    os.killpg(process.pid, signal.SIGSTOP)
    with pytest.raises(EngineError, match="gave nothing"):
        process.ask({"voice": "en-us", "words": ["hello"]})
    process.close()


def test_without_the_library_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "espeakng_loader", None)
    with pytest.raises(MissingExtra, match=r"pip install 'bareline\[speech\]'"):
        EspeakSynthesis()


def test_close_ends_the_worker_and_may_come_twice() -> None:
    async def scenario() -> None:
        voice = EspeakSynthesis()
        await voice.close()
        voice = EspeakSynthesis()
        await say(voice, "Hello.")
        pid = voice._process.pid
        await voice.close()
        await voice.close()
        assert pid
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
        with pytest.raises(Closed):
            await say(voice, "Hello.")

    asyncio.run(scenario())


def test_the_worker_ends_with_its_parent_however_that_ends() -> None:
    program = (
        "import asyncio, os, signal\n"
        "from bareline.speech.espeak import EspeakSynthesis\n"
        "async def main():\n"
        "    voice = EspeakSynthesis()\n"
        "    async for _ in voice.speak('Hello. ' * 500, voice='alloy'):\n"
        "        print(voice._process.pid, flush=True)\n"
        "        os.kill(os.getpid(), signal.SIGKILL)\n"
        "asyncio.run(main())\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=False)
    assert done.stderr == ""
    pid = int(done.stdout)
    for _ in range(300):
        if not group(pid):
            break
        time.sleep(0.01)
    assert group(pid) == []


def test_blocking_speech_works_in_virtual_time() -> None:
    async def scenario() -> bytes:
        voice = EspeakSynthesis(blocking=True)
        audio = pcm(await say(voice, "Virtual."))
        await voice.close()
        return audio

    assert len(array("h", run_virtual(scenario()))) > 10_000


def test_unknown_words_are_pronounced() -> None:
    assert pronounce(["Bareline", "25", "..."]) == {
        "Bareline": ("B", "EH", "R", "L", "AY", "N"),
        "25": ("T", "W", "EH", "N", "T", "IY", "F", "AY", "V"),
        "...": (),
    }
    assert pronounce([]) == {}


def test_remembered_pronunciations_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pronunciation, "_KNOWN_MAX", 2)
    monkeypatch.setattr(pronunciation, "_known", {})
    first = pronounce(["one", "two"])
    assert pronounce(["two", "three"])["two"] == first["two"]
    assert set(pronunciation._known) == {"two", "three"}


def children(pid: int) -> list[int]:
    return [child for child in group(pid) if child != pid]


def group(pid: int) -> list[int]:
    listing = subprocess.run(["ps", "-eo", "pid,pgid,stat"], capture_output=True, text=True, check=True).stdout
    rows = [line.split() for line in listing.splitlines()[1:]]
    return [int(row[0]) for row in rows if int(row[1]) == pid and not row[2].startswith("Z")]
