"""Which figures does one visit give, and how do the figures of all visits become rows?"""

from __future__ import annotations

import io
import tokenize
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from bareline.lab.peers.contenders import FLOOR, Peer
from bareline.lab.peers.environments import Environment
from bareline.lab.peers.heard import barge_ins, heard_pieces, truncation_errors_ms
from bareline.lab.peers.report import PeerFigure
from bareline.lab.peers.visit import Visit

__all__ = ["MEASURES", "Measure", "Samples", "code_lines", "environment_samples", "figures", "visit_samples"]

Samples = Mapping[str, Sequence[float]]
"""Values by the name of their measure, in its unit."""

_FEW = 8
"""Of more samples the middle 80 % is told; of fewer the lowest and highest, widened, since a few miss the extremes."""
_WIDER, _WIDER_MIN = 1.0, 0.1
"""By so much of their distance, and at least so much of the median."""


@dataclass(frozen=True, slots=True)
class Measure:
    """``digits`` for tables; ``plotted``: whether a picture compares the peers; ``counted``: it has no spread.

    ``step``: by so much it moves whatever the peer does: a window of the server's voice activity, a millisecond.
    """

    name: str
    unit: str
    digits: int = 1
    plotted: bool = True
    counted: bool = False
    step: float = 0.0

    @property
    def heading(self) -> str:
        """Its name and unit."""
        return f"{self.name}, {self.unit}" if self.unit else self.name


MEASURES = (
    Measure("install size", "MB", 0, counted=True),
    Measure("distributions", "", 0, counted=True),
    Measure("import time", "ms", 0),
    Measure("start to ready", "ms", 0),
    Measure("memory", "MB", 0),
    Measure("delta to application", "ms", 2),
    Measure("microphone to server", "ms", 2),
    Measure("CPU per minute", "s", 2),
    Measure("sessions per core", "", 0),
    Measure("delta to application, ten sessions", "ms", 2, plotted=False),
    Measure("barge-in to silence", "ms", 0, step=32.0),
    Measure("speech_started to silence", "ms", 2, plotted=False),
    Measure("truncation error", "ms", 0, plotted=False, step=1.0),
    Measure("truncation error after a stall", "ms", 0, plotted=False),
    Measure("truncation error, two items", "ms", 0, plotted=False),
    Measure("arguments to tool", "ms", 2, plotted=False),
    Measure("tool round trip", "ms", 2),
    Measure("lines of code", "", 0, counted=True),
)

_TRUNCATION = {
    "barge-in": "truncation error",
    "barge-in after a stall": "truncation error after a stall",
    "barge-in, two items": "truncation error, two items",
}


def environment_samples(environment: Environment, imports: int) -> dict[str, list[float]]:
    """What is known before any scene; ``imports`` fresh processes import it."""
    took = [environment.import_ms() for _ in range(imports)]
    return {
        "install size": [environment.megabytes],
        "distributions": [float(environment.distributions)],
        "import time": [ms for ms in took if ms is not None],
        "lines of code": [float(code_lines(environment.peer))],
    }


def code_lines(peer: Peer) -> int:
    """Lines of the scene's program that are neither blank nor only a comment, a docstring or the probe's."""
    text = peer.program.read_text()
    if peer.runtime == "node":
        stripped = (line.strip() for line in text.splitlines())
        return sum(bool(line) and not line.startswith("//") for line in stripped)
    return len(_lines_of_code(text))


def visit_samples(visit: Visit) -> dict[str, list[float]]:
    """The figures of one visit that came to its end."""
    found: dict[str, list[float]] = {}
    kind = visit.scene.kind
    if kind in {"talk", "barge-in"}:
        found["start to ready"] = _start_ms(visit)
    if kind == "talk":
        found["memory"] = [visit.seen["resident_mb"]]
        found["delta to application"] = _delta_ms(visit)
        found["microphone to server"] = [value / 1e3 for value in visit.passed["microphone_us"]]
        found["CPU per minute"] = [cpu / wall * 60 for cpu, wall in visit.seen["windows"]]
    elif kind == "crowd":
        loads = [cpu / wall for cpu, wall in visit.seen["windows"]]
        found["sessions per core"] = [visit.scene.sessions / load for load in loads if load]
        found["delta to application, ten sessions"] = _delta_ms(visit)
    elif kind == "barge-in":
        found |= _barge_in(visit)
    elif kind == "tool":
        found |= _tool(visit)
    return {name: values for name, values in found.items() if values}


def figures(rounds: Mapping[str, Sequence[Samples]]) -> tuple[PeerFigure, ...]:
    """A row for each peer and measure; ``rounds`` are the samples of each peer, one entry a round.

    A ratio is the median over rounds of the peer's median over the raw loop's in the same round.
    """
    rows: list[PeerFigure] = []
    for peer, own in rounds.items():
        for measure in MEASURES:
            values = sorted(value for samples in own for value in samples.get(measure.name, ()))
            if values:
                low, high = (values[0], values[-1]) if measure.counted else _spread(values, measure.step)
                ratio = _ratio(measure.name, own, rounds.get(FLOOR, ()))
                rows.append(PeerFigure(peer, measure.name, measure.unit, median(values), low, high, ratio))
    return tuple(rows)


def _ratio(name: str, own: Sequence[Samples], floor: Sequence[Samples]) -> float | None:
    if name.startswith("truncation error"):
        return None  # a ratio to nearly nothing says nothing
    pairs = [(one.get(name), other.get(name)) for one, other in zip(own, floor, strict=False)]
    ratios = [median(one) / median(other) for one, other in pairs if one and other and median(other) > 0]
    return median(ratios) if ratios else None


def _spread(ordered: Sequence[float], step: float) -> tuple[float, float]:
    low, high = ordered[0], ordered[-1]
    if len(ordered) > _FEW:
        cut = len(ordered) // 10
        return ordered[cut], ordered[-1 - cut]
    wider = max(_WIDER * (high - low), _WIDER_MIN * abs(median(ordered)), step)
    return (max(0.0, low - wider) if low >= 0 else low - wider), high + wider


def _start_ms(visit: Visit) -> list[float]:
    """From the process's start to the first session.updated on its way back."""
    updated = _times(visit, "session.updated")
    return [(updated[0] - visit.spawned_ns) / 1e6] if updated else []


def _delta_ms(visit: Visit) -> list[float]:
    """From leaving the server to the loudspeaker; over WebRTC from the server's first frame of a response."""
    if visit.peer.transport == "websocket":
        return [value / 1e6 for value in visit.seen["latencies_ns"]]
    begins = [piece.begin_ns for piece in heard_pieces(visit)]
    return _waits_ms(_times(visit, "output_audio_buffer.started"), begins)


def _barge_in(visit: Visit) -> dict[str, list[float]]:
    happened = barge_ins(visit)
    speech = _times(visit, "input_audio_buffer.speech_started")
    noticed = [(_next(speech, said), silent) for said, silent in happened]
    found = {
        "speech_started to silence": [(silent - at) / 1e6 for at, silent in noticed if at is not None],
        _TRUNCATION[visit.scene.name]: truncation_errors_ms(visit),
    }
    if visit.scene.name == "barge-in":
        found["barge-in to silence"] = [(silent - said) / 1e6 for said, silent in happened]
    return found


def _tool(visit: Visit) -> dict[str, list[float]]:
    """From the end of the arguments to the tool, and to the response that knows its result."""
    asked = _times(visit, "response.function_call_arguments.done")
    return {
        "arguments to tool": [(at - done) / 1e6 for done, at in zip(asked, visit.seen["tools"], strict=False)],
        "tool round trip": _waits_ms(asked, _times(visit, "response.created")),
    }


def _waits_ms(begins: Sequence[int], ends: Sequence[int]) -> list[float]:
    """From each beginning to the next end, where there is one."""
    pairs = ((begin, _next(ends, begin)) for begin in begins)
    return [(end - begin) / 1e6 for begin, end in pairs if end is not None]


def _next(times: Sequence[int], after: int) -> int | None:
    return next((at for at in times if at > after), None)


def _times(visit: Visit, kind: str) -> list[int]:
    return [at for at, way, _, name, _ in visit.passed["events"] if name == kind and way in {"down", "side"}]


def _lines_of_code(text: str) -> set[int]:
    quiet = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
    lines: set[int] = set()
    alone = True
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.STRING and alone:  # a docstring
            continue
        if token.type not in quiet:
            lines.update(range(token.start[0], token.end[0] + 1))
        alone = token.type in quiet
    return lines
