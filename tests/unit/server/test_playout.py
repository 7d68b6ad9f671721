"""Are frames handed out on time, with one timer for all, and in the order of the responses?"""

from __future__ import annotations

import asyncio

from bareline.clock import now_ns
from bareline.server.playout import OUTPUT_MAX_BYTES, Drained, Due, Playout, Started
from bareline.server.playout_clock import GRID_MS, PlayoutClock
from bareline.testing.virtual import run_virtual
from bareline.units import ms_to_ns

FRAME = bytes(960)


def timers() -> int:
    """Timers that the loop has, cancelled ones aside."""
    return sum(not handle.cancelled() for handle in asyncio.get_running_loop()._scheduled)


def test_all_who_wait_share_one_timer_that_stops_with_them() -> None:
    async def main() -> None:
        clock = PlayoutClock()
        woken: list[int] = []

        async def wait(due_ns: int) -> None:
            await clock.until(due_ns)
            woken.append(now_ns())

        tasks = [asyncio.create_task(wait(ms_to_ns(ms))) for ms in (40, 20, 20, 30, 20)]
        await asyncio.sleep(0)
        assert timers() == 1
        tasks[3].cancel()
        await asyncio.sleep(0.025)
        assert woken == [ms_to_ns(20)] * 3
        await asyncio.wait(tasks)
        assert woken[3:] == [ms_to_ns(40)]
        assert timers() == 0

    run_virtual(main())


def test_deadlines_lie_on_a_grid() -> None:
    async def main() -> None:
        clock = PlayoutClock()
        assert clock.next_ns() == 0
        await asyncio.sleep(0.0123)
        assert clock.next_ns() == ms_to_ns(15)
        assert clock.next_ns() % ms_to_ns(GRID_MS) == 0

    run_virtual(main())


async def collect(playout: Playout, count: int) -> list[str]:
    steps: list[str] = []
    async for step in playout.steps():
        match step:
            case Started(name):
                steps.append(f"start {name}")
            case Due(name, frame, played_ms):
                steps.append(f"{name} {played_ms}@{frame.first_sample // 24}")
            case Drained(name):
                steps.append(f"end {name}")
        if len(steps) == count:
            return steps
    return steps


def test_a_part_of_a_frame_waits_for_more_and_is_filled_up_at_the_end() -> None:
    async def main() -> None:
        playout = Playout(PlayoutClock(), ahead_s=30)
        playing = asyncio.create_task(collect(playout, 5))
        playout.append("a", FRAME + FRAME[:480])
        await asyncio.sleep(0.1)
        playout.append("a", FRAME[:960])
        playout.end("a")
        assert await playing == ["start a", "a 20@0", "a 40@100", "a 50@120", "end a"]

    run_virtual(main())


def test_what_was_dropped_is_not_handed_out_and_the_next_response_follows() -> None:
    async def main() -> None:
        playout = Playout(PlayoutClock(), ahead_s=30)
        playing = asyncio.create_task(collect(playout, 6))
        for name in ("a", "b", "c"):
            playout.append(name, FRAME * 3)
            playout.end(name)
        await asyncio.sleep(0.03)
        playout.drop("a")
        playout.drop("b")
        playout.drop("none")
        assert not playout.holds("a")
        assert await playing == ["start a", "a 20@0", "a 40@20", "start c", "c 20@40", "c 40@60"]

    run_virtual(main())


def test_those_behind_wait_when_all_hold_too_much_and_the_first_never() -> None:
    async def main() -> None:
        playout = Playout(PlayoutClock(), ahead_s=1_000)
        playout.append("first", FRAME)
        playout.append("second", bytes(OUTPUT_MAX_BYTES))
        await playout.room("first")
        waiting = asyncio.create_task(playout.room("second"))
        await asyncio.sleep(1)
        assert not waiting.done()
        playout.drop("first")
        await waiting  # it is the first now

    run_virtual(main())


def test_frames_do_not_drift_in_ten_minutes() -> None:
    async def main() -> None:
        playout = Playout(PlayoutClock(), ahead_s=30)
        playout.append("a", FRAME * 2)
        count = 0
        async for step in playout.steps():
            if isinstance(step, Due):
                assert now_ns() == ms_to_ns(20) * count == step.frame.at_ns
                count += 1
                playout.append("a", FRAME)
            if count == 30_000:
                return

    run_virtual(main())
