"""Is the far end what the loudspeaker really played while the microphone heard a block?"""

from __future__ import annotations

import itertools
from array import array

from bareline.devices.far_end import FarEnd, SmoothTime
from bareline.units import ms_to_ns, ms_to_samples, samples_to_ns

BLOCK = ms_to_samples(10)
COUNTED = array("h", [1 + n % 30_000 for n in range(24_000)])


def play(far: FarEnd, begins_ns: int, until_ms: int, *, late_ms: tuple[int, ...] = (0,)) -> None:
    """A sink that begins ``COUNTED`` at ``begins_ns``, asked every 10 ms; its word is late by this and that."""
    far.wrote(COUNTED.tobytes())
    for turn, now_ns in enumerate(range(0, ms_to_ns(until_ms), ms_to_ns(10))):
        passed_ns = now_ns - begins_ns - ms_to_ns(late_ms[turn % len(late_ms)])
        far.heard(max(0, min(24_000, passed_ns * 24_000 // 1_000_000_000)), now_ns)


def first_of(pcm: bytes) -> int:
    return array("h", pcm)[0] - 1


def test_a_block_holds_what_was_played_while_it_was_heard() -> None:
    far = FarEnd()
    play(far, ms_to_ns(105), 400)
    assert far.during(ms_to_ns(95), BLOCK) == bytes(2 * BLOCK)
    begun = array("h", far.during(ms_to_ns(100), BLOCK))
    assert list(begun[:120]) == [0] * 120
    assert begun[120:] == COUNTED[:120]
    assert first_of(far.during(ms_to_ns(305), BLOCK)) == ms_to_samples(200)


def test_what_is_written_can_be_had_before_it_is_heard() -> None:
    far = FarEnd()
    play(far, 0, 200)
    assert first_of(far.during(ms_to_ns(500), BLOCK)) == ms_to_samples(500)


def test_what_was_dropped_is_never_in_it() -> None:
    far = FarEnd()
    play(far, 0, 200)
    far.dropped(24_000 - ms_to_samples(200))
    assert far.during(ms_to_ns(300), BLOCK) == bytes(2 * BLOCK)


def test_a_clock_that_shakes_is_believed_where_it_says_the_most() -> None:
    far = FarEnd()
    play(far, 0, 900, late_ms=(0, 4, 1, 9, 2))
    error = ms_to_samples(800) - first_of(far.during(ms_to_ns(800), BLOCK))
    assert 0 <= error < ms_to_samples(2)


def test_blocks_follow_each_other_to_the_sample_while_the_clock_shakes() -> None:
    far = FarEnd()
    far.wrote(COUNTED.tobytes())
    firsts: list[int] = []
    for turn in range(60):
        now_ns = ms_to_ns(10 * turn)
        far.heard(max(0, ms_to_samples(10 * turn) - turn % 3), now_ns)
        firsts.append(first_of(far.during(now_ns, BLOCK)))
    steps = {after - before for before, after in itertools.pairwise(firsts[10:])}
    assert steps == {BLOCK}


def test_a_pause_of_the_sink_is_a_pause_in_it() -> None:
    far = FarEnd()
    far.wrote(COUNTED.tobytes())
    for ms in range(0, 1_000, 10):
        heard_ms = min(ms, 200) + max(0, ms - 600)
        far.heard(ms_to_samples(heard_ms), ms_to_ns(ms))
    assert far.during(ms_to_ns(400), BLOCK) == bytes(2 * BLOCK)
    assert abs(first_of(far.during(ms_to_ns(700), BLOCK)) - ms_to_samples(300)) <= 3


def test_it_remembers_seconds_and_not_the_call() -> None:
    far = FarEnd()
    for second in range(120):
        far.wrote(COUNTED.tobytes())
        for part in range(1, 101):
            far.heard(24_000 * second + 240 * part, ms_to_ns(1_000 * second + 10 * part))
    assert far.kept_samples < 8 * 24_000
    assert first_of(far.during(ms_to_ns(119_000), BLOCK)) == 0


def test_times_that_come_late_now_and_then_are_smooth() -> None:
    time = SmoothTime()
    late_ms = (0, 3, 1, 0, 7, 2)
    wrong_ns = [
        time.at_ns(480 * n, samples_to_ns(480 * n) + ms_to_ns(late_ms[n % 6])) - samples_to_ns(480 * n)
        for n in range(200)
    ]
    assert max(wrong_ns[50:]) < ms_to_ns(1)
    assert time.at_ns(480 * 200, ms_to_ns(9_000)) == ms_to_ns(9_000)
