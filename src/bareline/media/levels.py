"""How loud is it, does it clip, and where is nothing?"""

from __future__ import annotations

import math
from dataclasses import dataclass
from operator import mul

from bareline.media.samples import samples_of
from bareline.units import SAMPLE_RATE_HZ

__all__ = ["SILENCE_DBFS", "LevelMeter", "Levels", "quiet_spans", "rms_dbfs"]

SILENCE_DBFS = -96.0
"""Digital silence is reported as this: below one step of 16 bits."""
_FULL_SCALE = 32768.0
_CLIPPED = 32767


@dataclass(frozen=True, slots=True)
class Levels:
    """Levels of a stretch: ``rms_dbfs`` and ``peak_dbfs`` against full scale (a full-scale square wave is 0 dBFS);
    ``clipped`` samples at either end of the range; ``dc`` the mean, in steps of 16 bits."""

    samples: int
    rms_dbfs: float
    peak_dbfs: float
    clipped: int
    dc: float


class LevelMeter:
    """Levels of a stream of PCM16, over all that was fed."""

    def __init__(self) -> None:
        self._samples = self._squares = self._sum = self._peak = self._clipped = 0

    def feed(self, pcm: bytes) -> None:
        """Take the next samples."""
        samples = samples_of(pcm)
        if not samples:
            return
        self._samples += len(samples)
        self._squares += sum(map(mul, samples, samples))
        self._sum += sum(samples)
        highest, lowest = max(samples), min(samples)
        self._peak = max(self._peak, highest, -lowest)
        self._clipped += samples.count(_CLIPPED) + samples.count(-_CLIPPED - 1)

    def levels(self) -> Levels:
        """The levels so far; of nothing: digital silence."""
        count = max(1, self._samples)
        return Levels(
            samples=self._samples,
            rms_dbfs=_dbfs(math.sqrt(self._squares / count)),
            peak_dbfs=_dbfs(self._peak),
            clipped=self._clipped,
            dc=self._sum / count,
        )


def rms_dbfs(pcm: bytes) -> float:
    """Root mean square of ``pcm`` against full scale, in decibels."""
    meter = LevelMeter()
    meter.feed(pcm)
    return meter.levels().rms_dbfs


def quiet_spans(
    pcm: bytes, *, below_dbfs: float = -50.0, at_least_ms: int = 200, rate_hz: int = SAMPLE_RATE_HZ
) -> list[tuple[int, int]]:
    """Stretches ``(first_sample, end_sample)`` of ``at_least_ms`` in which every 10 ms stay below ``below_dbfs``."""
    step = rate_hz // 100
    quiet: list[tuple[int, int]] = []
    begin: int | None = None
    total = len(pcm) // 2
    for first in range(0, total, step):
        if rms_dbfs(pcm[2 * first : 2 * (first + step)]) < below_dbfs:
            begin = first if begin is None else begin
        elif begin is not None:
            quiet.append((begin, first))
            begin = None
    if begin is not None:
        quiet.append((begin, total))
    return [(first, end) for first, end in quiet if (end - first) * 1000 >= at_least_ms * rate_hz]


def _dbfs(amplitude: float) -> float:
    return max(SILENCE_DBFS, 20 * math.log10(amplitude / _FULL_SCALE)) if amplitude > 0 else SILENCE_DBFS
