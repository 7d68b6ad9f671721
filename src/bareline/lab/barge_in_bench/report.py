"""What does ``bench barge-in`` report, and how is it read?"""

from __future__ import annotations

import math

import msgspec

from bareline.lab.barge_in_bench.talk import Overlapped
from bareline.lab.barge_in_bench.truth import TruthCheck
from bareline.lab.bench_wire_report import Goal, goal_line
from bareline.lab.echo_bench.measure import EchoFigures, render_echo
from bareline.lab.media_bench.report import HeardTruth

__all__ = ["BenchBargeInReport", "Delay", "WayFigures", "render_bench_barge_in", "way_figures"]


class Delay(msgspec.Struct, frozen=True):
    """Milliseconds; ``count`` of how many."""

    p50: float
    p95: float
    count: int


class WayFigures(msgspec.Struct, frozen=True):
    """One way of deciding over one transport. ``None``: it does not do that, or did it never.

    ``told``: from ``speech_started`` being read to silence. ``missed``: interruptions that did not stop the assistant.
    ``held`` of ``listening`` sounds that did not; ``gap``: for how long it was silent then.
    """

    name: str
    interruptions: int
    missed: int
    duck: Delay | None
    pause: Delay | None
    silence: Delay | None
    told: Delay | None
    listening: int
    held: int
    gap: Delay | None


class BenchBargeInReport(msgspec.Struct, frozen=True):
    """Everything of one bench. ``over_webrtc``: with real packets; ``echo``: over loudspeakers, where measured;
    ``void``: why runs do not count."""

    machine: dict[str, str]
    ways: list[WayFigures]
    truths: list[TruthCheck]
    over_webrtc: list[HeardTruth]
    echo: EchoFigures | None
    void: list[str]
    goals: list[Goal]
    notes: list[str]


def way_figures(name: str, found: list[Overlapped]) -> WayFigures:
    """What the overlaps of one call come to."""
    turns = [each for each in found if not each.listening]
    sounds = [each for each in found if each.listening]
    held = [each for each in sounds if not each.stopped]
    return WayFigures(
        name=name,
        interruptions=len(turns),
        missed=sum(not each.stopped for each in turns),
        duck=_delay([each.duck_ms for each in turns if each.duck_ms is not None]),
        pause=_delay([each.pause_ms for each in turns if each.pause_ms is not None]),
        silence=_delay([each.silence_ms for each in turns if each.silence_ms is not None]),
        told=_delay([each.told_ms for each in turns if each.told_ms is not None and each.pause_ms is None]),
        listening=len(sounds),
        held=len(held),
        gap=_delay([each.gap_ms for each in held]),
    )


def render_bench_barge_in(report: BenchBargeInReport) -> str:
    """The report as plain text for a terminal or a file."""
    lines = [f"{name}: {value}" for name, value in report.machine.items()]
    lines += [f"  void: {void}" for void in report.void]
    lines += ["", *_table(report.ways)]
    lines += ["", *(_truth_line(truth) for truth in report.truths)]
    lines += [_packets_line(truth) for truth in report.over_webrtc]
    lines += ["", *render_echo(report.echo)] if report.echo is not None else []
    lines += ["", *(goal_line(goal) for goal in report.goals)]
    lines += [f"note: {note}" for note in report.notes]
    return "\n".join(lines)


_TITLES = ("", "yields", "duck p50 p95", "pause p50 p95", "silence p50 p95", "told to silence", "holds", "gap p50 p95")


def _table(ways: list[WayFigures]) -> list[str]:
    """Milliseconds, p50 and p95."""
    rows: list[tuple[str, ...]] = [_TITLES]
    for way in ways:
        delays = (_text(delay) for delay in (way.duck, way.pause, way.silence, way.told))
        held = f"{way.held}/{way.listening}" if way.listening else "-"
        yields = f"{way.interruptions - way.missed}/{way.interruptions}"
        rows.append((way.name, yields, *delays, held, _text(way.gap)))
    widths = [max(len(row[column]) for row in rows) for column in range(len(_TITLES))]
    return ["  ".join((row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:]))).rstrip() for row in rows]


def _text(delay: Delay | None) -> str:
    return "-" if delay is None else f"{delay.p50:.0f} {delay.p95:.0f}"


def _truth_line(truth: TruthCheck) -> str:
    stall = f"after a stall of {truth.stall_ms} ms" if truth.stall_ms else "steady"
    return (
        f"truth, {truth.transport}, {truth.items} item{'s' * (truth.items > 1)}, {stall}: "
        f"ledger off by {truth.ledger_error_ms:.2f} ms at most, told {truth.told_least_ms:+.2f} to "
        f"{truth.told_most_ms:+.2f} ms, {truth.interruptions} interruptions"
    )


def _packets_line(truth: HeardTruth) -> str:
    stall = f"after a stall of {truth.stall_ms} ms" if truth.stall_ms else "steady"
    return (
        f"truth, real packets of WebRTC, {stall}: ledger {truth.ledger_error_ms:+.0f} ms, "
        f"the server's truncation {truth.server_error_ms:+.0f} ms"
    )


def _delay(values: list[float]) -> Delay | None:
    ordered = sorted(values)
    return Delay(_at(ordered, 0.5), _at(ordered, 0.95), len(ordered)) if ordered else None


def _at(ordered: list[float], share: float) -> float:
    return ordered[math.ceil(share * len(ordered)) - 1]
