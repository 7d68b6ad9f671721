"""Does the jitter buffer put every place of a stream once, in order and in time, whatever comes?"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from bareline.media.arrival_clock import MARGIN_MAX_NS, MARGIN_MIN_NS, ArrivalClock
from bareline.media.jitter_buffer import (
    CONCEALED_MAX,
    HELD_MAX,
    TROUBLE_NS,
    Conceal,
    JitterBuffer,
    Play,
    Recover,
    Step,
    TimedPacket,
)
from bareline.units import NS_PER_MS, ms_to_samples, samples_to_ns

MS = NS_PER_MS
UNIT = ms_to_samples(20)


def packet(
    n: int, arrived_ms: float, *, samples: int = UNIT, position: int | None = None, fec: bool = True
) -> TimedPacket:
    place = n * samples if position is None else position
    return TimedPacket(n, place, samples, b"%d" % n, 111, round(arrived_ms * MS), fec)


@dataclass
class Listener:
    """Asks a buffer at every arrival and at its deadlines; keeps what it is told, with the times."""

    buffer: JitterBuffer
    steps: list[tuple[int, Step]]
    now_ns: int = 0

    def take(self, arrived: TimedPacket, *, paused: bool = False) -> None:
        self.wait(arrived.arrived_ns - 1)
        self.now_ns = arrived.arrived_ns
        self.buffer.insert(arrived, follows_pause=paused)
        self.ask()

    def wait(self, until_ns: int) -> None:
        while (due := self.buffer.deadline(self.now_ns)) is not None and due <= until_ns:
            assert due > self.now_ns, "asked again without end"
            self.now_ns = due
            self.ask()

    def ask(self) -> None:
        while (step := self.buffer.next_step(self.now_ns)) is not None:
            self.steps.append((self.now_ns, step))

    def told(self) -> list[tuple[str, int, float]]:
        """What, the place in packets of 20 ms, and when in ms."""
        return [(type(step).__name__, span(step)[0] // UNIT, at / MS) for at, step in self.steps]


def listener(*, quiet: bool = False) -> Listener:
    return Listener(JitterBuffer(lambda: quiet), [])


def span(step: Step) -> tuple[int, int]:
    match step:
        case Play(heard, skip):
            return heard.position + skip, heard.position + heard.samples
        case Recover(_, position, samples) | Conceal(position, samples, _):
            return position, position + samples


def test_in_order_all_is_played_at_once() -> None:
    ear = listener()
    for n in range(5):
        ear.take(packet(n, 20 * n + n % 3))
    assert ear.told() == [("Play", n, 20 * n + n % 3) for n in range(5)]


def test_after_a_loss_one_is_held_until_the_trouble_is_past() -> None:
    ear = listener()
    for n in [0, 1, *range(3, 120)]:
        ear.take(packet(n, 20 * n))
    told = ear.told()
    assert told[2:5] == [("Recover", 2, 65), ("Play", 3, 80), ("Play", 4, 100)]
    assert told[-1] == ("Play", 119, 119 * 20)
    held = [n for what, n, at in told if what == "Play" and at == 20 * n + 20]
    assert held == list(range(3, 3 + TROUBLE_NS // (20 * MS)))


def test_without_fec_the_loss_is_concealed_at_the_same_time() -> None:
    ear = listener()
    for n in (0, 1, 3):
        ear.take(packet(n, 20 * n, fec=False))
    ear.wait(80 * MS)
    assert ear.told()[2:] == [("Conceal", 2, 65), ("Play", 3, 80)]


def test_a_packet_that_overtakes_waits_for_the_one_before() -> None:
    ear = listener()
    for n, at in ((0, 0), (2, 40), (1, 44), (3, 60)):
        ear.take(packet(n, at))
    ear.wait(100 * MS)
    assert ear.told() == [("Play", 0, 0), ("Play", 1, 44), ("Play", 2, 60), ("Play", 3, 80)]


def test_after_quiet_nothing_is_made_up_until_a_loss_is_known() -> None:
    ear = listener(quiet=True)
    ear.take(packet(0, 0))
    ear.wait(1_000 * MS)
    assert ear.told() == [("Play", 0, 0)]
    ear.take(packet(1, 1_000, position=50 * UNIT), paused=True)
    ear.take(packet(3, 1_040, position=52 * UNIT))
    ear.wait(2_000 * MS)
    assert [step[:2] for step in ear.told()[1:]] == [("Play", 50), ("Recover", 51), ("Play", 52)]


def test_of_a_loss_longer_than_is_made_up_the_end_is_recovered() -> None:
    ear = listener()
    ear.take(packet(0, 0))
    ear.take(packet(20, 400))
    ear.wait(420 * MS)
    made_up = CONCEALED_MAX // UNIT
    assert [step[:2] for step in ear.told()] == [
        ("Play", 0),
        *(("Conceal", n) for n in range(1, 1 + made_up)),
        ("Recover", 19),
        ("Play", 20),
    ]
    assert ear.buffer.silent == (18 - made_up) * UNIT


def test_a_long_loss_within_quiet_is_not_made_up_when_it_is_over() -> None:
    ear = listener(quiet=True)
    ear.take(packet(0, 0))
    ear.take(packet(10, 200, fec=False))
    ear.wait(300 * MS)
    assert [step[:2] for step in ear.told()] == [("Play", 0), ("Play", 10)]
    assert ear.buffer.silent == 9 * UNIT


def test_after_a_pause_the_times_are_those_of_the_packets_after_it() -> None:
    ear = listener(quiet=True)
    ear.take(packet(0, 0))
    for n, at in ((1, 1_000), (2, 1_020), (4, 1_060), (5, 1_080)):
        ear.take(packet(n, at, position=(n + 6) * UNIT), paused=n == 1)
    ear.wait(1_100 * MS)
    assert ear.told()[3:] == [("Recover", 9, 1_065), ("Play", 10, 1_080), ("Play", 11, 1_100)]


def test_of_a_loss_beside_a_pause_only_the_loss_is_made_up() -> None:
    ear = listener(quiet=True)
    ear.take(packet(0, 0))
    ear.take(packet(2, 400, position=20 * UNIT, fec=False))
    ear.wait(500 * MS)
    assert [step[:2] for step in ear.told()] == [("Play", 0), ("Conceal", 1), ("Play", 20)]
    assert ear.buffer.silent == 0


def test_what_is_due_follows_a_path_that_has_become_longer() -> None:
    clock = ArrivalClock()
    for n in range(150):
        clock.arrived(n * UNIT, (20 * n + (100 if n >= 20 else 0)) * MS)
        if n == 25:
            assert clock.margin_ns(20 * MS) == MARGIN_MAX_NS
    assert clock.due_ns(200 * UNIT) == 4_100 * MS
    assert clock.margin_ns(20 * MS) == MARGIN_MIN_NS


def test_what_is_made_up_ends_after_60_ms_and_says_so() -> None:
    ear = listener()
    ear.take(packet(0, 0))
    ear.wait(1_000 * MS)
    made_up = [step for _, step in ear.steps[1:]]
    assert made_up == [Conceal(UNIT, UNIT, False), Conceal(2 * UNIT, UNIT, False), Conceal(3 * UNIT, UNIT, True)]
    assert ear.buffer.deadline(ear.now_ns) is None


def test_a_packet_that_is_partly_filled_is_played_from_there_on() -> None:
    ear = listener()
    ear.take(packet(0, 0))
    ear.take(packet(1, 50, samples=3 * UNIT, position=UNIT))
    assert ear.told() == [("Play", 0, 0), ("Conceal", 1, 45), ("Play", 2, 50)]


def test_a_burst_after_a_stall_is_played_at_once_but_what_was_filled() -> None:
    ear = listener()
    ear.take(packet(0, 0))
    for n in range(1, 12):
        ear.take(packet(n, 220))
    for n in range(12, 15):
        ear.take(packet(n, 20 * n))
    ear.wait(300 * MS)
    assert [step[:2] for step in ear.told()[1:4]] == [("Conceal", 1), ("Conceal", 2), ("Conceal", 3)]
    assert ear.told()[4:11] == [("Play", n, 220) for n in range(4, 11)]
    assert ear.told()[11:] == [("Play", n, 20 * n + 20) for n in range(11, 15)]
    assert ear.buffer.late == 3


def test_what_stood_in_for_a_late_packet_does_not_count_for_the_lost_one_after_it() -> None:
    ear = listener()
    ear.take(packet(0, 0, fec=False))
    ear.take(packet(1, 46, fec=False))
    ear.take(packet(3, 60, fec=False))
    ear.wait(200 * MS)
    assert [step[:2] for step in ear.told()[:4]] == [("Play", 0), ("Conceal", 1), ("Conceal", 2), ("Play", 3)]
    assert (ear.buffer.late, ear.buffer.silent) == (1, 0)


def test_with_too_many_held_what_is_missing_is_given_up() -> None:
    ear = listener()
    ear.take(packet(0, 0))
    for n in range(2, 3 + HELD_MAX):
        ear.take(packet(n, 1))
        assert ear.buffer.held <= HELD_MAX
    assert ear.told()[1][:2] == ("Recover", 1)


def test_another_source_begins_after_what_was_handed_out() -> None:
    ear = listener()
    ear.take(packet(0, 0))
    ear.take(packet(2, 40))
    assert ear.buffer.restart() == UNIT
    ear.take(packet(700, 60, position=UNIT))
    ear.wait(80 * MS)
    assert ear.told() == [("Play", 0, 0), ("Play", 1, 80)]


PLAN = st.lists(
    st.tuples(
        st.sampled_from((10, 20, 20, 20, 40, 60)),  # length in ms
        st.sampled_from((0, 0, 0, 0, 0, 300)),  # pause before it
        st.booleans() | st.just(False),  # lost
        st.integers(0, 3) | st.integers(0, 150),  # delay in ms
        st.booleans(),  # fec
    ),
    min_size=1,
    max_size=60,
)


@settings(max_examples=150, deadline=None)
@given(PLAN, st.booleans())
def test_every_place_once_in_order_and_every_packet_accounted_for(
    plan: list[tuple[int, int, bool, int, bool]], quiet: bool
) -> None:
    packets: list[tuple[TimedPacket, bool]] = []
    position = 0
    for n, (length, pause, lost, delay, fec) in enumerate(plan):
        position += ms_to_samples(pause)
        samples = ms_to_samples(length)
        if not lost or n == 0:
            at = samples_to_ns(position) / MS + (delay if n else 0)
            packets.append((packet(n, at, samples=samples, position=position, fec=fec), pause > 0))
        position += samples
    packets.sort(key=lambda entry: (entry[0].arrived_ns, entry[0].sequence))

    ear = listener(quiet=quiet)
    for arrived, paused in packets:
        ear.take(arrived, paused=paused and not plan[arrived.sequence - 1][2])
        assert ear.buffer.held <= 25
    ear.wait(1 << 62)

    spans = [span(step) for _, step in ear.steps]
    assert all(begin < end for begin, end in spans)
    assert all(one[1] <= two[0] for one, two in pairwise(spans))
    played = [step for _, step in ear.steps if isinstance(step, Play)]
    assert len(played) + ear.buffer.late == len(packets)
    assert all(0 <= step.skip < step.packet.samples for step in played)
    run, end = 0, 0
    for _, step in ear.steps:
        begin = span(step)[0]
        run = step.samples + (run if begin == end else 0) if isinstance(step, Conceal) else 0
        end = span(step)[1]
        assert run <= CONCEALED_MAX


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 3), st.integers(1, 30)), min_size=1, max_size=8), st.booleans(), st.booleans())
def test_losses_of_up_to_60_ms_are_filled_without_a_gap(plan: list[tuple[int, int]], fec: bool, quiet: bool) -> None:
    ear = listener(quiet=quiet)
    ear.take(packet(0, 0, fec=fec))
    n = 1
    for lost, kept in plan:
        for came in range(n + lost, n + lost + kept):
            ear.take(packet(came, 20 * came, fec=fec))
        n += lost + kept
    ear.wait(20 * n * MS)
    places = [span(step) for _, step in ear.steps]
    assert all(one[1] == two[0] for one, two in pairwise(places))
    assert ear.buffer.silent == 0
    recovered = sum(isinstance(step, Recover) for _, step in ear.steps)
    assert recovered == (len(plan) if fec else 0)
    assert all(at - samples_to_ns(span(step)[0]) <= (25 if not quiet else 65) * MS for at, step in ear.steps)
