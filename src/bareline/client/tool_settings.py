"""What may the runner of tools be given: the application's choices, and whoever covers the time that tools take?"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Protocol

from bareline.client.tool_calls import ToolCall
from bareline.tools import ExecutionStore, Tool
from bareline.tools.phrases import ENGLISH, Phrases

__all__ = ["FillerHook", "ToolSettings"]


class FillerHook(Protocol):
    """Covers the time that tools take."""

    def began(self, call: ToolCall, tool: Tool) -> None:
        """An execution runs."""
        ...

    def progressed(self, call_id: str, words: str) -> None:
        """The tool says how far it is."""
        ...

    def ended(self, call_id: str, *, whole: bool = True) -> None:
        """It does not run any more; ``whole=False``: it was broken off."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolSettings:
    """What the application chose for its tools; as in ``Call``. ``call``: what ``ToolContext.call`` is."""

    app: object = None
    call: object = None
    store: ExecutionStore | None = None
    chance: random.Random = field(default_factory=random.Random)
    phrases: Phrases = ENGLISH
