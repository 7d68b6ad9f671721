"""What does the trace say about a call, beyond the events on the wire?

One place makes the records, so that their names and keys stay the same everywhere (``docs/reference/trace.md``).
"""

from __future__ import annotations

from typing import Any

from bareline.clock import now_ns
from bareline.observe.record import Observer, TraceRecord
from bareline.protocol.playout import Cut, PartKey, Position
from bareline.tools.calls import CallState

__all__ = ["Journal"]


class Journal:
    """Writes records to an observer, if there is one."""

    def __init__(self, observer: Observer | None) -> None:
        self._observer = observer

    def decision(self, name: str, why: str, at_ns: int | None = None, **data: Any) -> None:
        """A decision of ours; ``at_ns`` is when what it answers happened, if that was earlier."""
        decided = now_ns()
        self._write("decision", name, {"why": why, "at_ns": decided if at_ns is None else at_ns, **data}, decided)

    def tool(self, name: str, call_id: str, state: CallState, **data: Any) -> None:
        """A step of a tool call."""
        if self._observer is None:  # on the way to the function, where every microsecond is counted
            return
        self._write("tool", name, {"call_id": call_id, "state": state.value, **data})

    def playout(self, name: str, key: PartKey, position: Position, cut: Cut | None = None) -> None:
        """The five counts of one part of an item; ``name``: started, finished, interrupted."""
        counts = {stage: getattr(position, stage) for stage in ("received", "decoded", "queued", "written", "heard")}
        data: dict[str, Any] = {
            "item_id": key[0],
            "content_index": key[1],
            "response_id": position.response_id,
            **counts,
        }
        if position.estimated:
            data["estimated"] = True
        if cut is not None:
            data |= {"audio_end_ms": cut.audio_end_ms, "delete": cut.delete}
        self._write("playout", name, data)

    def told(self, key: PartKey, heard_ms: int, told_ms: int) -> None:
        """The server's own truncation of an interrupted part, beside what was heard of it."""
        data = {"item_id": key[0], "content_index": key[1], "heard_ms": heard_ms, "told_ms": told_ms}
        self._write("playout", "told", data)

    def connection(self, name: str, **data: Any) -> None:
        """A step of the connection: lost, reconnecting, reconnected, given_up."""
        self._write("connection", name, data)

    def error(self, severity: str, code: str | None, message: str, **data: Any) -> None:
        """An error and its severity."""
        self._write("error", severity, {"code": code, "message": message, **data})

    def speaker(self, latency_ms: int | None) -> None:
        """The loudspeaker's own buffer, where it is known."""
        if latency_ms is not None:
            self.note("speaker", latency_ms=latency_ms)

    def note(self, name: str, **data: Any) -> None:
        """Anything else."""
        self._write("note", name, data)

    def _write(self, kind: str, name: str, data: dict[str, Any], at_ns: int | None = None) -> None:
        if self._observer is not None:
            at = now_ns() if at_ns is None else at_ns
            self._observer.observe(TraceRecord(at_ns=at, kind=kind, name=name, data=data))
