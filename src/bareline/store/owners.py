"""Which of the processes that use a file of executions still live?

Each opening of the file owns a small file beside it and holds the system's lock on it (``flock``). The system gives the
lock back when its holder is gone, however it ended, so that nobody has to compare process ids, which come again, or
times of starting, which containers do not share. A child made by ``fork`` alone holds its parent's lock: its parent
counts as living as long as the child does.
"""

from __future__ import annotations

import fcntl
import os
import uuid
from pathlib import Path

__all__ = ["Owner"]

_NEW = ".new"


class Owner:
    """One opening of a file of executions, living until ``close`` or the end of its process; ``name`` is its own."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, exist_ok=True)
        self.name = uuid.uuid4().hex
        self._folder = folder
        self._file = folder / self.name
        # Locked before it has its name: whoever sees the name without a lock sees one who is gone.
        unnamed = folder / f"{self.name}{_NEW}"
        self._descriptor: int | None = os.open(unnamed, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)
        os.write(self._descriptor, f"{os.getpid()}\n".encode())
        unnamed.rename(self._file)

    def is_gone(self, name: str) -> bool:
        """Whether this other owner is gone; its file goes with it. One at a time: asking takes the lock."""
        if name == self.name:
            return False
        file = self._folder / name
        try:
            descriptor = os.open(file, os.O_RDWR)
        except FileNotFoundError:
            return True
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        else:
            file.unlink(missing_ok=True)
            return True
        finally:
            os.close(descriptor)

    def sweep(self) -> None:
        """Remove the files of all who are gone. One at a time, as ``is_gone``."""
        for file in self._folder.iterdir():
            if not file.name.endswith(_NEW):
                self.is_gone(file.name)

    def close(self) -> None:
        """Live no more; may be called twice."""
        if self._descriptor is not None:
            self._file.unlink(missing_ok=True)
            os.close(self._descriptor)
            self._descriptor = None
