"""Which irreversible executions were begun, and what became of them? (D6)

What a store of executions must do. Its contract: ``begin`` returns only when the beginning is on disk; a key is begun
once; after a crash, what was begun and not ended stays ``begun``; whoever opens the store then is told of it, and of
what ended without the user hearing of it.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Protocol

import msgspec

__all__ = ["Execution", "ExecutionState", "ExecutionStore"]


class ExecutionState(StrEnum):
    """``begun``: perhaps carried out, perhaps not; ``unknown``: so it ended, and it was said."""

    BEGUN = "begun"
    ANSWERED = "answered"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Execution(msgspec.Struct, frozen=True, kw_only=True):
    """One execution of an irreversible tool. Times are Unix time in ns; ``arguments`` is their canonical JSON.

    ``question``: what the user was asked; ``by`` and ``words``: who consented, and with which words.
    """

    key: str
    tool: str
    arguments: str
    digest: str
    call_id: str
    state: ExecutionState = ExecutionState.BEGUN
    output: str = ""
    proposal_id: str | None = None
    question: str = ""
    by: str = ""
    words: str = ""
    begun_at_ns: int = 0
    ended_at_ns: int = 0


class ExecutionStore(Protocol):
    """Remembers executions. Methods may block on a disk; they are called from threads, perhaps several at once."""

    def begin(self, execution: Execution) -> Execution | None:
        """Note that it begins. What is known already of this key, or ``None`` when it is new and may run."""
        ...

    def end(self, key: str, state: ExecutionState, output: str, ended_at_ns: int) -> None:
        """Note how it ended; a second end of the same key is ignored."""
        ...

    def told(self, key: str) -> None:
        """Note that the user was told of its end; a second time changes nothing."""
        ...

    def unfinished(self) -> list[Execution]:
        """What a process that is gone began and did not end, and what ended and nobody was told of, oldest first.

        What is begun and not ended here is running, and not among them.
        """
        ...

    def get(self, key: str) -> Execution | None:
        """What is known of an execution."""
        ...

    def close(self) -> None:
        """Give the file back; may be called twice."""
        ...
