"""Does noise reduction lower noise, leave speech, and keep every sample in its place?"""

from __future__ import annotations

import math
import random
from array import array

import pytest

from bareline.media.levels import rms_dbfs
from bareline.speech.noise_reduction import NoiseReducer

MS = 24


def noise(ms: int, seed: int = 0, level: float = 300) -> array[int]:
    chance = random.Random(seed)
    return array("h", (round(chance.gauss(0, level)) for _ in range(ms * MS)))


def voice(ms: int) -> array[int]:
    """Harmonics that come and go four times a second, as syllables do."""
    return array(
        "h",
        (
            round(
                max(0.0, math.sin(math.tau * 4 * n / 24_000))
                * 3_000
                * (math.sin(a := math.tau * 160 * n / 24_000) + math.sin(3 * a) + math.sin(7 * a))
            )
            for n in range(ms * MS)
        ),
    )


def mixed(*parts: array[int]) -> bytes:
    return array("h", map(sum, zip(*parts, strict=True))).tobytes()


def reduced(pcm: bytes, reducer: NoiseReducer) -> bytes:
    return reducer.feed(pcm) + reducer.flush()


@pytest.mark.parametrize(
    ("kind", "strength", "least_db"), [("near_field", 1, 10), ("far_field", 1, 15), ("near_field", 0.5, 5)]
)
def test_noise_is_lowered_as_far_as_was_asked(kind: str, strength: float, least_db: float) -> None:
    pcm = noise(2_000).tobytes()
    lowered = reduced(pcm, NoiseReducer(kind=kind, strength=strength))
    assert rms_dbfs(pcm[MS * 1_000 :]) - rms_dbfs(lowered[MS * 1_000 :]) == pytest.approx(least_db + 2, abs=2.5)


def test_speech_stays_where_it_was_and_as_loud() -> None:
    spoken = voice(2_000)
    clean = array("h", reduced(mixed(spoken, noise(2_000)), NoiseReducer(kind="far_field")))
    assert len(clean) == len(spoken)
    alike = sum(a * b for a, b in zip(clean, spoken, strict=True)) / sum(a * a for a in spoken)
    left = sum((a - alike * b) ** 2 for a, b in zip(clean, spoken, strict=True)) / len(spoken)
    assert alike == pytest.approx(1, abs=0.05)
    assert math.sqrt(left) < 150, "half of what the noise was"


@pytest.mark.parametrize("seed", range(3))
def test_any_split_gives_the_same_samples(seed: int) -> None:
    pcm, chance, split = mixed(voice(500), noise(500)), random.Random(seed), NoiseReducer()
    out, at = b"", 0
    while at < len(pcm):
        step = 2 * chance.randint(0, 700)
        out += split.feed(pcm[at : at + step])
        at += step
        assert len(out) + 2 * split.held_samples == min(at, len(pcm))
        assert split.held_samples <= NoiseReducer.LATENCY_SAMPLES
    assert out + split.flush() == reduced(pcm, NoiseReducer())


def test_strength_zero_and_silence_change_nothing() -> None:
    pcm = mixed(voice(300), noise(300))
    quiet = bytes(2 * MS * 300)
    unchanged = array("h", reduced(pcm, NoiseReducer(strength=0)))
    assert max(abs(a - b) for a, b in zip(unchanged, array("h", pcm), strict=True)) <= 1
    assert reduced(quiet, NoiseReducer()) == quiet


def test_a_stretch_beside_the_stream_knows_its_noise_and_leaves_it_alone() -> None:
    stream, alone = NoiseReducer(), NoiseReducer()
    for reducer in (stream, alone):
        reducer.feed(noise(1_000).tobytes())
    beside = reduced(mixed(voice(300), noise(300, 1)), stream.apart())
    assert len(beside) == 2 * MS * 300
    assert stream.feed(noise(500, 2).tobytes()) == alone.feed(noise(500, 2).tobytes())


def test_noise_that_rises_for_good_is_learnt() -> None:
    pcm = noise(1_000, level=30).tobytes() + noise(4_000, 1, level=600).tobytes()
    lowered = reduced(pcm, NoiseReducer())
    assert rms_dbfs(pcm[-2 * MS * 500 :]) - rms_dbfs(lowered[-2 * MS * 500 :]) > 9
