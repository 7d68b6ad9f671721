"""How is what a microphone heard kept beside a call's trace?"""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Self

from bareline.devices.wav_file import WavWriter
from bareline.media.frames import AudioFrame
from bareline.observe.record import Observer, TraceRecord
from bareline.units import BYTES_PER_SAMPLE

__all__ = ["RecordedMicrophone"]

_GAP_MAX_SAMPLES = 24_000 * 60
"""A longer gap is another stream, not silence."""


class RecordedMicrophone:
    """A filter for ``Call(input_filter=...)`` that writes every frame to a WAV file, and changes none.

    The first frame is told to ``observer`` as the note ``microphone``: when it was captured, and the file's name.
    Frames that are missing become silence, so that positions stay times. A context manager; ``close`` may be called
    twice.
    """

    def __init__(self, path: str | Path, observer: Observer) -> None:
        self.path = Path(path)
        self._writer = WavWriter(self.path)
        self._observer = observer
        self._next: int | None = None
        self._closed = False

    def __call__(self, frame: AudioFrame) -> AudioFrame:
        """Keep the frame."""
        if self._closed:
            return frame
        if self._next is None:
            data = {"file": self.path.name}
            self._observer.observe(TraceRecord(at_ns=frame.at_ns, kind="note", name="microphone", data=data))
        elif 0 < frame.first_sample - self._next <= _GAP_MAX_SAMPLES:
            self._writer.write(bytes((frame.first_sample - self._next) * BYTES_PER_SAMPLE))
        self._next = frame.end_sample
        self._writer.write(frame.pcm)
        return frame

    def close(self) -> None:
        """Finish the file."""
        self._closed = True
        self._writer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()
