"""How does a device that is no device keep time?"""

from __future__ import annotations

import asyncio
import contextlib

from bareline.clock import now_ns
from bareline.units import NS_PER_S

__all__ = ["sleep_until", "wait_until"]


async def sleep_until(due_ns: int) -> None:
    """Wait for an absolute time of the running loop's clock: lateness of one wait is not handed on to the next."""
    while (left := due_ns - now_ns()) > 0:  # noqa: ASYNC110 - the clock itself is waited for
        await asyncio.sleep(left / NS_PER_S)


async def wait_until(due_ns: int, news: asyncio.Event) -> None:
    """Wait for a time or for news, whichever comes first."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout((due_ns - now_ns()) / NS_PER_S):
            await news.wait()
