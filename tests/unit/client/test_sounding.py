"""Are the beginnings and ends of speech told once, and looked for only when they may come?"""

from __future__ import annotations

import pytest

from bareline.client.journal import Journal
from bareline.client.sounding import LOOK_MAX_S, LOOK_MIN_S, STUCK_S, Sounding, heard_out
from bareline.clock import now_ns
from bareline.protocol.playout import PartKey, PlayoutLedger
from bareline.testing.virtual import run_virtual

MS = 24
FIRST, SECOND = ("item_1", 0), ("item_2", 0)


class Speech:
    """A ledger and what is told about its parts."""

    def __init__(self) -> None:
        self.ledger = PlayoutLedger()
        self.told: list[tuple[object, ...]] = []
        self.sounding = Sounding(
            self.ledger,
            Journal(None),
            started=lambda key, _: self.told.append(("started", key)),
            stopped=lambda key, cut: self.told.append(("stopped", key, cut)),
        )

    def receive(self, key: PartKey, ms: int, *, written: bool = True) -> None:
        self.ledger.received("resp_1", *key, ms * MS)
        self.ledger.decoded(*key, ms * MS)
        self.ledger.queued(*key, ms * MS)
        self.sounding.opened(key)
        if written:
            self.ledger.written(*key, ms * MS)

    def hear(self, ms: int) -> None:
        async def look() -> None:
            self.ledger.heard(ms * MS)
            self.sounding.look()

        run_virtual(look())


def test_a_part_begins_and_ends_once() -> None:
    speech = Speech()
    speech.receive(FIRST, 100)
    speech.ledger.finished(*FIRST)
    for ms in (0, 1, 50, 99, 100, 100):
        speech.hear(ms)
    assert speech.told == [("started", FIRST), ("stopped", FIRST, False)]


def test_nobody_looks_while_a_part_sounds_that_may_grow() -> None:
    speech = Speech()
    assert speech.sounding.next_look_s() is None
    speech.receive(FIRST, 5_000, written=False)
    assert speech.sounding.next_look_s() is None
    speech.ledger.written(*FIRST, 5_000 * MS)
    assert speech.sounding.next_look_s() == LOOK_MIN_S
    speech.hear(20)
    assert speech.sounding.next_look_s() is None


@pytest.mark.parametrize(("heard_ms", "look_s"), [(20, LOOK_MAX_S), (900, 0.1), (990, LOOK_MIN_S), (1_000, None)])
def test_an_end_is_looked_for_when_it_is_near(heard_ms: int, look_s: float | None) -> None:
    speech = Speech()
    speech.receive(FIRST, 1_000)
    speech.ledger.finished(*FIRST)
    speech.hear(heard_ms)
    assert speech.sounding.next_look_s() == look_s


def test_the_second_part_is_looked_for_when_the_first_is_over() -> None:
    speech = Speech()
    speech.receive(FIRST, 1_000)
    speech.hear(900)
    speech.receive(SECOND, 1_000)
    assert speech.sounding.next_look_s() == 0.1
    speech.hear(1_001)
    assert speech.sounding.begun == (FIRST, SECOND)


def test_what_is_cut_has_stopped_if_it_had_begun() -> None:
    speech = Speech()
    speech.receive(FIRST, 100)
    speech.receive(SECOND, 100)
    speech.hear(50)
    for cut in speech.ledger.interrupt():
        speech.sounding.cut(cut)
    assert speech.told == [("started", FIRST), ("stopped", FIRST, True)]
    assert speech.sounding.open == speech.sounding.begun == ()
    assert speech.sounding.next_look_s() is None


@pytest.mark.parametrize(("plays_to", "waits_s"), [(0, 1.0), (300, 0.7 + STUCK_S)])
def test_what_is_left_is_waited_for_unless_the_sink_is_stuck(plays_to: int, waits_s: float) -> None:
    async def wait_s() -> float:
        began_ns = now_ns()
        await heard_out(lambda: max(plays_to, 1_000 - (now_ns() - began_ns) // 1_000_000))
        return (now_ns() - began_ns) / 1e9

    assert run_virtual(wait_s()) == pytest.approx(waits_s, abs=2 * LOOK_MIN_S)
