"""How is audio from different places laid out on one time line?"""

from __future__ import annotations

from array import array

from bareline.media.samples import samples_of, to_bytes
from bareline.units import BYTES_PER_SAMPLE

__all__ = ["Track", "interleave"]


class Track:
    """PCM16 mono put at positions of a time line; silence where nothing was put.

    Where audio overlaps what is there already, both sound (limited to 16 bits).
    """

    def __init__(self) -> None:
        self._samples: array[int] = array("h")

    @property
    def samples(self) -> int:
        """Length so far."""
        return len(self._samples)

    def place(self, first_sample: int, pcm: bytes) -> None:
        """Put ``pcm`` so that it begins at ``first_sample``."""
        added = samples_of(pcm)
        end = first_sample + len(added)
        if end > len(self._samples):
            self._samples.frombytes(bytes((end - len(self._samples)) * BYTES_PER_SAMPLE))
        there = self._samples[first_sample:end]
        if any(there):
            added = array("h", [max(-32768, min(32767, a + b)) for a, b in zip(there, added, strict=True)])
        self._samples[first_sample:end] = added

    def pcm(self) -> bytes:
        """The whole track."""
        return to_bytes(self._samples)


def interleave(*channels: bytes) -> bytes:
    """Channels of PCM16 as one interleaved stream; shorter ones end in silence."""
    length = max(map(len, channels), default=0) // BYTES_PER_SAMPLE
    mixed: array[int] = array("h", bytes(length * len(channels) * BYTES_PER_SAMPLE))
    for index, channel in enumerate(channels):
        samples = samples_of(channel)
        mixed[index : len(samples) * len(channels) : len(channels)] = samples
    return to_bytes(mixed)
