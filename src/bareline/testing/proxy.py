"""How does an unmodified program meet a bad network?

``ImpairedProxy`` listens on 127.0.0.1 and forwards TCP to a server through faults, without root: point any SDK at its
``port``. Bytes are never lost, doubled or reordered (TCP has none of that): faults that do so are refused.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Iterable
from contextlib import suppress
from types import TracebackType
from typing import Self

from bareline.clock import now_ns
from bareline.errors import ConfigurationError, TransportError
from bareline.transports.fault_schedule import FaultSchedule
from bareline.transports.faults import Direction, Duplicate, Fault, Loss, Reorder
from bareline.transports.impairments import Lane
from bareline.units import NS_PER_S

__all__ = ["ImpairedProxy"]

_CHUNK_BYTES = 1_400
_NO_GOODBYE = 1006
_RESET = struct.pack("ii", 1, 0)
"""SO_LINGER that makes a close a reset."""


class ImpairedProxy:
    """A TCP proxy with faults; an async context manager that ends all its connections on leaving.

    Times of faults count from the start of each connection; ``seed`` and the connection's number decide chance.
    ``abort`` resets both sides; ``cut`` swallows everything and keeps both open; ``close`` ends the streams in order
    (a proxy cannot speak WebSocket, so its code must be left to ``ImpairedTransport``; here the peer sees 1006).
    """

    def __init__(self, host: str, port: int, faults: Iterable[Fault] = (), *, seed: int = 0) -> None:
        self._target = (host, port)
        self._faults = tuple(faults)
        self._seed = seed
        self._connections: set[asyncio.Task[None]] = set()
        self._accepted = 0
        self._server: asyncio.Server | None = None
        impossible = [type(fault).__name__ for fault in self._faults if isinstance(fault, Loss | Duplicate | Reorder)]
        if impossible:
            raise ConfigurationError(f"TCP has no {impossible[0]}: use delay, slow, stall, cut, abort or close")

    @property
    def port(self) -> int:
        """Where to connect, on 127.0.0.1; inside the context only."""
        if self._server is None:
            raise ConfigurationError("the proxy listens inside 'async with' only")
        return int(self._server.sockets[0].getsockname()[1])

    @property
    def accepted(self) -> int:
        """How many connections came so far."""
        return self._accepted

    def abort_all(self) -> None:
        """Reset every connection now."""
        for connection in self._connections:
            connection.cancel()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server is not None:
            self._server.close()
        self.abort_all()
        await asyncio.gather(*self._connections, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._accepted += 1
        schedule = FaultSchedule(self._faults, seed=self._seed + self._accepted, started_ns=now_ns())
        task = asyncio.create_task(self._carry(schedule, reader, writer))
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)

    async def _carry(self, schedule: FaultSchedule, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there_reader, there_writer = await asyncio.open_connection(*self._target)
        except OSError:
            _reset(writer)
            return
        try:
            async with asyncio.TaskGroup() as group:
                ending = group.create_task(_end_on_time(schedule))
                up = group.create_task(_forward(schedule, "up", reader, there_writer))
                down = group.create_task(_forward(schedule, "down", there_reader, writer))
                await asyncio.wait([up, down])
                ending.cancel()
        except* _Torn:
            pass
        finally:
            for end in (writer, there_writer):
                if self._ends_in_order(schedule):
                    end.close()
                else:
                    _reset(end)

    def _ends_in_order(self, schedule: FaultSchedule) -> bool:
        ending = schedule.ending()
        task = asyncio.current_task()
        cancelled = task is not None and task.cancelling() > 0
        return not cancelled and (ending is None or ending.code != _NO_GOODBYE or now_ns() < ending.at_ns)


class _Torn(Exception):
    """The connection is over: by a fault, or because a side reset it."""


async def _end_on_time(schedule: FaultSchedule) -> None:
    ending = schedule.ending()
    if ending is not None:
        await asyncio.sleep(max(0, ending.at_ns - now_ns()) / NS_PER_S)
        raise _Torn


async def _forward(
    schedule: FaultSchedule, direction: Direction, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """Bytes of one direction, from end to end, each when it is due; then the end of the stream."""
    lane = Lane()
    async with asyncio.TaskGroup() as group:
        group.create_task(_write(lane, writer))
        try:
            while chunk := await reader.read(_CHUNK_BYTES):
                await lane.put(chunk, schedule.carry(direction, len(chunk), now_ns()))
        except OSError as error:
            raise _Torn from error
        if schedule.carry(direction, 0, now_ns()):
            lane.end(TransportError("the stream ended"))


async def _write(lane: Lane, writer: asyncio.StreamWriter) -> None:
    try:
        while True:
            writer.write(await lane.take())
            await writer.drain()
    except TransportError:
        if writer.can_write_eof():
            writer.write_eof()
    except OSError as error:
        raise _Torn from error


def _reset(writer: asyncio.StreamWriter) -> None:
    end: socket.socket | None = writer.get_extra_info("socket")
    if end is not None:
        with suppress(OSError):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    writer.transport.abort()
