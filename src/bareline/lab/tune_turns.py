"""Which way of taking turns fits these recordings best?"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from bareline.errors import ConfigurationError
from bareline.lab.turn_contenders import standard_contenders
from bareline.lab.turn_tables import overlap_table, percent, plot, turn_table
from bareline.testing.turns.curve import Point, delay_at, points_of
from bareline.testing.turns.figures import Figures, figures_of
from bareline.testing.turns.lock import CACHE_NAME, LOCK_NAME, lock_of, write_lock
from bareline.testing.turns.measure import Measured, measure
from bareline.testing.turns.recordings import read_folder
from bareline.testing.turns.replay import Contender

__all__ = ["Recommendation", "TuneOptions", "TuneReport", "render_tune", "run_tune"]

_YIELDS_MIN = 0.99


@dataclass(frozen=True)
class TuneOptions:
    """``contenders``: more than the standard ones, or instead of them with ``only``. ``cut_ins_max``: what is accepted
    (0-1). ``lock``: write the lock file for what is recommended, or for these names. ``processes``: None for one per
    core."""

    contenders: Sequence[Contender] = ()
    only: bool = False
    cut_ins_max: float = 0.05
    lock: bool = False
    lock_names: Sequence[str] = ()
    processes: int | None = None


class Recommendation(msgspec.Struct, frozen=True):
    """Who is best at what (``turns`` or ``interruptions``), the code to write, and why."""

    what: str
    name: str
    code: str
    why: str


class TuneReport(msgspec.Struct, frozen=True):
    """``figures`` by contender; ``with_policy``: those with an interruption policy; ``families``: the curves of those
    without; ``delay_at_limit``: each curve's median delay in ms at
    ``cut_ins_max``, None where it never gets there."""

    recordings: int
    minutes: float
    cut_ins_max: float
    figures: dict[str, Figures]
    with_policy: list[str]
    families: dict[str, list[Point]]
    delay_at_limit: dict[str, float | None]
    recommended: list[Recommendation]
    lock: str | None


def run_tune(
    folder: Path, options: TuneOptions | None = None, progress: Callable[[str], None] = lambda _: None
) -> TuneReport:
    """Replay every recording of ``folder`` through every contender. ``progress`` gets lines.

    Raises ``ConfigurationError`` for recordings or labels that cannot be read, and for two contenders of one name.
    """
    options = options or TuneOptions()
    contenders = (*(() if options.only else standard_contenders()), *options.contenders)
    _check(contenders, options)
    measured: list[Measured] = []
    for heard in measure(read_folder(folder), contenders, cache=folder / CACHE_NAME, processes=options.processes):
        measured.append(heard)
        progress(f"{len(measured)}: {heard.name}, {heard.length_ms / 1000:.1f} s")
    figures = {c.name: figures_of(heard.outcomes[c.name] for heard in measured) for c in contenders}
    families = _families(contenders, figures)
    recommended = _recommend(contenders, figures, options.cut_ins_max)
    lock = _lock(folder, measured, figures, recommended, options)
    return TuneReport(
        recordings=len(measured),
        minutes=sum(heard.length_ms for heard in measured) / 60_000,
        cut_ins_max=options.cut_ins_max,
        figures=figures,
        with_policy=[contender.name for contender in contenders if contender.policy is not None],
        families=families,
        delay_at_limit={name: delay_at(points, options.cut_ins_max) for name, points in families.items()},
        recommended=recommended,
        lock=lock,
    )


def render_tune(report: TuneReport) -> str:
    """The report as plain text."""
    lines = [f"{report.recordings} recordings, {report.minutes:.1f} minutes", ""]
    plain = {name: found for name, found in report.figures.items() if name not in report.with_policy}
    overlaps = _with_overlaps({name: report.figures[name] for name in (*list(plain)[:1], *report.with_policy)})
    if any(found.cut_ins.of for found in plain.values()):
        lines += [turn_table(plain), ""]
    if overlaps:
        lines += [overlap_table(overlaps), ""]
    if shown := plot(report.families, limit=report.cut_ins_max):
        lines += [shown, ""]
    for name, delay_ms in report.delay_at_limit.items():
        reached = "never" if delay_ms is None else f"{delay_ms:.0f} ms"
        lines.append(f"median delay at {100 * report.cut_ins_max:g} % cut-ins, {name}: {reached}")
    for best in report.recommended:
        lines += ["", f"for {best.what}: {best.name}: {best.why}", f"    {best.code}"]
    lines += ["", f"locked in {report.lock}"] if report.lock else []
    return "\n".join(lines)


def _check(contenders: Sequence[Contender], options: TuneOptions) -> None:
    names = [contender.name for contender in contenders]
    twice = {name for name in names if names.count(name) > 1}
    if twice or not names:
        raise ConfigurationError(f"two contenders are called {twice.pop()}" if twice else "there is no contender")
    for name in options.lock_names:
        if name not in names:
            raise ConfigurationError(f"there is no contender {name} to lock; there are {', '.join(names)}")


def _families(contenders: Sequence[Contender], figures: Mapping[str, Figures]) -> dict[str, list[Point]]:
    families: dict[str, list[tuple[str, Figures]]] = {}
    for contender in contenders:
        if contender.policy is None:
            family = families.setdefault(contender.family or contender.name, [])
            family.append((contender.name, figures[contender.name]))
    return {name: points for name, found in families.items() if (points := points_of(found))}


def _recommend(
    contenders: Sequence[Contender], figures: Mapping[str, Figures], cut_ins_max: float
) -> list[Recommendation]:
    code = {contender.name: contender.code or contender.name for contender in contenders}
    turns = {c.name: figures[c.name] for c in contenders if c.policy is None and figures[c.name].cut_ins.of}
    overlaps = _with_overlaps({c.name: figures[c.name] for c in contenders})
    found: list[Recommendation] = []
    if turns:
        name, why = _best_turns(turns, cut_ins_max)
        found.append(Recommendation("turns", name, code[name], why))
    if overlaps:
        name = max(overlaps, key=lambda each: _overlap_rank(overlaps[each]))
        best = overlaps[name]
        why = f"yields to {percent(best.yields)} % of interruptions, "
        why += f"holds through {percent(best.holds)} % of backchannels"
        found.append(Recommendation("interruptions", name, code[name], why))
    return found


def _best_turns(figures: Mapping[str, Figures], cut_ins_max: float) -> tuple[str, str]:
    """The quickest that keeps to the limit; where nobody does, the one who cuts in least."""
    within = {n: f for n, f in figures.items() if f.cut_ins.value is not None and f.cut_ins.value <= cut_ins_max}
    if within:
        name = min(within, key=lambda each: _delays(within[each]))
        return name, f"the least median delay with at most {100 * cut_ins_max:g} % cut-ins"
    name = min(figures, key=lambda each: (figures[each].cut_ins.value or 0.0, _delays(figures[each])))
    return name, f"nobody keeps to {100 * cut_ins_max:g} % cut-ins; this one cuts in least"


def _delays(found: Figures) -> tuple[float, float]:
    """For sorting: ends that are missed count as late."""
    late = float("inf")
    median, p90 = found.delay_ms.median, found.delay_ms.p90
    return (late if median is None else median, late if p90 is None else p90)


def _overlap_rank(found: Figures) -> tuple[bool, float, float]:
    yields = found.yields.value if found.yields.value is not None else 1.0
    return yields >= _YIELDS_MIN, (found.holds.value or 0.0) + yields, -(found.noise_stops.value or 0.0)


def _with_overlaps(figures: Mapping[str, Figures]) -> dict[str, Figures]:
    return {
        name: found
        for name, found in figures.items()
        if found.yields.of or found.holds.of or found.noise_stops.minutes or found.talkers_stops.minutes
    }


def _lock(
    folder: Path,
    measured: Sequence[Measured],
    figures: Mapping[str, Figures],
    recommended: Sequence[Recommendation],
    options: TuneOptions,
) -> str | None:
    if not (options.lock or options.lock_names):
        return None
    names = options.lock_names or [best.name for best in recommended]
    path = folder / LOCK_NAME
    write_lock(path, lock_of(measured, {name: figures[name] for name in names}))
    return str(path)
