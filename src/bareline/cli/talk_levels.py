"""How loud are both sides right now?"""

from __future__ import annotations

from bareline.media.frames import AudioFrame
from bareline.media.levels import SILENCE_DBFS, rms_dbfs

__all__ = ["LoudnessTap"]


class LoudnessTap:
    """A frame filter that changes nothing; it remembers the loudest frame since the last ``take``.

    ``samples`` went through; ``digital_silence`` as long as every one of them was 0.
    """

    def __init__(self) -> None:
        self.samples = 0
        self.digital_silence = True
        self._loudest = SILENCE_DBFS

    def __call__(self, frame: AudioFrame) -> AudioFrame:
        """Listen to one frame."""
        self.samples += frame.samples
        dbfs = rms_dbfs(frame.pcm)
        if dbfs > SILENCE_DBFS:
            self.digital_silence = False
        self._loudest = max(self._loudest, dbfs)
        return frame

    def take(self) -> float:
        """The loudest frame since the last time, in dBFS."""
        loudest, self._loudest = self._loudest, SILENCE_DBFS
        return loudest
