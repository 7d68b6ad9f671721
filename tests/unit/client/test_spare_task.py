"""Does every piece of work get a task of its own, whether one waited for it or not?"""

from __future__ import annotations

import asyncio

import pytest

from bareline.client.spare_task import SpareTask
from bareline.errors import Closed
from bareline.testing.virtual import run_virtual


@pytest.mark.parametrize("refilled", [False, True])
def test_each_piece_is_done_in_a_task_of_its_own(refilled: bool) -> None:
    done: dict[int, asyncio.Task[None] | None] = {}

    async def work(piece: int) -> None:
        await asyncio.sleep(1)
        done[piece] = asyncio.current_task()

    async def main() -> None:
        begun: list[asyncio.Task[None]] = []
        async with asyncio.TaskGroup() as tasks:
            spare = SpareTask(work, tasks.create_task)
            for piece in range(3):
                if refilled:
                    spare.refill()
                    await asyncio.sleep(0)
                begun.append(spare.begin(piece))
            begun[1].cancel()
        assert done == {0: begun[0], 2: begun[2]}, "one that is cancelled is no other one's end"
        assert len(set(begun)) == 3

    run_virtual(main())


def test_a_task_that_waits_takes_the_next_piece_and_one_is_enough() -> None:
    async def work(_: int) -> None: ...

    async def main() -> None:
        spawned: list[asyncio.Task[None]] = []

        def spawn(coroutine) -> asyncio.Task[None]:  # type: ignore[no-untyped-def]
            spawned.append(asyncio.create_task(coroutine))
            return spawned[-1]

        spare, begun = SpareTask(work, spawn), list[asyncio.Task[None]]()
        for piece in (1, 2):
            spare.refill()
            spare.refill()
            await asyncio.sleep(0)
            assert len(spawned) == piece, "it waits before there is work"
            begun.append(spare.begin(piece))
        assert begun == spawned
        await asyncio.wait(begun)

    run_virtual(main())


def test_nothing_waits_in_a_call_that_is_over() -> None:
    async def work(_: int) -> None: ...

    def refuse(coroutine) -> asyncio.Task[None]:  # type: ignore[no-untyped-def]
        coroutine.close()
        raise Closed("the call is over")

    async def main() -> None:
        spare = SpareTask(work, refuse)
        spare.refill()
        with pytest.raises(Closed):
            spare.begin(1)

    run_virtual(main())


def test_a_task_that_was_ended_while_it_waited_is_not_given_work() -> None:
    done: list[int] = []

    async def work(piece: int) -> None:
        done.append(piece)

    async def main() -> None:
        waiting: list[asyncio.Task[None]] = []

        def spawn(coroutine) -> asyncio.Task[None]:  # type: ignore[no-untyped-def]
            waiting.append(asyncio.create_task(coroutine))
            return waiting[-1]

        spare = SpareTask(work, spawn)
        spare.refill()
        await asyncio.sleep(0)
        waiting[0].cancel()
        await spare.begin(1)
        assert done == [1]

    run_virtual(main())
