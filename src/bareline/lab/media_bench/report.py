"""What did ``bench media`` find, and how is it told?"""

from __future__ import annotations

import msgspec

from bareline.lab.bench_wire_report import Goal, Spread, goal_line, spread_text

__all__ = [
    "BenchMediaReport",
    "CrowdRun",
    "EngineRun",
    "FarRun",
    "HeardTruth",
    "LossRun",
    "MediaRun",
    "render_bench_media",
]


class EngineRun(msgspec.Struct, frozen=True):
    """One stack on a clean path, one connection. Milliseconds; latencies without the 20 ms that fill a frame."""

    engine: str
    setup_ms: float
    parts_ms: dict[str, float]
    latency_p50_ms: float
    latency_p95_ms: float
    echo_p50_ms: float
    echo_p99_ms: float
    big_ms: float


class MediaRun(msgspec.Struct, frozen=True):
    """The stacks one after the other. ``void`` says why it does not count; empty when it does."""

    engines: dict[str, EngineRun]
    foreign_cores: float | None
    void: str = ""


class FarRun(msgspec.Struct, frozen=True):
    """One stack over a link of 50 ms round trip, and over one that loses 2 % for a while.

    ``recovery_s``: from the end of the loss until every delay is back to that of the clean path; ``None``: never.
    """

    engine: str
    setup_ms: float
    big_ms: float
    loss_p95_ms: float
    loss_missing: float
    recovery_s: float | None
    after_p50_ms: float


class CrowdRun(msgspec.Struct, frozen=True):
    """Many connections between two processes on a core each. ``cores``: of the busier side."""

    engine: str
    sessions: int
    cores: float
    late: float
    missing: float


class LossRun(msgspec.Struct, frozen=True):
    """60 s of speech at 2 % loss through both ends of the audio path, in virtual time.

    Shares of all samples; ``fec_share``: of the single losses, once in-band FEC was active. ``distance_db``: log-
    spectral distance to the loss-free decoding where packets were lost, beside that of silence in their place.
    """

    received: float
    fec: float
    concealed: float
    silent: float
    fec_share: float
    silent_after_short_ms: float
    growth_ms: float
    distance_db: float
    zeros_db: float


class HeardTruth(msgspec.Struct, frozen=True):
    """What the client's ledger and the server's truncation say at a barge-in, against the samples really played."""

    stall_ms: int
    ledger_error_ms: float
    server_error_ms: float


class BenchMediaReport(msgspec.Struct, frozen=True):
    """Everything of one bench. ``figures`` by stack and figure, over the valid runs only."""

    machine: dict[str, str]
    wanted_runs: int
    runs: list[MediaRun]
    far: list[FarRun]
    crowd: list[CrowdRun]
    loss: LossRun
    heard: list[HeardTruth]
    figures: dict[str, dict[str, Spread]]
    goals: list[Goal]
    notes: list[str]

    @property
    def valid_runs(self) -> int:
        """How many runs count."""
        return sum(not run.void for run in self.runs)


_COLUMNS = (
    ("delay p50 ms", "latency_p50_ms"),
    ("p95", "latency_p95_ms"),
    ("set-up ms", "setup_ms"),
    ("echo p50 ms", "echo_p50_ms"),
    ("p99", "echo_p99_ms"),
    ("200 KB ms", "big_ms"),
)


def render_bench_media(report: BenchMediaReport) -> str:
    """The report as plain text for a terminal or a file."""
    lines = [f"{name}: {value}" for name, value in report.machine.items()]
    lines += ["", f"{report.valid_runs} valid runs of {len(report.runs)}"]
    lines += [f"  void: {run.void}" for run in report.runs if run.void]
    lines += ["", *_table(report.figures), "", *_far(report.far), "", *_crowd(report.crowd), ""]
    lines += [*_loss(report.loss), "", *map(_heard, report.heard), ""]
    lines += [*map(goal_line, report.goals), *(f"note: {note}" for note in report.notes)]
    return "\n".join(lines)


def _table(figures: dict[str, dict[str, Spread]]) -> list[str]:
    rows = [["clean path", *(title for title, _ in _COLUMNS)]]
    rows += [[name, *(spread_text(found.get(key), 1) for _, key in _COLUMNS)] for name, found in figures.items()]
    return _aligned(rows)


def _far(runs: list[FarRun]) -> list[str]:
    rows = [
        [
            "far and lossy",
            "set-up at 50 ms",
            "200 KB at 50 ms",
            "2 % loss: p95 ms",
            "missing",
            "then p50 ms",
            "back after s",
        ]
    ]
    for run in runs:
        back = "never" if run.recovery_s is None else f"{run.recovery_s:.1f}"
        figures = [f"{run.setup_ms:.0f}", f"{run.big_ms:.0f}", f"{run.loss_p95_ms:.1f}", f"{run.loss_missing:.1%}"]
        rows.append([run.engine, *figures, f"{run.after_p50_ms:.1f}", back])
    return _aligned(rows)


def _crowd(runs: list[CrowdRun]) -> list[str]:
    rows = [["sessions", "stack", "cores", "late frames", "missing audio"]]
    rows += [
        [str(run.sessions), run.engine, f"{run.cores:.2f}", f"{run.late:.2%}", f"{run.missing:.2%}"] for run in runs
    ]
    return _aligned(rows)


def _loss(run: LossRun) -> list[str]:
    shares = f"received {run.received:.2%}, FEC {run.fec:.2%}, concealed {run.concealed:.2%}, silent {run.silent:.2%}"
    return [
        f"60 s of speech at 2 % loss: {shares}",
        f"single losses recovered by FEC once it was active: {run.fec_share:.1%}",
        f"log-spectral distance where packets were lost: {run.distance_db:.1f} dB, {run.zeros_db:.1f} dB with silence",
    ]


def _heard(found: HeardTruth) -> str:
    stall = f"after a stall of {found.stall_ms} ms" if found.stall_ms else "steady"
    ledger, server = f"{found.ledger_error_ms:+.1f} ms", f"{found.server_error_ms:+.1f} ms"
    return f"heard against truth, {stall}: client's ledger {ledger}, server's truncation {server}"


def _aligned(rows: list[list[str]]) -> list[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [
        "  ".join(
            (row[0].ljust(widths[0]), *(cell.rjust(wide) for cell, wide in zip(row[1:], widths[1:], strict=True)))
        )
        for row in rows
    ]
