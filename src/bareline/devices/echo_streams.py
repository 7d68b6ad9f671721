"""What stands between a call and its devices, so that both sides of an echo are seen?"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from bareline.clock import now_ns
from bareline.devices.contract import AudioSink, AudioSource, LatencyAware
from bareline.devices.far_end import FarEnd, SmoothTime
from bareline.media.frames import AudioFrame
from bareline.units import BYTES_PER_SAMPLE, NS_PER_S, ms_to_samples, samples_to_ns

__all__ = ["BLOCK_SAMPLES", "EchoMicrophone", "EchoSpeaker"]

BLOCK_SAMPLES = ms_to_samples(10)
_BLOCK_BYTES = BLOCK_SAMPLES * BYTES_PER_SAMPLE
_OTHER_CLOCK_NS = 10 * NS_PER_S


class EchoSpeaker:
    """An ``AudioSink`` over another one, which tells ``far`` what was written and heard."""

    def __init__(self, sink: AudioSink, far: FarEnd) -> None:
        self._sink = sink
        self._far = far
        self._accounted = sink.written_samples
        self._writing = b""

    @property
    def written_samples(self) -> int:
        """As the sink says."""
        return self._sink.written_samples

    @property
    def heard_samples(self) -> int:
        """As the sink says."""
        return self.look()

    @property
    def latency_ms(self) -> int | None:
        """As the sink says, where it is ``LatencyAware``."""
        return self._sink.latency_ms if isinstance(self._sink, LatencyAware) else None

    def look(self) -> int:
        """Ask the sink what was heard until now; ``far`` learns when, as evenly as the sink can tell."""
        self._account()
        heard = self._sink.heard_samples
        even: int = getattr(self._sink, "likely_heard_samples", heard)
        self._far.heard(even, now_ns())
        return heard

    async def write(self, frame: AudioFrame) -> None:
        """Hand it on."""
        self._writing = frame.pcm
        try:
            await self._sink.write(frame)
        finally:
            self._account()
        self.look()

    def clear(self) -> int:
        """Drop everything not heard yet."""
        self._account()
        dropped = self._sink.clear()
        self._far.dropped(dropped)
        return dropped

    async def drain(self) -> None:
        """Wait until everything written was heard or dropped."""
        await self._sink.drain()

    async def close(self) -> None:
        """Close the sink."""
        await self._sink.close()

    def _account(self) -> None:
        """A frame counts from the moment the sink has it, which may be before its ``write`` returns."""
        taken = (self._sink.written_samples - self._accounted) * BYTES_PER_SAMPLE
        if taken:
            self._far.wrote(self._writing[:taken].ljust(taken, b"\0"))
            self._writing = self._writing[taken:]
            self._accounted += taken // BYTES_PER_SAMPLE


class EchoMicrophone:
    """An ``AudioSource`` over another one: its audio as ``hear(block, at_ns)`` changes it, in blocks of 10 ms.

    ``before`` is called with each frame that comes, before its blocks are; ``share`` tells how much of the block heard
    last is echo. Frames keep their places in the stream; up
    to a block is held back where their lengths are odd.
    """

    def __init__(
        self,
        source: AudioSource,
        hear: Callable[[bytes, int], bytes],
        *,
        before: Callable[[], object],
        share: Callable[[], float | None],
    ) -> None:
        self._source = source
        self._hear = hear
        self._before = before
        self._share = share
        self._time = SmoothTime()
        self._held: bytearray = bytearray()
        self._next_sample = 0
        self._next_ns = 0
        self._ready: deque[AudioFrame] = deque()

    @property
    def echo_share(self) -> float | None:
        """How much of what was read last is still the loudspeaker's sound, 0-1; None while that is not heard."""
        return self._share()

    async def read(self) -> AudioFrame | None:
        """The next frame; None once the source has ended."""
        while not self._ready:
            frame = await self._source.read()
            if frame is None:
                self._end_stretch()
                return self._ready.popleft() if self._ready else None
            self._before()
            self._take(frame)
        return self._ready.popleft()

    async def close(self) -> None:
        """Close the source."""
        await self._source.close()

    def _take(self, frame: AudioFrame) -> None:
        if frame.first_sample != self._next_sample + len(self._held) // BYTES_PER_SAMPLE:
            self._end_stretch()
            self._next_sample = frame.first_sample
        said_ns, now = frame.at_ns, now_ns()
        if abs(now - said_ns) > _OTHER_CLOCK_NS:  # a source that keeps no time: it has just been captured, then
            said_ns = now - frame.duration_ns
        held = len(self._held) // BYTES_PER_SAMPLE
        self._next_ns = self._time.at_ns(frame.first_sample, said_ns) - samples_to_ns(held)
        self._held += frame.pcm
        whole = len(self._held) - len(self._held) % _BLOCK_BYTES
        self._give([bytes(self._held[start : start + _BLOCK_BYTES]) for start in range(0, whole, _BLOCK_BYTES)])
        del self._held[:whole]

    def _end_stretch(self) -> None:
        """What is held back will not become a whole block."""
        samples = len(self._held)
        if samples:
            self._give([bytes(self._held.ljust(_BLOCK_BYTES, b"\0"))], samples)
            self._held.clear()

    def _give(self, blocks: list[bytes], size: int | None = None) -> None:
        """A frame of what becomes of these blocks; of the first ``size`` bytes."""
        if not blocks:
            return
        at_ns = self._next_ns
        pcm = b"".join(
            self._hear(block, at_ns + samples_to_ns(number * BLOCK_SAMPLES)) for number, block in enumerate(blocks)
        )[:size]
        frame = AudioFrame(pcm, self._next_sample, at_ns)
        self._ready.append(frame)
        self._next_sample = frame.end_sample
        self._next_ns = at_ns + frame.duration_ns
