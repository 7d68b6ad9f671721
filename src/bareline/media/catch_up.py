"""How does a listener in real time keep up with a stream that came in a burst, or whose clock runs faster?

What is handed out at once waits at the listener, and would wait for ever: after a stall every later word would be late.
So the wait is reckoned as of a listener that plays everything in real time without a reserve; while some of it is never
used up (the least of the last 200 ms: what stands, as against what jitter needs), single periods of the voice are left
out, and quiet frames whole.
"""

from __future__ import annotations

import math
from array import array
from operator import mul

from bareline.media.frames import AudioFrame
from bareline.media.levels import rms_dbfs
from bareline.media.samples import samples_of, to_bytes
from bareline.units import NS_PER_MS, ms_to_samples, samples_to_ns

__all__ = ["STANDING_NS", "WAITING_MAX_NS", "CatchUp"]

STANDING_NS = 25 * NS_PER_MS
"""A wait is left standing up to this: one packet, as the jitter buffer may have held it, and a little jitter."""
WAITING_MAX_NS = 1_000 * NS_PER_MS
"""Audio that would have to wait longer is left out, the oldest first."""
_SPAN_NS = 200 * NS_PER_MS
_QUIET_DBFS = -50.0
_WHOLE = ms_to_samples(20)
_COARSE = 4
"""Periods are looked for in every fourth sample."""
_FADE = ms_to_samples(10)
_PERIODS = range(ms_to_samples(5) // (2 * _COARSE), ms_to_samples(10) // _COARSE + 1)
"""2.5 to 10 ms, in coarse samples: voices from 100 to 400 Hz."""
_LIKENESS = 0.5
"""Of two neighbouring periods, at least, for one of them to go unnoticed."""
_HURRY_NS = 100 * NS_PER_MS
"""With more than this standing, likeness does not matter."""


class CatchUp:
    """Frames in, the same or shorter frames out; ``shed`` counts samples left out (jumps between frames)."""

    def __init__(self) -> None:
        self.shed = 0
        self._played_ns = 0
        self._least = self._least_before = 0
        self._span_end = 0

    def pass_on(self, frames: list[AudioFrame], now_ns: int) -> list[AudioFrame]:
        """What is handed out of ``frames``, which are ready now."""
        spare = max(0, self._played_ns - now_ns) + sum(map(_length_ns, frames)) - WAITING_MAX_NS
        passed: list[AudioFrame] = []
        for frame in frames:
            if spare > 0:
                spare -= _length_ns(frame)
                self.shed += frame.samples
                continue
            kept = self._shorten(frame, now_ns)
            self.shed += frame.samples - kept.samples
            self._played_ns = max(self._played_ns, now_ns) + _length_ns(kept)
            if kept.samples:
                passed.append(kept)
        return passed

    def _shorten(self, frame: AudioFrame, now_ns: int) -> AudioFrame:
        self._watch(max(0, self._played_ns - now_ns), now_ns)
        standing = min(self._least, self._least_before)
        if standing <= STANDING_NS:
            return frame
        if standing >= _length_ns(frame) and rms_dbfs(frame.pcm) < _QUIET_DBFS:
            kept = AudioFrame(b"", frame.first_sample, frame.at_ns)
        elif frame.samples < _WHOLE:
            return frame
        else:
            kept = _without_a_period(frame, anyway=standing > _HURRY_NS)
        self._least -= _length_ns(frame) - _length_ns(kept)
        return kept

    def _watch(self, waiting_ns: int, now_ns: int) -> None:
        if now_ns >= self._span_end:
            self._span_end = now_ns + _SPAN_NS
            self._least_before, self._least = self._least, waiting_ns
        self._least = min(self._least, waiting_ns)


def _length_ns(frame: AudioFrame) -> int:
    return samples_to_ns(frame.samples)


def _without_a_period(frame: AudioFrame, *, anyway: bool) -> AudioFrame:
    """The frame with one period of the voice faded into the next; unchanged where no two are alike."""
    samples = samples_of(frame.pcm)
    coarse = samples[:_WHOLE:_COARSE].tolist()
    likeness, period = max((_likeness(coarse, period), period) for period in _PERIODS)
    if likeness < _LIKENESS and not anyway:
        return frame
    shift = period * _COARSE
    faded = [(samples[n] * (_FADE - n) + samples[n + shift] * n) // _FADE for n in range(_FADE)]
    return AudioFrame(to_bytes(array("h", faded) + samples[_FADE + shift :]), frame.first_sample, frame.at_ns)


def _likeness(coarse: list[int], period: int) -> float:
    """Normalised correlation of the first half with what comes a period later."""
    half = _FADE // _COARSE
    first, later = coarse[:half], coarse[period : period + half]
    energy = sum(map(mul, first, first)) * sum(map(mul, later, later))
    return sum(map(mul, first, later)) / math.sqrt(energy) if energy else 1.0
