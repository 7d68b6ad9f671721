"""How long does a tool usually take, and how long is the way of a filler to the ear?

Both are learned, from bounded histories.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum

from bareline.tools.ladder import DEAD_AIR_NS
from bareline.units import ms_to_ns, ns_to_ms

__all__ = ["DURATIONS_KEPT", "FIRST_LEAD_NS", "TOOLS_KEPT", "Durations", "Lead", "Pace"]

DURATIONS_KEPT = 20
"""Executions remembered of each tool; what it did long ago says little about today."""
TOOLS_KEPT = 256
"""Tools remembered; the ones not used for the longest time are forgotten."""
FIRST_LEAD_NS = ms_to_ns(400)
"""Taken for the way from asking for a filler to its first sample, until enough of them were measured."""

_ENOUGH = 3
"""Executions that have to be known before anything is concluded from them."""
_LEADS_KEPT = 5


class Pace(StrEnum):
    """What a tool's history says. ``fast``: it ends before a filler is due; ``slow``: long after that."""

    UNKNOWN = "unknown"
    FAST = "fast"
    SLOW = "slow"
    MIXED = "mixed"


class Durations:
    """The latest durations of each tool. One may serve many calls: ``Call(durations=...)``.

    ``seen``: milliseconds by tool, as ``seen()`` gave them to be kept.
    """

    def __init__(self, seen: Mapping[str, Iterable[int]] | None = None) -> None:
        self._known: OrderedDict[str, deque[int]] = OrderedDict()
        for tool, durations_ms in (seen or {}).items():
            for duration_ms in durations_ms:
                self.took(tool, ms_to_ns(duration_ms))

    def took(self, tool: str, duration_ns: int) -> None:
        """An execution came to its end."""
        self._known.setdefault(tool, deque(maxlen=DURATIONS_KEPT)).append(duration_ns)
        self._known.move_to_end(tool)
        if len(self._known) > TOOLS_KEPT:
            self._known.popitem(last=False)

    def seen(self) -> dict[str, tuple[int, ...]]:
        """Milliseconds by tool, oldest first: to be stored, and given to another one."""
        return {tool: tuple(ns_to_ms(duration) for duration in known) for tool, known in self._known.items()}

    def pace(self, tool: str, delay_ns: int) -> Pace:
        """How the tool compares with a filler that is due after ``delay_ns``."""
        known = sorted(self._known.get(tool, ()))
        if len(known) < _ENOUGH:
            return Pace.UNKNOWN
        if _high(known) < delay_ns:
            return Pace.FAST
        return Pace.SLOW if known[len(known) // 4] >= 2 * delay_ns else Pace.MIXED

    def usual_ns(self, tool: str) -> int:
        """Nine in ten of its executions take no longer; 0 when none is known."""
        return _high(sorted(self._known.get(tool, (0,))))


class Lead:
    """How long before it is to be heard a filler has to be asked for: the slowest of the latest ones."""

    def __init__(self) -> None:
        self._measured = deque([FIRST_LEAD_NS], maxlen=_LEADS_KEPT)

    @property
    def ns(self) -> int:
        """At most ``DEAD_AIR_NS``: earlier than at once, nothing can be asked for."""
        return min(max(self._measured), DEAD_AIR_NS)

    def measured(self, way_ns: int) -> None:
        """So long it took from asking to the first sample heard."""
        self._measured.append(way_ns)


def _high(known: Sequence[int]) -> int:
    return known[len(known) * 9 // 10]
