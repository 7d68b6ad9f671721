"""When does each part of the assistant's speech begin and end to sound, and when is it worth looking?

A sink tells what was heard only when it is asked. While a part sounds and more of its audio may come, hearing changes
nothing that anybody waits for, so nobody asks.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import NoReturn

from bareline.client.journal import Journal
from bareline.clock import now_ns
from bareline.protocol.media_playout import MediaLedger
from bareline.protocol.playout import Cut, PartKey, PlayoutLedger
from bareline.units import NS_PER_S, samples_to_ns

__all__ = ["LOOK_MAX_S", "LOOK_MIN_S", "STUCK_S", "Sounding", "heard_out"]

LOOK_MIN_S = 0.02
"""So late a beginning or an end is noticed at most."""
LOOK_MAX_S = 0.25
"""The end of a part is looked for at least so often, in case that a device is not as slow as time."""
STUCK_S = 5
"""A sink that has played nothing for so long plays nothing any more."""


class Sounding:
    """The parts that have not sounded to their end, in the order in which they began.

    ``started`` is called with a part and when its first sample was heard, ``stopped`` with a part and whether it was
    cut.
    """

    def __init__(
        self,
        ledger: PlayoutLedger | MediaLedger,
        journal: Journal,
        *,
        started: Callable[[PartKey, int], None],
        stopped: Callable[[PartKey, bool], None],
    ) -> None:
        self._ledger = ledger
        self._journal = journal
        self._started = started
        self._stopped = stopped
        self._open: dict[PartKey, None] = {}
        self._begun: dict[PartKey, None] = {}
        self._news = asyncio.Event()

    @property
    def open(self) -> tuple[PartKey, ...]:
        """Parts whose end was not heard yet."""
        return tuple(self._open)

    @property
    def begun(self) -> tuple[PartKey, ...]:
        """Those of them whose beginning was heard."""
        return tuple(self._begun)

    def opened(self, key: PartKey) -> None:
        """A part begins, or goes on."""
        self._open[key] = None

    def has_begun(self, key: PartKey) -> bool:
        """Whether this part sounds."""
        return key in self._begun

    def wake(self) -> None:
        """A part may begin or end sooner than it seemed."""
        self._news.set()

    async def watch(self, refresh: Callable[[], None]) -> NoReturn:
        """Look whenever it is worth it, until cancelled; ``refresh`` lets the ledger know what was heard until now."""
        while True:
            self._news.clear()
            refresh()
            self.look()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self.next_look_s()):
                    await self._news.wait()

    def look(self) -> None:
        """Say what has begun and ended since the last time; the ledger knows what was heard until now."""
        for key in self.open:
            position = self._ledger.position(*key)
            if position is None or position.cut:
                self._open.pop(key, None)
                continue
            if position.heard and key not in self._begun:
                self._begun[key] = None
                self._journal.playout("started", key, position)
                self._started(key, now_ns() - samples_to_ns(position.heard))
            if position.finished and position.heard == position.queued:
                del self._open[key]
                self._begun.pop(key, None)
                self._journal.playout("finished", key, position)
                self._stopped(key, False)

    def cut(self, cut: Cut) -> None:
        """A part was interrupted."""
        key = (cut.item_id, cut.content_index)
        position = self._ledger.position(*key)
        self._open.pop(key, None)
        if position is not None:
            self._journal.playout("interrupted", key, position, cut)
        if self._begun.pop(key, key) is None:
            self._stopped(key, True)

    def next_look_s(self) -> float | None:
        """In how many seconds a part may begin or end to sound; ``None``: not before more audio, or its end, comes."""
        ahead = 0
        for key in self._open:
            position = self._ledger.position(*key)
            if position is None:
                continue
            unheard = position.queued - position.heard
            if key not in self._begun:
                if position.written:
                    return _look_s(ahead)
            elif position.finished:
                return _look_s(unheard)
            ahead += unheard
        return None


async def heard_out(unheard_samples: Callable[[], int]) -> None:
    """Wait until nothing is left to be heard; a sink that has not moved for ``STUCK_S`` never will."""
    left, moved_ns = unheard_samples(), now_ns()
    while left and now_ns() - moved_ns < STUCK_S * NS_PER_S:
        await asyncio.sleep(LOOK_MIN_S)
        before, left = left, unheard_samples()
        if left != before:
            moved_ns = now_ns()


def _look_s(samples: int) -> float:
    return min(LOOK_MAX_S, max(LOOK_MIN_S, samples_to_ns(samples) / NS_PER_S))
