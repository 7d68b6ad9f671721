"""How is a report of the peers told in text?"""

from __future__ import annotations

from collections.abc import Iterable

from bareline.lab.peers.contenders import PEERS
from bareline.lab.peers.report import PeerFigure, PeersReport
from bareline.lab.peers.samples import MEASURES, Measure
from bareline.lab.turn_tables import rows_text

__all__ = ["SPREAD", "render_markdown", "render_peers"]

SPREAD = (
    "low-high: the middle 80 % of all samples; of eight and fewer the lowest and highest, widened by their "
    "distance and at least 10 %. x raw: the median over rounds of the ratio to the raw loop in the same round."
)


def render_peers(report: PeersReport) -> str:
    """For a terminal: a block for each measure, then the failures, then who was absent."""
    lines = [f"machine: {report.machine}", f"date: {report.date}", f"rounds: {report.rounds}"]
    lines += [f"{_title(peer)}: {version}" for peer, version in report.versions.items()]
    lines += ["", *_blocks(report), *_failures(report), *_absent(report)]
    lines += [f"void: {why}" for why in report.void]
    lines += [f"note: {note}" for note in report.notes]
    lines.append(SPREAD)
    return "\n".join(lines)


def render_markdown(report: PeersReport) -> str:
    """One table of medians with their spread, and one of the failures, for documents."""
    peers = report.peers
    rows = [["", *(_title(peer) for peer in peers)], ["---"] * (len(peers) + 1)]
    rows += [
        [measure.heading, *(_cell(report.find(peer, measure.name), measure) for peer in peers)]
        for measure in _measured(report)
    ]
    told = [["scene", "peer", "what the application gets"], ["---"] * 3]
    told += [[each.scene, _title(each.peer), f"**{each.verdict}**: {each.words}"] for each in report.outcomes]
    tables = [rows, *([told] if report.outcomes else [])]
    return "\n\n".join("\n".join(f"| {' | '.join(row)} |" for row in table) for table in tables)


def _blocks(report: PeersReport) -> Iterable[str]:
    for measure in _measured(report):
        rows = [[measure.heading, "median", "low-high", "x raw"]]
        for peer in report.peers:
            found = report.find(peer, measure.name)
            if found is not None:
                spread = f"{found.low:.{measure.digits}f}-{found.high:.{measure.digits}f}"
                ratio = "-" if found.ratio is None else f"{found.ratio:.1f}"
                rows.append([f"  {_title(peer)}", f"{found.median:.{measure.digits}f}", spread, ratio])
        yield rows_text(rows)
        yield ""


def _failures(report: PeersReport) -> Iterable[str]:
    for scene in dict.fromkeys(each.scene for each in report.outcomes):
        yield f"{scene}:"
        for each in report.outcomes:
            if each.scene == scene:
                yield f"  {_title(each.peer)}: {each.verdict}: {each.words}"
        yield ""


def _absent(report: PeersReport) -> Iterable[str]:
    for each in report.absent:
        yield f"absent: {_title(each.peer)}{f' in {each.scene}' if each.scene else ''}: {each.reason}"


def _measured(report: PeersReport) -> list[Measure]:
    names = {row.measure for row in report.rows}
    return [measure for measure in MEASURES if measure.name in names]


def _title(name: str) -> str:
    return next((peer.title for peer in PEERS if peer.name == name), name)


def _cell(found: PeerFigure | None, measure: Measure) -> str:
    if found is None:
        return "-"
    digits = measure.digits
    if found.low == found.high:
        return f"{found.median:.{digits}f}"
    return f"{found.median:.{digits}f} ({found.low:.{digits}f}-{found.high:.{digits}f})"
