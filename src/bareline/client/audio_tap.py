"""How does a program get the assistant's audio as one stream of frames, item by item?"""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

from bareline.media.frames import AudioFrame
from bareline.protocol.events import ResponseOutputAudioDelta
from bareline.units import BYTES_PER_SAMPLE, SAMPLE_RATE_HZ

__all__ = ["TAP_MAX_SAMPLES", "AudioTap", "OutputAudio"]

TAP_MAX_SAMPLES = 10 * 60 * SAMPLE_RATE_HZ
"""What one ``audio()`` iterator holds for a slow consumer: ten minutes; the oldest frames are dropped beyond."""


class OutputAudio(NamedTuple):
    """A stretch of the assistant's audio.

    ``first_sample`` of the frame counts in this stream, ``at_ns`` is when it came. What it belongs to is known where
    audio comes in events (WebSocket) and ``None`` where it comes as media (WebRTC).
    """

    frame: AudioFrame
    response_id: str | None = None
    item_id: str | None = None
    content_index: int | None = None


class AudioTap:
    """Turns audio deltas into frames and keeps them until they are taken; ``dropped_samples`` counts losses."""

    def __init__(self) -> None:
        self.ready: deque[OutputAudio] = deque()
        self.dropped_samples = 0
        self._held_samples = 0
        self._next_sample = 0
        self._half: tuple[str, bytes] = ("", b"")

    def push(self, event: ResponseOutputAudioDelta, at_ns: int) -> None:
        """Take a delta of PCM16. A sample split over two deltas of an item is put together again."""
        item_id, half = self._half
        pcm = half + event.delta if half and item_id == event.item_id else event.delta
        whole = len(pcm) - len(pcm) % BYTES_PER_SAMPLE
        self._half = (event.item_id, pcm[whole:])
        if not whole:
            return
        frame = AudioFrame(pcm[:whole], self._next_sample, at_ns)
        self._next_sample += frame.samples
        self._held_samples += frame.samples
        self.ready.append(OutputAudio(frame, event.response_id, event.item_id, event.content_index))
        while self._held_samples > TAP_MAX_SAMPLES:
            self.dropped_samples += self.take().frame.samples

    def take(self) -> OutputAudio:
        """The oldest frame; only when there is one."""
        taken = self.ready.popleft()
        self._held_samples -= taken.frame.samples
        return taken
