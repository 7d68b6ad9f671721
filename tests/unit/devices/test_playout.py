"""What was heard: against a model that plays sample by sample."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bareline.devices.playout import Playout

NS_PER_S = 10**9


class SampleBySample:
    """Every sample has its own time; a cleared one has none."""

    def __init__(self, device_ns: int) -> None:
        self.device_ns = device_ns
        self.starts: list[float] = []
        self.run: tuple[int, int] | None = None

    def write(self, samples: int, now: int) -> None:
        ready = now + self.device_ns
        begin, count = self.run or (ready, 0)
        if begin + count * NS_PER_S / 24000 < ready:
            begin, count = ready, 0
        self.starts += [begin + (count + k) * NS_PER_S / 24000 for k in range(samples)]
        self.run = (begin, count + samples)

    def heard(self, now: int) -> int:
        return sum(start + NS_PER_S / 24000 <= now + 1e-3 for start in self.starts)

    def clear(self, now: int) -> int:
        kept = [start for start in self.starts if start < now + self.device_ns - 1e-3]
        dropped = len(self.starts) - len(kept)
        self.starts = kept
        if self.run is not None:
            begin, count = self.run
            self.run = (begin, max(0, count - dropped))
        return dropped


WAITS, SAMPLES = st.integers(0, 30_000_000), st.integers(1, 900)
STEPS = st.lists(st.tuples(WAITS, st.sampled_from(["write", "heard", "clear"]), SAMPLES), max_size=25)


@given(STEPS, st.sampled_from([0, 5_000_000, 40_000_000]))
def test_agrees_with_the_model(steps: list[tuple[int, str, int]], device_ns: int) -> None:
    playout, model = Playout(device_ns), SampleBySample(device_ns)
    now = last = written = dropped = 0
    for wait, action, samples in steps:
        now += wait
        if action == "write":
            playout.write(samples, now)
            model.write(samples, now)
            written += samples
        elif action == "clear":
            count = playout.clear(now)
            assert count == model.clear(now)
            dropped += count
        playout.advance(now)
        assert playout.heard == model.heard(now)
        assert last <= playout.heard <= written - dropped
        assert playout.unheard == written - dropped - playout.heard
        last = playout.heard
    playout.advance(now + 10 * NS_PER_S)
    assert playout.heard == written - dropped


@given(st.lists(st.tuples(WAITS, SAMPLES), min_size=1, max_size=8), st.integers(0, 2000))
def test_a_due_time_is_the_first_nanosecond_at_which_it_is_so(writes: list[tuple[int, int]], left: int) -> None:
    playout, now = Playout(), 0
    for wait, samples in writes:
        now += wait
        playout.write(samples, now)
    due = playout.heard_at_ns(left)
    if due:
        playout.advance(due - 1)
        assert playout.unheard == left + 1
    playout.advance(due)
    assert playout.unheard <= left or due == 0


def test_a_late_write_is_heard_after_a_gap() -> None:
    playout = Playout()
    playout.write(24, 0)
    playout.write(24, 5_000_000)
    assert [(s.start_ns, s.offset, s.samples) for s in playout.advance(5_500_000)] == [(0, 0, 24), (5_000_000, 0, 12)]
    assert [(s.start_ns, s.offset, s.samples) for s in playout.advance(6_000_000)] == [(5_000_000, 12, 12)]


def test_switching_off_drops_the_devices_part_too() -> None:
    playout = Playout(device_ns=10_000_000)
    playout.write(480, 0)
    assert playout.clear(0) == 480
    playout.write(480, 0)
    assert playout.clear(5_000_000) == 480 - 120
    assert playout.drop() == 120
    assert playout.unheard == 0
