"""How much did other programs disturb a measurement?"""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Sequence
from pathlib import Path

__all__ = ["Load", "cores"]


def cores() -> tuple[int, int]:
    """A core for each of two sides; the same one where there is only one."""
    usable = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else list(range(os.cpu_count() or 1))
    return usable[0], usable[-1]


class Load:
    """The machine's and our own CPU time at one moment; ours is this process, its ended children, and ``pids``."""

    def __init__(self, pids: Sequence[int]) -> None:
        self._pids = tuple(pids)
        self._at_s = time.monotonic()
        self._busy_s = _busy_s()
        self._ours_s = self._ours()

    def foreign_cores(self) -> float | None:
        """How many cores other programs used since then; ``None`` where the system does not tell."""
        now = _busy_s()
        if now is None or self._busy_s is None:
            return None
        foreign_s = now - self._busy_s - (self._ours() - self._ours_s)
        return max(0.0, foreign_s / (time.monotonic() - self._at_s))

    def _ours(self) -> float:
        children = resource.getrusage(resource.RUSAGE_CHILDREN)
        return children.ru_utime + children.ru_stime + time.process_time() + sum(map(_cpu_of, self._pids))


def _busy_s() -> float | None:
    """CPU time of the whole machine but idling and waiting for disks."""
    try:
        fields = Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]
    except OSError:
        return None
    user, nice, system, _idle, _iowait, irq, softirq, steal = map(int, fields)
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")


def _cpu_of(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
