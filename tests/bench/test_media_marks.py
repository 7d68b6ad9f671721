"""Are the marks of bench media what they are taken for?"""

from __future__ import annotations

import pytest

from bareline.lab.media_bench.latency import at_share, delays_ms, timed_delays_ms
from bareline.lab.media_bench.marks import FRAME_BYTES, FRAME_S, MARK_EVERY, MARK_NAMES, MarkEar, marked_frame
from bareline.media.opus import OpusDecoder, OpusEncoder

FRAME_NS = int(FRAME_S * 1e9)


def heard(frames: list[bytes], *, delay_ns: int = 0) -> list[tuple[int, int]]:
    ear = MarkEar()
    found: list[tuple[int, int]] = []
    for number, frame in enumerate(frames):
        found += [(mark.name, mark.onset_ns) for mark in ear.hear(frame, number * FRAME_NS + delay_ns)]
    return found


def test_every_mark_is_found_where_it_begins() -> None:
    frames = [marked_frame(number) for number in range(2 * MARK_NAMES * MARK_EVERY)]
    expected = [(index % MARK_NAMES, index * MARK_EVERY * FRAME_NS) for index in range(2 * MARK_NAMES)]
    assert heard(frames) == expected


def test_marks_survive_opus_with_its_look_ahead_as_their_only_delay() -> None:
    encoder, decoder = OpusEncoder(), OpusDecoder()
    frames = [decoder.decode(encoder.encode(marked_frame(number))) for number in range(MARK_NAMES * MARK_EVERY)]
    found = heard(frames)
    assert [name for name, _ in found] == list(range(MARK_NAMES))
    for index, (_, at_ns) in enumerate(found):
        assert (at_ns - index * MARK_EVERY * FRAME_NS) / 1e6 == pytest.approx(6.5, abs=1.5)


def test_delays_pair_each_heard_mark_with_the_last_one_sent() -> None:
    sent = [[index % MARK_NAMES, index * 200_000_000] for index in range(20)]
    late = [[name, at_ns + 30_000_000] for name, at_ns in sent if at_ns != 600_000_000]
    sender, receiver = {"sessions": [{"sent": sent}]}, {"sessions": [{"heard": late}]}
    assert [delay for _, delay in timed_delays_ms(sender, receiver)] == [30.0] * 19
    assert len(delays_ms(sender, receiver)) == 14


def test_silence_and_loud_noise_hold_no_marks() -> None:
    assert heard([bytes(FRAME_BYTES)] * 20) == []
    assert len(heard([b"\xff\x3f" * (FRAME_BYTES // 2)] * 20)) <= 1


def test_a_share_of_nothing_is_infinite() -> None:
    assert at_share([], 0.5) == float("inf")
    assert at_share([3.0, 1.0, 2.0], 0.5) == 2.0
