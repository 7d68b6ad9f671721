"""How does a line look on a terminal, in a pipe, and to a machine?"""

from __future__ import annotations

import os
import sys
from typing import TextIO

__all__ = ["Terminal"]

_COLOURS = {
    "bold": "1",
    "dim": "2",
    "red": "31",
    "green": "32",
    "yellow": "33",
    "blue": "34",
    "magenta": "35",
    "cyan": "36",
}


_STATUS = "\r\x1b[?7l{}\x1b[K\x1b[?7h"
"""From the line's beginning, cut at the terminal's edge, the rest of the line erased."""


class Terminal:
    """Writes lines to ``stream``: coloured on a terminal (unless ``NO_COLOR`` is set), plain in a pipe.

    ``live``: what was written can be written over, so that ``status`` shows.
    """

    def __init__(self, stream: TextIO | None = None, *, silent: bool = False) -> None:
        self._stream = stream or sys.stdout
        self._silent = silent
        self._status = ""
        self.live = self._stream.isatty() and os.environ.get("TERM") != "dumb" and not silent
        self.coloured = self.live and "NO_COLOR" not in os.environ

    def paint(self, text: str, *styles: str) -> str:
        """``text`` in these styles, where the stream shows them."""
        if not self.coloured or not styles:
            return text
        return f"\x1b[{';'.join(_COLOURS[style] for style in styles)}m{text}\x1b[0m"

    def can_show(self, text: str) -> bool:
        """Whether the stream's encoding has letters for it."""
        try:
            text.encode(self._stream.encoding or "ascii")
        except UnicodeEncodeError:
            return False
        return True

    def line(self, text: str = "", *styles: str) -> None:
        """One line, above the status."""
        if self._silent:
            return
        status = self._status
        self.status("")
        print(self.paint(text, *styles), file=self._stream, flush=True)
        self.status(status)

    def prompt(self, text: str) -> None:
        """What the person types stands behind it."""
        if not self._silent:
            print(text, end="", file=self._stream, flush=True)

    def status(self, text: str) -> None:
        """Show this below all lines, in place of what stood there; where that is not possible, nothing."""
        if self.live and (text or self._status):
            self._status = text
            print(_STATUS.format(text), end="", file=self._stream, flush=True)
