"""How do ten minutes of a call pass in milliseconds, and why does a deadlock not hang?

An event loop whose clock jumps to the next deadline as soon as nothing is ready (D12). When nothing is ready and
nothing is scheduled, everybody waits for ever: that is a ``Deadlock`` error, not a hang.

Work given to threads through the loop (``asyncio.to_thread``, ``run_in_executor``) takes no virtual time: the clock
stands still until it is done. Whatever else comes from outside has no place in virtual time and is refused with a
``RuntimeError``: real sockets and pipes, and ``call_soon_threadsafe`` from a thread that the loop did not start.
"""

from __future__ import annotations

import asyncio
import selectors
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor
from contextvars import Context
from types import CodeType
from typing import Any, TypeVar, TypeVarTuple

__all__ = ["Deadlock", "TasksLeftBehind", "TimeRanAway", "VirtualLoop", "run_virtual"]

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

_LIMIT_S = 3 * 3600
_GRACE_TURNS = 10
"""How often the loop turns at the end before a task counts as left behind."""
_THREAD_PATIENCE_S = 30.0
"""Real seconds that a thread's work may take."""


class Deadlock(AssertionError):
    """Every task waits for something that nobody is going to do."""


class TimeRanAway(AssertionError):
    """Virtual time went past its limit: something repeats for ever."""


class TasksLeftBehind(AssertionError):
    """The test is over and tasks without an owner still run."""


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop in virtual time, starting at 0 and never going back. ``limit_s``: see ``run_virtual``."""

    def __init__(self, limit_s: float = _LIMIT_S) -> None:
        self._jumping = _JumpingSelector(limit_s)
        self._home = threading.get_ident()
        super().__init__(self._jumping)
        self._jumping.closed_to_files = True
        # A timer fires at its nanosecond, not one before it (asyncio fires when it is less than this away).
        self._clock_resolution = 0.5e-9

    def time(self) -> float:
        return self._jumping.now_ns / 1e9

    def run_in_executor(self, executor: Executor | None, func: Callable[..., T], *args: Any) -> asyncio.Future[T]:
        self._jumping.threads += 1
        work = super().run_in_executor(executor, func, *args)
        work.add_done_callback(self._thread_done)
        return work

    def call_soon_threadsafe(
        self, callback: Callable[[*Ts], object], *args: *Ts, context: Context | None = None
    ) -> asyncio.Handle:
        if threading.get_ident() != self._home and not self._jumping.threads:
            raise RuntimeError(
                "a thread that the virtual loop did not start called it: when that happens in virtual time is chance; "
                "use asyncio.to_thread, or asyncio.run for real time"
            )
        return super().call_soon_threadsafe(callback, *args, context=context)

    async def shutdown_default_executor(self, *args: Any) -> None:
        self._jumping.threads += 1
        try:
            await super().shutdown_default_executor(*args)
        finally:
            self._jumping.threads -= 1

    def _thread_done(self, _: object) -> None:
        self._jumping.threads -= 1


def run_virtual(main: Coroutine[Any, Any, T], *, limit_s: float = _LIMIT_S, leftovers: bool = False) -> T:
    """Run ``main`` to its end in virtual time and return its result.

    Raises ``Deadlock`` when nothing can ever happen again (the message says where each task waits), ``TimeRanAway``
    when more than ``limit_s`` seconds of virtual time pass, and ``TasksLeftBehind`` when ``main`` returned and tasks
    still run, unless ``leftovers`` allows them. Tasks left behind are cancelled in any case.
    """
    with asyncio.Runner(loop_factory=lambda: VirtualLoop(limit_s)) as runner:
        return runner.run(main if leftovers else _tidy(main))


async def _tidy(main: Coroutine[Any, Any, T]) -> T:
    result = await main
    for _ in range(_GRACE_TURNS):
        await asyncio.sleep(0)
    left = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    if left:
        raise TasksLeftBehind(f"the test is over, and {len(left)} task(s) still run:{_places(left)}")
    return result


class _JumpingSelector(selectors.DefaultSelector):
    """Never sleeps, except for threads: time passes by moving the loop's clock."""

    def __init__(self, limit_s: float) -> None:
        super().__init__()
        self.now_ns = 0
        self.threads = 0
        self.closed_to_files = False
        self._limit_ns = int(limit_s * 1e9)

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        if self.closed_to_files:
            raise RuntimeError("real sockets and pipes do not belong on the virtual loop; use asyncio.run")
        return super().register(fileobj, events, data)

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        idle = timeout is None or timeout > 0
        ready = super().select(_THREAD_PATIENCE_S if self.threads and idle else 0)
        if ready or not idle:
            return ready
        if self.threads:
            raise Deadlock(f"a thread's work took more than {_THREAD_PATIENCE_S:.0f} s of real time:{_waiting()}")
        if timeout is None:
            raise Deadlock(f"nothing is scheduled, and everybody waits:{_waiting()}")
        self.now_ns += max(1, round(timeout * 1e9))
        if self.now_ns > self._limit_ns:
            raise TimeRanAway(f"more than {self._limit_ns / 1e9:g} s of virtual time passed:{_waiting()}")
        return ready


def _waiting() -> str:
    return _places([task for task in asyncio.all_tasks() if not task.done()]) or " (no tasks)"


def _places(tasks: list[asyncio.Task[Any]]) -> str:
    return "".join(sorted(f"\n  {task.get_name()}: {_place(task)}" for task in tasks))


def _place(task: asyncio.Task[Any]) -> str:
    """The calls from the task's coroutine down to where it waits, as ``function (file:line)``."""
    calls: list[str] = []
    waiting: Any = task.get_coro()
    while waiting is not None:
        code: CodeType | None = getattr(waiting, "cr_code", None) or getattr(waiting, "ag_code", None)
        frame = getattr(waiting, "cr_frame", None) or getattr(waiting, "ag_frame", None)
        if code is not None:
            line = frame.f_lineno if frame is not None else code.co_firstlineno
            file = code.co_filename.rpartition("/")[2]
            calls.append(f"{code.co_qualname} ({file}:{line})")
        waiting = getattr(waiting, "cr_await", None) or getattr(waiting, "ag_await", None)
    return " > ".join(calls)
