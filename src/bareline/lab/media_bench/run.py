"""How are the stacks measured beside each other, and which promises follow?

Each stack calls itself, one process on a core each side; the stacks take turns. A run counts only when nobody else
used the machine. The promises stand in ``docs/performance.md``.
"""

from __future__ import annotations

import platform
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

from bareline.lab.bench_load import Load, cores
from bareline.lab.bench_wire_report import Goal, Spread, spread
from bareline.lab.media_bench.far import SETUP_FLOOR_MS, measure_far
from bareline.lab.media_bench.heard import check_heard_truth
from bareline.lab.media_bench.latency import at_share, delays_ms
from bareline.lab.media_bench.loss import simulate_loss
from bareline.lab.media_bench.pair import Pair, peer_python
from bareline.lab.media_bench.report import (
    BenchMediaReport,
    CrowdRun,
    EngineRun,
    FarRun,
    HeardTruth,
    LossRun,
    MediaRun,
)

__all__ = ["FOREIGN_CORES_MAX", "PEERS", "BenchMediaOptions", "run_bench_media"]

FOREIGN_CORES_MAX = 0.2
"""A run is void when other programs used more than this."""
PEERS = Path(".peers")
"""Where ``scripts/peers`` makes the environments of other stacks."""

_ENGINES = ("ours", "aiortc", "libwebrtc")
_CROWD_OF = {"ours": (1, 8, 24, 48, 64), "aiortc": (1, 8, 16, 24), "libwebrtc": (1, 8, 24, 32)}
_LATE_MAX = 0.001
_FIGURES = ("setup_ms", "latency_p50_ms", "latency_p95_ms", "echo_p50_ms", "echo_p99_ms", "big_ms")
_SETUPS = 5
_BIG_BYTES = 200_000


@dataclass(frozen=True)
class BenchMediaOptions:
    """``runs`` valid runs are wanted and at most ``attempts`` made; ``seconds`` of audio for each measurement.

    ``peers``: the folder of other stacks' environments. ``quiet_only=False`` counts disturbed runs too, and says so.
    """

    runs: int = 5
    attempts: int = 15
    seconds: float = 6.0
    peers: Path = PEERS
    quiet_only: bool = True


def run_bench_media(
    options: BenchMediaOptions | None = None, progress: Callable[[str], None] = lambda _: None
) -> BenchMediaReport:
    """Measure; takes some minutes. ``progress`` gets lines. Raises ``BarelineError`` when a stack fails."""
    options = options or BenchMediaOptions()
    stacks = {engine: python for engine in _ENGINES if (python := peer_python(engine, options.peers))}
    runs = _repeat(options, stacks, progress)
    far: list[FarRun] = []
    for engine, python in stacks.items():
        progress(f"{engine}: 50 ms of round trip, then 2 % of loss")
        far.append(measure_far(engine, python))
    crowd = [found for engine, python in stacks.items() for found in _crowd(options, engine, python, progress)]
    progress("60 s of speech at 2 % loss, in virtual time")
    loss = simulate_loss()
    progress("heard against truth")
    heard = [check_heard_truth(stall_ms) for stall_ms in (0, 600)]
    figures = {engine: _figures(runs, engine) for engine in stacks}
    return BenchMediaReport(
        machine=_machine(),
        wanted_runs=options.runs,
        runs=runs,
        far=far,
        crowd=crowd,
        loss=loss,
        heard=heard,
        figures=figures,
        goals=_goals(figures, far, crowd, loss, heard),
        notes=_notes(options, stacks, runs),
    )


def _repeat(options: BenchMediaOptions, stacks: dict[str, str], progress: Callable[[str], None]) -> list[MediaRun]:
    """Interleaved runs until enough of them count."""
    runs: list[MediaRun] = []
    while len(runs) < options.attempts and sum(not run.void for run in runs) < options.runs:
        found: dict[str, EngineRun] = {}
        foreign = 0.0
        for engine, python in stacks.items():
            with Pair(engine, python) as pair:
                load = Load(pair.pids)
                found[engine] = _clean(pair, options.seconds)
                foreign = max(foreign, load.foreign_cores() or 0.0)
        void = f"other programs used {foreign:.2f} of a core" if foreign > FOREIGN_CORES_MAX else ""
        runs.append(MediaRun(found, foreign, void if options.quiet_only else ""))
        shown = ", ".join(f"{engine} {run.latency_p50_ms:.1f} ms" for engine, run in found.items())
        progress(f"run {len(runs)}: {shown}{f' (void: {void})' if runs[-1].void else ''}")
    return runs


def _clean(pair: Pair, seconds: float) -> EngineRun:
    """One stack on a clean path; the last of some set-ups carries the audio."""
    setups: list[dict[str, Any]] = []
    for number in range(_SETUPS):
        setups.append(pair.connect())
        if number < _SETUPS - 1:
            pair.disconnect()
    near, far = pair.speak(seconds, marks=True)
    delays = delays_ms(near, far) + delays_ms(far, near)
    pair.reflect()
    echoes = pair.echo_ms(count=200, size=200)
    big = pair.echo_ms(count=5, size=_BIG_BYTES)
    middle = sorted(setups, key=lambda found: found["setup_ms"])[len(setups) // 2]
    return EngineRun(
        engine=pair.engine,
        setup_ms=middle["setup_ms"],
        parts_ms=middle["parts_ms"],
        latency_p50_ms=at_share(delays, 0.5),
        latency_p95_ms=at_share(delays, 0.95),
        echo_p50_ms=at_share(echoes, 0.5),
        echo_p99_ms=at_share(echoes, 0.99),
        big_ms=median(big),
    )


def _crowd(options: BenchMediaOptions, engine: str, python: str, progress: Callable[[str], None]) -> list[CrowdRun]:
    """More and more connections in one process, until frames come late."""
    found: list[CrowdRun] = []
    for sessions in _CROWD_OF[engine]:
        with Pair(engine, python) as pair:
            for _ in range(sessions):
                pair.connect()
            sides = pair.speak(options.seconds, marks=False)
        heard = [session for side in sides for session in side["sessions"]]
        frames = sum(session["frames"] for session in heard)
        expected = len(heard) * options.seconds * 24_000
        run = CrowdRun(
            engine=engine,
            sessions=sessions,
            cores=max(side["cores"] for side in sides),
            late=sum(session["late"] for session in heard) / max(1, frames),
            missing=max(0.0, 1 - sum(session["samples"] for session in heard) / expected),
        )
        progress(f"{engine}, {sessions} sessions: {run.cores:.2f} cores, {run.late:.2%} late")
        found.append(run)
        if run.late > 10 * _LATE_MAX:
            break
    return found


def _figures(runs: list[MediaRun], engine: str) -> dict[str, Spread]:
    counted = [run.engines[engine] for run in runs if not run.void]
    over = {name: spread([getattr(run, name) for run in counted]) for name in _FIGURES}
    return {name: found for name, found in over.items() if found is not None}


def _goals(
    figures: dict[str, dict[str, Spread]],
    far: list[FarRun],
    crowd: list[CrowdRun],
    loss: LossRun,
    heard: list[HeardTruth],
) -> list[Goal]:
    ours = figures["ours"]

    def of(name: str) -> float | None:
        return ours[name].median if name in ours else None

    echo, tail = of("echo_p50_ms"), of("echo_p99_ms")
    here = {run.engine: run for run in far}
    lossy, stock = here["ours"], here["aiortc"]
    recovery = lossy.recovery_s
    return [
        Goal("added one-way delay on a clean path, p95", of("latency_p95_ms"), 12.0, "ms"),
        Goal("added one-way delay at 2 % loss, p95", lossy.loss_p95_ms, 32.0, "ms"),
        Goal("back on target after the loss", recovery if recovery is not None else float("inf"), 2.0, "s"),
        Goal("single losses not recovered by FEC", 1 - loss.fec_share, 0.2, ""),
        Goal("silence after losses of up to 60 ms", loss.silent_after_short_ms, 0.0, "ms"),
        Goal("delay added by the loss, p95", loss.growth_ms, 20.0, "ms"),
        Goal("distance to the loss-free decoding over that of silence", loss.distance_db / loss.zeros_db, 1.0, "x"),
        Goal("late frames with 24 sessions a core", _late(crowd, 24), _LATE_MAX, ""),
        Goal("CPU of 24 sessions over 24 times one", _growth(crowd), 1.0, "x"),
        Goal("set-up on loopback", of("setup_ms"), 25.0, "ms"),
        Goal("set-up at 50 ms of round trip over its floor", lossy.setup_ms / SETUP_FLOOR_MS, 1.2, "x"),
        Goal("an event of 200 KB on loopback", of("big_ms"), 30.0, "ms"),
        Goal("an event of 200 KB at 50 ms over stock aiortc's", lossy.big_ms / stock.big_ms, 0.5, "x"),
        Goal("data channel echo, p99 over median", tail / echo if tail and echo else None, 2.0, "x"),
        Goal("client's ledger against truth", max(abs(found.ledger_error_ms) for found in heard), 20.0, "ms"),
    ]


def _late(crowd: list[CrowdRun], sessions: int) -> float | None:
    return next((run.late for run in crowd if run.engine == "ours" and run.sessions == sessions), None)


def _growth(crowd: list[CrowdRun]) -> float | None:
    used = {run.sessions: run.cores for run in crowd if run.engine == "ours"}
    return used[24] / (24 * used[1]) if 24 in used and used.get(1) else None


def _notes(options: BenchMediaOptions, stacks: dict[str, str], runs: list[MediaRun]) -> list[str]:
    notes = ["delays leave out the 20 ms that fill a frame, and hold the 6.5 ms that Opus looks ahead."]
    notes += [
        f"{engine} is not measured: scripts/peers makes its environment." for engine in _ENGINES if engine not in stacks
    ]
    if not options.quiet_only:
        notes.append("disturbed runs were counted too, as asked for; these figures are no evidence.")
    valid = sum(not run.void for run in runs)
    if valid < options.runs:
        notes.append(f"only {valid} of {options.runs} wanted runs count: the machine was not quiet.")
    return notes


def _machine() -> dict[str, str]:
    near, far = cores()
    names = ("bareline", "aiortc", "aioice", "av")
    return {
        "system": f"{platform.system()} {platform.machine()}, callers on core {near}, answerers on core {far}",
        "python": sys.version.split()[0],
        "packages": ", ".join(f"{name} {version(name)}" for name in names),
    }
