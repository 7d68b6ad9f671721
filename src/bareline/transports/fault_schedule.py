"""When does each message of a faulty connection arrive?

Sans-IO and seeded: the same faults, seed and traffic give the same arrivals. What carries it out is
``bareline.transports.impairments`` (around any transport), ``bareline.testing.link`` (simulated) and
``bareline.testing.proxy`` (TCP).
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass

from bareline.transports.faults import (
    Abort,
    Close,
    Cut,
    Delay,
    Direction,
    Duplicate,
    Fault,
    Loss,
    Reorder,
    Slow,
    Stall,
)
from bareline.units import NS_PER_S

__all__ = ["Ending", "FaultSchedule"]


@dataclass(frozen=True, slots=True)
class Ending:
    """When the connection ends by a fault, and with which close code (1006: without a goodbye)."""

    at_ns: int
    code: int


class FaultSchedule:
    """When does each message of one connection arrive, given its faults?

    ``started_ns`` is when the connection opened; ``seed`` makes chance repeatable: each message draws the same
    numbers whatever the faults, so that adding a fault does not move the others. ``ordered`` connections (TCP) deliver
    in order, except for what ``Reorder`` holds back; datagrams overtake each other when their delays differ.
    """

    def __init__(self, faults: Iterable[Fault], *, seed: int = 0, started_ns: int = 0, ordered: bool = True) -> None:
        self._faults = tuple(faults)
        self._started_ns = started_ns
        self._ordered = ordered
        self._lines: dict[Direction, _Line] = {
            "up": _Line(random.Random(f"{seed}:up")),
            "down": _Line(random.Random(f"{seed}:down")),
        }
        self._stalls = sorted((fault for fault in self._faults if isinstance(fault, Stall)), key=lambda s: s.at_ns)

    def carry(self, direction: Direction, size_bytes: int, now_ns: int) -> tuple[int, ...]:
        """When each copy of a message sent now arrives (monotonic ns): usually one, none when it is lost."""
        line = self._lines[direction]
        draws = _Draws(*(line.chance.random() for _ in range(4)))
        left_ns = self._transmit(direction, size_bytes, now_ns)
        if any(self._loses(fault, direction, draws, left_ns) for fault in self._faults):
            return ()
        arrives_ns = self._unstall(direction, left_ns + self._lag(direction, draws))
        if self._ordered:
            arrives_ns = max(arrives_ns, line.last_ns)
        held_ns = self._held(direction, draws)
        if not held_ns:
            line.last_ns = max(line.last_ns, arrives_ns)
        first_ns = arrives_ns + held_ns
        return (first_ns, first_ns) if self._doubles(direction, draws) else (first_ns,)

    def ending(self) -> Ending | None:
        """The first end of the connection that the faults hold, if any."""
        found: list[Ending] = []
        for fault in self._faults:
            if isinstance(fault, Abort):
                found.append(Ending(self._started_ns + fault.at_ns, 1006))
            elif isinstance(fault, Close):
                found.append(Ending(self._started_ns + fault.at_ns, fault.code))
        return min(found, key=lambda ending: ending.at_ns, default=None)

    def _transmit(self, direction: Direction, size_bytes: int, now_ns: int) -> int:
        line = self._lines[direction]
        left_ns = now_ns
        for fault in self._faults:
            if isinstance(fault, Slow) and fault.concerns(direction) and now_ns >= self._started_ns + fault.at_ns:
                left_ns = max(line.free_ns, now_ns) + size_bytes * 8 * NS_PER_S // fault.bits_per_s
                line.free_ns = left_ns
        return left_ns

    def _loses(self, fault: Fault, direction: Direction, draws: _Draws, at_ns: int) -> bool:
        if not fault.concerns(direction):
            return False
        if isinstance(fault, Loss):
            return draws.loss < fault.probability
        return isinstance(fault, Cut) and at_ns >= self._started_ns + fault.at_ns

    def _lag(self, direction: Direction, draws: _Draws) -> int:
        return sum(
            fault.by_ns + int(draws.jitter * fault.jitter_ns)
            for fault in self._faults
            if isinstance(fault, Delay) and fault.concerns(direction)
        )

    def _unstall(self, direction: Direction, at_ns: int) -> int:
        for stall in self._stalls:
            begin_ns = self._started_ns + stall.at_ns
            if stall.concerns(direction) and begin_ns <= at_ns < begin_ns + stall.for_ns:
                at_ns = begin_ns + stall.for_ns
        return at_ns

    def _held(self, direction: Direction, draws: _Draws) -> int:
        for fault in self._faults:
            if isinstance(fault, Reorder) and fault.concerns(direction) and draws.reorder < fault.probability:
                return fault.by_ns
        return 0

    def _doubles(self, direction: Direction, draws: _Draws) -> bool:
        return any(
            isinstance(fault, Duplicate) and fault.concerns(direction) and draws.duplicate < fault.probability
            for fault in self._faults
        )


@dataclass(slots=True)
class _Line:
    chance: random.Random
    free_ns: int = 0
    last_ns: int = 0


@dataclass(frozen=True, slots=True)
class _Draws:
    loss: float
    jitter: float
    reorder: float
    duplicate: float
