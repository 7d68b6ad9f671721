"""What is a network when there is none, and every packet's fate comes from a seed?

``SeededLink`` is sans-IO: messages go in with a time and come out at theirs. A ``stream`` link is what whole-message
transports on TCP give (delay, jitter, stalls, a slow line, cuts); a ``datagram`` link also loses, doubles and reorders.
``link_pair`` makes two transports of a stream link, for any event loop.
"""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Iterable
from contextlib import suppress
from typing import Literal

from bareline.clock import now_ns
from bareline.errors import Closed, ConfigurationError, ConnectionLost
from bareline.transports.contract import TransportInfo
from bareline.transports.fault_schedule import Ending, FaultSchedule
from bareline.transports.faults import Direction, Duplicate, Fault, Loss, Reorder
from bareline.units import NS_PER_S

__all__ = ["LINK_BACKLOG", "LinkTransport", "SeededLink", "link_pair"]

LINK_BACKLOG = 256
"""Messages in flight in one direction of a ``link_pair``; ``send`` waits beyond."""


class SeededLink:
    """Both directions of one connection, in simulated time.

    Raises ``ConfigurationError`` for faults that a stream cannot have (loss, duplicates, reordering).
    """

    def __init__(
        self,
        faults: Iterable[Fault] = (),
        *,
        seed: int = 0,
        profile: Literal["stream", "datagram"] = "stream",
        started_ns: int = 0,
    ) -> None:
        chosen = tuple(faults)
        impossible = [type(fault).__name__ for fault in chosen if isinstance(fault, Loss | Duplicate | Reorder)]
        if profile == "stream" and impossible:
            raise ConfigurationError(f"a stream has no {impossible[0]}: use profile='datagram'")
        self._schedule = FaultSchedule(chosen, seed=seed, started_ns=started_ns, ordered=profile == "stream")
        self._ending = self._schedule.ending()
        self._flying: dict[Direction, list[tuple[int, int, bytes]]] = {"up": [], "down": []}
        self._count = 0

    @property
    def ending(self) -> Ending | None:
        """When a fault ends the connection, if one does."""
        return self._ending

    def carry(self, direction: Direction, size_bytes: int, now_ns: int) -> tuple[int, ...]:
        """When something of this size that enters now would arrive; none when it is lost. It takes its place."""
        return self._schedule.carry(direction, size_bytes, now_ns)

    def send(self, direction: Direction, message: bytes, now_ns: int) -> None:
        """A message enters the link."""
        for arrives_ns in self.carry(direction, len(message), now_ns):
            self._count += 1
            heapq.heappush(self._flying[direction], (arrives_ns, self._count, message))

    def receive(self, direction: Direction, now_ns: int) -> bytes | None:
        """The next message that has arrived, or ``None``."""
        flying = self._flying[direction]
        return heapq.heappop(flying)[2] if flying and flying[0][0] <= now_ns else None

    def in_flight(self, direction: Direction) -> int:
        """How many messages are in the link, arrived and not received ones included."""
        return len(self._flying[direction])

    def deadline(self, direction: Direction | None = None) -> int | None:
        """When the next message arrives (that way), or ``None`` when nothing is under way."""
        chosen = self._flying.values() if direction is None else (self._flying[direction],)
        return min((flying[0][0] for flying in chosen if flying), default=None)


def link_pair(
    faults: Iterable[Fault] = (), *, seed: int = 0, address: str = "link"
) -> tuple[LinkTransport, LinkTransport]:
    """The client's and the server's end of a stream link that opens now. Call inside a running loop."""
    wire = Wire(SeededLink(faults, seed=seed, started_ns=now_ns()))
    info = TransportInfo("link", address)
    return LinkTransport(wire, "up", "down", info), LinkTransport(wire, "down", "up", info)


class LinkTransport:
    """One end of a ``link_pair``; keeps the contract of ``Transport``.

    A close travels like a message: what was sent before it still arrives, then the other end gets ``ConnectionLost``.
    """

    def __init__(self, wire: Wire, out: Direction, inbound: Direction, info: TransportInfo) -> None:
        self._wire = wire
        self._out: Direction = out
        self._in: Direction = inbound
        self._info = info
        self._closed = False

    @property
    def info(self) -> TransportInfo:
        """A link, by its name."""
        return self._info

    async def send(self, message: bytes) -> None:
        """Put a message on its way."""
        wire = self._wire
        while True:
            self._raise_if_over()
            if wire.link.in_flight(self._out) < LINK_BACKLOG:
                break
            goodbye = wire.goodbye(self._in)
            await wire.change(goodbye[0] if goodbye else None)
        wire.link.send(self._out, message, now_ns())
        wire.tell()

    async def receive(self) -> bytes:
        """The next message, when it has arrived."""
        wire = self._wire
        while True:
            message = None if self._closed else wire.receive(self._in)
            if message is not None:
                return message
            self._raise_if_over()
            await wire.change(wire.next_ns(self._in))

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Close; the other end learns of it when the news arrives."""
        if not self._closed:
            self._closed = True
            self._wire.say_goodbye(self._out, code, reason)

    def _raise_if_over(self) -> None:
        if self._closed:
            raise Closed("the connection was closed by this side")
        goodbye = self._wire.goodbye(self._in)
        if goodbye is not None and goodbye[0] <= now_ns():
            _, code, reason = goodbye
            raise ConnectionLost(f"the connection ended ({code} {reason})", code=code, reason=reason)


class Wire:
    """What both ends share: the link, how each direction ends, and who waits for a change."""

    def __init__(self, link: SeededLink) -> None:
        self.link = link
        self._goodbyes: dict[Direction, tuple[int, int, str]] = {}
        self._changed = asyncio.Event()

    def say_goodbye(self, direction: Direction, code: int, reason: str) -> None:
        """A close follows what was sent, over the same line; a cut line swallows it too."""
        arrives = self.link.carry(direction, len(reason) + 2, now_ns())
        if arrives:
            self._goodbyes[direction] = (arrives[0], code, reason)
        self.tell()

    def receive(self, direction: Direction) -> bytes | None:
        goodbye = self.goodbye(direction)
        message = self.link.receive(direction, now_ns() if goodbye is None else min(now_ns(), goodbye[0]))
        if message is not None:
            self.tell()
        return message

    def goodbye(self, direction: Direction) -> tuple[int, int, str] | None:
        """When, with which code and why this direction ends, as far as it is known here and now."""
        ending = self.link.ending
        goodbye = self._goodbyes.get(direction)
        if ending is not None and (goodbye is None or ending.at_ns < goodbye[0]):
            return ending.at_ns, ending.code, "ended by a fault"
        return goodbye

    def next_ns(self, direction: Direction) -> int | None:
        """When something may arrive this way: a message or the end."""
        goodbye = self.goodbye(direction)
        times = (self.link.deadline(direction), goodbye[0] if goodbye else None)
        return min((at for at in times if at is not None), default=None)

    def tell(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    async def change(self, until_ns: int | None) -> None:
        """Wait until somebody did something, or until a time."""
        with suppress(TimeoutError):
            async with asyncio.timeout_at(None if until_ns is None else until_ns / NS_PER_S):
                await self._changed.wait()
