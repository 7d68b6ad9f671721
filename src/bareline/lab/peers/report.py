"""What did ``bench peers`` find, and which report is the latest?"""

from __future__ import annotations

import os
from importlib import resources
from pathlib import Path
from typing import Literal

import msgspec

from bareline.errors import ConfigurationError

__all__ = [
    "Absence",
    "Outcome",
    "PeerFigure",
    "PeersReport",
    "Verdict",
    "cache_folder",
    "latest_report",
    "local_report_path",
    "read_report",
    "save_report",
]


Verdict = Literal["told", "silent", "dead", "raised", "reconnected", "goes on", "none"]


class PeerFigure(msgspec.Struct, frozen=True):
    """One measure of one peer over the valid rounds: median, lowest and highest.

    ``ratio``: the median over rounds of this figure over the raw loop's in the same round; ``None`` where the raw loop
    has no such figure, or has zero.
    """

    peer: str
    measure: str
    unit: str
    median: float
    low: float
    high: float
    ratio: float | None = None


class Outcome(msgspec.Struct, frozen=True):
    """What the application of one peer got in one failure scene, in words. ``verdict`` is for tables."""

    peer: str
    scene: str
    verdict: Verdict
    words: str


class Absence(msgspec.Struct, frozen=True):
    """A peer, or one scene of it, that could not take part, and why."""

    peer: str
    reason: str
    scene: str = ""


class PeersReport(msgspec.Struct, frozen=True, kw_only=True):
    """Everything of one bench.

    ``date`` is ISO 8601. ``rows``: one for each peer and measure. ``versions``: of each peer as installed.
    ``rounds`` counted, ``void`` says why each other one did not.
    """

    machine: str
    date: str
    rows: tuple[PeerFigure, ...]
    outcomes: tuple[Outcome, ...] = ()
    absent: tuple[Absence, ...] = ()
    versions: dict[str, str] = {}
    scenes: tuple[str, ...] = ()
    rounds: int = 0
    void: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    quick: bool = False

    @property
    def peers(self) -> tuple[str, ...]:
        """Who has figures, in the order of the rows."""
        return tuple(dict.fromkeys(row.peer for row in self.rows))

    def find(self, peer: str, measure: str) -> PeerFigure | None:
        """The figure of this peer; ``None`` where it has none."""
        return next((row for row in self.rows if (row.peer, row.measure) == (peer, measure)), None)


def cache_folder() -> Path:
    """Where environments and the local report are kept: under ``XDG_CACHE_HOME``, else ``~/.cache``."""
    given = os.environ.get("XDG_CACHE_HOME", "")
    root = Path(given) if Path(given).is_absolute() else Path.home() / ".cache"
    return root / "bareline" / "peers"


def local_report_path() -> Path:
    """Where the last run of this machine is."""
    return cache_folder() / "report.json"


def latest_report() -> tuple[PeersReport, Path] | None:
    """The last run of this machine, else the reference run that came with the package, with its path.

    ``None`` when there is neither. A local report that cannot be read any more counts as none.
    """
    local = local_report_path()
    if local.exists():
        try:
            return read_report(local), local
        except ConfigurationError:
            pass  # of an older version: the next run writes a new one
    shipped = Path(str(resources.files("bareline.lab.peers").joinpath("reference.json")))
    return (read_report(shipped), shipped) if shipped.exists() else None


def read_report(path: Path) -> PeersReport:
    """The report in this file. Raises ``ConfigurationError`` when it cannot be read."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=PeersReport)
    except (OSError, msgspec.MsgspecError) as error:
        raise ConfigurationError(f"{path} is no report of bench peers: {error}") from error


def save_report(report: PeersReport, path: Path) -> None:
    """Write it as JSON that people can read too."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n")
