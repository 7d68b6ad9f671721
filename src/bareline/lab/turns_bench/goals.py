"""Which promises does ``bareline bench turns`` judge?"""

from __future__ import annotations

from collections.abc import Mapping

from bareline.lab.bench_wire_report import Goal
from bareline.lab.turns_bench.report import Group
from bareline.testing.turns.confidence import Share

__all__ = ["goals_of"]

KNOWN_DOMAIN = "completeness balanced"
"""Judged in the known domain."""
POLICY = "rules balanced"
"""Judged over the assistant's voice."""
DETECTOR = "speech silences"
"""Finds speech, and judges nothing."""
_SAME_MS = 5.0
"""Median delays this close to each other are equal: half a window of voice activity is 16 ms."""


def goals_of(groups: Mapping[str, Group], splits_same: int, splits: int) -> list[Goal]:
    """The promises of ``docs/performance.md``, for what was measured."""
    goals: list[Goal] = []
    if "household" in groups:
        goals += _known_domain(groups["household"])
    for name in ("open", "human", "dictation"):
        if name in groups:
            goals.append(Goal(f"{groups[name].title}: cut-ins over a silence timer's", _excess(groups[name]), 0.0, "%"))
    if "overlaps" in groups:
        goals += _overlaps(groups["overlaps"])
    if "again" in groups:
        said_twice = _missing(groups["again"].figures[POLICY].yields)
        goals.append(Goal("interruptions said twice that were not yielded to", said_twice, 1.0, "%"))
    if "echo" in groups:
        goals += _echo(groups["echo"])
    return [*goals, Goal("splits of the same audio that decide otherwise", float(splits - splits_same), 0, "")]


def _known_domain(group: Group) -> list[Goal]:
    found = group.figures[KNOWN_DOMAIN]
    others = 100 * (1 - found.cut_ins_complete.of / found.cut_ins.of) if found.cut_ins.of else None
    return [
        Goal(f"{group.title}: turns cut in on", _percent(found.cut_ins), 5.0, "%"),
        Goal(f"{group.title}: median delay", found.delay_ms.median, 450.0, "ms"),
        Goal("turns without a pause after words that are whole", others, 70.0, "%"),
    ]


def _excess(group: Group) -> float | None:
    """By how much the worst contender's cut-ins exceed those of the best silence timer that is no slower."""
    timers = group.families["silence timers"]
    over: list[float] = []
    for family, points in group.families.items():
        for point in points if family != "silence timers" else ():
            as_quick = [timer.cut_ins for timer in timers if timer.delay_ms <= point.delay_ms + _SAME_MS]
            if as_quick:
                over.append(100 * (point.cut_ins - min(as_quick)))
    return max(over, default=None)


def _overlaps(group: Group) -> list[Goal]:
    found = group.figures[POLICY]
    return [
        Goal("interruptions that were not yielded to", _missing(found.yields), 1.0, "%"),
        Goal("backchannels that silenced the assistant", _missing(found.holds), 5.0, "%"),
        Goal("false interruptions in noise", found.noise_stops.value, 0.1, "per minute"),
    ]


def _echo(group: Group) -> list[Goal]:
    """Found is what was noticed: here the voice never pauses, which would let the canceller hear the rest. Whether it
    yields is judged in calls (``bench barge-in``)."""
    stops = max(group.figures[name].noise_stops.count for name in (POLICY, DETECTOR))
    missed = _missing(group.quiet[DETECTOR].yields)
    return [
        Goal("self-interruptions by the assistant's own echo", float(stops), 0.0, ""),
        Goal("interruptions over an echo no louder than the user that were not found", missed, 10.0, "%"),
    ]


def _percent(found: Share) -> float | None:
    return None if found.value is None else 100 * found.value


def _missing(found: Share) -> float | None:
    return None if found.value is None else 100 * (1 - found.value)
