"""What may a tool know about the call it serves, and what may it say to it?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from bareline.errors import ToolCancelled

__all__ = ["CancellationScope", "ToolContext"]


@dataclass(slots=True)
class CancellationScope:
    """Says to a tool, also to one in a thread, that nobody waits for it any more. ``reason`` in words."""

    cancelled: bool = False
    reason: str = ""

    def cancel(self, reason: str) -> None:
        """Nobody waits any more; the first reason stays."""
        if not self.cancelled:
            self.cancelled, self.reason = True, reason

    def check(self) -> None:
        """Raise ``ToolCancelled`` when nobody waits any more: for tools in threads, between their steps."""
        if self.cancelled:
            raise ToolCancelled(self.reason)


def _unheard(text: str) -> None:
    """Of a context without a call: nobody listens."""


@dataclass(frozen=True, slots=True)
class ToolContext:
    """Given to a tool that has a parameter of this type; the model never sees that parameter.

    ``call_id``: the model's id of this function call. ``idempotency_key``: the same for a repetition of the same
    execution and for nothing else; hand it to services that honour such keys. ``proposal_id``: set when the user
    consented to this execution. ``app``: whatever the application gave to ``Call(context=...)``. ``call``: the
    ``Call`` itself. ``progress("half of it is done")`` may be said to the user if it takes long; safe from any thread.
    ``attempt`` counts from 1.
    """

    tool: str
    call_id: str
    idempotency_key: str
    proposal_id: str | None = None
    app: Any = None
    call: Any = None
    progress: Callable[[str], None] = _unheard
    scope: CancellationScope = field(default_factory=CancellationScope)
    attempt: int = 1
