"""Does the in-process pipe keep the contract of a transport?"""

from __future__ import annotations

import asyncio

import pytest

from bareline.errors import Closed, ConnectionLost
from bareline.testing.virtual import run_virtual
from bareline.transports.memory import memory_pair


def test_messages_arrive_in_order_and_the_close_after_them() -> None:
    async def main() -> None:
        near, far = memory_pair(address="here")
        await near.send(b"1")
        await near.send(b"2")
        await near.close(1001, "bye")
        assert [await far.receive(), await far.receive()] == [b"1", b"2"]
        for use in (far.receive, lambda: far.send(b"x")):
            with pytest.raises(ConnectionLost) as lost:
                await use()
            assert (lost.value.code, lost.value.reason) == (1001, "bye")
        assert near.info.address == "here"

    run_virtual(main())


def test_full_backlog_makes_the_sender_wait_and_nothing_is_lost() -> None:
    async def main() -> None:
        near, far = memory_pair(backlog=2)
        sending = asyncio.create_task(_send_all(near, 5))
        await asyncio.sleep(1)
        assert not sending.done()
        assert [await far.receive() for _ in range(5)] == [b"0", b"1", b"2", b"3", b"4"]
        await sending

    run_virtual(main())


def test_cancelled_receive_loses_no_message() -> None:
    async def main() -> None:
        near, far = memory_pair()
        receiving = asyncio.create_task(far.receive())
        await asyncio.sleep(0)
        await near.send(b"1")
        receiving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await receiving
        assert await far.receive() == b"1"

    run_virtual(main())


def test_own_close_ends_those_who_wait() -> None:
    async def main() -> None:
        near, _far = memory_pair(backlog=1)
        await near.send(b"1")
        waiting = [asyncio.create_task(near.receive()), asyncio.create_task(near.send(b"2"))]
        await asyncio.sleep(0)
        await near.close()
        await near.close()
        for task in waiting:
            with pytest.raises(Closed):
                await task

    run_virtual(main())


def test_far_close_ends_a_waiting_sender() -> None:
    async def main() -> None:
        near, far = memory_pair(backlog=1)
        await near.send(b"1")
        sending = asyncio.create_task(near.send(b"2"))
        await asyncio.sleep(0)
        await far.close()
        with pytest.raises(ConnectionLost):
            await sending

    run_virtual(main())


async def _send_all(transport: object, count: int) -> None:
    for index in range(count):
        await transport.send(str(index).encode())  # type: ignore[attr-defined]
