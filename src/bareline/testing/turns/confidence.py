"""How sure is a share, a rate or a median? Intervals of 95 %."""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec

__all__ = ["Middle", "Rate", "Share", "middle", "percentile", "rate", "share"]

_Z = 1.96


class Share(msgspec.Struct, frozen=True):
    """``hits`` of ``of`` (Wilson's interval). ``value`` is None of nothing."""

    hits: int
    of: int
    value: float | None
    low: float
    high: float


class Rate(msgspec.Struct, frozen=True):
    """``count`` events in ``minutes`` (Poisson, Byar's approximation). ``value`` is None of no time."""

    count: int
    minutes: float
    value: float | None
    low: float
    high: float


class Middle(msgspec.Struct, frozen=True):
    """A median with its interval (by ranks) and the 90th percentile; None where it is infinite, or there is nothing."""

    count: int
    median: float | None
    low: float | None
    high: float | None
    p90: float | None


def share(hits: int, of: int) -> Share:
    """A share with its interval."""
    if not of:
        return Share(0, 0, None, 0.0, 1.0)
    p, z2 = hits / of, _Z * _Z
    centre = (p + z2 / (2 * of)) / (1 + z2 / of)
    half = _Z * math.sqrt(p * (1 - p) / of + z2 / (4 * of * of)) / (1 + z2 / of)
    return Share(hits, of, p, max(0.0, centre - half), min(1.0, centre + half))


def rate(count: int, minutes: float) -> Rate:
    """Events per minute with their interval."""
    if minutes <= 0:
        return Rate(count, 0.0, None, 0.0, 0.0)
    low = count * (1 - 1 / (9 * count) - _Z / (3 * math.sqrt(count))) ** 3 if count else 0.0
    more = count + 1
    high = more * (1 - 1 / (9 * more) + _Z / (3 * math.sqrt(more))) ** 3
    return Rate(count, minutes, count / minutes, low / minutes, high / minutes)


def middle(values: Sequence[float]) -> Middle:
    """The median of ``values`` (infinite ones count as late as can be) with its interval, and the 90th percentile."""
    count = len(values)
    half = _Z * math.sqrt(count) / 2
    ranks = (0.5, (count / 2 - half) / count, (count / 2 + half) / count, 0.9) if count else (0.5,) * 4
    return Middle(count, *(percentile(values, at) for at in ranks))


def percentile(values: Sequence[float], at: float) -> float | None:
    """The value that a share ``at`` of them does not exceed; None of nothing, or where it is infinite."""
    if not values:
        return None
    found = sorted(values)[min(len(values), max(1, math.ceil(at * len(values)))) - 1]
    return found if math.isfinite(found) else None
