"""What became of each tool call of a trace, and for how long was nobody heard meanwhile?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import msgspec

from bareline.lab.demo.plot import Played
from bareline.observe.record import TraceRecord
from bareline.tools import CallState
from bareline.units import NS_PER_MS

__all__ = ["DeadAir", "Run", "dead_air", "runs_of"]

_ENDS = {state.value for state in CallState} - {"requested", "confirming", "running"}


class DeadAir(msgspec.Struct, frozen=True):
    """The longest time in which nobody was heard while a tool ran: measured at the loudspeaker."""

    longest_ms: float
    tool: str


@dataclass(slots=True)
class Run:
    """One call of a tool as the trace has it."""

    name: str
    call_id: str
    response_id: str
    arguments: str
    proposal_id: str = ""
    started_ns: int | None = None
    ended_ns: int | None = None
    state: str = ""
    output: str = ""
    decisions: list[str] = field(default_factory=list[str])

    def about(self, what: str) -> bool:
        """Whether its arguments name this."""
        return what in self.arguments

    @property
    def lasted_ms(self) -> int:
        """How long it ran; 0 when it never did."""
        if self.started_ns is None or self.ended_ns is None:
            return 0
        return (self.ended_ns - self.started_ns) // NS_PER_MS


def dead_air(runs: Sequence[Run], played: Played) -> DeadAir | None:
    """The longest stretch within a tool's run in which neither the agent nor the caller was heard."""
    sounds = sorted(
        [(heard.start_ns, heard.end_ns) for heard in played.heard]
        + [(said.started_ns, said.ended_ns) for said in played.spoken]
    )
    longest: DeadAir | None = None
    for run in runs:
        if run.started_ns is None or run.ended_ns is None:
            continue
        gap_ms = max(_gaps(run.started_ns, run.ended_ns, sounds)) / NS_PER_MS
        if longest is None or gap_ms > longest.longest_ms:
            longest = DeadAir(round(gap_ms, 1), run.name)
    return longest


def runs_of(trace: Sequence[TraceRecord]) -> list[Run]:
    """All tool calls of a trace, with what was decided about them."""
    runs: dict[str, Run] = {}
    for record in trace:
        data = record.data
        if record.kind == "tool" and data["state"] == "requested":
            call_id = data["call_id"]
            runs[call_id] = Run(record.name, call_id, data["response_id"], data["arguments"])
        elif record.kind == "tool" and (run := runs.get(data["call_id"])) is not None:
            _step(run, record)
        elif record.kind == "decision":
            _decided(runs, record)
    return list(runs.values())


def _gaps(start_ns: int, end_ns: int, sounds: Sequence[tuple[int, int]]) -> Iterator[int]:
    silent_ns = start_ns
    for begins_ns, stops_ns in sounds:
        if stops_ns <= silent_ns or begins_ns >= end_ns:
            continue
        yield max(0, begins_ns - silent_ns)
        silent_ns = stops_ns
    yield max(0, end_ns - silent_ns)


def _step(run: Run, record: TraceRecord) -> None:
    state = record.data["state"]
    if state == "confirming":
        run.proposal_id = record.data.get("proposal_id", "")
    elif state == "running":
        run.started_ns = record.at_ns
    elif state in _ENDS:
        run.ended_ns, run.state, run.output = record.at_ns, state, record.data.get("output", "")


def _decided(runs: dict[str, Run], record: TraceRecord) -> None:
    """Decisions about a proposal, or about a call, stand at the tool's call."""
    proposal_id, call_id = record.data.get("proposal_id"), record.data.get("call_id")
    for run in runs.values():
        if (proposal_id and run.proposal_id == proposal_id) or (call_id and run.call_id == call_id):
            run.decisions.append(record.name)
