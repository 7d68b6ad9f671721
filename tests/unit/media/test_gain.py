"""Is a quieter voice as quiet as asked, without a jump, however it is cut up?"""

from __future__ import annotations

from array import array

import pytest

from bareline.media.gain import RAMP_MS, Gain

MS = 24
LOUD = array("h", [20_000, -20_000] * (20 * MS)).tobytes()


def numbers(pcm: bytes) -> array[int]:
    return array("h", pcm)


def test_without_a_change_nothing_is_touched() -> None:
    assert Gain().apply(LOUD) is LOUD


def test_minus_twelve_decibels_are_a_quarter_after_a_ramp_without_jumps() -> None:
    gain = Gain()
    assert gain.change(-12.0412)
    quiet = [abs(sample) for sample in numbers(gain.apply(LOUD))]
    assert set(quiet[RAMP_MS * MS :]) <= {5_000, 5_001}
    steps = [before - after for before, after in zip([20_000, *quiet], quiet, strict=False)]
    assert max(steps) <= 15_000 / (RAMP_MS * MS) + 1
    assert min(steps) >= -1


def test_back_at_full_level_the_samples_are_the_ones_that_came() -> None:
    gain = Gain()
    gain.change(-20)
    gain.apply(LOUD)
    assert gain.change(None)
    assert gain.apply(LOUD)[2 * RAMP_MS * MS :] == LOUD[2 * RAMP_MS * MS :]
    assert gain.apply(LOUD) is LOUD


def test_any_split_of_the_stream_sounds_the_same() -> None:
    whole, pieces = Gain(), Gain()
    for gain in (whole, pieces):
        gain.change(-6)
    parts = [pieces.apply(LOUD[start : start + 74]) for start in range(0, len(LOUD), 74)]
    assert b"".join(parts) == whole.apply(LOUD)


def test_a_new_stream_is_as_loud_as_it_comes() -> None:
    gain = Gain()
    gain.change(-6)
    gain.reset()
    assert gain.apply(LOUD) is LOUD
    assert gain.change(-6)
    assert not gain.change(-6)


def test_louder_is_refused() -> None:
    with pytest.raises(ValueError, match="louder"):
        Gain().change(0.1)
