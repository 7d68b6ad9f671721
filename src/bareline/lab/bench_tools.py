"""What does a tool cost over a bare loop that calls the function, on this machine?

A bare loop (raw ``websockets`` and ``json``, as the floor of ``bench wire``) and a ``Call`` take turns against one bare
server, each with an async and with a plain function. Both read on while a function runs; a loop that does not is shown
too. A run counts only when nobody else used the machine. The promises
stand in ``docs/performance.md``.
"""

from __future__ import annotations

import platform
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version

import msgspec

from bareline.lab.bench_load import cores
from bareline.lab.bench_tools_client import KINDS
from bareline.lab.bench_wire_process import BenchServer, run_plan
from bareline.lab.bench_wire_report import Goal, Spread, goal_line, spread, spread_text

__all__ = ["BenchToolsOptions", "BenchToolsReport", "ToolRun", "ToolsRun", "render_bench_tools", "run_bench_tools"]

FOREIGN_CORES_MAX = 0.2
"""A run is void when other programs used more than this."""
FLOOR_P99_MAX_US = 3_000.0
"""A run is void when even the bare loop entered a function later than this."""

_FIGURES = ("entry_p50_us", "entry_p99_us", "after_parsing_p50_us", "wire_p50_us", "wire_p99_us")
_TITLES = ("done to entry p50 µs", "p99 µs", "parsed to entry p50 µs", "return to wire p50 µs", "p99 µs")


@dataclass(frozen=True)
class BenchToolsOptions:
    """``runs`` valid runs are wanted and at most ``attempts`` made, ``seconds`` for each client.

    ``quiet_only=False`` counts disturbed runs too, and says so.
    """

    runs: int = 5
    attempts: int = 15
    seconds: float = 3.0
    quiet_only: bool = True


class ToolRun(msgspec.Struct, frozen=True):
    """One client in one run.

    ``entry``: from the server's end of the arguments to the function's first line. ``after_parsing``: from the event
    read. ``wire``: from the function's last line to the server having the result.
    """

    kind: str
    calls: int
    entry_p50_us: float
    entry_p99_us: float
    after_parsing_p50_us: float
    wire_p50_us: float
    wire_p99_us: float
    foreign_cores: float | None


class ToolsRun(msgspec.Struct, frozen=True):
    """The clients one after the other. ``void`` says why it does not count; empty when it does."""

    clients: dict[str, ToolRun]
    void: str = ""


class BenchToolsReport(msgspec.Struct, frozen=True):
    """Everything of one bench. ``figures`` by client and figure, over the valid runs only."""

    machine: dict[str, str]
    seconds: float
    runs: list[ToolsRun]
    figures: dict[str, dict[str, Spread]]
    goals: list[Goal]
    notes: list[str]

    @property
    def valid_runs(self) -> int:
        """How many runs count."""
        return sum(not run.void for run in self.runs)


def run_bench_tools(
    options: BenchToolsOptions | None = None, progress: Callable[[str], None] = lambda _: None
) -> BenchToolsReport:
    """Measure; takes about ``runs`` x 6 x ``seconds``, and more on a busy machine. ``progress`` gets lines.

    Raises ``BarelineError`` when a client fails.
    """
    options = options or BenchToolsOptions()
    runs: list[ToolsRun] = []
    with BenchServer("bareline.lab.bench_tools_server") as server:
        while len(runs) < options.attempts and sum(not run.void for run in runs) < options.runs:
            clients = {kind: _run_client(server, kind, options.seconds) for kind in KINDS}
            runs.append(ToolsRun(clients, _why_void(clients) if options.quiet_only else ""))
            progress(_line(len(runs), runs[-1]))
    return _report(options, runs)


def render_bench_tools(report: BenchToolsReport) -> str:
    """The report as plain text for a terminal or a file."""
    lines = [f"{name}: {value}" for name, value in report.machine.items()]
    lines += ["", f"{report.valid_runs} valid runs of {len(report.runs)}, {report.seconds:g} s for each client"]
    lines += [f"  void: {run.void}" for run in report.runs if run.void]
    rows = [["client", *_TITLES]]
    rows += [[kind, *(spread_text(found.get(name), 0) for name in _FIGURES)] for kind, found in report.figures.items()]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines.append("")
    for row in rows:
        cells = (cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))
        lines.append("  ".join((row[0].ljust(widths[0]), *cells)))
    lines += ["", *(goal_line(goal) for goal in report.goals)]
    lines += [f"note: {note}" for note in report.notes]
    return "\n".join(lines)


def _run_client(server: BenchServer, kind: str, seconds: float) -> ToolRun:
    plan = {"kind": kind, "seconds": seconds}
    found, foreign = run_plan(server, "bareline.lab.bench_tools_client", plan, limit_s=seconds)
    return ToolRun(
        kind=kind,
        calls=len(found["entry_ns"]),
        entry_p50_us=_at(found["entry_ns"], 0.5),
        entry_p99_us=_at(found["entry_ns"], 0.99),
        after_parsing_p50_us=_at(found["after_parsing_ns"], 0.5),
        wire_p50_us=_at(found["wire_ns"], 0.5),
        wire_p99_us=_at(found["wire_ns"], 0.99),
        foreign_cores=foreign,
    )


def _why_void(clients: dict[str, ToolRun]) -> str:
    foreign = max((found.foreign_cores or 0.0 for found in clients.values()), default=0.0)
    if foreign > FOREIGN_CORES_MAX:
        return f"other programs used {foreign:.2f} of a core"
    floor = clients["loop async"].entry_p99_us
    return f"the bare loop's own p99 was {floor:.0f} µs" if floor > FLOOR_P99_MAX_US else ""


def _report(options: BenchToolsOptions, runs: list[ToolsRun]) -> BenchToolsReport:
    counted = [run for run in runs if not run.void]
    notes = ["all begin on response.output_item.done, which the server sends right after the arguments are done."]
    if not options.quiet_only:
        notes.append("disturbed runs were counted too, as asked for; these figures are no evidence.")
    if len(counted) < options.runs:
        notes.append(f"only {len(counted)} of {options.runs} wanted runs count: the machine was not quiet.")
    return BenchToolsReport(
        machine=_machine(),
        seconds=options.seconds,
        runs=runs,
        figures={kind: _figures(counted, kind) for kind in KINDS},
        goals=_goals(counted),
        notes=notes,
    )


def _figures(counted: list[ToolsRun], kind: str) -> dict[str, Spread]:
    found = {name: spread([getattr(run.clients[kind], name) for run in counted]) for name in _FIGURES}
    return {name: over for name, over in found.items() if over is not None}


def _goals(counted: list[ToolsRun]) -> list[Goal]:
    goals: list[Goal] = []
    for how, most_us in (("async", 100.0), ("thread", 300.0)):
        parsed = spread([run.clients[f"call {how}"].after_parsing_p50_us for run in counted])
        entry, wire = _ratio(counted, how, "entry_p50_us"), _ratio(counted, how, "wire_p50_us")
        goals += [
            Goal(f"{how}: arguments done to entry, p50 over the loop's", entry, 1.2, "x"),
            Goal(f"{how}: parsed event to entry, p50", parsed and parsed.median, most_us, "µs"),
            Goal(f"{how}: return to the wire, p50 over the loop's", wire, 1.2, "x"),
        ]
    return goals


def _ratio(counted: list[ToolsRun], how: str, figure: str) -> float | None:
    """The median over runs of the call's figure over the loop's in the same run."""
    pairs = [(getattr(r.clients[f"call {how}"], figure), getattr(r.clients[f"loop {how}"], figure)) for r in counted]
    over = spread([value / floor for value, floor in pairs if floor])
    return over.median if over is not None else None


def _line(number: int, run: ToolsRun) -> str:
    shown = ", ".join(
        f"{kind} {found.entry_p50_us:.0f}/{found.wire_p50_us:.0f} µs" for kind, found in run.clients.items()
    )
    return f"run {number}: {shown}{f' (void: {run.void})' if run.void else ''}"


def _at(ordered: list[int], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] / 1_000 if ordered else 0.0


def _machine() -> dict[str, str]:
    client, server = cores()
    names = ("bareline", "msgspec", "websockets")
    return {
        "system": f"{platform.system()} {platform.machine()}, clients on core {client}, server on core {server}",
        "python": sys.version.split()[0],
        "packages": ", ".join(f"{name} {version(name)}" for name in names),
    }
