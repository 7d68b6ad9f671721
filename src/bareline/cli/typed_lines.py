"""What does the person type, while a call goes on?"""

from __future__ import annotations

import asyncio
import sys
import threading
from contextlib import suppress

__all__ = ["typed_lines"]


def typed_lines() -> asyncio.Queue[str]:
    """Lines of standard input as they come; an empty one at the end.

    Read by a daemon thread: nothing can wake a thread that waits for a keyboard, and it must not hold up Ctrl-C.
    """
    lines: asyncio.Queue[str] = asyncio.Queue()
    loop = asyncio.get_running_loop()

    def read() -> None:
        with suppress(RuntimeError):  # the call is over, and its loop closed
            for line in sys.stdin:
                loop.call_soon_threadsafe(lines.put_nowait, line)
            loop.call_soon_threadsafe(lines.put_nowait, "")

    threading.Thread(target=read, name="bareline-stdin", daemon=True).start()
    return lines
