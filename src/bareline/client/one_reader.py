"""Which of several tasks that want to hear of one stream reads it, with nothing in the background?"""

from __future__ import annotations

import asyncio
from collections.abc import Sized
from types import TracebackType

__all__ = ["OneReader"]


class OneReader:
    """One task reads for all, ``with`` this; ``busy`` meanwhile. The others ask ``may_read``, and see what came."""

    def __init__(self) -> None:
        self.busy = False
        self._waiting: list[asyncio.Future[None]] = []

    def __enter__(self) -> None:
        self.busy = True

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.busy = False
        self.wake()

    async def may_read(self, wanted: Sized) -> bool:
        """Wait until nobody else reads: True; or until what another one read has filled ``wanted``: False."""
        while not wanted and self.busy:
            await self._next_read()
        return not wanted

    def wake(self) -> None:
        """Something was read, or whoever read has ended: those who wait look again."""
        for waiter in self._waiting:
            if not waiter.done():
                waiter.set_result(None)

    async def _next_read(self) -> None:
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(waiter)
        try:
            await waiter
        finally:
            self._waiting.remove(waiter)
