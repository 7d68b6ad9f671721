"""Is the ledger's account of what was heard true, whatever the sink does?"""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bareline.protocol.limits import LEDGER_MAX_PARTS
from bareline.protocol.playout import Cut, PlayoutLedger

MS = 24


def play(ledger: PlayoutLedger, item: str, ms: int, response: str = "resp_1", part: int = 0) -> None:
    assert ledger.received(response, item, part, ms * MS)
    ledger.decoded(item, part, ms * MS)
    ledger.queued(item, part, ms * MS)
    ledger.written(item, part, ms * MS)


def test_second_item_is_truncated_where_it_was_heard_and_the_first_left_alone() -> None:
    ledger = PlayoutLedger()
    play(ledger, "item_a", 300)
    ledger.finished("item_a")
    play(ledger, "item_b", 500)
    ledger.heard(420 * MS + 23)
    assert ledger.interrupt() == [Cut("resp_1", "item_b", 0, 120, delete=False)]
    assert ledger.heard_ms("item_a") == 300


def test_unheard_item_is_deleted_and_the_one_being_heard_is_truncated() -> None:
    ledger = PlayoutLedger()
    play(ledger, "item_a", 300)
    play(ledger, "item_b", 500)
    ledger.heard(100 * MS)
    assert ledger.interrupt("resp_1") == [
        Cut("resp_1", "item_a", 0, 100, delete=False),
        Cut("resp_1", "item_b", 0, 0, delete=True),
    ]
    assert ledger.interrupt("resp_1") == []


def test_less_than_a_millisecond_counts_as_unheard() -> None:
    ledger = PlayoutLedger()
    play(ledger, "item_a", 300)
    ledger.heard(MS - 1)
    assert ledger.interrupt() == [Cut("resp_1", "item_a", 0, 0, delete=True)]


def test_item_heard_up_to_what_came_is_still_cut_while_more_may_come() -> None:
    ledger = PlayoutLedger()
    play(ledger, "item_a", 300)
    ledger.heard(300 * MS)
    assert ledger.interrupt() == [Cut("resp_1", "item_a", 0, 300, delete=False)]


def test_late_audio_of_an_interrupted_response_is_refused_and_its_late_item_deleted() -> None:
    ledger = PlayoutLedger()
    play(ledger, "item_a", 300)
    ledger.heard(100 * MS)
    ledger.interrupt()
    assert not ledger.received("resp_1", "item_a", 0, 480)
    assert ledger.received_ms("item_a") == 300
    assert not ledger.begun("resp_1", "item_b")
    assert not ledger.wanted("item_b")
    assert ledger.interrupt("resp_1") == [Cut("resp_1", "item_b", 0, 0, delete=True)]


def test_response_without_audio_yet_is_interrupted_too() -> None:
    ledger = PlayoutLedger()
    assert ledger.interrupt("resp_1") == []
    assert not ledger.received("resp_1", "item_a", 0, 480)
    assert ledger.received("resp_2", "item_b", 0, 480)


def test_later_parts_of_a_deleted_item_are_not_deleted_again() -> None:
    ledger = PlayoutLedger()
    play(ledger, "item_a", 100, part=0)
    play(ledger, "item_a", 100, part=1)
    assert ledger.interrupt() == [Cut("resp_1", "item_a", 0, 0, delete=True)]


def test_unheard_part_of_a_heard_item_is_truncated_to_nothing() -> None:
    ledger = PlayoutLedger()
    play(ledger, "item_a", 100, part=0)
    play(ledger, "item_a", 100, part=1)
    ledger.heard(50 * MS)
    cuts = [Cut("resp_1", "item_a", 0, 50, delete=False), Cut("resp_1", "item_a", 1, 0, delete=False)]
    assert ledger.interrupt() == cuts


def test_dropped_samples_are_not_heard_when_the_next_response_plays() -> None:
    ledger = PlayoutLedger()
    play(ledger, "item_a", 300)
    ledger.heard(100 * MS)
    ledger.cleared(200 * MS)
    play(ledger, "item_b", 300, response="resp_2")
    ledger.heard(150 * MS)
    assert (ledger.heard_ms("item_a"), ledger.heard_ms("item_b")) == (100, 50)


def test_local_clip_takes_time_and_counts_for_no_item() -> None:
    ledger = PlayoutLedger()
    ledger.written_other(100 * MS)
    play(ledger, "item_a", 300)
    ledger.heard(60 * MS)
    assert (ledger.hearing, ledger.unheard_samples) == (("item_a", 0), 340 * MS)
    ledger.heard(160 * MS)
    assert ledger.heard_ms("item_a") == 60


def test_nothing_written_takes_no_place_among_what_is_heard() -> None:
    ledger = PlayoutLedger()
    play(ledger, "item_a", 0)
    assert ledger.hearing is None
    play(ledger, "item_b", 100)
    assert ledger.hearing == ("item_b", 0)


def test_sink_that_counts_backwards_or_too_far_is_not_believed() -> None:
    ledger = PlayoutLedger()
    play(ledger, "item_a", 100)
    ledger.heard(900 * MS)
    ledger.heard(20 * MS)
    assert ledger.heard_ms("item_a") == 100
    assert ledger.hearing is None


def test_unknown_parts_are_answered_with_nothing() -> None:
    ledger = PlayoutLedger()
    ledger.finished("item_x")
    assert ledger.position("item_x") is None
    assert (ledger.heard_ms("item_x"), ledger.received_ms("item_x"), ledger.wanted("item_x")) == (0, 0, True)


def test_stage_that_overtakes_the_one_before_it_is_refused() -> None:
    ledger = PlayoutLedger()
    ledger.received("resp_1", "item_a", 0, 100)
    with pytest.raises(ValueError, match="101 samples decoded, but only 100 received"):
        ledger.decoded("item_a", 0, 101)
    with pytest.raises(ValueError, match="negative"):
        ledger.received("resp_1", "item_a", 0, -1)


def test_memory_is_bounded() -> None:
    ledger = PlayoutLedger()
    for index in range(LEDGER_MAX_PARTS + 10):
        ledger.received(f"resp_{index}", f"item_{index}", 0, 10)
        ledger.interrupt(f"resp_{index}")
    assert len(ledger.positions()) == LEDGER_MAX_PARTS
    assert ledger.position("item_0") is None


# --- against an independent model: one label per sample --------------------------------------------------------------


@dataclass
class Labels:
    """Every sample that was written, by name; where the sink stands; what happened to each."""

    waiting: list[str] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)

    def hear(self, count: int) -> None:
        self.heard += self.waiting[:count]
        del self.waiting[:count]

    def drop(self, count: int) -> None:
        if count:
            del self.waiting[-count:]


ITEMS = ("a", "b", "c")
STEPS = st.one_of(
    st.tuples(st.just("write"), st.sampled_from((*ITEMS, "clip")), st.integers(0, 90)),
    st.tuples(st.just("hear"), st.just(""), st.integers(0, 120)),
    st.tuples(st.just("clear"), st.just(""), st.integers(0, 200)),
    st.tuples(st.just("stall"), st.just(""), st.integers(0, 5)),
    st.tuples(st.just("interrupt"), st.sampled_from(("r1", "r2")), st.just(0)),
)
RESPONSES = {"a": "r1", "b": "r1", "c": "r2"}


@given(st.lists(STEPS, max_size=60))
def test_agrees_with_a_list_of_labelled_samples(steps: list[tuple[str, str, int]]) -> None:
    ledger, model = PlayoutLedger(), Labels()
    received = dict.fromkeys(ITEMS, 0)
    begun: list[str] = []
    gone: set[str] = set()
    cut: set[str] = set()
    for what, name, count in steps:
        if what == "write" and name == "clip":
            ledger.written_other(count)
            model.waiting += ["clip"] * count
        elif what == "write":
            begun += [name] * (name not in begun)
            accepted = ledger.received(RESPONSES[name], name, 0, count)
            assert accepted == (RESPONSES[name] not in gone)
            if accepted:
                received[name] += count
                for stage in (ledger.decoded, ledger.queued, ledger.written):
                    stage(name, 0, count)
                model.waiting += [name] * count
        elif what == "hear":
            model.hear(count)
        elif what == "clear":
            dropped = min(count, len(model.waiting))
            ledger.heard(len(model.heard))
            model.drop(dropped)
            ledger.cleared(dropped)
        elif what == "interrupt":
            ledger.heard(len(model.heard))
            expected = [
                (item, model.heard.count(item) // MS) for item in begun if RESPONSES[item] == name and item not in cut
            ]
            cut.update(item for item, _ in expected)
            assert [(cut.item_id, cut.audio_end_ms) for cut in ledger.interrupt(name)] == expected
            gone.add(name)
        ledger.heard(len(model.heard))
        for item in ITEMS:
            position = ledger.position(item)
            assert (position.heard if position else 0) == model.heard.count(item)
            assert (position.received if position else 0) == received[item]
        assert ledger.unheard_samples == len(model.waiting)


def test_a_part_is_unfinished_from_its_beginning_to_its_end() -> None:
    ledger = PlayoutLedger()
    assert not ledger.unfinished("item_a")
    ledger.begun("resp_1", "item_a")
    assert ledger.unfinished("item_a")
    ledger.finished("item_a")
    assert not ledger.unfinished("item_a")


def test_an_item_that_came_whole_after_the_interruption_is_deleted_although_none_of_it_was_counted() -> None:
    """A stall held it back: the server had finished it before it heard of the interruption."""
    ledger = PlayoutLedger()
    play(ledger, "item_a", 300)
    ledger.finished("item_a")
    ledger.heard(300 * MS)
    assert ledger.interrupt() + ledger.interrupt("resp_1") == []
    assert not ledger.begun("resp_1", "item_b")
    assert not ledger.received("resp_1", "item_b", 0, 500 * MS)
    ledger.finished("item_b")
    assert ledger.interrupt("resp_1") == [Cut("resp_1", "item_b", 0, 0, delete=True)]
    assert ledger.interrupt("resp_1") == []


def test_what_a_pause_takes_back_is_written_again_and_counted_once() -> None:
    ledger = PlayoutLedger()
    play(ledger, "item_a", 300)
    ledger.written_other(50 * MS)
    play(ledger, "item_b", 500)
    ledger.heard(200 * MS)
    ledger.taken_back(650 * MS)
    positions = ledger.positions()
    assert [position.written for position in positions.values()] == [200 * MS, 0]
    assert [position.queued for position in positions.values()] == [300 * MS, 500 * MS]
    assert ledger.unheard_samples == 0
    ledger.written("item_a", 0, 100 * MS)
    ledger.written_other(50 * MS)
    ledger.written("item_b", 0, 500 * MS)
    ledger.heard(700 * MS)
    assert (ledger.heard_ms("item_a"), ledger.heard_ms("item_b")) == (300, 350)
    with pytest.raises(ValueError, match="only 12000 queued"):
        ledger.written("item_b", 0, 1)


def test_an_interruption_during_a_pause_cuts_at_what_was_heard() -> None:
    ledger = PlayoutLedger()
    play(ledger, "item_a", 300)
    ledger.heard(120 * MS)
    ledger.taken_back(180 * MS)
    assert ledger.interrupt() == [Cut("resp_1", "item_a", 0, 120, delete=False)]
    ledger.heard(300 * MS)
    assert ledger.heard_ms("item_a") == 120
