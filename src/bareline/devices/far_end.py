"""What left the loudspeaker while the microphone heard this block?

No clock and no device: the sink's word on what was heard, and when it was asked, are arguments.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from bareline.units import BYTES_PER_SAMPLE, NS_PER_S, SAMPLE_RATE_HZ, ms_to_samples, samples_to_ns

__all__ = ["FarEnd", "SmoothTime"]

_KEPT = ms_to_samples(3_000)
"""How much of what was heard is kept: a microphone that is read late still finds it."""
_SAME_RUN = ms_to_samples(20)
"""A sink that is this far from where it should be has not stopped: its clock shakes."""
_EARLIER, _LATER = 4, 64
"""Of each deviation, one part in so many is believed. Whoever tells a time may be late in telling, but not early."""
_SLACK = 3
"""Blocks follow each other to the sample while their times say the same within this: a canceller bears a clock that
drifts, and suffers from one that shakes."""
_JUMP_NS = 20_000_000
"""A microphone's time that is this far off has jumped; less is the lateness of whoever took it."""


@dataclass(slots=True)
class _Run:
    """Samples heard without a gap: number ``sample`` of them at ``at_ns``, the first one ``first``, all before ``end``.

    ``end`` is None while it lasts; ``taken`` is the sample after the last one that was asked for.
    """

    at_ns: int
    sample: int
    first: int
    end: int | None = None
    taken: int | None = None

    def sample_at(self, at_ns: int) -> int:
        return self.sample + (at_ns - self.at_ns) * SAMPLE_RATE_HZ // NS_PER_S

    def next_at(self, at_ns: int, samples: int) -> int:
        """The first sample of a block that begins at ``at_ns``; its time is followed with some slack."""
        first = self.sample_at(at_ns)
        if self.taken is not None and abs(first - self.taken) <= _SLACK:
            first = self.taken
        self.taken = first + samples
        return first


class FarEnd:
    """The far end of an echo canceller, from what was written to a sink and what it says was heard of it.

    Samples are counted as the sink counts heard ones, from ``heard`` on. A stretch that is being heard is expected to
    go on as far as it was written, so that samples can be had before they are heard.
    """

    def __init__(self, heard: int = 0) -> None:
        self._before = heard
        self._heard = 0
        self._pcm = bytearray()
        self._first = 0
        self._runs: deque[_Run] = deque()

    @property
    def kept_samples(self) -> int:
        """How many samples are remembered, heard or not."""
        return len(self._pcm) // BYTES_PER_SAMPLE

    @property
    def _end(self) -> int:
        return self._first + self.kept_samples

    def wrote(self, pcm: bytes) -> None:
        """The sink has taken these samples."""
        self._pcm += pcm

    def dropped(self, samples: int) -> None:
        """The last samples will never be heard."""
        if samples > 0:
            del self._pcm[-samples * BYTES_PER_SAMPLE :]

    def heard(self, heard: int, now_ns: int) -> None:
        """What the sink says: so many samples were heard until now."""
        heard -= self._before
        moved, self._heard = heard - self._heard, heard
        run = self._runs[-1] if self._runs and self._runs[-1].end is None else None
        if run is not None:
            off = heard - run.sample_at(now_ns)
            if abs(off) <= _SAME_RUN:
                run.at_ns -= samples_to_ns(off) // (_EARLIER if off > 0 else _LATER)
            else:
                run.end = heard if off < 0 else heard - moved
                run = None
                moved = moved if off > 0 else 0
        if run is None and moved > 0:
            self._runs.append(_Run(now_ns, heard, first=heard - moved))
        self._forget()

    def during(self, at_ns: int, samples: int) -> bytes:
        """What is heard from ``at_ns`` on, as PCM16; silence where nothing is. Ask for one block after the other."""
        block = bytearray(samples * BYTES_PER_SAMPLE)
        for run in self._runs:
            begin = run.next_at(at_ns, samples)
            first = max(begin, run.first, self._first)
            end = min(begin + samples, self._end if run.end is None else run.end)
            if first < end:
                pcm = self._pcm[(first - self._first) * BYTES_PER_SAMPLE : (end - self._first) * BYTES_PER_SAMPLE]
                offset = (first - begin) * BYTES_PER_SAMPLE
                block[offset : offset + len(pcm)] = pcm
        return bytes(block)

    def _forget(self) -> None:
        surplus = self._heard - _KEPT - self._first
        if surplus > _KEPT:
            del self._pcm[: surplus * BYTES_PER_SAMPLE]
            self._first += surplus
            while self._runs[0].end is not None and self._runs[0].end <= self._first:
                self._runs.popleft()


class SmoothTime:
    """The times of a stream's samples without the lateness that shakes each of them."""

    def __init__(self) -> None:
        self._at_ns: int | None = None
        self._sample = 0

    def at_ns(self, first_sample: int, said_ns: int) -> int:
        """When ``first_sample`` was, where its frame says ``said_ns``."""
        if self._at_ns is None:
            expected_ns = said_ns
        else:
            expected_ns = self._at_ns + (first_sample - self._sample) * NS_PER_S // SAMPLE_RATE_HZ
            off_ns = said_ns - expected_ns
            trust = _EARLIER if off_ns < 0 else _LATER
            expected_ns = said_ns if abs(off_ns) > _JUMP_NS else expected_ns + off_ns // trust
        self._at_ns, self._sample = expected_ns, first_sample
        return expected_ns
