"""How sure must a voice activity be of speech, while the assistant itself is heard?"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from bareline.media.frames import AudioFrame
from bareline.turns.contract import SpeechProbability, VoiceActivity

__all__ = ["PlayingVad"]

_EVEN = 0.5


class PlayingVad:
    """``VoiceActivity`` that is held to another threshold from time to time, whatever detector listens to it.

    ``threshold`` is asked with each frame and tells which probability of ``vad`` (between 0 and 1, exclusive) shall
    count as 0.5 from this frame on; what is below and above is moved in proportion. A window that both thresholds
    meet in is held to the later one. With 0.5 nothing is changed.
    """

    def __init__(self, vad: VoiceActivity, threshold: Callable[[], float]) -> None:
        self._vad = vad
        self._threshold = threshold
        self._fed = 0
        self._changes: deque[tuple[int, float]] = deque([(0, _EVEN)])

    def feed(self, frame: AudioFrame) -> list[SpeechProbability]:
        """The windows completed by this frame."""
        threshold = self._threshold()
        if threshold != self._changes[-1][1]:
            self._changes.append((self._fed, threshold))
        self._fed += frame.samples
        return [self._held_to(window) for window in self._vad.feed(frame)]

    def reset(self) -> None:
        """Start a new stream."""
        self._vad.reset()
        self._fed = 0
        self._changes = deque([(0, _EVEN)])

    def _held_to(self, window: SpeechProbability) -> SpeechProbability:
        while len(self._changes) > 1 and self._changes[1][0] < window.end_sample:
            self._changes.popleft()
        moved = _moved(window.probability, self._changes[0][1])
        return SpeechProbability(window.first_sample, window.end_sample, moved)


def _moved(probability: float, threshold: float) -> float:
    if threshold == _EVEN:
        return probability
    if probability < threshold:
        return _EVEN * probability / threshold
    return _EVEN + (1 - _EVEN) * (probability - threshold) / (1 - threshold)
