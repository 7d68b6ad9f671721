"""How do the figures of turn-taking read as tables and as a plot of the trade-off?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bareline.testing.turns.confidence import Middle, Rate, Share
from bareline.testing.turns.curve import Point
from bareline.testing.turns.figures import Figures

__all__ = ["overlap_table", "percent", "plot", "rows_text", "turn_table"]

_PLOT_COLUMNS, _PLOT_ROWS = 64, 16
_MARKS = "abcdefghijklmnopqrstuvwxyz"


def turn_table(figures: Mapping[str, Figures]) -> str:
    """Ends of turns: cut-ins and delays."""
    rows = [["%, ms", "cut-ins", "paused", "whole", "delay p50", "p90", "missed"]]
    for name, found in figures.items():
        rows.append(
            [
                name,
                percent(found.cut_ins, interval=True),
                percent(found.cut_ins_paused),
                percent(found.cut_ins_complete),
                _middle(found.delay_ms),
                _ms(found.delay_ms.p90),
                str(found.missed),
            ]
        )
    return rows_text(rows)


def overlap_table(figures: Mapping[str, Figures]) -> str:
    """What becomes of the assistant's voice when somebody makes a sound."""
    rows = [["%, ms, per minute", "yields", "holds", "coughs", "pause p50/p90", "stop p50/p90", "gap"]]
    rows[0] += ["noise starts", "noise stops", "talkers stop"]
    for name, found in figures.items():
        rows.append(
            [
                name,
                percent(found.yields, interval=True),
                percent(found.holds, interval=True),
                percent(found.coughs),
                f"{_ms(found.reaction_ms.median)}/{_ms(found.reaction_ms.p90)}",
                f"{_ms(found.stop_ms.median)}/{_ms(found.stop_ms.p90)}",
                _ms(found.gap_ms.median),
                _rate(found.noise_starts),
                _rate(found.noise_stops),
                _rate(found.talkers_stops, interval=False),
            ]
        )
    return rows_text(rows)


def percent(found: Share, *, interval: bool = False) -> str:
    """A share in percent, with its 95 % interval if wanted."""
    if found.value is None:
        return "-"
    text = f"{100 * found.value:.1f}"
    return f"{text} ({100 * found.low:.1f}-{100 * found.high:.1f})" if interval else text


def plot(families: Mapping[str, Sequence[Point]], *, limit: float) -> str:
    """Median delay to the right, cut-ins upwards; a letter per family, the line is the ``limit`` of cut-ins."""
    points = [point for family in families.values() for point in family]
    if not points:
        return ""
    most_ms = max(point.delay_ms for point in points) * 1.02
    most = max(limit * 1.5, *(point.cut_ins for point in points))
    grid = [[" "] * _PLOT_COLUMNS for _ in range(_PLOT_ROWS)]
    grid[_row(limit, most)] = ["."] * _PLOT_COLUMNS
    for mark, family in zip(_MARKS, families.values(), strict=False):
        for point in family:
            column = min(_PLOT_COLUMNS - 1, int(point.delay_ms / most_ms * _PLOT_COLUMNS))
            grid[_row(point.cut_ins, most)][column] = mark
    lines = [f"{100 * most * (1 - at / (_PLOT_ROWS - 1)):5.0f} % |{''.join(row)}" for at, row in enumerate(grid)]
    axis = f"        +{'-' * _PLOT_COLUMNS}\n         0{f'{most_ms:.0f} ms':>{_PLOT_COLUMNS - 1}}"
    legend = [f"  {mark}: {name}" for mark, name in zip(_MARKS, families, strict=False)]
    return "\n".join([*lines, axis, *legend])


def rows_text(rows: Sequence[Sequence[str]]) -> str:
    """Columns of one width each, the first one to the left."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines: list[str] = []
    for row in rows:
        cells = (cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))
        lines.append("  ".join((row[0].ljust(widths[0]), *cells)).rstrip())
    return "\n".join(lines)


def _row(share: float, most: float) -> int:
    return round((1 - min(1.0, share / most)) * (_PLOT_ROWS - 1))


def _middle(found: Middle) -> str:
    if found.median is None:
        return "-"
    return f"{found.median:.0f} ({_ms(found.low)}-{_ms(found.high)})"


def _ms(value: float | None) -> str:
    return "-" if value is None else f"{value:.0f}"


def _rate(found: Rate, *, interval: bool = True) -> str:
    if found.value is None:
        return "-"
    return f"{found.value:.2f} ({found.low:.2f}-{found.high:.2f})" if interval else f"{found.value:.1f}"
