"""Which of the samples given to a loudspeaker have been heard by now? Exact arithmetic, no clock of its own."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from bareline.units import NS_PER_S, SAMPLE_RATE_HZ, ns_to_samples

__all__ = ["HeardStretch", "Playout"]


@dataclass(slots=True)
class _Run:
    """Samples played without a gap; ``heard`` of them are accounted for."""

    start_ns: int
    samples: int
    heard: int = 0


@dataclass(frozen=True, slots=True)
class HeardStretch:
    """``samples`` heard in a row; the first of them ``offset`` samples after ``start_ns``."""

    start_ns: int
    offset: int
    samples: int


class Playout:
    """A loudspeaker that plays at 24 kHz and hands its device ``device_ns`` of audio ahead.

    A sample written to a starved loudspeaker is heard ``device_ns`` later; what the device holds already is heard even
    after ``clear``. Times never go backwards.
    """

    def __init__(self, device_ns: int = 0) -> None:
        self._device_ns = device_ns
        self._runs: deque[_Run] = deque()
        self.written = 0
        self.heard = 0

    @property
    def unheard(self) -> int:
        """Samples that are still to be heard."""
        return sum(run.samples - run.heard for run in self._runs)

    def write(self, samples: int, now_ns: int) -> None:
        """``samples`` more to play."""
        self.written += samples
        ready_ns = now_ns + self._device_ns
        if self._runs and not _ended(self._runs[-1], ready_ns):
            self._runs[-1].samples += samples
        else:
            self._runs.append(_Run(ready_ns, samples))

    def advance(self, now_ns: int) -> list[HeardStretch]:
        """Account for what was heard since the last time; rounded down to whole samples."""
        stretches: list[HeardStretch] = []
        for run in self._runs:
            heard = min(run.samples, max(0, ns_to_samples(now_ns - run.start_ns)))
            if heard > run.heard:
                stretches.append(HeardStretch(run.start_ns, run.heard, heard - run.heard))
                self.heard += heard - run.heard
                run.heard = heard
        while len(self._runs) > 1 and self._runs[0].heard == self._runs[0].samples:
            self._runs.popleft()
        return stretches

    def clear(self, now_ns: int) -> int:
        """Drop what the device does not hold yet; how many samples that is."""
        self.advance(now_ns)
        dropped = 0
        for run in self._runs:
            held_ns = now_ns + self._device_ns - run.start_ns
            kept = min(run.samples, max(run.heard, -(-held_ns * SAMPLE_RATE_HZ // NS_PER_S)))
            dropped += run.samples - kept
            run.samples = kept
        return dropped

    def drop(self) -> int:
        """Drop everything, the device's part too: it is switched off."""
        dropped = self.unheard
        self._runs.clear()
        return dropped

    def heard_at_ns(self, samples_left: int) -> int:
        """When no more than ``samples_left`` are still to be heard; rounded up, 0 when that is so already."""
        for run in reversed(self._runs):
            left = run.samples - run.heard
            if left > samples_left:
                return run.start_ns + -(-(run.samples - samples_left) * NS_PER_S // SAMPLE_RATE_HZ)
            samples_left -= left
        return 0


def _ended(run: _Run, at_ns: int) -> bool:
    """Whether the last sample of ``run`` is over by ``at_ns``, so that the next one comes after a gap."""
    return (at_ns - run.start_ns) * SAMPLE_RATE_HZ > run.samples * NS_PER_S
