"""How do the peers compare in a picture?

An SVG with a panel for each measure: a bar for the median, a line for the spread, the raw loop's median as a rule.
"""

from __future__ import annotations

from collections.abc import Iterable
from xml.sax.saxutils import escape

from bareline.lab.peers.contenders import FLOOR
from bareline.lab.peers.report import PeerFigure, PeersReport
from bareline.lab.peers.samples import MEASURES, Measure

__all__ = ["plot_peers"]

_COLUMNS = 3
_PANEL_WIDTH, _BAR_HEIGHT, _HEAD = 380, 20, 34
_NAMES_WIDTH, _BARS_WIDTH = 150, 150
_COLOURS = {"ours": "#2a6f97", "floor": "#888888", "others": "#c98b4b"}


def plot_peers(report: PeersReport) -> str:
    """The whole picture, as text."""
    measures = [m for m in MEASURES if m.plotted and any(row.measure == m.name for row in report.rows)]
    panel_height = _HEAD + _BAR_HEIGHT * len(report.peers) + 14
    rows = -(-len(measures) // _COLUMNS)
    width, height = _COLUMNS * _PANEL_WIDTH, rows * panel_height + 30
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-size="11">',
        '<rect width="100%" height="100%" fill="white"/><g font-family="sans-serif">',
    ]
    for number, measure in enumerate(measures):
        left, top = number % _COLUMNS * _PANEL_WIDTH, number // _COLUMNS * panel_height
        found = {peer: row for peer in report.peers if (row := report.find(peer, measure.name)) is not None}
        parts += _panel(measure, found, left + 10, top)
    parts.append(f'<text x="10" y="{height - 10}" fill="#555">{escape(report.machine)}; {report.date}</text></g></svg>')
    return "\n".join(parts) + "\n"


def _panel(measure: Measure, found: dict[str, PeerFigure], left: int, top: int) -> Iterable[str]:
    yield f'<text x="{left}" y="{top + 22}" font-size="13" font-weight="bold">{escape(measure.heading)}</text>'
    most = max(row.high for row in found.values()) or 1.0
    bars = left + _NAMES_WIDTH

    def at(value: float) -> float:
        return bars + max(0.0, value) / most * _BARS_WIDTH

    for line, (peer, row) in enumerate(found.items()):
        y = top + _HEAD + line * _BAR_HEIGHT
        colour = _COLOURS["floor" if peer == FLOOR else "ours" if peer.startswith("bareline") else "others"]
        length = at(row.median) - bars
        yield f'<text x="{bars - 6}" y="{y + 12}" text-anchor="end">{escape(peer)}</text>'
        yield f'<rect x="{bars}" y="{y + 2}" width="{length:.1f}" height="{_BAR_HEIGHT - 8}" fill="{colour}"/>'
        yield (
            f'<line x1="{at(row.low):.1f}" x2="{at(row.high):.1f}" y1="{y + 8}" y2="{y + 8}" stroke="black" '
            'stroke-width="1.5"/>'
        )
        yield f'<text x="{at(max(row.high, row.median)) + 5:.1f}" y="{y + 12}">{row.median:.{measure.digits}f}</text>'
    if FLOOR in found:
        x, end = at(found[FLOOR].median), top + _HEAD + len(found) * _BAR_HEIGHT
        yield f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{top + _HEAD}" y2="{end}" stroke="#888" stroke-dasharray="3 3"/>'
