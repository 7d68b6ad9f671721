"""How does a call's latency look on a terminal?"""

from __future__ import annotations

from collections.abc import Container, Sequence

from bareline.cli.terminal import Terminal
from bareline.lab.latency_report import LatencyReport, MeasuredTurn, Spread
from bareline.lab.latency_what_if import WhatIfReport
from bareline.observe.latency import PARTS, PartName

__all__ = ["show_latency", "show_what_if"]

_HEADS: dict[PartName, str] = {
    "capture": "capture",
    "encode": "encode",
    "network_up": "net up",
    "vad_wait": "vad wait",
    "decision": "decide",
    "model": "model",
    "tools": "tools",
    "network_down": "net down",
    "jitter_buffer": "jitter",
    "playout": "playout",
}
_WIDTH = 9


def show_latency(terminal: Terminal, report: LatencyReport) -> None:
    """Each turn, what they come to, where each part comes from, and what the two measures do not agree in."""
    answered = len(report.turns)
    terminal.line(f"{report.transport}, {answered} of {report.spoken} spoken turns answered aloud; ms", "bold")
    terminal.line(f"recording: {report.recording}", "dim")
    terminal.line()
    assumed = {source.part for source in report.sources if source.basis == "assumed"}
    heads = "".join(f"{_mark(part, assumed):>{_WIDTH}}" for part in PARTS)
    terminal.line(f"{'turn':>6}" + heads + f"{'= parts':>10}{'trace':>9}{'waveform':>10}", "dim")
    for turn in report.turns:
        terminal.line(_row(turn))
    for name in ("median", "p95"):
        row = "".join(_cell(_of(report.parts.get(part), name)) for part in PARTS)
        ends = (report.sum_ms, report.by_events_ms, report.by_waveform_ms)
        terminal.line(f"{name:>6}{row}{_ends([_of(end, name) for end in ends])}", "bold")
    terminal.line("~ assumed, wholly or in part. Medians of parts do not add up to the median of the whole.", "dim")
    _explain(terminal, report)
    terminal.line()
    for source in report.sources:
        terminal.line(f"{_HEADS[source.part]:<10}{source.basis:<10}{source.how}")
    trip = report.round_trip
    terminal.line(f"{'':<10}{'':<10}round trip {'at most ' if trip.at_most else ''}{trip.ms:.1f} ms", "dim")


def show_what_if(terminal: Terminal, report: LatencyReport, changed: WhatIfReport) -> None:
    """The same call with the change, beside what it was."""
    terminal.line()
    terminal.line("What if", "bold")
    for assumption in changed.assumptions:
        terminal.line(f"  assumed: {assumption.what} ({assumption.source})")
    if not changed.assumptions:
        terminal.line("  nothing changes: the call was like that")
    terminal.line(f"{'':<10}{'median':>9}{'then':>9}{'p95':>9}{'then':>9}", "dim")
    for part in PARTS:
        if part in report.parts:
            terminal.line(_change(_HEADS[part], report.parts[part], changed.parts[part]))
    if report.sum_ms is not None and changed.sum_ms is not None:
        terminal.line(_change("= parts", report.sum_ms, changed.sum_ms), "bold")


def _explain(terminal: Terminal, report: LatencyReport) -> None:
    """In words, how the columns differ."""
    late = [turn.detector_late_ms for turn in report.turns if turn.detector_late_ms is not None]
    silent = [turn.silent_start_ms for turn in report.turns if turn.silent_start_ms is not None]
    unknown = [turn for turn in report.turns if turn.sum_ms is None]
    terminal.line()
    if silent:
        terminal.line(f"waveform - parts: {_range(silent)} ms, silence at the beginning of the answers.")
    if late:
        terminal.line(
            f"parts - trace: {_range(late)} ms, by which the service heard the end of speech later than the recording."
        )
    for turn in report.turns:
        if turn.agrees is False:
            terminal.line(f"Turn {turn.number} is beyond the bounds: {_beyond(turn, report)}.", "yellow")
    if late or silent:
        bounds = f"{report.ear_within_ms} ms at the ear, {report.mouth_within_ms} ms at the mouth"
        agreeing = sum(turn.agrees is True for turn in report.turns)
        terminal.line(f"{agreeing} of {len(report.turns)} turns agree within {bounds}.")
    if unknown:
        which = f"{len(unknown)} of {len(report.turns)} turns"
        terminal.line(f"No sum for {which}: without a silence of set length, only a recording tells the user's end.")
    elif not late and not silent:
        terminal.line("The user's end is taken to be the set silence before the decision; services hear it later.")


def _beyond(turn: MeasuredTurn, report: LatencyReport) -> str:
    if turn.mouth != "recording":
        return "the user was speaking when the service took the turn to be over"
    if turn.silent_start_ms is None:
        return "no sound begins in the recording where the ledger has one heard"
    if abs(turn.silent_start_ms) > report.ear_within_ms:
        return f"the first sound comes {turn.silent_start_ms:.0f} ms after the first sample heard"
    return f"the service has the end of speech {turn.detector_late_ms or 0:.0f} ms after the recording"


def _row(turn: MeasuredTurn) -> str:
    row = "".join(_cell(turn.parts.get(part)) for part in PARTS)
    return f"{turn.number:>6}{row}{_ends((turn.sum_ms, turn.by_events_ms, turn.by_waveform_ms))}"


def _mark(part: PartName, assumed: Container[PartName]) -> str:
    return f"{'~' if part in assumed else ''}{_HEADS[part]}"


def _cell(ms: float | None) -> str:
    return f"{'-' if ms is None else f'{ms:.1f}':>{_WIDTH}}"


def _ends(values: Sequence[float | None]) -> str:
    return "".join(
        f"{'-' if ms is None else f'{ms:.0f}':>{width}}" for ms, width in zip(values, (10, 9, 10), strict=True)
    )


def _of(found: Spread | None, name: str) -> float | None:
    if found is None:
        return None
    return found.median if name == "median" else found.p95


def _change(head: str, before: Spread, after: Spread) -> str:
    return f"{head:<10}{before.median:>9.1f}{after.median:>9.1f}{before.p95:>9.1f}{after.p95:>9.1f}"


def _range(values: Sequence[float]) -> str:
    return f"{round(min(values))} to {round(max(values))}"
