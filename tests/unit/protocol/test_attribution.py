"""Is every stretch of a media stream given to the response it belongs to, in whichever order audio and events come?"""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bareline.protocol.attribution import Attribution
from bareline.protocol.limits import LEDGER_MAX_PARTS
from bareline.units import NS_PER_MS

FRAME = 480


class Stream:
    """A server's stream and its events as they reach the client; time passes with the audio."""

    def __init__(self) -> None:
        self.attribution = Attribution()
        self.now_ns = 0
        self.place = 0
        self.played = 0

    def audio(self, ms: int, *, loud: bool = True) -> Stream:
        for _ in range(ms // 20):
            wanted = self.attribution.frame(self.place, FRAME, loud=loud, now_ns=self.now_ns)
            self.played += 20 * (wanted is not None)
            self.place += FRAME
            self.now_ns += 20 * NS_PER_MS
        return self

    def silence(self, ms: int) -> Stream:
        """As a server sends it that never pauses."""
        return self.audio(ms, loud=False)

    def pause(self, ms: int) -> Stream:
        self.place += ms * 24
        self.now_ns += ms * NS_PER_MS
        return self

    def wait(self, ms: int) -> Stream:
        self.now_ns += ms * NS_PER_MS
        return self

    def started(self, response_id: str) -> Stream:
        self.attribution.started(response_id, self.now_ns)
        return self

    def ended(self, response_id: str) -> Stream:
        self.attribution.ended(response_id, self.now_ns)
        return self

    def of(self, response_id: str) -> int:
        """How many milliseconds belong to it."""
        return sum(stretch.samples for stretch in self.attribution.of(response_id)) // 24


def test_an_answer_held_up_until_its_end_was_told_is_one_stretch_in_spite_of_its_pauses() -> None:
    """Its pauses add up to more than the silence that ends a stretch, and sound follows each of them."""
    stream = Stream().started("a").audio(100).ended("a")
    for _ in range(4):
        stream.audio(200).silence(60)
    assert stream.of("a") == 100 + 4 * 260


def test_event_before_audio() -> None:
    stream = Stream().started("a").audio(500).ended("a").pause(300).started("b").audio(200)
    assert (stream.of("a"), stream.of("b")) == (500, 200)


def test_audio_before_event_and_after_it() -> None:
    stream = Stream().audio(100).started("a").audio(400).ended("a").audio(40)
    assert stream.of("a") == 540


def test_a_response_that_pauses_within_itself_is_one() -> None:
    stream = Stream().started("a").audio(200).pause(500).audio(200).ended("a")
    assert stream.of("a") == 400


def test_one_after_the_other_without_a_pause_is_divided_where_the_event_came() -> None:
    stream = Stream().started("a").audio(500).ended("a").started("b").audio(300)
    assert (stream.of("a"), stream.of("b")) == (500, 300)


def test_the_last_packets_of_one_response_after_the_event_about_the_next() -> None:
    stream = Stream().started("a").audio(500).ended("a").started("b").audio(60).pause(40).audio(300)
    assert (stream.of("a"), stream.of("b")) == (560, 300)


def test_the_end_of_one_and_the_beginning_of_the_next_told_late_and_together() -> None:
    stream = Stream().started("a").audio(500).pause(200).audio(300).ended("a").started("b").audio(100)
    assert (stream.of("a"), stream.of("b")) == (500, 400)
    stream = Stream().audio(500).pause(200).audio(300).started("a").ended("a").started("b").audio(100)
    assert (stream.of("a"), stream.of("b")) == (500, 400)


def test_a_beginning_that_was_told_in_time_takes_nothing_of_the_response_before() -> None:
    stream = Stream().started("a").audio(200).pause(100).audio(300).ended("a").wait(500).started("b")
    assert (stream.of("a"), stream.of("b")) == (500, 0)


def test_an_end_that_was_never_told() -> None:
    stream = Stream().started("a").audio(500).pause(300).started("b").audio(200)
    assert (stream.of("a"), stream.of("b")) == (500, 200)
    assert stream.attribution.playing == "b"


def test_all_that_is_told_of_a_short_response_may_come_before_its_audio() -> None:
    assert Stream().started("a").ended("a").audio(100).of("a") == 100
    assert Stream().started("a").ended("a").wait(5_000).audio(100).of("a") == 0


def test_audio_of_long_ago_is_not_claimed() -> None:
    stream = Stream().audio(100).wait(5_000).started("a")
    assert stream.of("a") == 0


def test_an_end_of_something_else_changes_nothing() -> None:
    stream = Stream().started("a").ended("nobody").audio(100)
    assert stream.of("a") == 100


# --- a server that never pauses ---------------------------------------------------------------------------------------


def test_without_pauses_sound_begins_a_response() -> None:
    stream = Stream().silence(5_000).audio(60).started("a").audio(440).ended("a").silence(3_000)
    assert 500 <= stream.of("a") <= 600
    assert stream.played <= 1_000 + 500 + 1_100


def test_without_pauses_the_event_begins_a_response_that_begins_with_silence() -> None:
    stream = Stream().silence(5_000).started("a").silence(40).audio(400).ended("a")
    assert stream.of("a") == 440


def test_without_pauses_the_next_response_is_found_by_its_sound_too() -> None:
    stream = Stream().started("a").audio(500).ended("a").silence(2_000).audio(100).started("b").audio(300)
    assert 500 <= stream.of("a") <= 600
    assert stream.of("b") == 400


# --- interruptions ----------------------------------------------------------------------------------------------------


def test_nothing_more_of_an_interrupted_response_is_played() -> None:
    stream = Stream().started("a").audio(500)
    stream.attribution.interrupted()
    stream.audio(100).ended("a").audio(60).pause(600).audio(40).started("b").audio(200)
    assert (stream.played, stream.of("b")) == (740, 240)


def test_a_jump_in_what_is_not_wanted_is_no_beginning() -> None:
    """A jitter buffer that catches up leaves audio out."""
    stream = Stream().started("a").audio(500)
    stream.attribution.interrupted()
    stream.audio(40).pause(60).audio(100).ended("a").audio(40).pause(60).audio(40)
    assert stream.played == 500


def test_what_follows_an_interrupted_response_is_played_before_its_name_is_known() -> None:
    stream = Stream().started("a").audio(500)
    stream.attribution.interrupted()
    stream.ended("a").pause(600).audio(100).started("b")
    assert (stream.played, stream.of("b")) == (600, 100)


def test_audio_that_a_catching_up_left_out_does_not_move_a_response_to_the_next() -> None:
    stream = Stream().started("a").audio(200).pause(60).audio(300).ended("a").started("b").audio(200)
    assert (stream.of("a"), stream.of("b")) == (500, 200)


def test_a_response_that_was_not_wanted_before_it_began_is_not_played_at_all() -> None:
    stream = Stream()
    stream.attribution.unwanted("a")
    assert not stream.attribution.started("a", 0)
    stream.audio(200).pause(100).audio(200).ended("a").audio(40).pause(500).audio(100)
    assert stream.played == 100


@pytest.mark.parametrize("when", ["before", "after"])
def test_the_first_audio_of_an_unwanted_response_may_come_after_all_events(when: str) -> None:
    stream = Stream()
    if when == "before":
        stream.attribution.unwanted("a")
    stream.started("a").ended("a")
    stream.attribution.unwanted("a")
    stream.audio(60)
    assert stream.played == 0
    stream.pause(600).audio(100)
    assert stream.played == 100


def test_what_nobody_has_named_is_silenced_too_unless_it_is_only_silence() -> None:
    stream = Stream().audio(200)
    stream.attribution.interrupted()
    assert stream.audio(200).played == 200
    stream = Stream().silence(3_000)
    stream.attribution.interrupted()
    assert stream.audio(200).played == 1_180
    stream = Stream()
    stream.attribution.interrupted()
    assert stream.audio(200).played == 200


def test_without_pauses_silence_ends_what_is_not_wanted() -> None:
    stream = Stream().started("a").audio(500)
    stream.attribution.interrupted()
    stream.ended("a").audio(40).silence(400)
    before = stream.played
    assert stream.audio(100).played == before + 100


# --- connections and limits -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("told_of", [True, False])
def test_another_connection_begins_another_stream(told_of: bool) -> None:
    stream = Stream()
    if told_of:
        stream.started("a")
    stream.audio(200).attribution.restarted(stream.now_ns)
    stream.started("b").audio(100)
    assert (stream.of("a"), stream.of("b")) == (200 * told_of, 100)


def test_the_oldest_is_forgotten() -> None:
    stream = Stream()
    for number in range(LEDGER_MAX_PARTS + 2):
        stream.attribution.unwanted(f"x{number}")
        stream.started(f"r{number}").audio(20).ended(f"r{number}").pause(40)
    assert len(stream.attribution.stretches) == LEDGER_MAX_PARTS
    assert (stream.of("r0"), stream.of("r1"), stream.of("r2")) == (0, 0, 20)
    assert stream.attribution.started("x0", stream.now_ns)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_whatever_comes_every_stretch_belongs_to_one_response_at_most(data: st.DataObject) -> None:
    stream = Stream()
    name = st.sampled_from(("r0", "r1", "r2"))
    length = st.integers(1, 80).map(lambda frames: frames * 20)
    acts = (
        lambda: stream.audio(data.draw(length)),
        lambda: stream.silence(data.draw(length)),
        lambda: stream.pause(data.draw(length)),
        lambda: stream.wait(data.draw(length)),
        lambda: stream.started(data.draw(name)),
        lambda: stream.ended(data.draw(name)),
        stream.attribution.interrupted,
        lambda: stream.attribution.unwanted(data.draw(name)),
        lambda: stream.attribution.restarted(stream.now_ns),
    )
    for act in data.draw(st.lists(st.sampled_from(acts), max_size=40)):
        act()
    claimed = {name: {each.number for each in stream.attribution.of(name)} for name in ("r0", "r1", "r2")}
    for stretch in stream.attribution.stretches:
        owners = [name for name, numbers in claimed.items() if stretch.number in numbers]
        assert owners == ([] if stretch.response_id is None else [stretch.response_id])
