"""How are the clients of a bench run apart from each other?"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from bareline.errors import BarelineError
from bareline.lab.bench_load import Load, cores
from bareline.lab.bench_wire_report import ClientRun

__all__ = ["BenchServer", "import_ms", "run_client", "run_plan"]

_START_TIMEOUT_S = 30
_IMPORT = "import time; began = time.perf_counter(); import bareline; print((time.perf_counter() - began) * 1e3)"
_IMPORT_RUNS = 5


class BenchServer:
    """A bare server in a process of its own, on a core of its own; ``port`` once it is entered."""

    def __init__(self, module: str = "bareline.lab.bench_wire_server") -> None:
        self.port = 0
        self._module = module
        self._process: subprocess.Popen[str] | None = None

    @property
    def pid(self) -> int:
        """Its process; only once it is entered."""
        assert self._process is not None  # noqa: S101  (a mistake of the caller)
        return self._process.pid

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", self._module]
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
    plan: dict[str, Any] = {"kind": kind, "seconds": seconds, "sessions": sessions}
    plan |= {"frame_ms": frame_ms, "trace": str(trace)}
    found, foreign = run_plan(server, "bareline.lab.bench_wire_client", plan, limit_s=seconds + sessions)
    return _client_run(kind, found, foreign)


def run_plan(
    server: BenchServer, module: str, plan: dict[str, Any], *, limit_s: float
) -> tuple[dict[str, Any], float | None]:
    """Run a client's module to its end: the line of JSON it printed, and how many cores others used meanwhile.

    ``limit_s``: how long it may take beside its start. Raises ``BarelineError`` when it failed.
    """
    plan = {**plan, "port": server.port, "core": cores()[0], "spawned_ns": time.monotonic_ns()}
    before = Load([server.pid])
    command = [sys.executable, "-m", module, json.dumps(plan)]
    limit_s += _START_TIMEOUT_S
    done = subprocess.run(command, capture_output=True, text=True, timeout=limit_s, check=False)  # noqa: S603
    foreign = before.foreign_cores()
    if done.returncode or not done.stdout:
        raise BarelineError(f"the client '{plan['kind']}' of the bench failed: {done.stderr.strip()[-500:]}")
    found: dict[str, Any] = json.loads(done.stdout)
    if found["failed"]:
        raise BarelineError(f"the client '{plan['kind']}' of the bench failed: {found['failed']}")
    return found, foreign


def import_ms() -> float:
    """Milliseconds of ``import bareline`` in a fresh process; the best of a few, since strangers only slow it down."""
    command = [sys.executable, "-c", _IMPORT]
    runs = [subprocess.run(command, capture_output=True, text=True, check=True) for _ in range(_IMPORT_RUNS)]  # noqa: S603
    return min(float(run.stdout) for run in runs)


def _client_run(kind: str, found: dict[str, Any], foreign: float | None) -> ClientRun:
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
