"""What will a call have cost when it ends?

Each turn bills the whole context again, so turns grow dearer: the cost of a turn is fitted by a straight line over the
turns so far, and the line is followed at the pace of the turns so far. A guess, and the better the more turns it has
seen; a line that falls (a context that was cut) is taken as level.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from bareline.observe.cost import CallCost

__all__ = ["Forecast", "forecast"]

_S_PER_MINUTE = 60
_LEVEL_BELOW_TURNS = 3
"""A line through two turns says nothing."""


class Forecast(msgspec.Struct, frozen=True, kw_only=True):
    """``usd`` at ``minutes``, all that is billed already included; ``turns`` of the user by then."""

    minutes: float
    turns: int
    usd: Decimal
    next_turn_usd: Decimal


def forecast(cost: CallCost, minutes: float) -> Forecast:
    """What the call will have cost at ``minutes``; what it has cost when that is over already."""
    done = [float(turn.usd) for turn in cost.turns if turn.turn]
    elapsed = cost.seconds / _S_PER_MINUTE
    start, slope = _line(done)
    left = max(0.0, minutes - elapsed)
    pace = len(done) / elapsed if elapsed else 0.0
    coming = round(pace * left)
    turns = sum(start + slope * (len(done) + index) for index in range(coming))
    transcription = float(cost.transcription_usd) * left / elapsed if elapsed else 0.0
    return Forecast(
        minutes=minutes,
        turns=len(done) + coming,
        usd=cost.usd + _usd(turns + transcription),
        next_turn_usd=_usd(start + slope * len(done)),
    )


def _line(values: list[float]) -> tuple[float, float]:
    """Where the line of least squares begins, and how much it rises a turn."""
    count = len(values)
    if not count:
        return 0.0, 0.0
    mean, middle = sum(values) / count, (count - 1) / 2
    if count < _LEVEL_BELOW_TURNS:
        return mean, 0.0
    spread = sum((index - middle) ** 2 for index in range(count))
    slope = sum((index - middle) * (value - mean) for index, value in enumerate(values)) / spread
    slope = max(0.0, slope)
    return mean - slope * middle, slope


def _usd(value: float) -> Decimal:
    return Decimal(str(round(value, 6)))
