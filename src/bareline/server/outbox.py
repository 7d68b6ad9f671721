"""What waits to be sent on one connection, and when is it too much?

Messages of the authority must never be dropped or reordered, so a full outbox holds up whoever makes more of them: the
generators first, the reader of the client's messages only much later, so that a slow client can still interrupt.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

__all__ = ["GENERATE_BELOW_BYTES", "READ_BELOW_BYTES", "Outbox"]

GENERATE_BELOW_BYTES = 256 * 1024
"""Generators wait while more than this is unsent: four seconds of PCM in base64."""
READ_BELOW_BYTES = 4 * 1024 * 1024
"""The client's messages wait while more than this is unsent: it asks faster than it listens."""


class Outbox:
    """Unsent messages in order; a message counts until it is accepted by the transport."""

    def __init__(self) -> None:
        self._messages: deque[bytes] = deque()
        self._bytes = 0
        self._filled = asyncio.Event()
        self._sent = asyncio.Event()

    @property
    def unsent_bytes(self) -> int:
        """How much waits."""
        return self._bytes

    def put(self, message: bytes) -> None:
        """Add a message; never waits, see ``below``."""
        self._messages.append(message)
        self._bytes += len(message)
        self._filled.set()

    async def below(self, limit_bytes: int) -> None:
        """Wait until no more than ``limit_bytes`` are unsent; 0 waits until all is sent."""
        while self._bytes > limit_bytes:
            self._sent.clear()
            await self._sent.wait()

    async def drain(self, send: Callable[[bytes], Awaitable[None]]) -> None:
        """Send for ever; raises what ``send`` raises."""
        while True:
            while not self._messages:
                self._filled.clear()
                await self._filled.wait()
            message = self._messages[0]
            await send(message)
            self._messages.popleft()
            self._bytes -= len(message)
            self._sent.set()
