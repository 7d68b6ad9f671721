"""What is said while tools run, and when is it due?

Told what begins and ends to run and who is heard; asked what to say now. Several tools share one voice: silence is
measured once, from the end of whatever was heard last (D7).
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from enum import StrEnum

from bareline.tools.durations import Durations, Lead, Pace
from bareline.tools.ladder import DEAD_AIR_NS, Clip, FillerLadder, ModelLine, Spoken
from bareline.units import NS_PER_S, ms_to_ns

__all__ = ["PREAMBLE_NS", "FillerClock", "Floor", "Line"]

PREAMBLE_NS = NS_PER_S
"""What the assistant said so shortly before a tool began announces it, and counts as the first stage."""
_SPOKEN_KEPT = 256
_LATER_NS = ms_to_ns(50)

_WHY = {
    Pace.UNKNOWN: "the tool runs",
    Pace.FAST: "it takes longer than it ever did",
    Pace.SLOW: "it always takes long",
    Pace.MIXED: "it often takes long",
}


class Floor(StrEnum):
    """Who is heard. ``free``: nobody; ``awaited``: nobody yet, but an answer or a filler was asked for."""

    FREE = "free"
    AWAITED = "awaited"
    USER = "user"
    ASSISTANT = "assistant"
    FILLER = "filler"


@dataclass(frozen=True, slots=True)
class Line:
    """One thing to say now. ``stage`` counts from 0, ``delay_ns`` is the silence after which it is asked for.

    ``reported``: the words are the tool's own.
    """

    call_id: str
    tool: str
    stage: int
    what: str | Clip | ModelLine
    delay_ns: int
    why: str
    reported: bool = False


@dataclass(slots=True)
class _Run:
    """A running execution. ``stage``: the next one; ``words``: reported and not said yet."""

    call_id: str
    tool: str
    ladder: FillerLadder
    began_ns: int
    stage: int = 0
    words: str = ""
    reported_ns: int | None = None

    @property
    def step(self) -> int:
        """The last stage repeats."""
        return min(self.stage, len(self.ladder.stages) - 1)


class FillerClock:
    """Times the fillers of all running executions of a call; sans-IO.

    After ``began``, ``ended``, ``hear``, ``said`` and ``missed``, ask ``due``, and be back at ``deadline``. What
    ``due`` gave is followed by ``said`` when it is heard, or by ``missed`` when it will not be.
    """

    def __init__(self, durations: Durations, lead: Lead) -> None:
        self._durations = durations
        self._lead = lead
        self._runs: dict[str, _Run] = {}
        self._floor = Floor.FREE
        self._silent_ns = 0
        self._said_ns: int | None = None
        self._turns: OrderedDict[Spoken, int] = OrderedDict()

    @property
    def running(self) -> bool:
        """Whether anything runs that may have something said."""
        return any(run.ladder.stages for run in self._runs.values())

    def began(self, call_id: str, tool: str, ladder: FillerLadder, now_ns: int, *, preamble: bool = False) -> None:
        """An execution runs. ``preamble``: the response that asked for it has said something."""
        run = self._runs[call_id] = _Run(call_id, tool, ladder, now_ns)
        heard = self._said_ns is not None and now_ns - self._said_ns <= PREAMBLE_NS
        if preamble or heard or self._floor in (Floor.ASSISTANT, Floor.FILLER):
            run.stage = 1

    def progressed(self, call_id: str, words: str) -> None:
        """The tool reports; the newest words replace the next stage's text. Empty ones are nothing."""
        run = self._runs.get(call_id)
        if run is not None and words.strip():
            run.words = words.strip()

    def ended(self, call_id: str, now_ns: int, *, whole: bool = True) -> None:
        """It does not run any more; ``whole=False``: it was broken off, and says nothing about the tool's duration."""
        run = self._runs.pop(call_id, None)
        if run is not None and whole:
            self._durations.took(run.tool, now_ns - run.began_ns)

    def hear(self, floor: Floor, now_ns: int) -> None:
        """Who is heard as of now."""
        if self._floor in (Floor.USER, Floor.ASSISTANT, Floor.FILLER) and floor is not self._floor:
            self._silent_ns = now_ns
        if floor is Floor.USER:
            self._said_ns = None
        elif self._floor in (Floor.ASSISTANT, Floor.FILLER):
            self._said_ns = now_ns
        self._floor = floor
        if floor is Floor.ASSISTANT:
            for run in self._runs.values():
                run.stage = max(run.stage, 1)

    def deadline(self) -> int | None:
        """When something is due, if the floor stays free; ``None`` while it is not, or nothing runs."""
        if self._floor is not Floor.FREE:
            return None
        return min((self._due_ns(run) for run in self._speaking()), default=None)

    def due(self, now_ns: int) -> Line | None:
        """What to say now."""
        deadline = self.deadline()
        if deadline is None or now_ns < deadline:
            return None
        return self._line(min(self._speaking(), key=self._due_ns), now_ns)

    def said(self, line: Line, now_ns: int) -> None:
        """It begins to be heard; it covers all that runs."""
        for run in self._runs.values():
            run.stage = max(run.stage, 1)
        run = self._runs.get(line.call_id)
        if run is None:
            return
        run.stage = line.stage + 1
        if line.reported:
            run.reported_ns = now_ns
            run.words = "" if run.words == line.what else run.words

    def missed(self, now_ns: int) -> None:
        """What was due will not be heard; the next try comes as late as after a sound."""
        self._silent_ns = now_ns

    def _speaking(self) -> list[_Run]:
        return [run for run in self._runs.values() if run.ladder.stages]

    def _due_ns(self, run: _Run) -> int:
        return max(run.began_ns, self._silent_ns) + self._wait(run)[0]

    def _wait(self, run: _Run) -> tuple[int, str]:
        """The silence after which the next stage is asked for, and why so."""
        stage = run.ladder.stages[run.step]
        after_ns = ms_to_ns(stage.after_ms)
        lead_ns = 0 if isinstance(stage.what, Clip) and not run.words else self._lead.ns
        if run.stage:
            return max(0, after_ns - lead_ns), "it still runs"
        pace = self._durations.pace(run.tool, after_ns) if run.ladder.learned else Pace.UNKNOWN
        if pace is Pace.SLOW:
            after_ns //= 2
        wait_ns = after_ns - lead_ns
        if pace is Pace.FAST:  # it will hardly be needed: give the tool its usual time, if the silence allows
            wait_ns = max(wait_ns, min(self._durations.usual_ns(run.tool) + _LATER_NS, DEAD_AIR_NS - lead_ns))
        return max(0, wait_ns), _WHY[pace]

    def _line(self, run: _Run, now_ns: int) -> Line:
        what = run.ladder.stages[run.step].what
        delay_ns, why = self._wait(run)
        reported = self._may_report(run, now_ns)
        if reported:
            why = "the tool reported"
        words = run.words if reported else self._next_text(what) if isinstance(what, Spoken) else what
        return Line(run.call_id, run.tool, run.step, words, delay_ns, why, reported)

    def _may_report(self, run: _Run, now_ns: int) -> bool:
        since, every_ns = run.reported_ns, ms_to_ns(run.ladder.progress_every_ms)
        return bool(run.words) and (since is None or now_ns - since >= every_ns)

    def _next_text(self, spoken: Spoken) -> str:
        turn = self._turns.pop(spoken, 0)
        self._turns[spoken] = turn + 1
        if len(self._turns) > _SPOKEN_KEPT:
            self._turns.popitem(last=False)
        return spoken.texts[turn % len(spoken.texts)]
