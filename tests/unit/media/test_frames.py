"""A frame knows its place."""

from __future__ import annotations

import pytest

from bareline.errors import AudioFormatError
from bareline.media.frames import AudioFrame


def test_lengths_and_ends() -> None:
    frame = AudioFrame(bytes(960), first_sample=24_000, at_ns=5)
    assert (frame.samples, frame.end_sample, frame.duration_ns) == (480, 24_480, 20_000_000)
    assert AudioFrame(bytes(2)).duration_ns == 41_666


def test_half_a_sample_is_refused() -> None:
    with pytest.raises(AudioFormatError, match="not 3"):
        AudioFrame(bytes(3))
