"""What was the latency of a call, by its events and by its waveforms, and where do the two differ?

The parts begin with the user's last sample in the recording where there is one, and end with the first sample that
the ledger says was heard. The waveform ends with the first sample that sounds; and the trace alone knows the user's end
only by the silence that the service waited for. Both differences are shown.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from bareline.errors import TraceError
from bareline.lab.latency_wave import Waveform, read_waveform
from bareline.observe.latency import PARTS, PartName, PartSource, RoundTrip, TurnLatency, round_trip, sources, split
from bareline.observe.latency_moments import Recording, TurnMoments
from bareline.observe.latency_trace import read_moments
from bareline.observe.recorder import read_trace
from bareline.units import NS_PER_MS, NS_PER_S, ms_to_ns

__all__ = [
    "EAR_WITHIN_MS",
    "MOUTH_WITHIN_MS",
    "LatencyReport",
    "MeasuredTurn",
    "Spread",
    "measure_latency",
    "spread",
    "spread_parts",
]

EAR_WITHIN_MS = 100
"""So long the first sound may come after the first sample heard: answers begin with a little silence."""
MOUTH_WITHIN_MS = 250
"""So much later than the waveform a detector may hear the end of speech: words fade, and it waits to be sure."""
_ALIGNED_MS = 50
_SILENT_START_MS = 1_000
_TRACE = "trace.jsonl"


class Spread(msgspec.Struct, frozen=True):
    """``p95``: no more than one turn in twenty took longer, so of fewer than twenty turns it is the longest."""

    median: float
    p95: float
    turns: int


class MeasuredTurn(msgspec.Struct, frozen=True, kw_only=True):
    """One turn; ms. ``at_s``: when it was over, from the call's first answered turn on.

    ``sum_ms``: all parts. ``by_events_ms``: from the trace alone. ``by_waveform_ms``: from the recording alone.
    ``detector_late_ms``: how much later than the recording the trace has the user's end. ``silent_start_ms``: how much
    later than the first sample heard something sounds. ``agrees``: both within their bounds; ``None``: no recording.
    """

    number: int
    at_s: float
    detection: str
    silence_ms: int | None
    mouth: str
    parts: dict[PartName, float]
    requests: int
    sum_ms: float | None
    by_events_ms: float | None
    by_waveform_ms: float | None
    detector_late_ms: float | None
    silent_start_ms: float | None
    agrees: bool | None


class LatencyReport(msgspec.Struct, frozen=True, kw_only=True):
    """All turns of a call that were answered aloud. ``recording``: what was read, or why there is none."""

    transport: str
    spoken: int
    recording: str
    round_trip: RoundTrip
    sources: tuple[PartSource, ...]
    turns: tuple[MeasuredTurn, ...]
    parts: dict[PartName, Spread]
    sum_ms: Spread | None
    by_events_ms: Spread | None
    by_waveform_ms: Spread | None
    ear_within_ms: int = EAR_WITHIN_MS
    mouth_within_ms: int = MOUTH_WITHIN_MS


def measure_latency(path: Path, recording: Path | None = None) -> LatencyReport:
    """Measure a trace, or the folder that a demo left. ``recording``: another file than the trace names.

    Raises ``TraceError`` for what is no trace of a spoken call, ``ConfigurationError`` and ``AudioFormatError`` for a
    recording that was named and cannot be used.
    """
    trace = path / _TRACE if path.is_dir() else path
    try:
        traced = read_moments(read_trace(trace))
    except TraceError as error:
        raise error if str(trace) in str(error) else TraceError(f"{trace}: {error}") from error
    waveform, told = _waveform(trace, traced.recording, recording)
    parted = [split(traced, each, _mouth(each, waveform)) for each in traced.answered]
    began_ns = traced.answered[0].decided_ns
    turns = [
        _measured(number, turn, waveform, at_ns=moments.decided_ns - began_ns)
        for number, (moments, turn) in enumerate(zip(traced.answered, parted, strict=True), start=1)
    ]
    return LatencyReport(
        transport=traced.transport,
        spoken=traced.spoken,
        recording=told,
        round_trip=round_trip(traced),
        sources=sources(traced, parted),
        turns=tuple(turns),
        parts=spread_parts([turn.parts for turn in turns]),
        sum_ms=spread(turn.sum_ms for turn in turns),
        by_events_ms=spread(turn.by_events_ms for turn in turns),
        by_waveform_ms=spread(turn.by_waveform_ms for turn in turns),
    )


def spread_parts(turns: Sequence[dict[PartName, float]]) -> dict[PartName, Spread]:
    """Median and p95 of each part."""
    found: dict[PartName, Spread] = {}
    for name in PARTS:
        of_part = spread(parts.get(name) for parts in turns)
        if of_part is not None:
            found[name] = of_part
    return found


def spread(values: Iterable[float | None]) -> Spread | None:
    """Median and p95 of what is known; ``None`` of nothing."""
    known = sorted(value for value in values if value is not None)
    if not known:
        return None
    return Spread(round(statistics.median(known), 1), round(known[math.ceil(0.95 * len(known)) - 1], 1), len(known))


def _waveform(trace: Path, told: Recording | None, named: Path | None) -> tuple[Waveform | None, str]:
    if told is None:
        if named is not None:
            raise TraceError(f"{trace} does not say when a recording began, so that {named} cannot be laid beside it")
        return None, "none: the trace names none"
    path = named or trace.parent / Path(told.file).name
    if named is None and not path.is_file():
        return None, f"none: {path.name} is not beside the trace"
    waveform = read_waveform(path, told.at_ns, both=told.both)
    return waveform, path.name


def _measured(number: int, turn: TurnLatency, waveform: Waveform | None, *, at_ns: int) -> MeasuredTurn:
    ear_ns = _ear(turn.heard_ns, waveform)
    whole_ns = None if ear_ns is None or turn.mouth != "recording" or turn.mouth_ns is None else ear_ns - turn.mouth_ns
    late_ms = _late_ms(turn)
    silent_ms = None if ear_ns is None else (ear_ns - turn.heard_ns) / NS_PER_MS
    return MeasuredTurn(
        number=number,
        at_s=round(at_ns / NS_PER_S, 1),
        detection=turn.detection,
        silence_ms=turn.silence_ms,
        mouth=turn.mouth,
        parts={name: round(ms, 1) for name, ms in turn.parts.items()},
        requests=turn.requests,
        sum_ms=_rounded(turn.total_ms),
        by_events_ms=_rounded(turn.told_ms),
        by_waveform_ms=None if whole_ns is None else _rounded(whole_ns / NS_PER_MS),
        detector_late_ms=_rounded(late_ms),
        silent_start_ms=_rounded(silent_ms),
        agrees=None if waveform is None else _agrees(waveform, late_ms, silent_ms, turn),
    )


def _agrees(waveform: Waveform, late_ms: float | None, silent_ms: float | None, turn: TurnLatency) -> bool:
    if turn.mouth != "recording" or (waveform.assistant is not None and silent_ms is None):
        return False
    ear = silent_ms is None or abs(silent_ms) <= EAR_WITHIN_MS
    return ear and (late_ms is None or abs(late_ms) <= MOUTH_WITHIN_MS)


def _mouth(moments: TurnMoments, waveform: Waveform | None) -> int | None:
    return waveform.spoken_until(moments.decided_ns) if waveform is not None else None


def _ear(heard_ns: int, waveform: Waveform | None) -> int | None:
    if waveform is None:
        return None
    last_ns = heard_ns + ms_to_ns(_SILENT_START_MS)
    return waveform.heard_from(heard_ns - ms_to_ns(_ALIGNED_MS), not_after_ns=last_ns)


def _late_ms(turn: TurnLatency) -> float | None:
    if turn.mouth != "recording" or turn.told_ns is None or turn.mouth_ns is None:
        return None
    return (turn.told_ns - turn.mouth_ns) / NS_PER_MS


def _rounded(ms: float | None) -> float | None:
    return None if ms is None else round(ms, 1)
