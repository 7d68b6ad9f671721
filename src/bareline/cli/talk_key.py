"""How does a key of the keyboard become a push-to-talk button?"""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bareline.cli.talk_view import TalkView
    from bareline.turns import PushToTalk

__all__ = ["KEY_HINT", "follow_key"]

KEY_HINT = "Press space, say something, press space again."
_KEYS = b" \r\n"
"""Space and enter: a terminal tells that a key goes down, and never that it comes up, so each press changes sides."""


async def follow_key(key: PushToTalk, view: TalkView) -> None:
    """Let the keyboard press and release ``key``, until standard input ends or this is cancelled."""
    with _single_keys():
        pressed = _presses()
        while await pressed.get():
            if key.pressed:
                key.release()
                view.notice("Sent.")
            else:
                key.press()
                view.notice("Listening: press space again to send.")
    key.release()


@contextmanager
def _single_keys() -> Generator[None]:
    """Hand over keys as they are pressed, unseen; where there is no terminal, as they come."""
    if not sys.stdin.isatty():
        yield
        return
    import termios
    import tty

    before = termios.tcgetattr(sys.stdin)
    tty.setcbreak(sys.stdin)
    try:
        yield
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)


def _presses() -> asyncio.Queue[bool]:
    """True for each press of a key that counts, False at the end.

    Read by a daemon thread: nothing can wake a thread that waits for a keyboard, and it must not hold up Ctrl-C.
    """
    presses: asyncio.Queue[bool] = asyncio.Queue()
    loop = asyncio.get_running_loop()
    keyboard = sys.stdin.fileno()

    def read() -> None:
        with suppress(RuntimeError, OSError):  # the call is over, and its loop closed; the terminal is gone
            while got := os.read(keyboard, 1):
                if got in _KEYS:
                    loop.call_soon_threadsafe(presses.put_nowait, True)
            loop.call_soon_threadsafe(presses.put_nowait, False)

    threading.Thread(target=read, name="bareline-key", daemon=True).start()
    return presses
