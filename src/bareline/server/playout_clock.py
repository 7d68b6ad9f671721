"""When may the next frame of each session be handed out?

One timer for all sessions of a server. Deadlines are absolute, so that nothing drifts, and lie on a grid of
``GRID_MS``, so that sessions which began at different times wake the loop together. Nothing runs while nobody plays.
"""

from __future__ import annotations

import asyncio

from bareline.clock import now_ns
from bareline.units import NS_PER_MS, NS_PER_S, ms_to_ns

__all__ = ["GRID_MS", "PlayoutClock"]

GRID_MS = 5
"""How far apart deadlines are at least: the most that a first frame waits, and four groups of sessions per frame."""
_GRID_NS = ms_to_ns(GRID_MS)
_EARLY_NS = NS_PER_MS // 2
"""A loop may fire this early: its clock is coarser than ours."""


class PlayoutClock:
    """The timer of one event loop. No task, no thread: a single loop timer while somebody waits."""

    def __init__(self) -> None:
        self._waiting: dict[asyncio.Future[None], int] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._timer_ns = 0

    def next_ns(self) -> int:
        """The next deadline there may be: now, or up to ``GRID_MS`` later."""
        return -(-now_ns() // _GRID_NS) * _GRID_NS

    async def until(self, due_ns: int) -> None:
        """Wait; returns at once when it is late already."""
        if due_ns <= now_ns():
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[future] = due_ns
        self._set()
        try:
            await future
        finally:
            self._waiting.pop(future, None)
            self._set()

    def _set(self) -> None:
        """Keep the timer at the earliest deadline."""
        if self._timer is not None and (not self._waiting or min(self._waiting.values()) != self._timer_ns):
            self._timer.cancel()
            self._timer = None
        if self._timer is None and self._waiting:
            self._timer_ns = min(self._waiting.values())
            self._timer = asyncio.get_running_loop().call_at(self._timer_ns / NS_PER_S, self._fire)

    def _fire(self) -> None:
        self._timer = None
        now = now_ns() + _EARLY_NS
        for future in [future for future, due_ns in self._waiting.items() if due_ns <= now]:
            del self._waiting[future]
            if not future.done():
                future.set_result(None)
        self._set()
