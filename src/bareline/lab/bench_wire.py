"""What does Bareline cost over the bare wire, on this machine?

Clients take turns against one bare server: raw ``websockets`` with ``json`` (the floor), a level 0 line, and a
``Call`` with ledger and trace. A run counts only when nobody else used the machine. The promises stand in
``docs/performance.md``.
"""

from __future__ import annotations

import platform
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from bareline.lab.bench_load import cores
from bareline.lab.bench_wire_heard import HEARD_GOAL_MS, check_heard
from bareline.lab.bench_wire_process import BenchServer, import_ms, run_client
from bareline.lab.bench_wire_report import BenchWireReport, ClientRun, Goal, HeardCheck, Run, Spread, spread

__all__ = ["FLOOR_P99_MAX_US", "FOREIGN_CORES_MAX", "BenchWireOptions", "run_bench_wire"]

FOREIGN_CORES_MAX = 0.2
"""A run is void when other programs used more than this."""
FLOOR_P99_MAX_US = 1_500.0
"""A run is void when even the floor was slower than this."""

_KINDS = ("harness", "floor", "level0", "call")
_CROWD_KINDS = ("floor", "level0")
_FIGURES = ("p50_us", "p99_us", "cpu_s_per_min", "start_ms", "resident_mb")


@dataclass(frozen=True)
class BenchWireOptions:
    """``runs`` valid runs are wanted and at most ``attempts`` made, ``seconds`` for each client.

    ``crowd`` sessions share a process in the second part, with frames of ``crowd_frame_ms``. ``quiet_only=False``
    counts disturbed runs too, and says so.
    """

    runs: int = 5
    attempts: int = 15
    seconds: float = 6.0
    crowd: int = 100
    crowd_frame_ms: int = 100
    quiet_only: bool = True


def run_bench_wire(
    options: BenchWireOptions | None = None, progress: Callable[[str], None] = lambda _: None
) -> BenchWireReport:
    """Measure; takes about ``runs`` x 4 clients x ``seconds``, and more on a busy machine. ``progress`` gets lines.

    Raises ``BarelineError`` when a client fails.
    """
    options = options or BenchWireOptions()
    with tempfile.TemporaryDirectory() as folder, BenchServer() as server:
        trace = Path(folder, "trace.jsonl")

        def one(kind: str) -> ClientRun:
            return run_client(server, kind, seconds=options.seconds, trace=trace)

        def crowded(kind: str) -> ClientRun:
            frame_ms, sessions = options.crowd_frame_ms, options.crowd
            return run_client(server, kind, seconds=options.seconds, trace=trace, sessions=sessions, frame_ms=frame_ms)

        runs = _repeat(options, "run", _KINDS, one, progress, floor_limit=True)
        crowd = _repeat(options, f"{options.crowd} sessions", _CROWD_KINDS, crowded, progress, floor_limit=False)
    progress("heard against truth")
    heard = [check_heard(items=items, stall_ms=stall_ms) for items in (1, 2) for stall_ms in (0, 600)]
    return _report(options, runs, crowd, import_ms(), heard)


def _repeat(
    options: BenchWireOptions,
    title: str,
    kinds: tuple[str, ...],
    client: Callable[[str], ClientRun],
    progress: Callable[[str], None],
    *,
    floor_limit: bool,
) -> list[Run]:
    """Interleaved runs until enough of them count."""
    runs: list[Run] = []
    while len(runs) < options.attempts and sum(not run.void for run in runs) < options.runs:
        clients = {kind: client(kind) for kind in kinds}
        why = _why_void(clients, floor_limit=floor_limit) if options.quiet_only else ""
        runs.append(Run(clients, why))
        shown = ", ".join(f"{kind} {found.p50_us:.0f} µs" for kind, found in clients.items() if found.deltas)
        progress(f"{title} {len(runs)}: {shown}{f' (void: {why})' if why else ''}")
    return runs


def _why_void(clients: dict[str, ClientRun], *, floor_limit: bool) -> str:
    foreign = max((found.foreign_cores or 0.0 for found in clients.values()), default=0.0)
    if foreign > FOREIGN_CORES_MAX:
        return f"other programs used {foreign:.2f} of a core"
    floor = clients["floor"].p99_us
    if floor_limit and floor > FLOOR_P99_MAX_US:
        return f"the floor's own p99 was {floor:.0f} µs"
    return ""


def _report(
    options: BenchWireOptions, runs: list[Run], crowd: list[Run], importing_ms: float, heard: list[HeardCheck]
) -> BenchWireReport:
    figures = {kind: _figures(runs, kind) for kind in _KINDS}
    figures |= {f"{kind} x {options.crowd}": _figures(crowd, kind) for kind in _CROWD_KINDS}
    notes = [
        "CPU includes the pacing of frames, which 'harness' shows alone; ratios are of the whole.",
        f"foreign CPU: {_foreign(runs)} of a core in the median run.",
    ]
    if not options.quiet_only:
        notes.append("disturbed runs were counted too, as asked for; these figures are no evidence.")
    valid = sum(not run.void for run in runs)
    if valid < options.runs:
        notes.append(f"only {valid} of {options.runs} wanted runs count: the machine was not quiet.")
    return BenchWireReport(
        machine=_machine(),
        seconds=options.seconds,
        wanted_runs=options.runs,
        runs=runs,
        crowd=crowd,
        figures=figures,
        import_ms=importing_ms,
        heard=heard,
        goals=_goals(runs, crowd, figures, importing_ms, heard),
        notes=notes,
    )


def _figures(runs: list[Run], kind: str) -> dict[str, Spread]:
    counted = [run.clients[kind] for run in runs if not run.void]
    found: dict[str, Spread] = {}
    for name in _FIGURES:
        values = [value for run in counted if (value := getattr(run, name)) is not None]
        over = spread(values)
        if over is not None and over.high > 0:
            found[name] = over
    return found


def _goals(
    runs: list[Run],
    crowd: list[Run],
    figures: dict[str, dict[str, Spread]],
    importing_ms: float,
    heard: list[HeardCheck],
) -> list[Goal]:
    start = figures["level0"].get("start_ms")
    start_ratio = _ratio(runs, "level0", "start_ms")
    relative = start is not None and start.median > 300
    resident = figures["level0"].get("resident_mb")
    heavy = {name for run in runs for name in run.clients["level0"].heavy_modules}
    return [
        Goal("level 0, delta p50 over the floor's", _ratio(runs, "level0", "p50_us"), 1.0, "x"),
        Goal("level 0, CPU over the floor's", _ratio(runs, "level0", "cpu_s_per_min"), 0.8, "x"),
        Goal("Call with ledger and trace, delta p50 over the floor's", _ratio(runs, "call", "p50_us"), 1.1, "x"),
        Goal("Call with ledger and trace, CPU over the floor's", _ratio(runs, "call", "cpu_s_per_min"), 1.1, "x"),
        Goal("many sessions, p99 over the floor's", _ratio(crowd, "level0", "p99_us"), 2.0, "x"),
        Goal("import bareline", importing_ms, 100.0, "ms"),
        Goal("process start to session.updated over the floor's", start_ratio, 1.6, "x")
        if relative
        else Goal("process start to session.updated", start and start.median, 300.0, "ms"),
        Goal("resident in a level 0 session", resident and resident.high, 50.0, "MB"),
        Goal("of numpy, aiohttp and av imported there", float(len(heavy)), 0.0, ""),
        Goal("heard against truth, worst error", max(c.worst_error_ms for c in heard), HEARD_GOAL_MS, "ms"),
    ]


def _ratio(runs: list[Run], kind: str, figure: str) -> float | None:
    """The median over runs of a client's figure over the floor's in the same run."""
    pairs = [(getattr(r.clients[kind], figure), getattr(r.clients["floor"], figure)) for r in runs if not r.void]
    over = spread([value / floor for value, floor in pairs if value is not None and floor])
    return over.median if over is not None else None


def _foreign(runs: list[Run]) -> str:
    found = [c.foreign_cores for run in runs for c in run.clients.values() if c.foreign_cores is not None]
    over = spread(found)
    return "unknown" if over is None else f"{over.median:.2f} ({over.low:.2f}-{over.high:.2f})"


def _machine() -> dict[str, str]:
    client, server = cores()
    names = ("bareline", "msgspec", "websockets")
    return {
        "system": f"{platform.system()} {platform.machine()}, clients on core {client}, server on core {server}",
        "python": sys.version.split()[0],
        "packages": ", ".join(f"{name} {version(name)}" for name in names),
    }
