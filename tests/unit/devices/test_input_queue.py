"""Do the blocks of a card become frames, sample for sample, and does a loss show as a jump of its length?"""

from __future__ import annotations

import itertools
from array import array

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bareline.devices.input_queue import InputQueue
from bareline.media.convert import PcmDecoder
from bareline.media.formats import PcmFormat
from bareline.media.frames import AudioFrame
from bareline.units import ms_to_ns, samples_to_ns

MS = ms_to_ns(1)


def counted(first: int, samples: int = 240) -> bytes:
    return array("h", [n % 30_000 for n in range(first, first + samples)]).tobytes()


def drained(queue: InputQueue) -> list[AudioFrame]:
    frames: list[AudioFrame] = []
    while (frame := queue.next_frame()) is not None:
        frames.append(frame)
    return frames


def test_blocks_become_frames_of_20_ms_with_the_time_of_their_first_sample() -> None:
    queue = InputQueue(PcmFormat(), limit_ms=1_000)
    for block in range(5):
        queue.add(counted(block * 240), 7 * MS + block * 10 * MS, False)
    frames = drained(queue)
    assert [(frame.first_sample, frame.samples) for frame in frames] == [(0, 480), (480, 480)]
    assert [frame.at_ns for frame in frames] == [7 * MS, 27 * MS]
    assert b"".join(frame.pcm for frame in frames) == counted(0, 960)
    queue.add(counted(1_200), 57 * MS, False)
    assert drained(queue) == [AudioFrame(counted(960, 480), 960, 47 * MS)]


def test_audio_that_the_card_lost_is_a_jump_as_long_as_the_card_says() -> None:
    queue = InputQueue(PcmFormat(), limit_ms=1_000)
    queue.add(counted(0), 0, False)
    queue.add(counted(1_000), 10 * MS + samples_to_ns(720) + 1, True)
    queue.add(counted(1_240), 20 * MS + samples_to_ns(720), False)
    assert [(frame.first_sample, frame.samples) for frame in drained(queue)] == [(0, 240), (960, 480)]
    assert queue.lost_samples == 720


def test_a_loss_of_unknown_length_is_a_block_at_least() -> None:
    queue = InputQueue(PcmFormat(), limit_ms=1_000)
    for block in range(4):
        queue.add(counted(block * 240), block * 10 * MS, block == 2)
    assert [frame.first_sample for frame in drained(queue)] == [0, 720]


def test_what_nobody_reads_makes_room_and_shows_as_a_jump() -> None:
    queue = InputQueue(PcmFormat(), limit_ms=50)
    for block in range(20):
        queue.add(counted(block * 240), block * 10 * MS, False)
    frames = drained(queue)
    assert frames[0].first_sample == 15 * 240
    assert b"".join(frame.pcm for frame in frames) == counted(15 * 240, 960)
    assert queue.lost_samples == 15 * 240


@pytest.mark.parametrize("rate_hz", [16_000, 44_100, 48_000])
def test_a_card_of_another_rate_keeps_its_place_over_a_loss(rate_hz: int) -> None:
    queue = InputQueue(PcmFormat(rate_hz, 2), limit_ms=5_000)
    block = rate_hz // 100
    for number in range(300):
        if number not in range(100, 150):
            queue.add(bytes(4 * block), number * 10 * MS, number == 150)
    frames = drained(queue)
    jumps = [after.first_sample - before.end_sample for before, after in itertools.pairwise(frames)]
    assert sum(jumps) == queue.lost_samples
    assert 50 * 240 - 2 <= queue.lost_samples <= 50 * 240 + 2
    assert abs(frames[-1].end_sample - 300 * 240) < 480 + 100


@settings(max_examples=60, deadline=None)
@given(
    rate_hz=st.sampled_from([8_000, 24_000, 44_100, 48_000]),
    channels=st.integers(1, 2),
    blocks=st.lists(st.integers(1, 700), min_size=1, max_size=12),
)
def test_any_split_gives_the_samples_of_one_conversion(rate_hz: int, channels: int, blocks: list[int]) -> None:
    card = PcmFormat(rate_hz, channels)
    queue = InputQueue(card, limit_ms=60_000)
    whole, at_ns, frames = b"", 0, list[AudioFrame]()
    for samples in blocks:
        pcm = array("h", [(7 * n) % 20_000 for n in range(samples * channels)]).tobytes()
        queue.add(pcm, at_ns, False)
        at_ns += samples * 1_000_000_000 // rate_hz
        whole += pcm
        frames += drained(queue)
    heard = b"".join(frame.pcm for frame in frames)
    assert PcmDecoder(card).feed(whole).startswith(heard)
    assert len(PcmDecoder(card).feed(whole)) - len(heard) < 960
    assert queue.lost_samples == 0
