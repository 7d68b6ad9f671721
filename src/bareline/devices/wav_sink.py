"""What did the assistant sound like, as it was heard?"""

from __future__ import annotations

from pathlib import Path

from bareline.devices.kept_audio import KeepingSink
from bareline.devices.playout import HeardStretch
from bareline.devices.wav_file import WavWriter
from bareline.units import BYTES_PER_SAMPLE, ns_to_samples

__all__ = ["WavSink"]


class WavSink(KeepingSink):
    """Plays like ``NullSink`` and records what was heard into a WAV file, in time.

    The file begins with the first sample heard, has silence where nothing was heard, and not what was cleared.
    """

    def __init__(self, path: str | Path, *, device_ms: int = 0, queue_ms: int = KeepingSink.QUEUE_MS) -> None:
        super().__init__(device_ms=device_ms, queue_ms=queue_ms)
        self._file = WavWriter(path)
        self._start_ns: int | None = None

    async def close(self) -> None:
        """Stop, and finish the file."""
        await super().close()
        self._file.close()

    def _sounded(self, stretch: HeardStretch, pcm: bytes) -> None:
        if self._start_ns is None:
            self._start_ns = stretch.start_ns
        position = ns_to_samples(stretch.start_ns - self._start_ns) + stretch.offset
        self._file.write(bytes(max(0, position - self._file.frames) * BYTES_PER_SAMPLE))
        self._file.write(pcm)
