"""What time is it, for code that runs on an event loop?

Always the running loop's own clock, so that the virtual-time loop of ``bareline.testing`` moves everything (D12). The
core never calls this: it is told the time.
"""

from __future__ import annotations

from asyncio import get_running_loop

from bareline.units import NS_PER_S

__all__ = ["now_ns"]


def now_ns() -> int:
    """Nanoseconds of the running loop's monotonic clock, to the nearest one, so that a deadline is met at its time."""
    return round(get_running_loop().time() * NS_PER_S)
