"""When does the caller hear the agent?

``Ear`` stands between a call and its loudspeaker: everything is played by the sink as before, and what really left the
sink is judged loud or silent, to about 10 ms.
"""

from __future__ import annotations

from array import array
from collections import deque
from dataclasses import dataclass

from bareline.clock import now_ns
from bareline.devices.contract import AudioSink
from bareline.media.frames import AudioFrame
from bareline.units import BYTES_PER_SAMPLE, ms_to_ns, ms_to_samples, samples_to_ns

__all__ = ["AgentSpeech", "Ear"]

_BLOCK_BYTES = ms_to_samples(10) * BYTES_PER_SAMPLE
_LOUD_PEAK = 300
"""A block whose peak is below this (-41 dBFS) is silence to a listener."""
_MERGE_NS = ms_to_ns(300)
_STRETCHES_MAX = 10_000


@dataclass(frozen=True, slots=True)
class AgentSpeech:
    """The agent was heard from ``start_ns`` to ``end_ns``, with no pause of 300 ms or more in it."""

    start_ns: int
    end_ns: int


class Ear:
    """An ``AudioSink`` around a sink, which listens to what is heard.

    ``listen`` brings it up to date; times are of the running loop's clock. At most 10,000 stretches are kept, the
    oldest are forgotten.
    """

    def __init__(self, sink: AudioSink) -> None:
        self._sink = sink
        self._pending: deque[_Block] = deque()
        self._heard = sink.heard_samples
        self._stretches: deque[AgentSpeech] = deque(maxlen=_STRETCHES_MAX)

    @property
    def stretches(self) -> tuple[AgentSpeech, ...]:
        """When the agent was heard, up to the last ``listen``."""
        return tuple(self._stretches)

    def listen(self) -> AgentSpeech | None:
        """Judge what was heard until now; the last stretch, which may still be growing."""
        now = now_ns()
        heard = self._sink.heard_samples
        left = heard - self._heard
        self._heard = heard
        while left > 0 and self._pending:
            block = self._pending[0]
            taken = min(left, block.samples)
            if block.loud:
                self._hear_loud(now - samples_to_ns(left), now - samples_to_ns(left - taken))
            left -= taken
            block.samples -= taken
            if not block.samples:
                self._pending.popleft()
        return self._stretches[-1] if self._stretches else None

    async def write(self, frame: AudioFrame) -> None:
        """Play a frame."""
        self.listen()
        written = self._sink.written_samples
        await self._sink.write(frame)
        if self._sink.written_samples == written:  # cleared while it waited
            return
        for start in range(0, len(frame.pcm), _BLOCK_BYTES):
            samples = array("h", frame.pcm[start : start + _BLOCK_BYTES])
            self._pending.append(_Block(len(samples), max(*samples, -min(samples)) >= _LOUD_PEAK))

    def clear(self) -> int:
        """Drop what was not heard yet."""
        self.listen()
        dropped = self._sink.clear()
        self.listen()
        self._pending.clear()
        return dropped

    @property
    def written_samples(self) -> int:
        """As the sink counts."""
        return self._sink.written_samples

    @property
    def heard_samples(self) -> int:
        """As the sink counts."""
        return self._sink.heard_samples

    async def drain(self) -> None:
        """Wait until everything was heard."""
        await self._sink.drain()
        self.listen()

    async def close(self) -> None:
        """Close the sink."""
        self.listen()
        await self._sink.close()

    def _hear_loud(self, start_ns: int, end_ns: int) -> None:
        if self._stretches and start_ns - self._stretches[-1].end_ns < _MERGE_NS:
            start_ns = self._stretches.pop().start_ns
        self._stretches.append(AgentSpeech(start_ns, end_ns))


@dataclass(slots=True)
class _Block:
    samples: int
    loud: bool
