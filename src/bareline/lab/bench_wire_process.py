"""How are the clients of a bench run apart from each other, and how much did strangers disturb them?"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from bareline.errors import BarelineError
from bareline.lab.bench_wire_report import ClientRun

__all__ = ["BenchServer", "cores", "import_ms", "run_client"]

_START_TIMEOUT_S = 30
_IMPORT = "import time; began = time.perf_counter(); import bareline; print((time.perf_counter() - began) * 1e3)"
_IMPORT_RUNS = 5


def cores() -> tuple[int, int]:
    """The core of the clients and the core of the server; the same one where there is only one."""
    usable = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else list(range(os.cpu_count() or 1))
    return usable[0], usable[-1]


class BenchServer:
    """The bare server in a process of its own, on a core of its own; ``port`` once it is entered."""

    def __init__(self) -> None:
        self.port = 0
        self._process: subprocess.Popen[str] | None = None

    @property
    def cpu_s(self) -> float:
        """CPU time of the server so far; 0 where the system does not tell."""
        return _cpu_of(self._process.pid) if self._process is not None else 0.0

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "bareline.lab.bench_wire_server"]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # noqa: S603
        if hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(self._process.pid, {cores()[1]})
        assert self._process.stdout is not None  # noqa: S101  (it is a pipe)
        self.port = int(self._process.stdout.readline())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()


def run_client(
    server: BenchServer, kind: str, *, seconds: float, trace: Path, sessions: int = 1, frame_ms: int = 20
) -> ClientRun:
    """Run one client to its end. Raises ``BarelineError`` when it failed."""
    plan: dict[str, Any] = {"kind": kind, "port": server.port, "seconds": seconds, "sessions": sessions}
    plan |= {"frame_ms": frame_ms, "core": cores()[0], "trace": str(trace), "spawned_ns": time.monotonic_ns()}
    before = _Load(server)
    command = [sys.executable, "-m", "bareline.lab.bench_wire_client", json.dumps(plan)]
    limit_s = _START_TIMEOUT_S + seconds + sessions
    done = subprocess.run(command, capture_output=True, text=True, timeout=limit_s, check=False)  # noqa: S603
    foreign = before.foreign_cores()
    if done.returncode or not done.stdout:
        raise BarelineError(f"the client '{kind}' of the bench failed: {done.stderr.strip()[-500:]}")
    return _client_run(kind, json.loads(done.stdout), foreign)


def import_ms() -> float:
    """Milliseconds of ``import bareline`` in a fresh process; the best of a few, since strangers only slow it down."""
    command = [sys.executable, "-c", _IMPORT]
    runs = [subprocess.run(command, capture_output=True, text=True, check=True) for _ in range(_IMPORT_RUNS)]  # noqa: S603
    return min(float(run.stdout) for run in runs)


class _Load:
    """The machine's and our own CPU time at one moment."""

    def __init__(self, server: BenchServer) -> None:
        self._server = server
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
        return children.ru_utime + children.ru_stime + time.process_time() + self._server.cpu_s


def _client_run(kind: str, found: dict[str, Any], foreign: float | None) -> ClientRun:
    if found["failed"]:
        raise BarelineError(f"the client '{kind}' of the bench failed: {found['failed']}")
    latencies: list[int] = found["latencies_us"]
    return ClientRun(
        kind=kind,
        deltas=len(latencies),
        p50_us=_at(latencies, 0.5),
        p99_us=_at(latencies, 0.99),
        cpu_s_per_min=found["cpu_s_per_min"],
        start_ms=found["start_ms"],
        resident_mb=found["resident_mb"],
        heavy_modules=found["heavy_modules"],
        foreign_cores=foreign,
    )


def _at(ordered: list[int], share: float) -> float:
    return float(ordered[min(len(ordered) - 1, int(len(ordered) * share))]) if ordered else 0.0


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
