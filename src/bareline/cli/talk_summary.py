"""What came of a call, in one line?"""

from __future__ import annotations

import statistics

import msgspec

from bareline.client.call_events import (
    AgentSaid,
    AgentStarted,
    CallEvent,
    CallStarted,
    Interrupted,
    ToolSettled,
    UserSaid,
    UserStarted,
    UserStopped,
)
from bareline.units import NS_PER_S, ns_to_ms

__all__ = ["TalkCount", "TalkSummary"]


class TalkSummary(msgspec.Struct, frozen=True, kw_only=True):
    """``seconds`` from the connection to the end; ``first_audio_ms``: median from the moment the service took the
    user's turn for over to the first sample heard of what came next, None where nothing was spoken."""

    connected: bool
    seconds: float
    user_turns: int
    answers: int
    tools: int
    interruptions: int
    first_audio_ms: int | None

    def __str__(self) -> str:
        if not self.connected:
            return "The call ended before it was connected."
        counts = (
            _counted(self.user_turns, "turn of yours", "turns of yours"),
            _counted(self.answers, "answer", "answers"),
            _counted(self.tools, "tool call", "tool calls"),
            _counted(self.interruptions, "interruption", "interruptions"),
        )
        latency = "" if self.first_audio_ms is None else f"; heard {self.first_audio_ms} ms after your turn (median)"
        return f"The call ended after {self.seconds:.1f} s: {', '.join(counts)}{latency}."


class TalkCount:
    """Counts the events of one call."""

    def __init__(self) -> None:
        self._started_ns: int | None = None
        self._user_turns = self._answers = self._tools = self._interruptions = 0
        self._stopped_ns: int | None = None
        self._waits_ns: list[int] = []

    def count(self, event: CallEvent) -> None:
        """Take one event into account."""
        match event:
            case CallStarted():
                self._started_ns = event.at_ns
            case UserSaid():
                self._user_turns += 1
            case UserStarted():
                self._stopped_ns = None
            case UserStopped():
                self._stopped_ns = event.at_ns
            case AgentStarted():
                if self._stopped_ns is not None:
                    self._waits_ns.append(event.at_ns - self._stopped_ns)
                self._stopped_ns = None
            case AgentSaid():
                self._answers += 1
            case ToolSettled():
                self._tools += 1
            case Interrupted():
                self._interruptions += 1
            case _:
                pass

    def summary(self, now_ns: int) -> TalkSummary:
        """Of what was counted so far."""
        started_ns = self._started_ns
        return TalkSummary(
            connected=started_ns is not None,
            seconds=0.0 if started_ns is None else (now_ns - started_ns) // (NS_PER_S // 10) / 10,
            user_turns=self._user_turns,
            answers=self._answers,
            tools=self._tools,
            interruptions=self._interruptions,
            first_audio_ms=ns_to_ms(int(statistics.median(self._waits_ns))) if self._waits_ns else None,
        )


def _counted(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"
