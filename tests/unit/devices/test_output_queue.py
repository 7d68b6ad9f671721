"""Is what a card gets the written audio, and is what counts as heard what the card really played?"""

from __future__ import annotations

from array import array

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bareline.devices.output_queue import OutputQueue
from bareline.media.formats import PcmFormat
from bareline.media.resample import resampled_length
from bareline.units import NS_PER_S, SAMPLE_RATE_HZ, ms_to_ns, samples_to_ns

MS = ms_to_ns(1)
LATENCY_NS = 20 * MS


def counted(samples: int, first: int = 1) -> bytes:
    return array("h", [n % 30_000 + 1 for n in range(first, first + samples)]).tobytes()


class Card:
    """Asks every 10 ms, from 0 on, and remembers what it was given."""

    def __init__(self, queue: OutputQueue, rate_hz: int = SAMPLE_RATE_HZ) -> None:
        self.queue = queue
        self.rate_hz = rate_hz
        self.now_ns = 0
        self.given = b""

    def turn(self, blocks: int = 1, *, late_ns: int = 0) -> None:
        for _ in range(blocks):
            self.now_ns += 10 * MS
            starts_ns = self.now_ns + LATENCY_NS + late_ns
            self.given += self.queue.fill(self.rate_hz // 100, starts_ns, self.now_ns)


def test_silence_costs_nothing_and_audio_comes_out_as_it_was_written() -> None:
    queue = OutputQueue(PcmFormat(), reserve_ms=0)
    card = Card(queue)
    card.turn(3)
    queue.write(counted(600), card.now_ns)
    card.turn(5)
    assert card.given == bytes(3 * 480) + counted(600) + bytes(2 * (5 * 240 - 600))


def test_a_sample_is_heard_when_the_card_says_so_and_not_before() -> None:
    queue = OutputQueue(PcmFormat(), reserve_ms=0)
    card = Card(queue)
    queue.write(counted(480), 0)
    card.turn(2)  # the first block is heard from 10 + 20 ms on
    for at_ns, heard in ((30 * MS, 0), (30 * MS + samples_to_ns(7), 6), (30 * MS + samples_to_ns(7) + 1, 7)):
        queue.advance(at_ns)
        assert queue.heard == heard
    card.turn(2)
    queue.advance(50 * MS)
    assert queue.heard == queue.written == 480
    assert queue.unheard_samples == 0


def test_a_card_that_asks_no_more_is_not_believed_to_play() -> None:
    queue = OutputQueue(PcmFormat(), reserve_ms=0)
    queue.write(counted(2_400), 0)
    for block in range(8):
        queue.fill(240, block * 10 * MS, 0)  # all at once: the card fills its buffer
    queue.advance(10 * NS_PER_S)
    assert queue.heard == 480  # the two blocks that can have passed before it had to ask again


def test_clearing_counts_exactly_what_the_card_was_not_given() -> None:
    queue = OutputQueue(PcmFormat(), reserve_ms=0)
    card = Card(queue)
    queue.write(counted(2_400), 0)
    card.turn(3)
    assert queue.clear() == 2_400 - 720
    card.turn(10)
    queue.advance(card.now_ns)
    assert queue.heard == 720
    assert queue.unheard_samples == 0
    assert card.given == counted(720) + bytes(len(card.given) - 1_440)


def test_audio_begins_once_the_reserve_is_gathered_or_has_waited_that_long() -> None:
    queue = OutputQueue(PcmFormat(), reserve_ms=20)
    card = Card(queue)
    queue.write(counted(480), 0)
    card.turn(1)
    assert not any(card.given), "as much as the reserve is not more than it"
    queue.write(counted(1, 481), card.now_ns)
    card.turn(1)
    assert card.given[480:] == counted(240)

    short = OutputQueue(PcmFormat(), reserve_ms=20)
    card = Card(short)
    short.write(counted(5), 0)
    card.turn(2)
    assert card.given == bytes(480) + counted(5) + bytes(470)


def test_a_queue_that_runs_dry_is_counted_when_the_audio_goes_on_at_once() -> None:
    queue = OutputQueue(PcmFormat(), reserve_ms=0)
    card = Card(queue)
    queue.write(counted(300), 0)
    card.turn(5)
    queue.write(counted(300), card.now_ns)
    card.turn(5)
    assert queue.starved == 1
    card.turn(50)  # the next answer
    queue.write(counted(300), card.now_ns)
    card.turn(1)
    queue.clear()  # an interruption
    card.turn(2)
    queue.write(counted(300), card.now_ns)
    card.turn(5)
    assert queue.starved == 1


@pytest.mark.parametrize("shake_ms", [1, 5, 30])
def test_a_shaking_clock_never_makes_a_sample_heard_before_its_time(shake_ms: int) -> None:
    queue = OutputQueue(PcmFormat(), reserve_ms=0)
    card = Card(queue)
    queue.write(counted(24_000), 0)
    for turn in range(110):
        card.turn(1, late_ns=0 if turn % 3 else -shake_ms * MS if turn else 0)
        queue.advance(card.now_ns)
        truth = max(0, card.now_ns - 10 * MS - LATENCY_NS) * SAMPLE_RATE_HZ // NS_PER_S
        assert queue.heard <= truth + shake_ms * 24 // 8 + 24
    assert queue.heard == 24_000


@settings(max_examples=60, deadline=None)
@given(
    rate_hz=st.sampled_from([8_000, 16_000, 24_000, 44_100, 48_000]),
    channels=st.integers(1, 2),
    writes=st.lists(st.tuples(st.integers(1, 900), st.integers(0, 6)), min_size=1, max_size=8),
)
def test_everything_written_is_given_once_and_heard_exactly(
    rate_hz: int, channels: int, writes: list[tuple[int, int]]
) -> None:
    queue = OutputQueue(PcmFormat(rate_hz, channels), reserve_ms=20)
    card = Card(queue, rate_hz)
    for samples, blocks in writes:
        queue.write(b"\x10\x27" * samples, card.now_ns)
        card.turn(blocks)
        before = queue.heard
        queue.advance(card.now_ns)
        assert before <= queue.heard <= queue.written
    card.turn(40)
    queue.advance(card.now_ns)
    assert queue.heard == queue.written == sum(samples for samples, _ in writes)
    assert len(card.given) % (2 * channels) == 0
    if queue.starved == 0 and len(writes) == 1:
        first = card.given.index(next(byte for byte in card.given if byte)) // (2 * channels)
        sounding = memoryview(card.given[first * 2 * channels :]).cast("h").tolist()
        assert not any(sounding[resampled_length(queue.written, SAMPLE_RATE_HZ, rate_hz) * channels :])
