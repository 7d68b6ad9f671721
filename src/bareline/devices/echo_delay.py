"""How much later than the loudspeaker's samples does their echo reach the microphone?"""

from __future__ import annotations

from typing import Any

from bareline.errors import MissingExtra
from bareline.units import SAMPLE_RATE_HZ, ms_to_samples

__all__ = ["EchoDelay"]

_STEP = 4
"""Samples that are added up to one: 6 kHz are enough to tell a sixth of a millisecond."""
_HZ = SAMPLE_RATE_HZ // _STEP
_WINDOW = 2 * _HZ
_EVERY = _HZ
_EARLIEST = -_HZ // 5
_LATEST = _HZ // 2
_CLEAR = 8.0
"""A peak is believed from so many times the usual deviation on."""
_FIRST_SHARE = 0.6
"""The direct sound may be weaker than what a wall adds up to; it comes first."""
_AGREE = ms_to_samples(2)


class EchoDelay:
    """Compares both sides every second, by the phase of their spectra, over the last two seconds with sound in them.

    ``samples`` is the delay at 24 kHz, from -200 ms (the echo comes first: a device's time is wrong) to 500 ms, once
    two comparisons agree; None before. Raises ``MissingExtra`` without numpy.
    """

    def __init__(self) -> None:
        self.samples: int | None = None
        self._np = _numpy()
        self._near: Any = self._np.zeros(_WINDOW, dtype=self._np.float32)
        self._far: Any = self._np.zeros(_WINDOW, dtype=self._np.float32)
        self._filled = 0
        self._fresh = 0
        self._last: int | None = None

    def feed(self, near: bytes, far: bytes) -> bool:
        """Take a block of 10 ms of each side, where the far one has sound. True when there is news."""
        np = self._np
        for held, pcm in ((self._near, near), (self._far, far)):
            block = np.frombuffer(pcm, dtype="<i2").reshape(-1, _STEP).sum(axis=1)
            held[: -len(block)] = held[len(block) :]
            held[-len(block) :] = block
        count = len(near) // 2 // _STEP
        self._filled = min(_WINDOW, self._filled + count)
        self._fresh += count
        if self._filled < _WINDOW or self._fresh < _EVERY:
            return False
        self._fresh = 0
        return self._compared(self._compare())

    def moved(self, samples: int) -> None:
        """The far end was moved, so that the delay should be this now: what was compared says nothing any more."""
        self._filled = self._fresh = 0
        self.samples, self._last = samples, None

    def _compared(self, found: int | None) -> bool:
        last, self._last = self._last, found
        if found is None or last is None or abs(found - last) > _AGREE:
            return False
        changed = self.samples is None or abs(found - self.samples) > _AGREE
        self.samples = found
        return changed

    def _compare(self) -> int | None:
        """Where the generalised cross-correlation has its first great peak, in samples at 24 kHz."""
        np = self._np
        size = 2 * _WINDOW
        cross = np.fft.rfft(self._near, size) * np.conj(np.fft.rfft(self._far, size))
        power = np.abs(cross)
        likeness = np.fft.irfft(cross / (power + 1e-3 * power.mean() + 1e-9), size)
        lags = np.concatenate([likeness[_EARLIEST:], likeness[:_LATEST]])
        highest = float(lags.max())
        if highest < _CLEAR * float(lags.std()):
            return None
        return (int(np.argmax(lags >= _FIRST_SHARE * highest)) + _EARLIEST) * _STEP


def _numpy() -> Any:
    try:
        import numpy as np
    except ImportError as error:
        raise MissingExtra("Measuring the delay of an echo", "devices") from error
    return np
