"""What states can the parts of a session be in, and what can happen to them?

The rows that join both are in ``bareline.protocol.tables``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

__all__ = [
    "BufferEvent",
    "BufferState",
    "CallEvent",
    "CallState",
    "FloorEvent",
    "FloorState",
    "ItemEvent",
    "ItemState",
    "PlaybackEvent",
    "PlaybackState",
    "Refused",
    "ResponseEvent",
    "ResponseState",
    "Table",
]

S = TypeVar("S", bound=StrEnum)
E = TypeVar("E", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Refused:
    """The step is not allowed; ``code`` is the service's."""

    code: str


@dataclass(frozen=True)
class Table(Generic[S, E]):
    """One machine. Rows are total: every state answers every event."""

    name: str
    about: str
    initial: S
    rows: Mapping[tuple[S, E], S | Refused]

    def step(self, state: S, event: E) -> S | Refused:
        """The next state, or why not."""
        return self.rows[state, event]

    def after(self, state: S, event: E) -> S:
        """The next state, for facts, which cannot be refused: a refused step stays where it was."""
        following = self.rows[state, event]
        return state if isinstance(following, Refused) else following

    def drawn(self) -> Iterator[str]:
        """The table as lines of Markdown, for the reference."""
        states = list(dict.fromkeys(state for state, _ in self.rows))
        yield f"## {self.name}"
        yield ""
        yield self.about
        yield ""
        yield f"Starts `{self.initial}`. A dash: nothing changes."
        yield ""
        yield f"| | {' | '.join(states)} |"
        yield f"|---|{'---|' * len(states)}"
        for event in dict.fromkeys(event for _, event in self.rows):
            cells = [_cell(state, self.rows[state, event]) for state in states]
            yield f"| {event} | {' | '.join(cells)} |"


class ResponseState(StrEnum):
    """The status of one response; ``absent`` before it is known."""

    ABSENT = "absent"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    FAILED = "failed"
    INCOMPLETE = "incomplete"


class ResponseEvent(StrEnum):
    """``response.created``, or the status in ``response.done``."""

    CREATED = "created"
    COMPLETED = "done completed"
    CANCELLED = "done cancelled"
    FAILED = "done failed"
    INCOMPLETE = "done incomplete"


class FloorState(StrEnum):
    """Whether the default conversation has an active response."""

    FREE = "free"
    TAKEN = "taken"


class FloorEvent(StrEnum):
    """What happens to the one place for a response in the default conversation."""

    CREATE = "response.create"
    CANCEL = "response.cancel"
    BARGE_IN = "speech interrupts"
    DONE = "generation over"


class ItemState(StrEnum):
    """The status of an item; ``absent`` before it is added and after it is deleted."""

    ABSENT = "absent"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    INCOMPLETE = "incomplete"


class ItemEvent(StrEnum):
    """Requests (imperative) and facts (past) about an item."""

    CREATE = "create"
    FOLLOW = "insert after it"
    RETRIEVE = "retrieve"
    TRUNCATE = "truncate"
    DELETE = "delete"
    ADDED = "added"
    COMPLETED = "done completed"
    CUT = "done incomplete"
    DELETED = "deleted"


class BufferState(StrEnum):
    """The input buffer: nothing since the last commit, audio, or an utterance under way."""

    EMPTY = "empty"
    HOLDING = "holding"
    SPEECH = "speech"


class BufferEvent(StrEnum):
    """What happens to the input buffer."""

    APPEND = "append"
    CLEAR = "clear"
    COMMIT = "commit"
    COMMIT_SHORT = "commit under 100 ms"
    SPEECH_STARTED = "speech started"
    SPEECH_STOPPED = "speech stopped"
    IDLE_TIMEOUT = "idle timeout"
    DETECTION_OFF = "turn detection off"


class PlaybackState(StrEnum):
    """The server's output buffer (WebRTC, SIP)."""

    SILENT = "silent"
    PLAYING = "playing"


class PlaybackEvent(StrEnum):
    """What happens to the output buffer."""

    STARTED = "started"
    DRAINED = "drained"
    CLEAR = "clear"
    BARGE_IN = "speech interrupts"


class CallState(StrEnum):
    """A function call of the model; ``absent`` when no item names it."""

    ABSENT = "absent"
    WRITING = "writing"
    REQUESTED = "requested"
    ANSWERED = "answered"
    BROKEN = "broken"


class CallEvent(StrEnum):
    """What happens to a function call."""

    BEGUN = "begun"
    WRITTEN = "arguments whole"
    CUT = "cut off"
    OUTPUT = "output"


def _cell(state: StrEnum, following: StrEnum | Refused) -> str:
    if isinstance(following, Refused):
        return f"refused: `{following.code}`"
    return "-" if following == state else f"**{following}**"
