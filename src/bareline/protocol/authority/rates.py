"""What is left of the tokens of this minute, as far as a server tells?"""

from __future__ import annotations

from bareline.protocol.events import RateLimit
from bareline.units import NS_PER_S

__all__ = ["Rates"]

_NS_PER_MINUTE = 60 * NS_PER_S


class Rates:
    """A bucket that refills evenly over a minute. Advisory: it never refuses (section 9.5)."""

    def __init__(self, per_minute: int | None) -> None:
        self._per_minute = per_minute
        self._used = 0
        self._at_ns = 0

    def after(self, tokens: int, now_ns: int) -> RateLimit | None:
        """The limit after these tokens were used; ``None`` when none is reported."""
        if self._per_minute is None:
            return None
        refilled = self._per_minute * (now_ns - self._at_ns) // _NS_PER_MINUTE
        self._used = max(0, self._used - refilled) + tokens
        self._at_ns = now_ns
        return RateLimit(
            name="tokens",
            limit=self._per_minute,
            remaining=max(0, self._per_minute - self._used),
            reset_seconds=round(60 * self._used / self._per_minute, 3),
        )
