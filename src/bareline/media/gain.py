"""How is speech made quieter without a click?"""

from __future__ import annotations

from array import array

from bareline.media.samples import samples_of, to_bytes
from bareline.units import ms_to_samples

__all__ = ["RAMP_MS", "Gain"]

RAMP_MS = 5
"""A change of the gain takes this long."""
_RAMP_SAMPLES = ms_to_samples(RAMP_MS)
_ONE = 1 << 15


class Gain:
    """A gain of 0 dB or less for a stream of PCM16 at 24 kHz; any split of the stream sounds the same."""

    def __init__(self) -> None:
        self._now = self._target = 1.0
        self._ramp_samples = 0

    def change(self, gain_db: float | None) -> bool:
        """Another gain from the next sample on, ``None`` for 0 dB. False when it is the one in use.

        Raises ``ValueError`` above 0 dB.
        """
        if gain_db is not None and gain_db > 0:
            raise ValueError(f"a gain of {gain_db} dB would make the voice louder; 0 dB is the most")
        target = 1.0 if gain_db is None else 10 ** (gain_db / 20)
        if target == self._target:
            return False
        self._target, self._ramp_samples = target, _RAMP_SAMPLES
        return True

    def reset(self) -> None:
        """0 dB, at once: another stream begins."""
        self._now = self._target = 1.0
        self._ramp_samples = 0

    def apply(self, pcm: bytes) -> bytes:
        """The next stretch of the stream, as loud as it is to be."""
        if self._target == 1.0 and not self._ramp_samples:
            return pcm
        samples = samples_of(pcm)
        ramp = self._ramp(samples)
        factor = round(self._target * _ONE)
        if factor != _ONE:
            samples[ramp:] = array("h", [sample * factor >> 15 for sample in samples[ramp:]])
        return to_bytes(samples)

    def _ramp(self, samples: array[int]) -> int:
        """How many samples of the beginning belong to a change under way."""
        count = min(len(samples), self._ramp_samples)
        for index in range(count):
            self._now += (self._target - self._now) / self._ramp_samples
            self._ramp_samples -= 1
            samples[index] = int(samples[index] * self._now)
        return count
