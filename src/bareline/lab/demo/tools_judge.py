"""Did tools behave on the call as they should, and how long was it silent?

Judged by the trace, the tasks, and what left the loudspeaker.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from bareline.client.call_events import AgentSaid, ErrorHappened, FillerSaid, ToolSettled
from bareline.lab.demo.plot import Played
from bareline.lab.demo.summary import MediaFigures, Recognition, ToolUse, recognition, tool_use
from bareline.lab.demo.tool_runs import DeadAir, Run, dead_air, runs_of
from bareline.lab.demo.tools_scene import ToolsScene
from bareline.lab.task_manager.tasks import TaskStore
from bareline.observe.record import TraceRecord

__all__ = ["DEAD_AIR_MAX_MS", "Outcome", "ToolsSummary", "judge_tools"]

DEAD_AIR_MAX_MS = 2_000
"""Silence while a tool runs is 1.5 s at most; a loaded machine, which synthesises the filler too, gets some more."""
SLOW_MS = 5_000


class Outcome(msgspec.Struct, frozen=True):
    """One thing that the scene is to show. ``shown``: the trace has it; ``words``: what it looked like."""

    name: str
    shown: bool
    words: str


class ToolsSummary(msgspec.Struct, frozen=True):
    """The result of the scene about tools, as in ``summary.json``. ``errors``: what was not as it should be."""

    ok: bool
    transport: str
    seed: int
    turns: int
    outcomes: list[Outcome]
    dead_air: DeadAir | None
    fillers: list[str]
    tools: list[ToolUse]
    recognition: Recognition
    media: MediaFigures | None
    errors: list[str]


def judge_tools(scene: ToolsScene, store: TaskStore, played: Played) -> ToolsSummary:
    """All outcomes and figures of one call."""
    runs = runs_of(played.trace)
    outcomes = _Outcomes(scene, runs, played).all()
    silence = dead_air(runs, played)
    errors = [f"not shown: {outcome.name} ({outcome.words})" for outcome in outcomes if not outcome.shown]
    errors += [*played.problems, *scene.unmet(store)]
    errors += [f"{event.severity} lost: {event.message}" for event in played.events if isinstance(event, ErrorHappened)]
    if silence is not None and silence.longest_ms > DEAD_AIR_MAX_MS:
        errors.append(f"{silence.longest_ms:.0f} ms of silence while {silence.tool} ran")
    return ToolsSummary(
        ok=not errors,
        transport=played.transport,
        seed=scene.seed,
        turns=len(played.spoken),
        outcomes=outcomes,
        dead_air=silence,
        fillers=[event.text for event in played.events if isinstance(event, FillerSaid)],
        tools=[tool_use(event) for event in played.events if isinstance(event, ToolSettled)],
        recognition=recognition(played.spoken, played.events, played.repeats),
        media=played.media,
        errors=errors,
    )


class _Outcomes:
    """What the scene is to show."""

    def __init__(self, scene: ToolsScene, runs: list[Run], played: Played) -> None:
        self._scene = scene
        self._runs = runs
        self._played = played

    def all(self) -> list[Outcome]:
        return [
            self._slow(),
            self._recovered(),
            self._permanent(),
            self._parallel(),
            self._declined(),
            self._accepted(),
            self._changed(),
            self._expired(),
        ]

    def _slow(self) -> Outcome:
        run = self._first(lambda run: run.about(self._scene.slow) and run.state == "answered")
        fillers = run.decisions.count("filler") if run else 0
        words = f"{run.lasted_ms / 1_000:.1f} s, {fillers} fillers" if run else "never answered"
        shown = run is not None and run.lasted_ms >= SLOW_MS and fillers > 0
        return Outcome("a slow tool, covered by fillers", shown, words)

    def _recovered(self) -> Outcome:
        run = self._first(lambda run: run.about(self._scene.busy) and run.state == "answered")
        retries = run.decisions.count("retry") if run else 0
        words = f"answered after {retries} retry" if run else "never answered"
        return Outcome("a temporary failure that recovers", retries > 0, words)

    def _permanent(self) -> Outcome:
        run = self._first(lambda run: run.about(self._scene.secretive) and run.state == "failed")
        say = _say(run.output) if run else ""
        told = [event.text for event in self._played.events if isinstance(event, AgentSaid)]
        return Outcome(
            "a permanent failure, said well", any(say and say in text for text in told), say or "it never was"
        )

    def _parallel(self) -> Outcome:
        beside = self._first(lambda run: run.about(self._scene.beside) and run.state == "answered")
        batch = [run for run in self._runs if beside and run.response_id == beside.response_id]
        ends = [run.ended_ns for run in batch if run.ended_ns is not None and run.state == "answered"]
        asked = [record.at_ns for record in self._played.trace if _asks(record) and ends and record.at_ns >= min(ends)]
        together = len(ends) == 2 and asked[:1] >= [max(ends)]
        words = f"{' and '.join(run.name for run in batch)}, one response" if together else "not in one response"
        return Outcome("two parallel tools, answered together", together, words)

    def _declined(self) -> Outcome:
        run = self._first(lambda run: run.about(self._scene.kept) and "declined" in run.decisions)
        return Outcome("a confirmation declined", run is not None, self._scene.kept)

    def _accepted(self) -> Outcome:
        run = self._first(lambda run: run.about(self._scene.deleted) and run.state == "answered")
        return Outcome("a confirmation accepted", run is not None and "consent" in run.decisions, self._scene.deleted)

    def _changed(self) -> Outcome:
        first = self._first(lambda run: run.about(self._scene.mistaken) and run.state == "cancelled")
        then = self._first(lambda run: run.about(self._scene.meant) and run.state == "answered")
        shown = first is not None and then is not None and "consent" in then.decisions
        return Outcome("a change of mind", shown, f"not '{self._scene.mistaken}', but '{self._scene.meant}'")

    def _expired(self) -> Outcome:
        run = self._first(lambda run: run.name == "clear_tasks" and "consent_expired" in run.decisions)
        refused = run is not None and "consent_refused" in run.decisions
        words = "and the late yes refused" if refused else "but no late yes was refused" if run else "it did not expire"
        return Outcome("a confirmation expired", refused, words)

    def _first(self, fits: Callable[[Run], bool]) -> Run | None:
        return next((run for run in self._runs if fits(run)), None)


def _asks(record: TraceRecord) -> bool:
    """A response of the conversation is asked for, rather than one beside it."""
    if (record.kind, record.name) != ("sent", "response.create"):
        return False
    return "conversation" not in str(record.data.get("response", ""))


def _say(output: str) -> str:
    try:
        told = msgspec.json.decode(output, type=dict[str, object])
    except msgspec.DecodeError:
        return ""
    return str(told.get("say", ""))
