"""Which samples were heard of what a sink was given?"""

from __future__ import annotations

from bareline.devices.playout import HeardStretch
from bareline.devices.sinks import NullSink
from bareline.media.frames import AudioFrame
from bareline.units import BYTES_PER_SAMPLE

__all__ = ["KeepingSink"]


class KeepingSink(NullSink):
    """A ``NullSink`` that keeps what it was given until it is heard, and then hands it to ``_sounded``."""

    def __init__(self, *, device_ms: int = 0, queue_ms: int = NullSink.QUEUE_MS) -> None:
        super().__init__(device_ms=device_ms, queue_ms=queue_ms)
        self._pcm = bytearray()

    def clear(self) -> int:
        """Drop everything that the device does not hold; returns how many samples."""
        dropped = super().clear()
        del self._pcm[len(self._pcm) - dropped * BYTES_PER_SAMPLE :]
        return dropped

    def _take(self, frame: AudioFrame) -> None:
        super()._take(frame)
        self._pcm += frame.pcm

    def _heard(self, stretches: list[HeardStretch]) -> None:
        for stretch in stretches:
            size = stretch.samples * BYTES_PER_SAMPLE
            pcm = bytes(self._pcm[:size])
            del self._pcm[:size]
            self._sounded(stretch, pcm)

    def _sounded(self, stretch: HeardStretch, pcm: bytes) -> None:
        """This was heard (PCM16)."""
        raise NotImplementedError
