"""Does every message of a faulty connection arrive when its faults say?"""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bareline.transports.fault_schedule import Ending, FaultSchedule
from bareline.transports.faults import parse_faults
from bareline.units import NS_PER_MS

MS = NS_PER_MS


def schedule(text: str, *, seed: int = 1, ordered: bool = True) -> FaultSchedule:
    return FaultSchedule(parse_faults(text), seed=seed, ordered=ordered)


def test_without_faults_everything_arrives_at_once() -> None:
    assert schedule("").carry("up", 10_000, 5 * MS) == (5 * MS,)


def test_delay_and_its_direction() -> None:
    slow_up = schedule("up:delay=50ms")
    assert slow_up.carry("up", 10, 0) == (50 * MS,)
    assert slow_up.carry("down", 10, 0) == (0,)


def test_a_stall_holds_and_then_lets_everything_go_in_order() -> None:
    line = schedule("stall=600ms@5s,delay=10ms")
    arrivals = [line.carry("down", 1, ms * MS)[0] // MS for ms in (4980, 4995, 5200, 5589, 5590)]
    assert arrivals == [4990, 5600, 5600, 5600, 5600]


def test_stalls_that_touch_are_one() -> None:
    assert schedule("stall=100ms@0ms,stall=100ms@100ms").carry("up", 1, 50 * MS) == (200 * MS,)


def test_a_slow_line_sends_one_message_after_the_other() -> None:
    line = schedule("slow=8kbps")
    assert [line.carry("up", 100, 0)[0] // MS for _ in range(3)] == [100, 200, 300]
    assert line.carry("up", 100, 1000 * MS) == (1100 * MS,)


def test_after_a_cut_nothing_arrives_and_nobody_is_told() -> None:
    line = schedule("cut@1s")
    assert line.carry("up", 1, 999 * MS) == (999 * MS,)
    assert line.carry("up", 1, 1000 * MS) == ()
    assert line.ending() is None


def test_the_first_end_counts_from_the_opening() -> None:
    line = FaultSchedule(parse_faults("close=1001@10s,abort@3s"), started_ns=7)
    assert line.ending() == Ending(3_000 * MS + 7, 1006)


def test_loss_and_duplicates_happen_as_often_as_asked() -> None:
    line = schedule("loss=20%,duplicate=10%", ordered=False)
    copies = [len(line.carry("up", 1, 0)) for _ in range(10_000)]
    assert 0.18 < copies.count(0) / 10_000 < 0.22
    assert 0.07 < copies.count(2) / 10_000 < 0.09


def test_a_reordered_message_is_overtaken() -> None:
    line = schedule("reorder=30%", seed=4)
    arrivals = [line.carry("up", 1, number * MS)[0] for number in range(50)]
    assert arrivals != sorted(arrivals)
    assert {arrival - number * MS for number, arrival in enumerate(arrivals)} == {0, 60 * MS}


def test_the_seed_decides_and_another_fault_does_not_move_chance() -> None:
    def lost(text: str, seed: int) -> list[int]:
        line = schedule(text, seed=seed)
        return [n for n in range(200) if not line.carry("up", 1, n)]

    assert lost("loss=10%", 1) == lost("loss=10%", 1) == lost("loss=10%,delay=5ms~5ms,duplicate=3%", 1)
    assert lost("loss=10%", 1) != lost("loss=10%", 2)


@given(
    st.lists(st.tuples(st.integers(0, 50 * MS), st.integers(0, 5_000)), max_size=60),
    st.sampled_from(["delay=30ms~40ms", "stall=300ms@100ms,delay=5ms~5ms", "slow=256kbps,stall=50ms@20ms"]),
    st.integers(0, 100),
)
def test_a_stream_keeps_the_order_and_never_arrives_before_it_left(
    steps: list[tuple[int, int]], text: str, seed: int
) -> None:
    line = schedule(text, seed=seed)
    now, last = 0, 0
    for gap, size in steps:
        now += gap
        (arrival,) = line.carry("up", size, now)
        assert arrival >= now
        assert arrival >= last
        last = arrival
