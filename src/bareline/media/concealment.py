"""What stands in for audio that never came, where the codec has no answer?"""

from __future__ import annotations

from array import array

from bareline.media.samples import samples_of, to_bytes
from bareline.units import ms_to_samples

__all__ = ["FadingConcealment", "fade_out"]

_KEPT = ms_to_samples(20)
_FADED = ms_to_samples(60)
"""From full level to silence."""


class FadingConcealment:
    """Plays the last 20 ms to and fro, so that nothing clicks, and fades to silence within 60 ms."""

    def __init__(self) -> None:
        self._last: array[int] = array("h")
        self._made = 0

    def heard(self, pcm: bytes) -> None:
        """This was decoded: what is concealed next continues it."""
        last = samples_of(pcm)[-_KEPT:]
        self._last = last[::-1] + last
        self._made = 0

    def conceal(self, samples: int) -> bytes:
        """The next ``samples`` of PCM16 in place of the missing ones."""
        made, last = self._made, self._last
        self._made += samples
        if not last:
            return bytes(2 * samples)
        period = len(last)
        return to_bytes(
            array("h", [last[n % period] * max(0, _FADED - n) // _FADED for n in range(made, made + samples)])
        )


def fade_out(pcm: bytes) -> bytes:
    """``pcm`` brought to silence in a straight line."""
    samples = samples_of(pcm)
    length = len(samples)
    return to_bytes(array("h", [value * (length - n) // length for n, value in enumerate(samples)]))
