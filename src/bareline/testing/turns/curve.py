"""How does a family of detectors trade delay for cut-ins?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

import msgspec

from bareline.testing.turns.figures import Figures

__all__ = ["Point", "cut_ins_at", "delay_at", "points_of"]


class Point(msgspec.Struct, frozen=True, order=True):
    """One contender: median delay in ms, share of turns cut in on (0-1)."""

    delay_ms: float
    cut_ins: float
    name: str = ""


def points_of(found: Iterable[tuple[str, Figures]]) -> list[Point]:
    """The points of these contenders, by delay; those without a median delay are left out."""
    return sorted(
        Point(figures.delay_ms.median, figures.cut_ins.value, name)
        for name, figures in found
        if figures.delay_ms.median is not None and figures.cut_ins.value is not None
    )


def cut_ins_at(points: Sequence[Point], delay_ms: float) -> float | None:
    """The curve's cut-ins at this median delay, straight between points; before the first one None, after the last one
    the last one's."""
    if not points or delay_ms < points[0].delay_ms:
        return None
    for before, after in pairwise(points):
        if before.delay_ms <= delay_ms <= after.delay_ms:
            return _between(before.delay_ms, after.delay_ms, before.cut_ins, after.cut_ins, delay_ms)
    return points[-1].cut_ins


def delay_at(points: Sequence[Point], cut_ins: float) -> float | None:
    """The least median delay at which the curve has no more than this share of cut-ins; None when it never has."""
    if points and points[0].cut_ins <= cut_ins:
        return points[0].delay_ms
    for before, after in pairwise(points):
        if after.cut_ins <= cut_ins < before.cut_ins:
            return _between(before.cut_ins, after.cut_ins, before.delay_ms, after.delay_ms, cut_ins)
    return None


def _between(from_x: float, to_x: float, from_y: float, to_y: float, x: float) -> float:
    return to_y if from_x == to_x else from_y + (to_y - from_y) * (x - from_x) / (to_x - from_x)
