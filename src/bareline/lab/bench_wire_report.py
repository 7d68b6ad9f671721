"""What did ``bench wire`` find, and how is it told?"""

from __future__ import annotations

from statistics import median

import msgspec

__all__ = [
    "BenchWireReport",
    "ClientRun",
    "Goal",
    "HeardCheck",
    "Run",
    "Spread",
    "goal_line",
    "render_bench_wire",
    "spread",
    "spread_text",
]


class Spread(msgspec.Struct, frozen=True):
    """A median over runs, and the lowest and highest run."""

    median: float
    low: float
    high: float


class ClientRun(msgspec.Struct, frozen=True):
    """One client in one run. Times from the server's send to the application holding the decoded audio."""

    kind: str
    deltas: int
    p50_us: float
    p99_us: float
    cpu_s_per_min: float
    start_ms: float | None
    resident_mb: float | None
    heavy_modules: list[str]
    foreign_cores: float | None


class Run(msgspec.Struct, frozen=True):
    """The clients one after the other. ``void`` says why it does not count; empty when it does."""

    clients: dict[str, ClientRun]
    void: str = ""


class HeardCheck(msgspec.Struct, frozen=True):
    """``heard`` of a call against what its sink really played, in virtual time."""

    items: int
    stall_ms: int
    comparisons: int
    worst_error_ms: float


class Goal(msgspec.Struct, frozen=True):
    """One promise: ``measured`` is at most ``limit``; ``None`` when it could not be measured."""

    name: str
    measured: float | None
    limit: float
    unit: str

    @property
    def met(self) -> bool | None:
        """Whether the promise is kept; ``None`` when nobody knows."""
        return None if self.measured is None else self.measured <= self.limit


class BenchWireReport(msgspec.Struct, frozen=True):
    """Everything of one bench. ``figures`` by client and figure, over the valid runs only."""

    machine: dict[str, str]
    seconds: float
    wanted_runs: int
    runs: list[Run]
    crowd: list[Run]
    figures: dict[str, dict[str, Spread]]
    import_ms: float
    heard: list[HeardCheck]
    goals: list[Goal]
    notes: list[str]

    @property
    def valid_runs(self) -> int:
        """How many runs count."""
        return sum(not run.void for run in self.runs)


def spread(values: list[float]) -> Spread | None:
    """Median, lowest and highest; ``None`` of nothing."""
    return Spread(median(values), min(values), max(values)) if values else None


def render_bench_wire(report: BenchWireReport) -> str:
    """The report as plain text for a terminal or a file."""
    lines = [f"{name}: {value}" for name, value in report.machine.items()]
    lines += ["", f"{report.valid_runs} valid runs of {len(report.runs)}, {report.seconds:g} s for each client"]
    lines += [f"  void: {run.void}" for run in report.runs if run.void]
    lines += ["", *_table(report.figures)]
    lines += ["", *(_heard_line(check) for check in report.heard)]
    lines += ["", *(goal_line(goal) for goal in report.goals)]
    lines += [f"note: {note}" for note in report.notes]
    return "\n".join(lines)


_COLUMNS = (
    ("delta p50 µs", "p50_us", 0),
    ("p99 µs", "p99_us", 0),
    ("CPU s per minute", "cpu_s_per_min", 2),
    ("start ms", "start_ms", 0),
    ("MB", "resident_mb", 0),
)


def _table(figures: dict[str, dict[str, Spread]]) -> list[str]:
    """Medians with the lowest and highest run, a line for each client."""
    rows = [["client", *(title for title, _, _ in _COLUMNS)]]
    for kind, found in figures.items():
        rows.append([kind, *(spread_text(found.get(name), digits) for _, name, digits in _COLUMNS)])
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [_row(row, widths) for row in rows]


def _row(row: list[str], widths: list[int]) -> str:
    figures = (cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))
    return "  ".join((row[0].ljust(widths[0]), *figures))


def spread_text(found: Spread | None, digits: int) -> str:
    """A median with the lowest and highest run."""
    if found is None:
        return "-"
    return f"{found.median:.{digits}f} ({found.low:.{digits}f}-{found.high:.{digits}f})"


def _heard_line(check: HeardCheck) -> str:
    stall = f"after a stall of {check.stall_ms} ms" if check.stall_ms else "steady"
    error = f"worst error {check.worst_error_ms:.3f} ms in {check.comparisons} comparisons"
    return f"heard, {check.items} audio item{'s' * (check.items > 1)}, {stall}: {error}"


def goal_line(goal: Goal) -> str:
    """A promise and what became of it."""
    word = {True: "met", False: "MISSED", None: "not measured"}[goal.met]
    measured = "-" if goal.measured is None else f"{goal.measured:.2f}"
    return f"{word:<13}{goal.name}: {measured} of at most {goal.limit:g} {goal.unit}".rstrip()
