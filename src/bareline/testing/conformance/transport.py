"""Does a transport keep its contract?

``make`` opens a fresh pair as an async context manager: the transport under test and its peer, which only has to send,
receive and close. Runs on any event loop; real sockets take real time, a fraction of a second for each requirement.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, suppress

from bareline.errors import Closed, ConnectionLost
from bareline.testing.conformance.requirement import raises, require, within
from bareline.transports.contract import Transport

__all__ = ["TRANSPORT", "MakePair"]

MakePair = Callable[[], AbstractAsyncContextManager[tuple[Transport, Transport]]]

_BACKLOG_MAX_BYTES = 256 * 1024 * 1024
"""A backlog of more than this is no bound."""

_CLOSE_MAX_S = 5.0
"""A close that takes longer is a hang."""


async def messages_arrive_whole_once_and_in_order(make: MakePair) -> None:
    """Both ways, small and large, with any UTF-8."""
    messages = [f'{{"n": {number}, "text": "grüße \\u0000 🎧"}}'.encode() for number in range(100)]
    messages[50] = b'"' + b"x" * 1_000_000 + b'"'
    async with make() as (ours, theirs):
        for sender, receiver in ((ours, theirs), (theirs, ours)):
            sending = asyncio.create_task(_send_all(sender, messages))
            received = [await receiver.receive() for _ in messages]
            await sending
            require(received == messages, "messages arrive whole, once and in order")


async def a_cancelled_receive_loses_no_message(make: MakePair) -> None:
    """Receivers are cancelled before, while and after a message comes."""
    async with make() as (ours, theirs):
        received: list[bytes] = []
        for number in range(20):
            waiting = asyncio.create_task(ours.receive())
            await asyncio.sleep(0)
            await theirs.send(b"%d" % number)
            await asyncio.sleep(0.002 * (number % 3))
            waiting.cancel()
            with suppress(asyncio.CancelledError):
                received.append(await waiting)
        async with within(5, "every message arrives"):
            while len(received) < 20:
                received.append(await ours.receive())
        require(received == [b"%d" % n for n in range(20)], f"a cancelled receive loses nothing, but got {received}")


async def cancellation_is_not_swallowed(make: MakePair) -> None:
    """A cancelled ``receive`` ends with ``CancelledError``."""
    async with make() as (ours, _):
        waiting = asyncio.create_task(ours.receive())
        await asyncio.sleep(0.01)
        waiting.cancel()
        await asyncio.wait([waiting], timeout=5)
        require(waiting.cancelled(), "a cancelled receive ends as cancelled")


async def the_other_sides_close_is_connection_lost_with_code(make: MakePair) -> None:
    """After everything that was sent before it; and again at every later call."""
    async with make() as (ours, theirs):
        await theirs.send(b"last words")
        closing = asyncio.create_task(theirs.close(4321, "enough"))
        require(await ours.receive() == b"last words", "what was sent before a close arrives")
        for call in (ours.receive, ours.receive, lambda: ours.send(b"too late")):
            lost = await raises(call(), ConnectionLost, "the other side's close raises ConnectionLost, each time")
            require((lost.code, lost.reason) == (4321, "enough"), f"with its code and reason, not {lost.code}")
        await closing


async def our_close_is_closed(make: MakePair) -> None:
    """``send`` and ``receive`` after our own ``close`` raise ``Closed``; ``close`` again is fine."""
    async with make() as (ours, _):
        await ours.close()
        await ours.close(1001, "again")
        await raises(ours.receive(), Closed, "receive after close raises Closed")
        await raises(ours.send(b"x"), Closed, "send after close raises Closed")


async def close_wakes_who_waits_to_receive(make: MakePair) -> None:
    """From another task."""
    async with make() as (ours, _):
        waiting = [asyncio.create_task(_receive(ours))]
        await asyncio.sleep(0.01)
        await asyncio.gather(ours.close(), ours.close())
        for task in waiting:
            await raises(task, Closed, "a waiting receive gets Closed")


async def a_full_backlog_makes_send_wait_until_close(make: MakePair) -> None:
    """Nobody receives: after a bounded number of messages ``send`` waits, and ``close`` ends the wait soon."""
    async with make() as (ours, _):
        filling = asyncio.create_task(_fill(ours))
        await asyncio.sleep(0.5)
        require(not filling.done(), "past a bounded backlog send waits")
        async with within(_CLOSE_MAX_S, "close returns soon"):
            await ours.close()
        await raises(filling, Closed, "a waiting send gets Closed")


async def closing_leaves_no_task(make: MakePair) -> None:
    """When both sides are closed, no task is left."""
    before = asyncio.all_tasks()
    async with make() as (ours, theirs):
        await ours.send(b"x")
        await theirs.receive()
        await asyncio.gather(ours.close(), theirs.close())
    await asyncio.sleep(0.05)
    left = asyncio.all_tasks() - before
    require(not left, f"close leaves no task behind, but {left}")


async def info_names_what_is_connected(make: MakePair) -> None:
    """A kind and an address."""
    async with make() as (ours, _):
        require(bool(ours.info.kind and ours.info.address), "info has kind and address")


TRANSPORT: tuple[Callable[[MakePair], Awaitable[None]], ...] = (
    messages_arrive_whole_once_and_in_order,
    a_cancelled_receive_loses_no_message,
    cancellation_is_not_swallowed,
    the_other_sides_close_is_connection_lost_with_code,
    our_close_is_closed,
    close_wakes_who_waits_to_receive,
    a_full_backlog_makes_send_wait_until_close,
    closing_leaves_no_task,
    info_names_what_is_connected,
)


async def _send_all(transport: Transport, messages: list[bytes]) -> None:
    for message in messages:
        await transport.send(message)


async def _receive(transport: Transport) -> bytes:
    return await transport.receive()


async def _fill(transport: Transport) -> None:
    message = b"x" * 262_144
    for _ in range(_BACKLOG_MAX_BYTES // len(message)):
        await transport.send(message)
