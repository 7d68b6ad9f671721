"""Resampling: exact lengths, no dependence on the split, the signal where it belongs."""

from __future__ import annotations

import math
import sys
from array import array
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bareline.errors import AudioFormatError, MissingExtra
from bareline.media.kernel import WEIGHT_BITS, kernel_for
from bareline.media.resample import Resampler, _fast_for, resampled_length

RATES = [8000, 11025, 12000, 16000, 22050, 32000, 44100, 48000, 96000, 192000]


def split(data: bytes, cuts: list[int]) -> list[bytes]:
    edges = [0, *sorted(2 * (cut % (len(data) // 2 + 1)) for cut in cuts), len(data)]
    return [data[a:b] for a, b in pairwise(edges)]


def resample(pieces: list[bytes], from_hz: int, to_hz: int, *, fast: bool) -> bytes:
    resampler = Resampler(from_hz, to_hz, fast=fast)
    return b"".join(map(resampler.feed, pieces)) + resampler.flush()


def sine(hz: float, rate_hz: int, samples: int, amplitude: float = 12000.0) -> list[float]:
    return [amplitude * math.sin(2 * math.pi * hz * n / rate_hz) for n in range(samples)]


def model(samples: list[int], from_hz: int, to_hz: int) -> list[int]:
    """Direct convolution over the whole signal, without streams, windows or phases kept between calls."""
    kernel = kernel_for(from_hz, to_hz)
    output: list[int] = []
    for n in range(math.ceil(len(samples) * to_hz / from_hz)):
        first, phase = divmod(n * kernel.down, kernel.up)
        total = 0
        for k, weight in enumerate(kernel.row(phase)):
            at = first - kernel.half + 1 + k
            total += weight * samples[at] if 0 <= at < len(samples) else 0
        output.append(math.floor(total / (1 << WEIGHT_BITS) + 0.5))
    return output


def limited(values: list[int]) -> list[int]:
    return [max(-32768, min(32767, value)) for value in values]


@settings(deadline=None, max_examples=40)
@given(
    samples=st.lists(st.integers(-32768, 32767), max_size=700),
    cuts=st.lists(st.integers(0, 700), max_size=6),
    other_hz=st.sampled_from(RATES),
    to_inner=st.booleans(),
)
def test_any_split_gives_the_samples_of_the_direct_sum(
    samples: list[int], cuts: list[int], other_hz: int, to_inner: bool
) -> None:
    rates = (other_hz, 24000) if to_inner else (24000, other_hz)
    pcm = array("h", samples).tobytes()
    expected = array("h", limited(model(samples, *rates))).tobytes()
    assert resample(split(pcm, cuts), *rates, fast=False) == expected
    assert resample(split(pcm, cuts), *rates, fast=True) == expected


@pytest.mark.parametrize("from_hz", RATES)
@pytest.mark.parametrize("samples", [0, 1, 79, 480, 4801])
def test_length_is_every_instant_before_the_end(from_hz: int, samples: int) -> None:
    output = resample([bytes(2 * samples)], from_hz, 24000, fast=True)
    instants = sum(1 for n in range(samples * 24000 // from_hz + 2) if n * from_hz < samples * 24000)
    assert len(output) // 2 == resampled_length(samples, from_hz, 24000) == instants


@pytest.mark.parametrize("from_hz", RATES)
def test_a_tone_stays_where_it_is_in_time_pitch_and_level(from_hz: int) -> None:
    pcm = array("h", map(round, sine(1000, from_hz, from_hz // 4))).tobytes()
    output = np.frombuffer(resample([pcm], from_hz, 24000, fast=True), dtype=np.int16).astype(float)
    exact = np.array(sine(1000, 24000, len(output)))
    inside = slice(1500, -1500)
    error = output[inside] - exact[inside]
    assert 10 * math.log10(12000**2 / 2 / np.mean(error**2)) > 70


def test_what_the_lower_rate_cannot_hold_is_removed() -> None:
    pcm = array("h", map(round, sine(5000, 24000, 6000))).tobytes()
    output = np.frombuffer(resample([pcm], 24000, 8000, fast=True), dtype=np.int16).astype(float)
    assert np.sqrt(np.mean(output[200:-200] ** 2)) < 12000 / math.sqrt(2) / 1000


def test_a_constant_keeps_its_value() -> None:
    output = array("h", resample([array("h", [12345] * 3000).tobytes()], 22050, 24000, fast=False))
    assert set(output[100:-100]) == {12345}


@pytest.mark.parametrize("fast", [False, True])
def test_overshoot_is_limited_and_counted(fast: bool) -> None:
    square = ([32767] * 24 + [-32768] * 24) * 20
    exact = model(square, 24000, 48000)
    resampler = Resampler(24000, 48000, fast=fast)
    output = array("h", resampler.feed(array("h", square).tobytes()) + resampler.flush())
    assert list(output) == limited(exact)
    assert resampler.clipped == sum(a != b for a, b in zip(exact, output, strict=True)) > 100


def test_equal_rates_pass_through() -> None:
    resampler = Resampler(24000, 24000)
    assert resampler.feed(b"\1\2\3\4") + resampler.flush() == b"\1\2\3\4"
    assert resampler.delay_samples == 0


def test_feed_holds_back_no_more_than_it_says() -> None:
    resampler = Resampler(24000, 16000)
    made = resampler.feed(bytes(2 * 480))
    assert len(made) // 2 == resampled_length(480 - resampler.delay_samples, 24000, 16000)
    assert resampler.delay_samples == 36


def test_a_new_stream_after_flush_owes_nothing_to_the_old_one() -> None:
    loud, soft = array("h", [30000] * 500).tobytes(), array("h", [7] * 500).tobytes()
    resampler = Resampler(8000, 24000)
    resampler.feed(loud)
    resampler.flush()
    assert resampler.feed(soft) + resampler.flush() == resample([soft], 8000, 24000, fast=False)


@pytest.mark.parametrize("rate", [0, -1, 7999, 192_001, 10**9])
def test_absurd_rates_are_refused(rate: int) -> None:
    with pytest.raises(AudioFormatError, match=f"{rate} Hz"):
        Resampler(rate, 24000)


def test_numpy_is_asked_for_by_name_when_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    _fast_for.cache_clear()
    monkeypatch.setitem(sys.modules, "numpy", None)
    with pytest.raises(MissingExtra, match=r"bareline\[speech\]"):
        Resampler(8000, 24000, fast=True)
    assert Resampler(8000, 24000).feed(bytes(200))


def test_half_a_sample_is_refused() -> None:
    with pytest.raises(AudioFormatError, match="3 bytes"):
        Resampler(8000, 24000).feed(b"123")
