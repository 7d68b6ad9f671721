"""What does the backend of a session do at the moment, and when is it too much at once?"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

__all__ = ["JOBS_MAX", "Jobs"]

JOBS_MAX = 64
"""Responses and transcriptions under way at once; beyond, the client's messages wait."""


class Jobs:
    """Tasks of one session by name, owned by its task group."""

    def __init__(self) -> None:
        self._running: dict[str, asyncio.Task[None]] = {}
        self._done = asyncio.Event()

    def start(self, tasks: asyncio.TaskGroup, name: str, work: Coroutine[Any, Any, None]) -> None:
        """Run ``work`` under a name that is not in use."""
        task = self._running[name] = tasks.create_task(work)
        task.add_done_callback(lambda _: self._end(name))

    def cancel(self, name: str) -> None:
        """Stop one, if it still runs."""
        if name in self._running:
            self._running[name].cancel()

    def cancel_all(self) -> None:
        """Stop all."""
        for task in self._running.values():
            task.cancel()

    async def room(self) -> None:
        """Wait until another one may start."""
        while len(self._running) >= JOBS_MAX:
            self._done.clear()
            await self._done.wait()

    def _end(self, name: str) -> None:
        del self._running[name]
        self._done.set()
