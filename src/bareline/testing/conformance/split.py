"""How is the same audio fed in any split?"""

from __future__ import annotations

import random
from collections.abc import Iterator

from bareline.media.frames import AudioFrame
from bareline.units import BYTES_PER_SAMPLE, samples_to_ns

__all__ = ["frames", "odd_frames"]


def frames(pcm: bytes, samples: int = 480) -> Iterator[AudioFrame]:
    """Frames of one length, the last one shorter; positions and times count from 0."""
    step = samples * BYTES_PER_SAMPLE
    for start in range(0, len(pcm), step):
        first = start // BYTES_PER_SAMPLE
        yield AudioFrame(pcm[start : start + step], first, samples_to_ns(first))


def odd_frames(pcm: bytes, seed: int = 0) -> Iterator[AudioFrame]:
    """Frames of random lengths from one sample to a quarter of a second, empty ones among them."""
    chance = random.Random(seed)
    start = 0
    while start < len(pcm):
        first = start // BYTES_PER_SAMPLE
        end = start + BYTES_PER_SAMPLE * chance.choice((0, 1, 7, 160, 480, 769, 6_000))
        yield AudioFrame(pcm[start:end], first, samples_to_ns(first))
        start = end
