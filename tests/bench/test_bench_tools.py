"""Does ``bench tools`` measure what it says, and judge only quiet runs?"""

from __future__ import annotations

from typing import Self

import msgspec
import pytest

from bareline.lab import bench_tools
from bareline.lab.bench_tools import (
    FLOOR_P99_MAX_US,
    FOREIGN_CORES_MAX,
    BenchToolsOptions,
    BenchToolsReport,
    ToolRun,
    render_bench_tools,
    run_bench_tools,
)
from bareline.lab.bench_tools_client import KINDS
from bareline.lab.bench_wire_process import BenchServer


def client(kind: str, *, foreign: float = 0.0, p99_us: float = 500.0) -> ToolRun:
    factor = 1.1 if kind.startswith("call") else 1.0
    return ToolRun(
        kind=kind,
        calls=100,
        entry_p50_us=200.0 * factor,
        entry_p99_us=p99_us,
        after_parsing_p50_us=80.0,
        wire_p50_us=100.0 * factor,
        wire_p99_us=200.0,
        foreign_cores=foreign,
    )


def measured(monkeypatch: pytest.MonkeyPatch, first: list[ToolRun], options: BenchToolsOptions) -> BenchToolsReport:
    """A report of prepared clients instead of processes: the first ones, then quiet ones for ever."""

    class NoServer:
        def __init__(self, module: str) -> None: ...

        def __enter__(self) -> Self:
            return self

        def __exit__(self, *_: object) -> None: ...

    def run(server: object, kind: str, seconds: float) -> ToolRun:
        return first.pop(0) if first else client(kind)

    monkeypatch.setattr(bench_tools, "BenchServer", NoServer)
    monkeypatch.setattr(bench_tools, "_run_client", run)
    return run_bench_tools(options)


def test_disturbed_and_slow_runs_are_void_and_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    disturbed = [client(kind, foreign=FOREIGN_CORES_MAX + 0.1) for kind in KINDS]
    slow = [client(kind, p99_us=FLOOR_P99_MAX_US + 1) for kind in KINDS]
    report = measured(monkeypatch, disturbed + slow, BenchToolsOptions(runs=2, attempts=9))
    assert [bool(run.void) for run in report.runs] == [True, True, False, False]
    assert [goal.measured for goal in report.goals] == pytest.approx([1.1, 80.0, 1.1] * 2)
    assert all(goal.met for goal in report.goals)


def test_machine_that_is_never_quiet_gives_no_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    busy = [client(kind, foreign=1.0) for kind in KINDS * 3]
    report = measured(monkeypatch, busy, BenchToolsOptions(runs=2, attempts=3))
    assert report.valid_runs == 0
    assert {goal.met for goal in report.goals} == {None}
    assert "not quiet" in render_bench_tools(report)


def test_report_is_told_as_text_and_as_json(monkeypatch: pytest.MonkeyPatch) -> None:
    report = measured(monkeypatch, [], BenchToolsOptions(runs=1, quiet_only=False))
    text = render_bench_tools(report)
    assert "call thread" in text
    assert "disturbed runs were counted" in text
    assert msgspec.json.decode(msgspec.json.encode(report), type=BenchToolsReport) == report


@pytest.mark.slow
def test_every_client_answers_the_bare_server() -> None:
    with BenchServer("bareline.lab.bench_tools_server") as server:
        for kind in KINDS:
            found = bench_tools._run_client(server, kind, 0.5)
            assert found.calls > 10
            assert 0 < found.after_parsing_p50_us < found.entry_p50_us
            assert found.wire_p50_us > 0
