"""How does a task wait for something that happens in a callback, without a lost wake-up or a task of its own?"""

from __future__ import annotations

import asyncio

__all__ = ["Bell"]


class Bell:
    """Whoever waits goes on at the next ``ring``; waiting is safe to cancel."""

    def __init__(self) -> None:
        self._waiting: list[asyncio.Future[None]] = []

    async def wait(self) -> None:
        """Until the next ring."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        try:
            await future
        finally:
            if future in self._waiting:
                self._waiting.remove(future)

    def ring(self) -> None:
        """Wake everybody who waits now."""
        waiting, self._waiting = self._waiting, []
        for future in waiting:
            if not future.done():
                future.set_result(None)
