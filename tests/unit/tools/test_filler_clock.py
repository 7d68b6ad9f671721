"""When is a filler due, what does it say, and what keeps it back?"""

from __future__ import annotations

import pytest

from bareline.tools import Clip, FillerLadder, ModelLine, Spoken, Stage
from bareline.tools.durations import Durations, Lead
from bareline.tools.filler_clock import _SPOKEN_KEPT, FillerClock, Floor, Line
from bareline.tools.ladder import SILENT
from bareline.units import ms_to_ns

LADDER = FillerLadder(
    (Stage(1_000, Spoken(("One moment.", "Let me see."))), Stage(1_200, Spoken(("Still at it.", "A little longer."))))
)
WAY_MS = 300
LOOK = "look"


class Bench:
    """A clock whose fillers need ``WAY_MS`` to the ear; times are milliseconds."""

    def __init__(self, durations: Durations | None = None, way_ms: int = WAY_MS) -> None:
        lead = Lead()
        for _ in range(5):
            lead.measured(ms_to_ns(way_ms))
        self.clock = FillerClock(durations or Durations(), lead)

    def began(self, at_ms: int, call: str = "c1", ladder: FillerLadder = LADDER, *, preamble: bool = False) -> None:
        self.clock.began(call, LOOK, ladder, ms_to_ns(at_ms), preamble=preamble)

    def hear(self, floor: Floor, at_ms: int) -> None:
        self.clock.hear(floor, ms_to_ns(at_ms))

    @property
    def deadline_ms(self) -> int | None:
        deadline = self.clock.deadline()
        return None if deadline is None else deadline // 1_000_000

    def due(self) -> Line:
        """What is said at the deadline, and not a moment earlier."""
        deadline = self.clock.deadline()
        assert deadline is not None
        assert self.clock.due(deadline - 1) is None
        line = self.clock.due(deadline)
        assert line is not None
        return line

    def say(self, *, lasts_ms: int = 500) -> Line:
        """Say what is due next, and hear it to its end."""
        line, asked_ms = self.due(), self.deadline_ms or 0
        self.hear(Floor.AWAITED, asked_ms)
        assert self.deadline_ms is None
        heard_ms = asked_ms + WAY_MS
        self.hear(Floor.FILLER, heard_ms)
        self.clock.said(line, ms_to_ns(heard_ms))
        self.hear(Floor.FREE, heard_ms + lasts_ms)
        return line


def test_an_acknowledgement_then_progress_that_repeats() -> None:
    bench = Bench()
    assert (bench.deadline_ms, bench.clock.running, bench.clock.due(0)) == (None, False, None)
    bench.began(5_000)
    assert bench.clock.running
    assert bench.deadline_ms == 5_700, "asked for so early that it is heard after a second"
    assert [bench.say().what for _ in range(4)] == ["One moment.", "Still at it.", "A little longer.", "Still at it."]
    assert bench.due().stage == 1


def test_silence_counts_from_the_end_of_what_was_heard_last() -> None:
    bench = Bench()
    bench.began(0)
    line = bench.say(lasts_ms=2_000)
    assert (line.stage, line.why, line.delay_ns) == (0, "the tool runs", ms_to_ns(700))
    assert bench.deadline_ms == 1_000 + 2_000 + 1_200 - WAY_MS


@pytest.mark.parametrize("floor", [Floor.USER, Floor.ASSISTANT, Floor.AWAITED, Floor.FILLER])
def test_nothing_is_due_while_the_floor_is_taken(floor: Floor) -> None:
    bench = Bench()
    bench.began(0)
    bench.hear(floor, 10)
    assert bench.deadline_ms is None
    assert bench.clock.due(ms_to_ns(60_000)) is None
    bench.hear(Floor.FREE, 2_000)
    after_ms = {Floor.USER: 2_700, Floor.ASSISTANT: 2_900, Floor.AWAITED: 700, Floor.FILLER: 2_700}
    assert bench.deadline_ms == after_ms[floor]


def test_waiting_for_an_answer_is_silence_too() -> None:
    bench = Bench()
    bench.began(0)
    bench.hear(Floor.AWAITED, 100)
    bench.hear(Floor.FREE, 3_000)
    assert bench.deadline_ms == 700, "it is overdue"


def test_a_preamble_is_the_first_stage() -> None:
    for before in (
        lambda bench: bench.began(0, preamble=True),
        lambda bench: (bench.hear(Floor.ASSISTANT, 0), bench.began(0), bench.hear(Floor.FREE, 0)),
        lambda bench: (bench.hear(Floor.ASSISTANT, -800), bench.hear(Floor.FREE, -500), bench.began(0)),
        lambda bench: (bench.began(0), bench.hear(Floor.ASSISTANT, 0), bench.hear(Floor.FREE, 0)),
    ):
        bench = Bench()
        before(bench)
        line = bench.due()
        assert (line.what, line.stage, line.why) == ("Still at it.", 1, "it still runs")


def test_what_was_said_before_the_user_s_turn_or_long_ago_is_none() -> None:
    bench = Bench()
    bench.hear(Floor.ASSISTANT, -1_500)
    bench.hear(Floor.FREE, -1_001)
    bench.began(0)
    assert bench.due().stage == 0
    bench = Bench()
    bench.hear(Floor.ASSISTANT, -900)
    bench.hear(Floor.USER, -800)
    bench.hear(Floor.FREE, -100)
    bench.began(0)
    assert bench.due().stage == 0


def test_several_tools_share_one_voice() -> None:
    bench = Bench()
    bench.began(0, "c1")
    bench.began(200, "c2")
    first = bench.say()
    assert (first.call_id, bench.deadline_ms) == ("c1", 1_500 + 1_200 - WAY_MS)
    assert bench.due().stage == 1
    bench.clock.ended("c1", ms_to_ns(2_000))
    assert (bench.due().call_id, bench.due().stage) == ("c2", 1), "what was said covered it too"
    bench.clock.ended("c2", ms_to_ns(2_100))
    assert bench.deadline_ms is None


def test_a_silent_tool_says_nothing_and_hushes_no_other() -> None:
    bench = Bench()
    bench.began(0, "c1", SILENT)
    assert (bench.clock.running, bench.deadline_ms) == (False, None)
    bench.began(100, "c2")
    assert bench.say().call_id == "c2"


def test_progress_replaces_the_next_words_at_most_so_often_and_the_newest_wins() -> None:
    bench = Bench()
    bench.began(0)
    for words in ("10 percent.", " Half of it. ", "  "):
        bench.clock.progressed("c1", words)
    line = bench.say()
    assert (line.what, line.why, line.reported) == ("Half of it.", "the tool reported", True)
    bench.clock.progressed("c1", "Three quarters.")
    assert [bench.say().what for _ in range(3)] == ["Still at it.", "A little longer.", "Three quarters."]
    assert bench.say().what == "Still at it.", "said once"


def test_words_that_come_while_others_are_said_are_kept() -> None:
    bench = Bench()
    bench.began(0, ladder=FillerLadder(LADDER.stages, progress_every_ms=0))
    bench.clock.progressed("c1", "One.")
    line = bench.due()
    bench.clock.progressed("c1", "Two.")
    bench.hear(Floor.FILLER, 1_000)
    bench.clock.said(line, ms_to_ns(1_000))
    bench.hear(Floor.FREE, 1_500)
    assert (line.what, bench.due().what) == ("One.", "Two.")


def test_what_is_not_running_is_not_spoken_of() -> None:
    bench = Bench()
    bench.clock.progressed("c1", "Half of it.")
    bench.clock.ended("c1", 0)
    bench.began(0)
    line = bench.due()
    bench.clock.ended("c1", 0)
    bench.began(0, "c2")
    bench.clock.said(line, ms_to_ns(1_000))
    assert bench.due().what == "Still at it.", "it was heard, and the other one runs"


def test_what_is_not_heard_is_tried_again_as_late_as_after_a_sound() -> None:
    bench = Bench()
    bench.began(0)
    assert bench.due().stage == 0
    bench.clock.missed(ms_to_ns(700))
    assert bench.deadline_ms == 1_400
    assert bench.due().stage == 0


def test_a_tool_that_was_always_fast_is_given_its_usual_time() -> None:
    fast = Durations({LOOK: [900] * 5})
    bench = Bench(fast)
    bench.began(0)
    assert bench.deadline_ms == 950, "and not 700: it will be done"
    assert bench.due().why == "it takes longer than it ever did"
    bench = Bench(fast, way_ms=800)
    bench.began(0)
    assert bench.deadline_ms == 700, "but never more than 1.5 s to the ear"
    bench = Bench(Durations({LOOK: [100] * 5}))
    bench.began(0)
    assert bench.deadline_ms == 700, "this long it never took"


def test_a_tool_known_to_be_slow_is_acknowledged_earlier() -> None:
    bench = Bench(Durations({LOOK: [6_000] * 5}))
    bench.began(0)
    assert (bench.deadline_ms, bench.due().why) == (500 - WAY_MS, "it always takes long")
    unlearned = Bench(Durations({LOOK: [6_000] * 5}))
    unlearned.began(0, ladder=FillerLadder(LADDER.stages, learned=False))
    assert unlearned.deadline_ms == 700
    mixed = Bench(Durations({LOOK: [100, 100, 6_000]}))
    mixed.began(0)
    assert (mixed.deadline_ms, mixed.due().why) == (700, "it often takes long")


def test_durations_are_learned_within_the_call() -> None:
    durations = Durations()
    bench = Bench(durations)
    for at_ms in (0, 10_000, 20_000):
        bench.began(at_ms)
        bench.clock.ended("c1", ms_to_ns(at_ms + 4_000))
    bench.began(30_000)
    bench.clock.ended("c1", ms_to_ns(30_001), whole=False)
    assert durations.seen() == {LOOK: (4_000, 4_000, 4_000)}, "what was broken off says nothing"


def test_clips_are_there_at_once_and_lines_of_the_model_are_asked_for() -> None:
    clip, line = Clip(bytes(480), "hum"), ModelLine("Say that it takes a moment.")
    bench = Bench()
    bench.began(0, ladder=FillerLadder((Stage(1_000, clip), Stage(1_000, line))))
    assert (bench.deadline_ms, bench.due().what) == (1_000, clip)
    bench.clock.progressed("c1", "Half of it.")
    assert bench.deadline_ms == 700, "words have to be spoken first"
    bench.clock.ended("c1", 0)
    bench.began(0, ladder=FillerLadder((Stage(100, line),)))
    assert (bench.deadline_ms, bench.due().what) == (0, line)


def test_every_text_has_its_turn_and_forgotten_ones_begin_anew() -> None:
    bench = Bench()
    for number in range(_SPOKEN_KEPT + 1):
        bench.began(0, f"c{number}", FillerLadder((Stage(1_000, Spoken((f"{number}.", "again"))),)))
        assert bench.due().what == f"{number}."
        bench.clock.ended(f"c{number}", 0, whole=False)
    bench.began(0, "c0", FillerLadder((Stage(1_000, Spoken(("0.", "again"))),)))
    assert bench.due().what == "0."
