"""How do ten minutes of a call pass in milliseconds, and why does a deadlock not hang?

An event loop whose clock jumps to the next deadline as soon as nothing is ready (D12). When nothing is ready and
nothing is scheduled, everybody waits for ever: that is a ``Deadlock`` error, not a hang. Real sockets and threads do
not belong on it.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

__all__ = ["Deadlock", "VirtualLoop", "run_virtual"]

T = TypeVar("T")


class Deadlock(AssertionError):
    """Every task waits for something that nobody is going to do."""


class _JumpingSelector(selectors.DefaultSelector):
    """Never sleeps: time passes by moving the loop's clock."""

    def __init__(self) -> None:
        super().__init__()
        self.now_ns = 0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if ready:
            return ready
        if timeout is None:
            raise Deadlock(_waiting())
        if timeout > 0:
            self.now_ns += max(1, round(timeout * 1e9))
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop in virtual time, starting at 0."""

    def __init__(self) -> None:
        self._jumping = _JumpingSelector()
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.now_ns / 1e9


def run_virtual(main: Coroutine[Any, Any, T]) -> T:
    """Run ``main`` to its end in virtual time and return its result.

    Raises ``Deadlock`` when nothing can ever happen again; the message names the waiting tasks. Tasks that ``main``
    leaves behind are cancelled.
    """
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(main)


def _waiting() -> str:
    names = sorted(repr(task.get_coro()) for task in asyncio.all_tasks() if not task.done())
    return f"deadlock: nothing is scheduled, and these tasks wait: {', '.join(names) or 'none'}"
