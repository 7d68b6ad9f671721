"""How does a command that holds a call end when it is told to?"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Coroutine
from typing import Any, TypeVar

__all__ = ["run_call"]

T = TypeVar("T")


def run_call(call: Coroutine[Any, Any, T]) -> T:
    """``asyncio.run``, with SIGTERM as good an end as SIGINT: the call is hung up, files are closed, status 143."""
    return asyncio.run(_until_told(call))


async def _until_told(call: Coroutine[Any, Any, T]) -> T:
    holding = asyncio.ensure_future(call)
    told = False

    def end() -> None:
        nonlocal told
        told = True
        holding.cancel()

    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, end)
    try:
        return await holding
    except asyncio.CancelledError:
        if told:
            raise SystemExit(128 + signal.SIGTERM) from None
        raise
