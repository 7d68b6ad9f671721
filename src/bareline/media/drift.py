"""How much faster is the other side's clock than ours?"""

from __future__ import annotations

from collections import deque

from bareline.units import NS_PER_MS, NS_PER_S, samples_to_ns

__all__ = ["DriftEstimate"]

_SPAN_NS = NS_PER_S
_SPANS_KEPT = 120
_SPANS_NEEDED = 10
_STEP_NS = 20 * NS_PER_MS
"""A larger change from one second to the next is a change of path or of timestamps, not of clocks."""


class DriftEstimate:
    """A straight line through the fastest transit of every second, over the last two minutes at most."""

    def __init__(self) -> None:
        self._spans: deque[tuple[int, int]] = deque(maxlen=_SPANS_KEPT)
        self._fastest: int | None = None
        self._span_end = 0

    def arrived(self, position: int, now_ns: int) -> None:
        """The packet whose audio begins at ``position`` (samples at 24 kHz) came at ``now_ns``."""
        transit = now_ns - samples_to_ns(position)
        if self._fastest is None:
            self._fastest, self._span_end = transit, now_ns + _SPAN_NS
        elif now_ns < self._span_end:
            self._fastest = min(self._fastest, transit)
        else:
            if self._spans and abs(self._fastest - self._spans[-1][1]) > _STEP_NS:
                self._spans.clear()
            self._spans.append((self._span_end, self._fastest))
            self._fastest, self._span_end = transit, now_ns + _SPAN_NS

    def ppm(self) -> float | None:
        """Parts per million by which the other side is faster (negative: slower); None before ten seconds."""
        count = len(self._spans)
        if count < _SPANS_NEEDED:
            return None
        mean_at = sum(at for at, _ in self._spans) / count
        mean_transit = sum(transit for _, transit in self._spans) / count
        spread = sum((at - mean_at) ** 2 for at, _ in self._spans)
        slope = sum((at - mean_at) * (transit - mean_transit) for at, transit in self._spans) / spread
        return round(-1e6 * slope, 1)
