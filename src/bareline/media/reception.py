"""Which packets of one source came, which did not, and how evenly?

RFC 3550 appendix A: validity and cycles of sequence numbers, losses, jitter.
"""

from __future__ import annotations

from bareline.media.rtcp import ReportBlock
from bareline.media.rtp import forward
from bareline.units import NS_PER_S

__all__ = ["DROPOUT_MAX", "Reception"]

DROPOUT_MAX = 3000
"""Sequence numbers that may be missing at once; further ahead or behind, the source has begun anew."""
_MISORDER_MAX = 100
_WINDOW = (1 << (_MISORDER_MAX + 28)) - 1
"""Which of the latest packets came, one bit each: longer than a packet may be out of order."""


class Reception:
    """Statistics of the source ``ssrc`` from its first packet on; sequence numbers without wrap-around."""

    def __init__(self, ssrc: int, sequence: int) -> None:
        self.ssrc = ssrc
        self.received = self.duplicates = 0
        self.highest = sequence - 1
        self._first = sequence
        self._seen = 0
        self._jitter_16 = 0
        self._transit: int | None = None
        self._clock_hz = 1
        self._expected_before = self._received_before = 0
        self._restart_at: int | None = None

    @property
    def lost(self) -> int:
        """Packets that did not come, so far; late ones count as come."""
        return self.highest - self._first + 1 - self.received

    @property
    def jitter_ns(self) -> int:
        """Mean deviation of the transit times."""
        return self._jitter_16 * NS_PER_S // (16 * self._clock_hz)

    @property
    def news_of_loss(self) -> bool:
        """Whether more is missing than was said in the last report."""
        expected = self.highest - self._first + 1 - self._expected_before
        return expected > self.received - self._received_before

    def place(self, sequence: int) -> int | None:
        """The number of a packet that is new; None for a duplicate and for one that is out of every order.

        Raises ``LookupError`` when two such packets follow each other: the source has begun anew.
        """
        ahead = forward(self.highest, sequence, 16)
        if not -_MISORDER_MAX < ahead < DROPOUT_MAX:
            if sequence == self._restart_at:
                raise LookupError(sequence)
            self._restart_at = (sequence + 1) & 0xFFFF
            return None
        if ahead > 0:
            self._seen = (self._seen << ahead | 1) & _WINDOW
            self.highest += ahead
        elif self._seen >> -ahead & 1:
            self.duplicates += 1
            return None
        else:
            self._seen |= 1 << -ahead
        self.received += 1
        return self.highest + min(ahead, 0)

    def arrived(self, timestamp: int, now_ns: int, clock_hz: int) -> None:
        """A packet came: the jitter follows (RFC 3550 appendix A.8)."""
        transit = now_ns * clock_hz // NS_PER_S - timestamp
        if self._transit is not None and clock_hz == self._clock_hz:
            difference = abs(forward(self._transit & 0xFFFFFFFF, transit & 0xFFFFFFFF, 32))
            self._jitter_16 += difference - (self._jitter_16 + 8 >> 4)
        self._transit = transit
        self._clock_hz = clock_hz

    def report(self, last_sender_report: int, delay: int) -> ReportBlock:
        """The block for the next report; the fraction lost counts from the block before."""
        expected = self.highest - self._first + 1
        expected_now = expected - self._expected_before
        lost_now = expected_now - (self.received - self._received_before)
        self._expected_before, self._received_before = expected, self.received
        fraction = min(255, (lost_now << 8) // expected_now) if lost_now > 0 and expected_now > 0 else 0
        return ReportBlock(
            self.ssrc, fraction, self.lost, self.highest, self._jitter_16 >> 4, last_sender_report, delay
        )
