"""What did both sides of a call sound like, at which moment?

Two taps stand between a call and its devices: one on the microphone, one on the loudspeaker. Both keep what passed with
its time on the running loop's clock, so that the recording lines up the way the caller heard it.
"""

from __future__ import annotations

from array import array
from collections import deque
from dataclasses import dataclass, field

from bareline.clock import now_ns
from bareline.devices.contract import AudioSink, AudioSource
from bareline.media.frames import AudioFrame
from bareline.observe.record import TraceRecord
from bareline.units import BYTES_PER_SAMPLE, ns_to_samples, samples_to_ns

__all__ = ["HeardAudio", "MicrophoneTap", "SpeakerTap", "recording_note", "stereo"]


@dataclass(slots=True)
class HeardAudio:
    """Audio that left the loudspeaker without a gap: PCM16 at 24 kHz from ``start_ns`` on."""

    start_ns: int
    pcm: bytearray = field(default_factory=bytearray)

    @property
    def samples(self) -> int:
        """How many samples."""
        return len(self.pcm) // BYTES_PER_SAMPLE

    @property
    def end_ns(self) -> int:
        """When the last sample had been heard."""
        return self.start_ns + samples_to_ns(self.samples)


class MicrophoneTap:
    """An ``AudioSource`` around a source; ``pcm`` is everything it gave, from ``start_ns`` on."""

    def __init__(self, source: AudioSource) -> None:
        self.start_ns = 0
        self.pcm = bytearray()
        self._source = source

    async def read(self) -> AudioFrame | None:
        """The source's next frame."""
        frame = await self._source.read()
        if frame is not None:
            if not self.pcm:
                self.start_ns = frame.at_ns
            self.pcm += frame.pcm
        return frame

    async def close(self) -> None:
        """Close the source."""
        await self._source.close()


class SpeakerTap:
    """An ``AudioSink`` around a sink; ``heard`` is what left it, stretch by stretch.

    A stretch begins when audio is written to an idle sink and grows by what the sink says was heard; a sink that
    starves or is cleared ends it.
    """

    def __init__(self, sink: AudioSink) -> None:
        self.heard: list[HeardAudio] = []
        self._sink = sink
        self._pending: deque[bytes] = deque()
        self._accounted = sink.heard_samples

    @property
    def written_samples(self) -> int:
        """As the sink counts."""
        return self._sink.written_samples

    @property
    def heard_samples(self) -> int:
        """As the sink counts."""
        return self._sink.heard_samples

    async def write(self, frame: AudioFrame) -> None:
        """Play a frame."""
        self._settle()
        if not self._pending:
            self.heard.append(HeardAudio(now_ns()))
        self._pending.append(frame.pcm)
        await self._sink.write(frame)

    def clear(self) -> int:
        """Drop what was not heard."""
        self._settle()
        dropped = self._sink.clear()
        self._settle()
        self._pending.clear()
        return dropped

    async def drain(self) -> None:
        """Wait until everything was heard."""
        await self._sink.drain()
        self._settle()

    async def close(self) -> None:
        """Close the sink."""
        self._settle()
        await self._sink.close()

    def _settle(self) -> None:
        """Move what was heard since the last time from pending to the current stretch."""
        heard = self._sink.heard_samples
        wanted = (heard - self._accounted) * BYTES_PER_SAMPLE
        self._accounted = heard
        while wanted > 0 and self._pending:
            pcm = self._pending.popleft()
            self.heard[-1].pcm += pcm[:wanted]
            if len(pcm) > wanted:
                self._pending.appendleft(pcm[wanted:])
            wanted -= len(pcm)


def recording_note(file: str, microphone: MicrophoneTap) -> TraceRecord:
    """For the trace: where the recording of ``stereo`` is, and when its first sample was captured."""
    data = {"file": file, "at_ns": microphone.start_ns, "left": "microphone", "right": "speaker"}
    return TraceRecord(at_ns=now_ns(), kind="note", name="recording", data=data)


def stereo(microphone: MicrophoneTap, speaker: SpeakerTap) -> bytes:
    """Interleaved PCM16 at 24 kHz: left the microphone, right what was heard, from the microphone's first sample on."""
    right = array("h")
    for stretch in speaker.heard:
        first = max(0, ns_to_samples(stretch.start_ns - microphone.start_ns))
        right.extend([0] * (first - len(right)))
        right.frombytes(stretch.pcm)
    left = array("h", bytes(microphone.pcm))
    length = max(len(left), len(right))
    both = array("h", bytes(2 * BYTES_PER_SAMPLE * length))
    both[0 : 2 * len(left) : 2] = left
    both[1 : 2 * len(right) : 2] = right
    return both.tobytes()
