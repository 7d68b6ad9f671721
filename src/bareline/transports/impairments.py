"""How does a good connection behave like a bad one, without root and on real sockets?

``ImpairedTransport`` puts a ``FaultSchedule`` around any transport, on the client's side or on the server's; ``impair``
does both in one call. The faults and their text form are in ``bareline.transports.faults``.
"""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Generator, Iterable
from contextlib import contextmanager, suppress
from typing import Literal, Protocol, runtime_checkable

from bareline.clock import now_ns
from bareline.errors import Closed, ConnectionLost, TransportError
from bareline.transports.contract import Transport, TransportInfo
from bareline.transports.fault_schedule import FaultSchedule
from bareline.transports.faults import Direction, Fault, parse_faults
from bareline.units import NS_PER_S

__all__ = [
    "IN_FLIGHT_MAX",
    "LEAVE_WITHIN_S",
    "FaultSchedule",
    "ImpairedTransport",
    "Lane",
    "impair",
    "parse_faults",
]

IN_FLIGHT_MAX = 256
"""Messages that one direction of an impaired connection holds before the sender waits."""


LEAVE_WITHIN_S = 2
"""How long ``close`` waits for messages that the faults still hold."""


def impair(
    transport: Transport, faults: Iterable[Fault], *, side: Literal["client", "server"], seed: int = 0
) -> ImpairedTransport:
    """Give ``transport`` these faults, with times counted from now. Call inside a running loop."""
    return ImpairedTransport(transport, FaultSchedule(faults, seed=seed, started_ns=now_ns()), side=side)


class ImpairedTransport:
    """A transport with faults; satisfies the contract of ``Transport`` as far as the faults let it.

    ``side`` tells whose transport it is, hence which way is ``up``. Made inside a running loop; owns three tasks until
    ``close``, which lets what was accepted leave first, as TCP does. A ``Close`` fault closes the connection with its
    code, and our own side sees ``ConnectionLost`` with it; an ``Abort`` does the same with 1006 here and tears the
    transport if it has ``abort()``; one that cannot be torn is closed with 1011: tear it with
    ``bareline.testing.proxy``.
    """

    def __init__(self, transport: Transport, schedule: FaultSchedule, *, side: Literal["client", "server"]) -> None:
        self._transport = transport
        self._schedule = schedule
        self._out: Direction = "up" if side == "client" else "down"
        self._in: Direction = "down" if side == "client" else "up"
        self._leaving = Lane()
        self._arriving = Lane()
        self._closed = False
        self._carrying_out = asyncio.create_task(self._carry_out())
        self._tasks = [
            self._carrying_out,
            *(asyncio.create_task(job) for job in (self._carry_in(), self._end_on_time())),
        ]

    @property
    def info(self) -> TransportInfo:
        """What the inner transport connects."""
        return self._transport.info

    async def send(self, message: bytes) -> None:
        """Accept a message; it leaves when its faults let it."""
        await self._leaving.put(message, self._schedule.carry(self._out, len(message), now_ns()))

    async def receive(self) -> bytes:
        """The next message that has arrived through the faults."""
        return await self._arriving.take()

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Close after what is under way; what the faults hold longer than ``LEAVE_WITHIN_S`` is dropped."""
        if self._closed:
            return
        self._closed = True
        closed = Closed("the connection was closed by this side")
        self._leaving.end(closed)
        self._arriving.end(closed, at_once=True)
        await asyncio.wait([self._carrying_out], timeout=LEAVE_WITHIN_S)
        self._end(closed)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._transport.close(code, reason)

    async def _carry_in(self) -> None:
        with self._ends_by_errors():
            while True:
                message = await self._transport.receive()
                await self._arriving.put(message, self._schedule.carry(self._in, len(message), now_ns()))

    async def _carry_out(self) -> None:
        with self._ends_by_errors():
            while True:
                await self._transport.send(await self._leaving.take())

    async def _end_on_time(self) -> None:
        ending = self._schedule.ending()
        if ending is None:
            return
        await asyncio.sleep(max(0, ending.at_ns - now_ns()) / NS_PER_S)
        reason = "closed by a fault" if ending.code != 1006 else "broken by a fault"
        self._end(ConnectionLost(f"the connection was {reason}", code=ending.code, reason=reason))
        if ending.code == 1006 and isinstance(self._transport, _Tearable):
            self._transport.abort()
            return
        await self._transport.close(1011 if ending.code == 1006 else ending.code, reason)

    def _end(self, error: Exception) -> None:
        self._leaving.end(error, at_once=True)
        self._arriving.end(error, at_once=True)

    @contextmanager
    def _ends_by_errors(self) -> Generator[None]:
        try:
            yield
        except (TransportError, Closed) as error:
            self._leaving.end(error, at_once=True)
            self._arriving.end(error)


@runtime_checkable
class _Tearable(Protocol):
    def abort(self) -> None:
        """End the connection without a goodbye."""
        ...


class Lane:
    """Messages on their way in one direction: each is taken when it is due, on the running loop's clock.

    At most ``IN_FLIGHT_MAX`` messages; ``put`` waits beyond. After ``end(error)`` what is due is still taken, then
    ``take`` raises the error; ``end(error, at_once=True)`` drops what is under way.
    """

    def __init__(self) -> None:
        self._due: list[tuple[int, int, bytes]] = []
        self._count = 0
        self._changed = asyncio.Event()
        self._end: Exception | None = None

    async def put(self, message: bytes, due_ns: tuple[int, ...]) -> None:
        """Add a message, to be taken at each of ``due_ns``."""
        while len(self._due) >= IN_FLIGHT_MAX and self._end is None:
            await self._change(None)
        if self._end is not None:
            raise self._end
        for at_ns in due_ns:
            self._count += 1
            heapq.heappush(self._due, (at_ns, self._count, message))
        self._tell()

    async def take(self) -> bytes:
        """The next message, when it is due. Safe to cancel."""
        while True:
            if self._due and self._due[0][0] <= now_ns():
                message = heapq.heappop(self._due)[2]
                self._tell()
                return message
            if self._end is not None and not self._due:
                raise self._end
            await self._change(self._due[0][0] if self._due else None)

    def end(self, error: Exception, *, at_once: bool = False) -> None:
        """No further messages; the first error stands."""
        if self._end is None:
            self._end = error
        if at_once:
            self._due.clear()
            self._end = error
        self._tell()

    def _tell(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    async def _change(self, until_ns: int | None) -> None:
        deadline_s = None if until_ns is None else until_ns / NS_PER_S
        with suppress(TimeoutError):
            async with asyncio.timeout_at(deadline_s):
                await self._changed.wait()
