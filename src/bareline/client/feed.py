"""How do several consumers follow one stream of events, without any of them holding up the call?"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from typing import Generic, TypeVar

__all__ = ["FEED_MAX", "Feed"]

FEED_MAX = 2_000
"""Entries a slow consumer may fall behind; then it loses the oldest, which are counted in ``Feed.dropped``."""

T = TypeVar("T")


class Feed(Generic[T]):
    """Entries go to everybody who follows. ``history``: how many earlier ones a new follower gets first."""

    def __init__(self, *, history: int = 0) -> None:
        self.dropped = 0
        self._history: deque[T] = deque(maxlen=history)
        self._followers: list[_Follower[T]] = []
        self._closed = False

    def put(self, entry: T) -> None:
        """Hand out one entry; never waits."""
        self._history.append(entry)
        for follower in self._followers:
            self.dropped += len(follower.entries) == FEED_MAX
            follower.entries.append(entry)
            follower.news.set()

    def close(self) -> None:
        """End all iterations after what is queued; may be called twice."""
        self._closed = True
        for follower in self._followers:
            follower.news.set()

    def follow(self) -> AsyncIterator[T]:
        """Entries from now on (and the history before); ends when the feed is closed."""
        follower: _Follower[T] = _Follower(self._history)
        self._followers.append(follower)
        return self._entries(follower)

    async def _entries(self, follower: _Follower[T]) -> AsyncIterator[T]:
        try:
            while True:
                while follower.entries:
                    yield follower.entries.popleft()
                if self._closed:
                    return
                follower.news.clear()
                await follower.news.wait()
        finally:
            self._followers.remove(follower)


class _Follower(Generic[T]):
    def __init__(self, history: deque[T]) -> None:
        self.entries: deque[T] = deque(history, maxlen=FEED_MAX)
        self.news = asyncio.Event()
