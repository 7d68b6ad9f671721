"""Which audio is to be played now, given which packets have come?

A packet in order plays at once. Once loss or reordering is seen, one packet is held, so that the forward error
correction of a packet can still stand in for the one before it; 1.8 s after the last trouble nothing is held again.
What is missing is recovered or concealed when its time has come, and not before: 60 ms at most, then the stream jumps.

The buffer knows places (samples at 24 kHz) and times, and nothing of codecs: it says what to do, the caller decodes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from bareline.media.arrival_clock import MARGIN_MIN_NS, ArrivalClock
from bareline.units import NS_PER_MS, ms_to_samples, samples_to_ns

__all__ = [
    "CONCEALED_MAX",
    "HELD_MAX",
    "TROUBLE_NS",
    "Conceal",
    "JitterBuffer",
    "Play",
    "Recover",
    "Step",
    "TimedPacket",
]

TROUBLE_NS = 1_800 * NS_PER_MS
"""One packet is held for so long after the last trouble."""
CONCEALED_MAX = ms_to_samples(60)
"""Longer gaps are not filled beyond this."""
HELD_MAX = 64
"""Packets held; with more, what is missing before them is missing for good."""


class TimedPacket(NamedTuple):
    """``sequence`` without wrap-around; ``position`` and ``samples``: its place in the stream; ``fec``: it repeats the
    packet before it."""

    sequence: int
    position: int
    samples: int
    payload: bytes
    payload_type: int
    arrived_ns: int
    fec: bool = False


@dataclass(frozen=True, slots=True)
class Play:
    """Decode ``packet`` and leave out its first ``skip`` samples, which have been filled already."""

    packet: TimedPacket
    skip: int


@dataclass(frozen=True, slots=True)
class Recover:
    """Decode the ``samples`` at ``position`` from what ``packet``, the next one, repeats of them."""

    packet: TimedPacket
    position: int
    samples: int


@dataclass(frozen=True, slots=True)
class Conceal:
    """Make up the ``samples`` at ``position``; ``last``: nothing follows, so fade."""

    position: int
    samples: int
    last: bool


Step = Play | Recover | Conceal


class JitterBuffer:
    """Packets in, steps out, each place at most once and in order.

    ``quiet`` says whether what was played last was (nearly) silence: such a stream may have paused, and nothing is made
    up until its next packet shows a loss. No packet may be inserted twice. ``late`` counts packets, ``silent`` the lost
    samples that nothing stood in for.
    """

    def __init__(self, quiet: Callable[[], bool]) -> None:
        self.late = self.silent = 0
        self.clock = ArrivalClock()
        self._quiet = quiet
        self._next_sample = 0
        self._trouble_until = 0
        self._handed_ns = 0
        self._unit = ms_to_samples(20)
        self.restart()

    def restart(self) -> int:
        """Forget what is held and expected, for another source; gives the place after all that was handed out."""
        self.clock.restart()
        self._held: dict[int, TimedPacket] = {}
        self._next_sequence: int | None = None
        self._highest = 0
        self._made_up = 0  # samples since the last packet played, and how many of them for packets still missing
        self._filled = 0
        self._waits = True
        self._paused = False
        return self._next_sample

    @property
    def held(self) -> int:
        """Packets held."""
        return len(self._held)

    def target_ns(self, now_ns: int) -> int:
        """How long a packet that came in time is held."""
        return samples_to_ns(self._unit) if now_ns < self._trouble_until else 0

    def insert(self, packet: TimedPacket, *, follows_pause: bool = False) -> None:
        """A packet has come; ``follows_pause``: if it is next in order, the stream has paused before it."""
        now_ns = packet.arrived_ns
        if self._next_sequence is None:
            self._next_sequence = self._highest = packet.sequence
            self._next_sample = packet.position
            self._handed_ns = now_ns
        elif packet.sequence != self._highest + 1:
            self._trouble_until = now_ns + TROUBLE_NS
        elif follows_pause:
            self.clock.restart()
        self.clock.arrived(packet.position, now_ns)
        if packet.sequence < self._next_sequence:
            self.late += 1
            return
        self._highest = max(self._highest, packet.sequence)
        self._held[packet.sequence] = packet
        self._waits = False

    def next_step(self, now_ns: int) -> Step | None:
        """What to play now, or None while nothing is due; ask again until then."""
        while self._held:
            head = self._held[min(self._held)]
            missing = head.position - self._next_sample
            if head.sequence != self._next_sequence and missing > 0:
                step = self._fill(head, missing, now_ns)
                if step is not None or head.sequence != self._next_sequence:
                    return step
                continue
            if now_ns < self._play_ns(head, now_ns):
                return None
            del self._held[head.sequence]
            self._next_sequence = head.sequence + 1
            if head.position + head.samples <= self._next_sample:
                self._is_late(head, now_ns)
                continue
            return self._play(head, now_ns)
        return self._make_up(now_ns)

    def deadline(self, now_ns: int) -> int | None:
        """When ``next_step`` will have something, if no packet comes before."""
        if not self._held:
            return None if self._waits else self._missing_ns()
        head = self._held[min(self._held)]
        if head.sequence != self._next_sequence and head.position > self._next_sample:
            return self._missing_ns()
        return self._play_ns(head, now_ns)

    def _play_ns(self, packet: TimedPacket, now_ns: int) -> int:
        held_ns = self.target_ns(now_ns)
        return min(self.clock.due_ns(packet.position), packet.arrived_ns) + held_ns if held_ns else packet.arrived_ns

    def _missing_ns(self) -> int:
        """When the next place is filled if its packet has not come by then."""
        unit_ns = samples_to_ns(self._unit)
        due = self.clock.due_ns(self._next_sample) + unit_ns + self.clock.margin_ns(unit_ns)
        # Right after a stall all is overdue; what was handed out then still lasts for a packet.
        return max(due, self._handed_ns + unit_ns + MARGIN_MIN_NS)

    def _play(self, packet: TimedPacket, now_ns: int) -> Play:
        skip = max(0, self._next_sample - packet.position)
        self._next_sample = packet.position + packet.samples
        self._unit = packet.samples
        self._handed_ns = now_ns
        self._made_up = self._filled = 0
        self._paused = False
        return Play(packet, skip)

    def _is_late(self, packet: TimedPacket, now_ns: int) -> None:
        """What was made up stood in for this one, and not for one that is still missing."""
        self.late += 1
        self._filled = max(0, self._filled - packet.samples)
        self._trouble_until = now_ns + TROUBLE_NS

    def _fill(self, head: TimedPacket, missing: int, now_ns: int) -> Step | None:
        """One step towards ``head``, which is here while packets before it are not."""
        if now_ns < self._missing_ns() and len(self._held) < HELD_MAX:
            return None
        lost = min(missing, (head.sequence - (self._next_sequence or 0)) * self._unit - self._filled)
        recoverable = min(missing, self._unit) if head.fec else 0
        if recoverable and missing == recoverable:
            self._next_sequence = head.sequence
            self._advance(missing)
            return Recover(head, head.position - missing, missing)
        # A long loss within quiet: its time has passed, as nobody knew of it.
        room = 0 if self._paused and lost > CONCEALED_MAX else CONCEALED_MAX - self._made_up
        room = min(room, lost, missing - recoverable)
        if room > 0:
            return self._conceal(min(room, self._unit), last=room <= self._unit and not recoverable and missing > room)
        self.silent += max(0, min(lost, missing - recoverable))
        self._next_sample = head.position - recoverable
        self._made_up = self._filled = 0
        if not recoverable:
            self._next_sequence = head.sequence
        return self._fill(head, recoverable, now_ns) if recoverable else None

    def _make_up(self, now_ns: int) -> Step | None:
        """Nothing is here: fill the next place once its time has come, unless the stream may have paused."""
        if self._waits or now_ns < self._missing_ns():
            return None
        self._paused = self._quiet()
        if self._paused or self._made_up >= CONCEALED_MAX:
            self._waits = True
            return None
        return self._conceal(min(self._unit, CONCEALED_MAX - self._made_up))

    def _conceal(self, samples: int, *, last: bool | None = None) -> Conceal:
        position = self._next_sample
        self._advance(samples)
        return Conceal(position, samples, self._made_up >= CONCEALED_MAX if last is None else last)

    def _advance(self, samples: int) -> None:
        self._next_sample += samples
        self._made_up += samples
        self._filled += samples
        self._handed_ns += samples_to_ns(samples)
