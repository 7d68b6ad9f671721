"""How does what a tool says of its progress reach the call, from whatever thread it is said?"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable

__all__ = ["Progress"]


class Progress:
    """Takes words from any thread and hands the latest ones to ``report``, on the loop that made it.

    Words that nobody has taken yet are replaced: a tool that reports a thousand steps a second holds up nothing.
    """

    def __init__(self, report: Callable[[str], None]) -> None:
        self._report = report
        self._loop = asyncio.get_running_loop()
        self._home = threading.get_ident()
        self._lock = threading.Lock()
        self._words: str | None = None

    def __call__(self, words: str) -> None:
        """Report progress; never waits, and is nothing when the call is over."""
        with self._lock:
            scheduled, self._words = self._words is not None, words
        if scheduled:
            return
        if threading.get_ident() == self._home:
            self._take()
        else:
            with contextlib.suppress(RuntimeError):  # the loop is closed
                self._loop.call_soon_threadsafe(self._take)

    def _take(self) -> None:
        with self._lock:
            words, self._words = self._words, None
        if words is not None:
            self._report(words)
