"""Where does speech begin, and since when has it been silent?"""

from __future__ import annotations

from bareline.turns.contract import SpeechProbability, TurnDecision
from bareline.units import ms_to_samples, samples_to_ms

__all__ = ["SpeechEdges"]

_HYSTERESIS = 0.15
"""Speech goes on above ``threshold`` minus this: a vowel that fades is not silence."""


class SpeechEdges:
    """Follows the windows of a voice activity.

    Speech begins with the first window at ``threshold`` or above, once such windows last ``min_speech_ms`` (a click
    does not). Until somebody calls ``stop``, what follows counts as its silence: ``silent_samples``.
    """

    def __init__(self, *, threshold: float, min_speech_ms: int) -> None:
        self.threshold = threshold
        self.min_speech_ms = min_speech_ms
        self.reset()

    def reset(self) -> None:
        """Start a new stream."""
        self.speaking = False
        self.speech_end = 0
        self.silent_samples = 0
        self._onset: int | None = None

    def take(self, window: SpeechProbability) -> TurnDecision | None:
        """Follow one window. Returns that speech has started, if it has."""
        if self.speaking:
            if self.goes_on(window):
                self.speech_end = window.end_sample
            self.silent_samples = window.end_sample - self.speech_end
            return None
        self.silent_samples = window.end_sample - self.speech_end
        if window.probability < self.threshold:
            self._onset = None
            return None
        if self._onset is None:
            self._onset = window.first_sample
        lasted = window.end_sample - self._onset
        return self._start(self._onset, window.end_sample) if lasted >= ms_to_samples(self.min_speech_ms) else None

    def goes_on(self, window: SpeechProbability) -> bool:
        """Whether speech that has begun would go on in this window."""
        return window.probability >= max(0.0, self.threshold - _HYSTERESIS)

    def stop(self) -> None:
        """Its speech is over: what comes has to begin anew."""
        self.speaking = False
        self._onset = None

    def _start(self, onset: int, known: int) -> TurnDecision:
        self.speaking, self._onset = True, None
        self.speech_end, self.silent_samples = known, 0
        reason = f"speech at {self.threshold:g} or above for {samples_to_ms(known - onset)} ms"
        return TurnDecision("speech_started", onset, known, reason)
