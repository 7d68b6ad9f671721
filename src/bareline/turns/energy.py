"""Is this window loud enough to be speech? Needs nothing but the samples."""

from __future__ import annotations

from bareline.media.frames import AudioFrame
from bareline.media.levels import rms_dbfs
from bareline.turns.contract import SpeechProbability
from bareline.turns.windows import Windows
from bareline.units import ms_to_samples

__all__ = ["EnergyVad"]


class EnergyVad:
    """``VoiceActivity`` by loudness: 0 at ``silence_dbfs`` and below, 1 at ``speech_dbfs`` and above, linear between.

    Windows of 20 ms. Cannot tell speech from other sounds: for clean signals, tests, and where nothing is installed.
    """

    WINDOW_SAMPLES = ms_to_samples(20)

    def __init__(self, *, silence_dbfs: float = -55.0, speech_dbfs: float = -30.0) -> None:
        self._silence_dbfs = silence_dbfs
        self._speech_dbfs = speech_dbfs
        self._windows = Windows(self.WINDOW_SAMPLES)

    def feed(self, frame: AudioFrame) -> list[SpeechProbability]:
        """The windows completed by this frame."""
        return [
            SpeechProbability(first, end, self._probability(pcm)) for first, end, pcm in self._windows.feed(frame.pcm)
        ]

    def reset(self) -> None:
        """Start a new stream."""
        self._windows.reset()

    def _probability(self, pcm: bytes) -> float:
        share = (rms_dbfs(pcm) - self._silence_dbfs) / (self._speech_dbfs - self._silence_dbfs)
        return min(1.0, max(0.0, share))
