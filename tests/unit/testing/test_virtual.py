"""Does virtual time jump, never go back, and tell when nobody can go on?"""

from __future__ import annotations

import asyncio
import socket
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bareline.clock import now_ns
from bareline.testing.virtual import Deadlock, TasksLeftBehind, TimeRanAway, run_virtual


def test_ten_minutes_take_milliseconds() -> None:
    async def sleep() -> int:
        await asyncio.sleep(600)
        return now_ns()

    began = time.perf_counter()
    assert run_virtual(sleep()) == 600_000_000_000
    assert time.perf_counter() - began < 1


@given(st.lists(st.integers(0, 10**13), max_size=20))
def test_timers_fire_in_order_and_at_their_nanosecond(delays_ns: list[int]) -> None:
    fired: list[tuple[int, int]] = []

    async def sleep(delay_ns: int) -> None:
        await asyncio.sleep(delay_ns / 1e9)
        fired.append((now_ns(), delay_ns))

    async def main() -> None:
        await asyncio.gather(*(sleep(delay_ns) for delay_ns in delays_ns))

    run_virtual(main())
    assert fired == sorted(fired)
    assert all(now == delay for now, delay in fired)


def test_a_deadlock_names_where_each_task_waits() -> None:
    async def wait_for_nobody() -> None:
        await asyncio.Event().wait()

    with pytest.raises(Deadlock, match=r"wait_for_nobody \(test_virtual.py:\d+\) > Event.wait"):
        run_virtual(wait_for_nobody())


def test_endless_repetition_is_an_error() -> None:
    async def tick() -> None:
        for _ in range(1000):
            await asyncio.sleep(1)

    with pytest.raises(TimeRanAway, match="more than 60 s"):
        run_virtual(tick(), limit_s=60)


def test_tasks_left_behind_are_an_error_unless_allowed() -> None:
    async def main() -> str:
        task = asyncio.create_task(asyncio.sleep(1000), name="orphan")
        await asyncio.sleep(0)
        return task.get_name()

    with pytest.raises(TasksLeftBehind, match="orphan: sleep"):
        run_virtual(main())
    assert run_virtual(main(), leftovers=True) == "orphan"


def test_work_in_threads_takes_no_virtual_time() -> None:
    async def main() -> int:
        ticking = asyncio.create_task(asyncio.sleep(10))
        await asyncio.to_thread(time.sleep, 0.02)
        worked_ns = now_ns()
        await ticking
        return worked_ns

    assert run_virtual(main()) == 0


def test_foreign_threads_are_refused() -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        refused: list[BaseException] = []

        def call() -> None:
            try:
                loop.call_soon_threadsafe(print)
            except RuntimeError as error:
                refused.append(error)

        thread = threading.Thread(target=call)
        thread.start()
        thread.join()
        assert "did not start" in str(refused[0])

    run_virtual(main())


def test_real_sockets_are_refused() -> None:
    async def main() -> None:
        left, right = socket.socketpair()
        with left, right, pytest.raises(RuntimeError, match="do not belong"):
            asyncio.get_running_loop().add_reader(left, print)

    run_virtual(main())
