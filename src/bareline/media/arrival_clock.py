"""When is the audio of a stream due, judged by when its packets have come?

The transit of a packet is its arrival minus its place in the stream. The fastest of the last seconds is the path
without queues; how much slower the slowest was, is what waiting for a missing packet has to reckon with.
"""

from __future__ import annotations

from bareline.units import NS_PER_MS, NS_PER_S, samples_to_ns

__all__ = ["MARGIN_MAX_NS", "MARGIN_MIN_NS", "ArrivalClock"]

MARGIN_MIN_NS = 5 * NS_PER_MS
MARGIN_MAX_NS = 60 * NS_PER_MS
_SPAN_NS = NS_PER_S
"""Half of what is remembered: the present span and the one before."""


class ArrivalClock:
    """The due time of every sample, from the fastest transit of the last one to two seconds.

    Following the fastest packets, it also follows a sender whose clock runs faster or slower than ours.
    """

    def __init__(self) -> None:
        self._span_end = 0
        self._fastest = self._fastest_before = 0
        self._slowest = self._slowest_before = 0
        self._started = False

    def restart(self) -> None:
        """The next arrival stands for itself: the stream paused, and places before it say nothing."""
        self._started = False

    def arrived(self, position: int, now_ns: int) -> None:
        """The packet whose audio begins at ``position`` (samples at 24 kHz) came at ``now_ns``."""
        transit = now_ns - samples_to_ns(position)
        if not self._started:
            self._started = True
            self._span_end = now_ns + _SPAN_NS
            self._fastest = self._fastest_before = self._slowest = self._slowest_before = transit
        elif now_ns >= self._span_end:
            self._span_end = now_ns + _SPAN_NS
            self._fastest_before, self._slowest_before = self._fastest, self._slowest
            self._fastest = self._slowest = transit
        self._fastest = min(self._fastest, transit)
        self._slowest = max(self._slowest, transit)

    def due_ns(self, position: int) -> int:
        """When the sample at ``position`` comes, if its packet is as fast as the fastest."""
        return samples_to_ns(position) + min(self._fastest, self._fastest_before)

    def margin_ns(self, slack_ns: int) -> int:
        """How long to wait for what is missing, beyond ``slack_ns`` after it was due: the spread of late has limits."""
        spread = max(self._slowest, self._slowest_before) - min(self._fastest, self._fastest_before)
        return max(MARGIN_MIN_NS, min(MARGIN_MAX_NS, spread + MARGIN_MIN_NS - slack_ns))
