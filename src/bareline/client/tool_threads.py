"""How do plain functions run beside the event loop, and what becomes of one that nobody waits for any more?

In a bounded number of threads. A thread cannot be stopped: one that has begun goes on to its end, which is reported;
one that has not begun never does.
"""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

__all__ = ["THREADS_MAX", "Entry", "ToolThreads"]

THREADS_MAX = 8
"""Plain (not async) functions that run at once; more wait for a thread."""

_HAND_OVER_S = 0.000_3
"""How long the loop stands still for a thread to begin, which takes about a tenth of it.

Otherwise the thread would get the interpreter when the loop has nothing else to do, or after five milliseconds.
"""

Late = Callable[[asyncio.Future[Any]], None]


class Entry:
    """Whether a function was entered: decided once, whichever thread asks."""

    def __init__(self) -> None:
        self.entered = False
        self._given_up = False
        self._lock = threading.Lock()
        self._not_begun = threading.Lock()
        self._not_begun.acquire()

    def enter(self) -> bool:
        """Begin, unless it was given up before."""
        with self._lock:
            self.entered = not self._given_up
        self._not_begun.release()
        return self.entered

    def hand_over(self) -> None:
        """Let the other thread begin, if one is free."""
        self._not_begun.acquire(timeout=_HAND_OVER_S)

    def give_up(self) -> bool:
        """Do not begin any more. False when it has begun."""
        with self._lock:
            self._given_up = True
            return not self.entered


class ToolThreads:
    """The threads of one call."""

    def __init__(self) -> None:
        self._pool: ThreadPoolExecutor | None = None
        self._late: set[asyncio.Future[Any]] = set()

    async def run(self, function: Callable[[], Any], entry: Entry, late: Late) -> Any:
        """Run it in a thread. When this is cancelled and it has begun, ``late`` gets its end, whenever that comes."""
        if self._pool is None:
            self._pool = ThreadPoolExecutor(THREADS_MAX, thread_name_prefix="bareline-tool")
        context, returned = contextvars.copy_context(), list[Any]()
        inside: Callable[[], Any] = lambda: context.run(_entered, function, entry, returned)  # noqa: E731 (typed)
        work = asyncio.get_running_loop().run_in_executor(self._pool, inside)
        entry.hand_over()
        if returned:  # at once, as of a function that looks into its memory: no turn of the loop is needed
            return returned[0]
        try:
            return await asyncio.shield(work)
        except asyncio.CancelledError:
            if entry.give_up():
                work.cancel()
            elif not work.done():
                self._late.add(work)
                work.add_done_callback(self._late.discard)
                work.add_done_callback(late)
            raise

    def close(self) -> None:
        """Start no more, and hear no more of those that run; may be called twice."""
        for work in list(self._late):
            work.cancel()
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)


def _entered(function: Callable[[], Any], entry: Entry, returned: list[Any]) -> Any:
    if not entry.enter():
        return None
    try:
        value = function()
    except StopIteration as error:  # no future can carry it
        raise RuntimeError("the function raised StopIteration") from error
    returned.append(value)
    return value
