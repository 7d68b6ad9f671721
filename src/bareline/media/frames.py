"""What is a stretch of audio, and where does it stand in its stream?"""

from __future__ import annotations

import msgspec

from bareline.errors import AudioFormatError
from bareline.units import BYTES_PER_SAMPLE, samples_to_ns

__all__ = ["AudioFrame"]


class AudioFrame(msgspec.Struct, frozen=True, gc=False):
    """PCM16 little-endian mono at 24 kHz: the one inner format.

    ``pcm`` holds whole samples; ``first_sample`` is the index of the first one in its stream (gaps are visible as
    jumps); ``at_ns`` is the time of the first sample on the clock of whoever made the frame: captured, received or to
    be played. Raises ``AudioFormatError`` for an odd number of bytes.
    """

    pcm: bytes
    first_sample: int = 0
    at_ns: int = 0

    def __post_init__(self) -> None:
        if len(self.pcm) % BYTES_PER_SAMPLE:
            raise AudioFormatError(f"PCM16 needs an even number of bytes, not {len(self.pcm)}")

    @property
    def samples(self) -> int:
        """How many samples."""
        return len(self.pcm) // BYTES_PER_SAMPLE

    @property
    def end_sample(self) -> int:
        """Index of the first sample after this frame."""
        return self.first_sample + self.samples

    @property
    def duration_ns(self) -> int:
        """Length in nanoseconds, rounded down."""
        return samples_to_ns(self.samples)
