"""Does ``bench wire`` measure what it says, and judge only quiet runs?"""

from __future__ import annotations

from pathlib import Path
from typing import Self

import msgspec
import pytest

from bareline.lab import bench_wire
from bareline.lab.bench_wire import FOREIGN_CORES_MAX, BenchWireOptions, run_bench_wire
from bareline.lab.bench_wire_heard import check_heard
from bareline.lab.bench_wire_process import BenchServer, import_ms, run_client
from bareline.lab.bench_wire_report import BenchWireReport, ClientRun, Goal, render_bench_wire, spread


def client(kind: str, *, foreign: float = 0.0, p99_us: float = 500.0, cpu: float = 1.0) -> ClientRun:
    return ClientRun(
        kind=kind,
        deltas=100,
        p50_us=cpu * 100,
        p99_us=p99_us,
        cpu_s_per_min=cpu,
        start_ms=200.0,
        resident_mb=30.0,
        heavy_modules=[],
        foreign_cores=foreign,
    )


def measured(monkeypatch: pytest.MonkeyPatch, tmp: list[ClientRun], options: BenchWireOptions) -> BenchWireReport:
    """A report of prepared clients instead of processes: the first ones, then quiet ones for ever."""

    class NoServer:
        def __enter__(self) -> Self:
            return self

        def __exit__(self, *_: object) -> None: ...

    costs = {"harness": 0.3, "floor": 1.0, "level0": 0.7, "call": 1.05}

    def run(server: object, kind: str, **_: object) -> ClientRun:
        return tmp.pop(0) if tmp else client(kind, cpu=costs[kind])

    monkeypatch.setattr(bench_wire, "BenchServer", NoServer)
    monkeypatch.setattr(bench_wire, "run_client", run)
    monkeypatch.setattr(bench_wire, "import_ms", lambda: 12.0)
    return run_bench_wire(options)


def test_disturbed_and_slow_runs_are_void_and_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    disturbed = [
        client(kind, foreign=FOREIGN_CORES_MAX + 0.1, cpu=9.0) for kind in ("harness", "floor", "level0", "call")
    ]
    slow = [client(kind, p99_us=1_600.0, cpu=9.0) for kind in ("harness", "floor", "level0", "call")]
    report = measured(monkeypatch, disturbed + slow, BenchWireOptions(runs=2, attempts=9))
    assert [bool(run.void) for run in report.runs] == [True, True, False, False]
    assert report.figures["floor"]["cpu_s_per_min"].high == 1.0
    ratios = {goal.name: goal.measured for goal in report.goals}
    assert ratios["level 0, CPU over the floor's"] == pytest.approx(0.7)
    assert all(goal.met for goal in report.goals)


def test_machine_that_is_never_quiet_gives_no_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    busy = [client(kind, foreign=1.0) for kind in ("harness", "floor", "level0", "call") * 3]
    report = measured(monkeypatch, busy, BenchWireOptions(runs=2, attempts=3))
    assert report.valid_runs == 0
    assert next(goal for goal in report.goals if "CPU" in goal.name).met is None
    assert "not quiet" in render_bench_wire(report)


def test_report_is_told_as_text_and_as_json(monkeypatch: pytest.MonkeyPatch) -> None:
    report = measured(monkeypatch, [], BenchWireOptions(runs=1, quiet_only=False))
    text = render_bench_wire(report)
    assert "level0" in text
    assert "met" in text
    assert "disturbed runs were counted" in text
    assert msgspec.json.decode(msgspec.json.encode(report), type=BenchWireReport) == report


def test_goal_is_met_missed_or_unknown() -> None:
    assert [Goal("x", measured, 1.0, "").met for measured in (1.0, 1.1, None)] == [True, False, None]
    assert spread([]) is None


@pytest.mark.parametrize("items", [1, 2])
@pytest.mark.parametrize("stall_ms", [0, 600])
def test_heard_agrees_with_the_samples_that_were_played(items: int, stall_ms: int) -> None:
    check = check_heard(items=items, stall_ms=stall_ms)
    assert check.comparisons > 100 * items
    assert check.worst_error_ms <= 1.0


@pytest.mark.slow
def test_every_client_talks_to_the_bare_server(tmp_path: Path) -> None:
    with BenchServer() as server:
        for kind in ("harness", "floor", "level0", "call"):
            found = run_client(server, kind, seconds=0.5, trace=tmp_path / "trace.jsonl")
            assert found.kind == kind
            assert kind == "harness" or (found.deltas > 10 and found.start_ms is not None)
            assert kind != "level0" or found.heavy_modules == []
        crowd = run_client(server, "level0", seconds=0.5, trace=tmp_path / "t", sessions=5, frame_ms=100)
        assert crowd.deltas > 15
    assert import_ms() > 0
