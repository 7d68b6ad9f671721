"""What left the loudspeaker, and when, to the sample?"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator

from bareline.clock import now_ns
from bareline.devices.kept_audio import KeepingSink
from bareline.devices.playout import HeardStretch
from bareline.media.samples import to_bytes
from bareline.units import BYTES_PER_SAMPLE, ms_to_ns, ms_to_samples, ns_to_samples, samples_to_ns

__all__ = ["HeardSink"]

_BLOCK_SAMPLES = ms_to_samples(5)
_DUCKED_SHARE = 0.6


class HeardSink(KeepingSink):
    """Keeps every sample that was heard, with its time: the truth beside the ledger."""

    def __init__(self, *, device_ms: int = 0, queue_ms: int = KeepingSink.QUEUE_MS) -> None:
        super().__init__(device_ms=device_ms, queue_ms=queue_ms)
        self.samples = array("h")
        self._first: list[int] = []
        self._times: list[int] = []

    def labels(self) -> Counter[int]:
        """How often each sample value was heard until now."""
        self._update()
        return Counter(self.samples)

    def played(self, at_ns: int, samples: int) -> bytes:
        """What sounded from ``at_ns`` on for so long, PCM16; silence where nothing did."""
        self._update()
        played = bytearray(samples * BYTES_PER_SAMPLE)
        for index in reversed(range(len(self._first))):
            place = ns_to_samples(self._times[index] - at_ns)  # of the first sample of this stretch in the window
            end = self._first[index + 1] if index + 1 < len(self._first) else len(self.samples)
            first, last = max(0, place), min(samples, place + end - self._first[index])
            if first < last:
                begin = self._first[index] + first - place
                chunk = to_bytes(self.samples[begin : begin + last - first])
                played[first * BYTES_PER_SAMPLE : last * BYTES_PER_SAMPLE] = chunk
            if place <= 0:
                break
        return bytes(played)

    def last_heard_ns(self) -> int | None:
        """When the last sample ended that was heard."""
        self._update()
        return self._ends_ns(len(self.samples)) if self.samples else None

    def silent_ns(self, since_ns: int, least_ms: int) -> int | None:
        """When the first silence of at least ``least_ms`` began, after ``since_ns``; one that lasts counts."""
        self._update()
        for ended_ns, begun_ns in self._silences(since_ns):
            if begun_ns - ended_ns >= ms_to_ns(least_ms):
                return ended_ns
        return None

    def gaps_ns(self, since_ns: int) -> int:
        """For how long nothing was heard after ``since_ns``, in all."""
        self._update()
        return sum(begun_ns - ended_ns for ended_ns, begun_ns in self._silences(since_ns))

    def ducked_ns(self, since_ns: int, level: int) -> int | None:
        """When, after ``since_ns``, a voice whose peaks are at ``level`` first sounded clearly below it."""
        self._update()
        for first in range(self._heard_by(since_ns), len(self.samples) - _BLOCK_SAMPLES, _BLOCK_SAMPLES):
            block = self.samples[first : first + _BLOCK_SAMPLES]
            if max(*block, -min(block)) < level * _DUCKED_SHARE:
                return self._begins_ns(first)
        return None

    def _sounded(self, stretch: HeardStretch, pcm: bytes) -> None:
        start_ns = stretch.start_ns + samples_to_ns(stretch.offset)
        if not self._times or abs(start_ns - self._ends_ns(len(self.samples))) > samples_to_ns(1):
            self._first.append(len(self.samples))
            self._times.append(start_ns)
        self.samples.frombytes(pcm)

    def _silences(self, since_ns: int) -> Iterator[tuple[int, int]]:
        """Where nothing was heard: when it ended and when it went on, the last one until now."""
        for index in range(1, len(self._first) + 1):
            last = index == len(self._first)
            ended_ns = self._ends_ns(len(self.samples) if last else self._first[index])
            if ended_ns > since_ns:
                yield ended_ns, max(ended_ns, now_ns()) if last else self._times[index]

    def _heard_by(self, at_ns: int) -> int:
        """How many samples had been heard by then."""
        index = bisect_right(self._times, at_ns) - 1
        if index < 0:
            return 0
        end = self._first[index + 1] if index + 1 < len(self._first) else len(self.samples)
        return min(end, self._first[index] + ns_to_samples(at_ns - self._times[index]))

    def _begins_ns(self, sample: int) -> int:
        index = bisect_right(self._first, sample) - 1
        return self._times[index] + samples_to_ns(sample - self._first[index])

    def _ends_ns(self, count: int) -> int:
        """When the last of the first ``count`` samples was over."""
        return self._begins_ns(count - 1) + samples_to_ns(1)
