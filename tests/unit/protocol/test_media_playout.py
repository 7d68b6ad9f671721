"""Does the ledger of media count what was heard, of which item, and never more than was?"""

from __future__ import annotations

import pytest

from bareline.protocol.limits import LEDGER_MAX_PARTS
from bareline.protocol.media_playout import MediaLedger
from bareline.protocol.playout import Cut, PartKey
from bareline.units import NS_PER_MS

FRAME = 480
A, B = ("item_a", 0), ("item_b", 0)


class Sink:
    """A stream that is played as it comes, by a sink that is asked what it has heard."""

    def __init__(self, **chars: int) -> None:
        self.ledger = MediaLedger(lambda key: chars.get(key[0], 0))
        self.place = 0
        self.now_ns = 0
        self.heard = 0

    def begun(self, *keys: PartKey, response_id: str = "r1") -> Sink:
        for key in keys:
            self.ledger.begun(response_id, *key)
        return self

    def started(self, response_id: str = "r1") -> Sink:
        assert self.ledger.started(response_id, self.now_ns)
        return self

    def stopped(self, response_id: str = "r1") -> Sink:
        self.ledger.stopped(response_id, self.now_ns)
        return self

    def play(self, ms: int, *, hear: bool = True) -> Sink:
        for _ in range(ms // 20):
            stretch = self.ledger.received(self.place, FRAME, loud=True, now_ns=self.now_ns)
            self.place += FRAME
            self.now_ns += 20 * NS_PER_MS
            if stretch is not None:
                self.ledger.queued(stretch, FRAME)
                self.ledger.written(stretch, FRAME)
                self.heard += FRAME * hear
        self.ledger.heard(self.heard)
        return self

    def heard_ms(self, *keys: PartKey) -> list[int]:
        return [self.ledger.heard_ms(*key) for key in keys]


def test_one_item_is_counted_to_the_sample_through_all_stages() -> None:
    sink = Sink().begun(A).started().play(500).stopped()
    position = sink.ledger.position(*A)
    assert position is not None
    assert {position.received, position.decoded, position.queued, position.written, position.heard} == {12_000}
    assert (position.finished, position.cut, position.estimated, position.over) == (True, False, False, True)
    assert (sink.ledger.received_ms(*A), sink.ledger.heard_ms(*A), sink.ledger.unheard_samples) == (500, 500, 0)


def test_what_is_not_known_was_not_heard() -> None:
    ledger = Sink().begun(A).ledger
    assert (ledger.heard_ms("other"), ledger.received_ms("other"), ledger.position("other")) == (0, 0, None)
    assert (ledger.keys("r1"), ledger.keys("r2")) == ((A,), ())


def test_several_items_share_the_audio_by_the_length_of_their_texts() -> None:
    sink = Sink(item_a=10, item_b=30).begun(A, B).started().play(4_000).stopped()
    assert sink.heard_ms(A, B) == [1_000, 3_000]
    assert all(position.estimated for position in sink.ledger.positions().values())


def test_while_it_plays_an_item_ends_after_as_much_audio_as_its_text_takes() -> None:
    sink = Sink(item_a=15, item_b=15).begun(A, B).started().play(800)
    assert sink.heard_ms(A, B) == [800, 0]
    sink.play(400)
    assert sink.heard_ms(A, B) == [1_000, 200]
    first, second = sink.ledger.positions().values()
    assert (first.finished, second.finished) == (True, False)


def test_the_pace_of_the_voice_is_learned_from_whole_answers() -> None:
    sink = Sink(item_a=300, item_b=15).begun(A).started().play(40_000).stopped()
    assert sink.ledger.rate.samples(15) == pytest.approx(24_000 * 15 * 44 // 360, rel=0.01)
    before = sink.ledger.rate.samples(15)
    sink.ledger.rate.learn(0, 1_000)
    assert sink.ledger.rate.chars(before) in (14, 15)
    sink.begun(B, response_id="r2").started("r2").play(100)
    sink.ledger.interrupt()
    sink.stopped("r2")
    assert sink.ledger.rate.samples(15) == before


def test_an_interruption_cuts_what_was_not_heard_to_its_end_and_only_once() -> None:
    sink = Sink().begun(A).started().play(400).stopped().begun(B, response_id="r2").started("r2").play(300)
    assert sink.ledger.interrupt() == [Cut("r2", "item_b", 0, 300, delete=False)]
    assert sink.ledger.interrupt() == []
    sink.ledger.cleared(0)
    assert sink.play(200).heard_ms(A, B) == [400, 300]
    position = sink.ledger.position(*B)
    assert position is not None
    assert position.over


def test_one_response_can_be_cut_alone_and_before_it_begins() -> None:
    sink = Sink().begun(A).started().play(100).begun(B, response_id="r2")
    assert sink.ledger.interrupt("r2") == [Cut("r2", "item_b", 0, 0, delete=False)]
    assert not sink.play(100).stopped().ledger.started("r2", sink.now_ns)
    sink.place += FRAME
    sink.play(100).ledger.dropped("r2", sink.now_ns)
    sink.place += FRAME
    sink.play(100).ledger.cleared(0)
    assert sink.heard_ms(A, B) == [200, 0]


def test_what_a_cleared_sink_lost_of_an_answer_that_goes_on_is_not_waited_for() -> None:
    """The first frames come before their name, and an interruption of what was before clears them."""
    sink = Sink().play(60, hear=False)
    sink.ledger.cleared(3 * FRAME)
    sink.begun(A).started().play(200).stopped()
    position = sink.ledger.position(*A)
    assert position is not None
    assert (position.received, position.queued, position.heard, position.over) == (13 * FRAME, 10 * FRAME, 4_800, True)


def test_what_the_device_holds_when_it_is_cleared_is_still_heard() -> None:
    sink = Sink().begun(A).started().play(60, hear=False)
    sink.ledger.cleared(2 * FRAME)
    sink.ledger.cleared(0)
    sink.ledger.heard(FRAME)
    position = sink.stopped().ledger.position(*A)
    assert position is not None
    assert (position.queued, position.written, position.heard) == (FRAME, FRAME, FRAME)


def test_samples_of_nobody_take_their_time() -> None:
    sink = Sink().begun(A).started()
    sink.ledger.written_other(FRAME)
    sink.play(40)
    assert sink.heard_ms(A) == [20]
    sink.ledger.heard(3 * FRAME)
    assert sink.heard_ms(A) == [40]


def test_a_response_that_was_given_up_before_its_audio_is_over() -> None:
    sink = Sink().begun(A)
    sink.ledger.abandoned("r1")
    sink.ledger.abandoned("unknown")
    assert sink.ledger.interrupt() == []
    sink.started().ledger.abandoned("r1")
    position = sink.ledger.position(*A)
    assert position is not None
    assert not position.finished


def test_an_answer_waits_behind_the_one_that_is_played() -> None:
    sink = Sink().begun(A).begun(B, response_id="r2")
    ledger = sink.ledger
    assert not ledger.waits("r2")  # nothing is played
    sink.started()
    assert (ledger.waits("r1"), ledger.waits("r2"), ledger.waits("r3")) == (False, True, False)
    sink.stopped().started("r2")
    assert not ledger.waits("r2")


def test_an_answer_that_was_cut_or_given_up_waits_no_more() -> None:
    cut = Sink().begun(A).begun(B, response_id="r2").started()
    cut.ledger.interrupt("r2")
    assert not cut.ledger.waits("r2")
    given_up = Sink().begun(A).begun(B, response_id="r2").started()
    given_up.ledger.abandoned("r2")
    assert not given_up.ledger.waits("r2")


def test_a_server_that_drops_its_buffer_ends_the_response() -> None:
    sink = Sink().begun(A).started().play(100)
    sink.ledger.dropped("r1", sink.now_ns)
    position = sink.ledger.position(*A)
    assert position is not None
    assert position.finished
    assert sink.ledger.playing is None


def test_a_lost_connection_ends_everything() -> None:
    sink = Sink().begun(A).started().play(100)
    sink.ledger.restarted(sink.now_ns)
    position = sink.ledger.position(*A)
    assert position is not None
    assert position.over


def test_events_about_responses_that_nobody_announced_do_no_harm() -> None:
    sink = Sink().started("ghost").play(100).stopped("ghost").begun(A).begun(A)
    sink.ledger.dropped("other", sink.now_ns)
    assert list(sink.ledger.positions()) == [A]


def test_the_oldest_parts_are_forgotten() -> None:
    sink = Sink().begun(("first", 0), ("first", 1), response_id="r0")
    for number in range(LEDGER_MAX_PARTS):
        sink.begun((f"i{number}", 0), response_id=f"r{number + 1}")
    assert sink.ledger.position("first", 0) is None
    assert len(sink.ledger.positions()) == LEDGER_MAX_PARTS


def test_responses_that_nobody_announced_are_forgotten_too() -> None:
    sink = Sink().begun(A)
    for number in range(3 * LEDGER_MAX_PARTS):
        sink.ledger.dropped(f"ghost{number}", sink.now_ns)
    assert len(sink.ledger._responses) == 2 * LEDGER_MAX_PARTS
    assert list(sink.ledger.positions()) == [A]


def test_what_a_pause_takes_back_is_not_lost() -> None:
    sink = Sink().begun(A).started().play(500, hear=False).stopped()
    sink.ledger.heard(200 * 24)
    sink.ledger.taken_back(300 * 24)
    position = sink.ledger.position(*A)
    assert position is not None
    assert (position.written, position.queued, position.heard, position.over) == (4_800, 12_000, 4_800, False)
    sink.ledger.written(1, 300 * 24)
    sink.ledger.heard(500 * 24)
    position = sink.ledger.position(*A)
    assert position is not None
    assert (position.heard, position.over) == (12_000, True)
