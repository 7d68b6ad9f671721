"""What did a server's program write to its standard error, lately?"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

__all__ = ["STDERR_MAX_BYTES", "StderrTail"]

STDERR_MAX_BYTES = 64 * 1024
"""What is kept of it; the oldest goes first."""


class StderrTail:
    """Takes what comes through a pipe and keeps its end. Where the loop cannot read pipes, nothing is kept."""

    def __init__(self) -> None:
        self._kept = bytearray()
        self._transport: asyncio.ReadTransport | None = None

    @property
    def text(self) -> str:
        """What is kept of it."""
        return bytes(self._kept).decode(errors="replace")

    async def open(self) -> TextIO:
        """A file for the program, of which the caller closes its own copy. A pipe before this one is given up."""
        self.close()
        incoming, outgoing = os.pipe()
        reader, writer = os.fdopen(incoming, "rb", 0), os.fdopen(outgoing, "w")
        try:
            self._transport, _ = await asyncio.get_running_loop().connect_read_pipe(lambda: _Into(self._keep), reader)
        except (NotImplementedError, OSError):  # pragma: no cover  (Windows)
            reader.close()
            writer.close()
            return Path(os.devnull).open("w")  # noqa: ASYNC230 (no disk is touched)
        return writer

    def close(self) -> None:
        """Read no more; what was read is kept. May be called twice."""
        if self._transport is not None:
            self._transport.close()
            self._transport = None

    def _keep(self, data: bytes) -> None:
        self._kept += data
        del self._kept[:-STDERR_MAX_BYTES]


class _Into(asyncio.Protocol):
    def __init__(self, keep: Callable[[bytes], None]) -> None:
        self._keep = keep

    def data_received(self, data: bytes) -> None:
        self._keep(data)
