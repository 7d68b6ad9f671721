"""How do messages pass between a session and one of those who are connected to it, until either is over?"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager

import msgspec

from bareline.errors import Closed, ConnectionLost, LocalProtocolError
from bareline.protocol.refusal import Refusal
from bareline.server.outbox import Outbox
from bareline.transports.contract import Transport

__all__ = ["FLUSH_WITHIN_S", "BinaryMessage", "Connection"]

FLUSH_WITHIN_S = 5
"""How long the last messages may take to leave before the connection is closed."""

_log = logging.getLogger(__name__)


class BinaryMessage(bytes):
    """A message that came in a binary frame, which the protocol does not use."""


class Connection:
    """One connection of a session, the main one or a sideband.

    ``take`` is given each message that arrives and waits while the session has too much to do; ``refuse`` is told of
    each event that the transport is too narrow for: it is left out, and the reason is to be sent after it. ``over`` is
    set when the other side is gone; setting it, or ``end``, stops ``serve``.
    """

    def __init__(
        self,
        transport: Transport,
        *,
        take: Callable[[Connection, bytes], Awaitable[None]],
        refuse: Callable[[Connection, Refusal], None],
    ) -> None:
        self.transport = transport
        self.outbox = Outbox()
        self.over = asyncio.Event()
        self.goodbye: tuple[int, str] | None = None
        self._take = take
        self._refuse = refuse

    def end(self, goodbye: tuple[int, str] | None) -> None:
        """Be over; with a ``goodbye`` (code and reason) what is to be sent leaves first."""
        if not self.over.is_set():
            self.goodbye = goodbye
            self.over.set()

    async def serve(self) -> None:
        """Carry messages both ways until it is over. The transport is left open."""
        async with asyncio.TaskGroup() as tasks:
            sender = tasks.create_task(self._send())
            reader = tasks.create_task(self._read())
            await self.over.wait()
            reader.cancel()
            if self.goodbye:
                flushed = tasks.create_task(self.outbox.below(0))
                await asyncio.wait([sender, flushed], timeout=FLUSH_WITHIN_S, return_when=asyncio.FIRST_COMPLETED)
                flushed.cancel()
            sender.cancel()

    @contextmanager
    def ending(self) -> Generator[None]:
        """What the transport raises here means that the connection is over."""
        try:
            yield
        except (ConnectionLost, Closed) as error:
            _log.debug("connection over: %s", error)
            self.over.set()

    async def _send(self) -> None:
        with self.ending():
            await self.outbox.drain(self._send_one)

    async def _send_one(self, message: bytes) -> None:
        try:
            await self.transport.send(message)
        except LocalProtocolError as error:
            self._refuse(self, _not_sent(message, error))

    async def _read(self) -> None:
        with self.ending():
            while True:
                await self._take(self, await self.transport.receive())


class _Head(msgspec.Struct):
    type: str
    event_id: str


def _not_sent(message: bytes, error: LocalProtocolError) -> Refusal:
    head = msgspec.json.decode(message, type=_Head)
    return Refusal(
        type="server_error",
        code="event_too_large",
        message=f"The event {head.type} ({head.event_id}) of {len(message)} bytes was not sent: {error}",
    )
