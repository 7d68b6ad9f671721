"""How is one moment of an audio stream recognised again after codec, network and jitter buffer?

A mark is a short tone that begins exactly with a frame; its pitch tells which one it is, its onset when it was heard.
Standard library only: this also runs in the environments of other stacks.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterator
from typing import NamedTuple

__all__ = ["FRAME_BYTES", "FRAME_S", "MARK_EVERY", "MARK_NAMES", "Mark", "MarkEar", "marked_frame"]

FRAME_S = 0.02
FRAME_BYTES = 960
"""20 ms of PCM16 mono at 24 kHz."""
MARK_EVERY = 10
"""Every so many frames begin with a mark."""
MARK_NAMES = 8
"""So many marks can be told apart, 200 ms each: delays are unambiguous below 1.6 s."""

_RATE_HZ = 24_000
_MARK_SAMPLES = 288
_LOWEST_HZ, _STEP_HZ = 500, 250
_LOUD = 14_000
_ONSET = 2_500
_QUIET_SAMPLES = 1_200
_EAR_SAMPLES = 192


class Mark(NamedTuple):
    """Which mark was heard, and when its first sample was (or will be) played."""

    name: int
    onset_ns: int


def marked_frame(number: int) -> bytes:
    """Frame ``number`` of the stream: silence, or a mark at its beginning."""
    if number % MARK_EVERY:
        return bytes(FRAME_BYTES)
    return _MARKS[number // MARK_EVERY % MARK_NAMES]


class MarkEar:
    """Finds the marks in what was received; a frame is played from ``at_ns`` on."""

    def __init__(self) -> None:
        self._quiet = _QUIET_SAMPLES
        self._tone: array[int] | None = None
        self._onset_ns = 0

    def hear(self, pcm: bytes, at_ns: int) -> Iterator[Mark]:
        """Take the next samples (24 kHz)."""
        samples = array("h", pcm)
        start = 0
        if self._tone is None:
            found = self._onset(samples)
            if found is None:
                return
            self._tone, start = array("h"), found
            self._onset_ns = at_ns + found * 1_000_000_000 // _RATE_HZ
        self._tone.extend(samples[start : start + _EAR_SAMPLES - len(self._tone)])
        if len(self._tone) >= _EAR_SAMPLES:
            yield Mark(_name(self._tone), self._onset_ns)
            self._tone, self._quiet = None, 0

    def _onset(self, samples: array[int]) -> int | None:
        """Where a tone begins after enough quiet."""
        if not samples or max(*samples, -min(samples)) < _ONSET:
            self._quiet += len(samples)
            return None
        for index, sample in enumerate(samples):
            if abs(sample) < _ONSET:
                self._quiet += 1
            elif self._quiet >= _QUIET_SAMPLES:
                return index
            else:
                self._quiet = 0
        return None


def _tone(name: int) -> bytes:
    step = 2 * math.pi * (_LOWEST_HZ + _STEP_HZ * name) / _RATE_HZ
    loud = (round(_LOUD * math.cos(step * index)) for index in range(_MARK_SAMPLES))
    return array("h", loud).tobytes() + bytes(FRAME_BYTES - 2 * _MARK_SAMPLES)


def _name(tone: array[int]) -> int:
    return max(range(MARK_NAMES), key=lambda name: _power(tone, _LOWEST_HZ + _STEP_HZ * name))


def _power(tone: array[int], hertz: float) -> float:
    """Of one pitch (Goertzel)."""
    factor = 2 * math.cos(2 * math.pi * hertz / _RATE_HZ)
    before = last = 0.0
    for sample in tone:
        before, last = last, sample + factor * last - before
    return before * before + last * last - factor * before * last


_MARKS = [_tone(name) for name in range(MARK_NAMES)]
