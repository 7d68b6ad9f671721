"""How does an utterance become a microphone's samples: level, noise, and where speech begins and ends?

In pure Python, so that tests need no extra; a second of speech costs a few milliseconds.
"""

from __future__ import annotations

import math
import random
from array import array
from dataclasses import dataclass
from functools import cache

from bareline.units import SAMPLE_RATE_HZ, ms_to_samples

__all__ = ["SPEECH_RMS", "Room", "Speech", "level_speech", "mix"]

SPEECH_RMS = 1_640
"""Level of the caller's speech while it sounds: -26 dBFS, as telephony takes for nominal."""
_BLOCK = ms_to_samples(10)
_EVERY = 5
"""One sample in five tells the level well enough; the event loop waits while this is reckoned."""
_ACTIVE_SHARE = 1e-3
"""A block counts as speech when its energy is within 30 dB of the loudest one."""
_EDGE_SHARE = 0.02
"""Speech begins and ends with the first and last sample within 34 dB of the peak."""
_PEAK_MAX = 32_000
_NOISE_SMOOTHING = 0.35


@dataclass(frozen=True, slots=True)
class Speech:
    """Samples at the nominal level; ``first`` and ``end`` (exclusive) are the bounds of what sounds in them."""

    samples: array[int]
    first: int
    end: int


def level_speech(pcm: bytes) -> Speech:
    """Bring PCM16 to the nominal level, without clipping, and find where speech begins and ends."""
    samples = array("h", pcm)
    peak = max(max(samples, default=0), -min(samples, default=0))
    if peak == 0:
        return Speech(samples, 0, 0)
    gain = min(SPEECH_RMS / _active_rms(samples), _PEAK_MAX / peak)
    edge = max(1, int(peak * _EDGE_SHARE))
    first = next(index for index, value in enumerate(samples) if abs(value) >= edge)
    last = next(index for index in range(len(samples) - 1, -1, -1) if abs(samples[index]) >= edge)
    return Speech(array("h", [int(value * gain) for value in samples]), first, last + 1)


def mix(noise: array[int], speech: array[int]) -> array[int]:
    """Speech over noise of the same length or longer; clipped as a converter would."""
    if not speech:
        return noise
    sums = [heard + said for heard, said in zip(noise, speech, strict=False)]
    try:
        return array("h", sums) + noise[len(speech) :]
    except OverflowError:
        return array("h", (max(-32_768, min(32_767, value)) for value in sums)) + noise[len(speech) :]


class Room:
    """The noise that a microphone always hears: seeded, steady, at ``snr_db`` below speech; ``None``: a silent room."""

    def __init__(self, seed: int, snr_db: float | None) -> None:
        self._chance = random.Random(f"{seed}:room")
        rms = 0 if snr_db is None else SPEECH_RMS * 10 ** (-snr_db / 20)
        self._noise = array("h", (round(value * rms) for value in _noise()))

    def frame(self, samples: int) -> array[int]:
        """The next ``samples`` (at most a second) of noise."""
        start = self._chance.randrange(len(self._noise) - samples)
        return self._noise[start : start + samples]


def _active_rms(samples: array[int]) -> float:
    blocks = [samples[start : start + _BLOCK : _EVERY] for start in range(0, len(samples), _BLOCK)]
    energies = [sum([value * value for value in block]) / len(block) for block in blocks]
    active = [energy for energy in energies if energy >= max(energies) * _ACTIVE_SHARE]
    return math.sqrt(sum(active) / len(active))


@cache
def _noise() -> array[float]:
    """Two seconds of noise of level 1, with a slight fall towards high frequencies, as rooms have.

    Every room has the same; its seed decides which pieces are heard when.
    """
    chance = random.Random("room")
    level = 0.0
    shaped = array("d")
    for _ in range(2 * SAMPLE_RATE_HZ):
        level += _NOISE_SMOOTHING * (chance.uniform(-1, 1) - level)
        shaped.append(level)
    rms = math.sqrt(sum(value * value for value in shaped) / len(shaped))
    return array("d", (value / rms for value in shaped))
