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


class Terminal:
    """Writes lines to ``stream``: coloured on a terminal (unless ``NO_COLOR`` is set), plain in a pipe."""

    def __init__(self, stream: TextIO | None = None, *, silent: bool = False) -> None:
        self._stream = stream or sys.stdout
        self._silent = silent
        self.coloured = self._stream.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"

    def paint(self, text: str, *styles: str) -> str:
        """``text`` in these styles, where the stream shows them."""
        if not self.coloured or not styles:
            return text
        return f"\x1b[{';'.join(_COLOURS[style] for style in styles)}m{text}\x1b[0m"

    def line(self, text: str = "", *styles: str) -> None:
        """One line."""
        if not self._silent:
            print(self.paint(text, *styles), file=self._stream, flush=True)
