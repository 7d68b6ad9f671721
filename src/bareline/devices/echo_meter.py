"""How loud is the loudspeaker's echo in the microphone, and how much of it is left after the canceller?

Levels of blocks of 10 ms, compared over the last seconds with sound from the loudspeaker. What follows the
loudspeaker's level, as late as the echo comes, is echo; what does not is the user or the room.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from bareline.media.levels import SILENCE_DBFS

__all__ = ["EchoLevels", "EchoMeter"]

_LAGS = 36
"""Blocks by which the echo may come later."""
_MEMORY = 200
"""Blocks that count: two seconds."""
_DECAY = 0.75
"""Rooms go on sounding: 2.5 dB less each 10 ms."""
_ACTIVE = 10 ** (-50 / 20)
_HOLD = 40
"""Blocks after the last sound from the loudspeaker in which its echo may be heard."""
_JITTER = 3
_ROOM = 15
"""Blocks in which the sound may come later, and in which a room may still sound."""
_ALIKE = 2.0
"""A block up to so many times the expected echo is taken for nothing but echo."""
_SHARE_FADE = 0.9
"""Energies of the last 100 ms: a share of one block says little."""
_HEARD_RATIO = 0.5
"""Levels that go together at least this well are cause and effect."""
_BELIEVED, _FORGOTTEN = 40, 400
"""For how many blocks levels have to go together; two voices do for a moment, and a user may drown an echo for long."""


@dataclass(frozen=True, slots=True)
class EchoLevels:
    """What the meter says, over the last seconds with sound from the loudspeaker.

    ``echo_dbfs``: the echo in the microphone, and ``residual_dbfs``: what is left of it, in the moments with nothing
    else; ``erle_db``: the difference. ``residual_share`` (0-1): how well what is left follows the loudspeaker's level.
    ``measured_ms``: how much sound from the loudspeaker all this rests on. None: no echo is heard.
    """

    measured_ms: int
    echo_dbfs: float | None = None
    residual_dbfs: float | None = None
    residual_share: float = 0.0

    @property
    def erle_db(self) -> float | None:
        """Echo return loss enhancement."""
        return None if self.echo_dbfs is None or self.residual_dbfs is None else self.echo_dbfs - self.residual_dbfs


class EchoMeter:
    """Feed it the levels of each block of 10 ms: root mean squares, full scale being 1."""

    def __init__(self) -> None:
        self._recent = [0.0] * _LAGS
        self._quiet = _HOLD
        self._blocks = 0
        self._far = [_Mean() for _ in range(_LAGS)]
        self._near = _Mean()
        self._left = _Mean()
        self._with_near = [0.0] * _LAGS
        self._with_left = [0.0] * _LAGS
        self._lag: int | None = None
        self._gain = 0.0
        self._heard_for = self._unheard_for = 0
        self._alone = 0
        self._echo_power = 0.0
        self._left_power = 0.0
        self._left_now = 0.0
        self._echo_now = 0.0

    @property
    def active(self) -> bool:
        """Whether the loudspeaker, or its echo, may be heard in the block fed last."""
        return self._quiet < _HOLD

    @property
    def measured_ms(self) -> int:
        """How much sound from the loudspeaker there was."""
        return 10 * self._blocks

    @property
    def echo_max(self) -> float | None:
        """The level that the echo can have in the block fed last, at most; None where that is not known."""
        return self._expected(_ROOM)

    @property
    def share(self) -> float | None:
        """How much of what is left in the last 100 ms is echo, 0-1: as loud as what is left of it mostly is, and as
        far as that follows the loudspeaker's level. Where a canceller leaves nothing but noise this is 0; None where
        no loudspeaker is heard."""
        if not self.active or self._lag is None:
            return None
        if not self._left_now:
            return 0.0
        return self.levels().residual_share * self._echo_now / self._left_now

    def feed(self, near: float, far: float, left: float) -> None:
        """``near`` of the microphone, ``far`` of the loudspeaker, ``left`` of what the canceller made of ``near``."""
        self._recent.insert(0, max(far, _DECAY * self._recent[0]))
        self._recent.pop()
        self._quiet = 0 if far > _ACTIVE else self._quiet + 1
        if not self.active:
            return
        self._blocks += 1
        weight = max(1 / _MEMORY, 1 / self._blocks)
        near_off, left_off = self._near.feed(near, weight), self._left.feed(left, weight)
        for lag, level in enumerate(self._recent):
            off = weight * self._far[lag].feed(level, weight)
            self._with_near[lag] = (1 - weight) * (self._with_near[lag] + off * near_off)
            self._with_left[lag] = (1 - weight) * (self._with_left[lag] + off * left_off)
        self._find()
        self._compare(near, left)
        self._explain(left)

    def levels(self) -> EchoLevels:
        """The levels now."""
        lag = self._lag  # as late as the echo comes, in blocks; kept while the user drowns it
        if lag is None or not self._alone:
            return EchoLevels(measured_ms=self.measured_ms)
        return EchoLevels(
            measured_ms=self.measured_ms,
            echo_dbfs=_dbfs(self._echo_power),
            residual_dbfs=_dbfs(self._left_power),
            residual_share=max(0.0, _ratio(self._with_left[lag], self._far[lag], self._left)),
        )

    def _compare(self, near: float, left: float) -> None:
        """Count a block in which the loudspeaker's echo is heard, and nothing else."""
        expected = self._expected(_JITTER)
        if expected is None or not expected > _ACTIVE / 2 or near > _ALIKE * expected:
            return
        self._alone += 1
        weight = max(1 / _MEMORY, 1 / self._alone)
        self._echo_power += weight * (near * near - self._echo_power)
        self._left_power += weight * (left * left - self._left_power)

    def _explain(self, left: float) -> None:
        """Compare what is left now with what is left of such an echo otherwise."""
        expected = self._expected(_JITTER) or 0.0
        usual = expected * math.sqrt(self._left_power / self._echo_power) if self._echo_power else 0.0
        echo = min(left, _ALIKE * usual)
        self._left_now = _SHARE_FADE * self._left_now + (1 - _SHARE_FADE) * left * left
        self._echo_now = _SHARE_FADE * self._echo_now + (1 - _SHARE_FADE) * echo * echo

    def _find(self) -> None:
        """How late the echo comes: known once levels went together for a while, forgotten once they long did not."""
        lag = max(range(_LAGS), key=self._with_near.__getitem__)
        if _ratio(self._with_near[lag], self._far[lag], self._near) >= _HEARD_RATIO:
            self._heard_for, self._unheard_for = self._heard_for + 1, 0
        else:
            self._heard_for, self._unheard_for = 0, self._unheard_for + 1
        if self._heard_for >= _BELIEVED:
            self._lag, self._gain = lag, self._with_near[lag] / self._far[lag].spread
        elif self._unheard_for >= _FORGOTTEN:
            self._lag = None

    def _expected(self, blocks: int) -> float | None:
        """The level of the echo now, from the loudspeaker's in so many blocks before that."""
        lag = self._lag
        if lag is None:
            return None
        return self._gain * max(self._recent[max(0, lag - _JITTER) : lag + blocks + 1])


class _Mean:
    """A mean that forgets, and the mean square of what deviates from it."""

    __slots__ = ("mean", "spread")

    def __init__(self) -> None:
        self.mean = 0.0
        self.spread = 0.0

    def feed(self, value: float, weight: float) -> float:
        off = value - self.mean
        self.mean += weight * off
        self.spread = (1 - weight) * (self.spread + weight * off * off)
        return off


def _ratio(together: float, one: _Mean, other: _Mean) -> float:
    """Correlation, -1 to 1."""
    spread = one.spread * other.spread
    return together / math.sqrt(spread) if spread > 0 else 0.0


def _dbfs(power: float) -> float:
    return max(SILENCE_DBFS, 10 * math.log10(power)) if power > 0 else SILENCE_DBFS
