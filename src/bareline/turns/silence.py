"""Has the user begun to speak, and is the turn over because of silence? The decisions of ``server_vad``."""

from __future__ import annotations

from bareline.errors import ConfigurationError
from bareline.media.frames import AudioFrame
from bareline.turns.contract import Hypothesis, SpeechProbability, TurnDecision, VoiceActivity
from bareline.turns.edges import SpeechEdges
from bareline.turns.endpointing import Endpointing, Pace
from bareline.units import ms_to_samples, samples_to_ms

__all__ = ["SilenceTurnDetector"]


class SilenceTurnDetector:
    """``TurnDetector`` by silence over any ``VoiceActivity``.

    Speech begins with the first window at ``threshold`` or above, once such windows last ``min_speech_ms`` (a click
    does not); it is over, and the turn with it, after ``silence_duration_ms`` without. ``speech_started`` reports the
    first sample of speech; ``prefix_padding_ms`` is kept for whoever cuts the audio, and changes no decision.
    Decisions fall on the ends of the voice activity's windows, so any split of the same audio decides the same.
    """

    def __init__(
        self,
        vad: VoiceActivity,
        *,
        threshold: float = 0.5,
        prefix_padding_ms: int = 300,
        silence_duration_ms: int = 500,
        min_speech_ms: int = 60,
    ) -> None:
        self._vad = vad
        self._edges = SpeechEdges(threshold=threshold, min_speech_ms=min_speech_ms)
        self.configure(
            threshold=threshold, prefix_padding_ms=prefix_padding_ms, silence_duration_ms=silence_duration_ms
        )

    def configure(self, *, threshold: float, prefix_padding_ms: int, silence_duration_ms: int) -> None:
        """Change the settings in the middle of the stream; what was heard so far stays."""
        if not 0 <= threshold <= 1:
            raise ConfigurationError(f"threshold {threshold} is outside 0-1")
        if prefix_padding_ms < 0 or silence_duration_ms < 0:
            raise ConfigurationError("prefix_padding_ms and silence_duration_ms cannot be negative")
        self.threshold = self._edges.threshold = threshold
        self.prefix_padding_ms = prefix_padding_ms
        self.silence_duration_ms = silence_duration_ms
        self._own = Endpointing(
            threshold=threshold, min_speech_ms=self._edges.min_speech_ms, silence_ms=silence_duration_ms
        )

    def use(self, profile: Endpointing) -> None:
        """Be as patient as ``profile`` from now on; what was heard so far stays."""
        self._edges.min_speech_ms = profile.min_speech_ms
        self.configure(
            threshold=profile.threshold,
            prefix_padding_ms=self.prefix_padding_ms,
            silence_duration_ms=profile.silence_ms,
        )

    def pace(self, pace: Pace | None) -> None:
        """Be so patient for a while; ``None``: again as the settings say."""
        profile = self._own.paced(pace)
        self.silence_duration_ms = profile.silence_ms
        self.threshold = self._edges.threshold = profile.threshold
        self._edges.min_speech_ms = profile.min_speech_ms

    @property
    def speaking(self) -> bool:
        """Whether the last decision was that speech began."""
        return self._edges.speaking

    def feed(self, frame: AudioFrame) -> list[TurnDecision]:
        """Take the next frame of the microphone's stream."""
        return [decision for window in self._vad.feed(frame) for decision in self._judge(window)]

    def partial(self, hypothesis: Hypothesis, sample: int) -> list[TurnDecision]:  # noqa: ARG002 - the contract's
        """Words decide nothing here."""
        return []

    def playing(self, playing: bool, sample: int) -> None:
        """The assistant's output decides nothing here."""

    def reset(self) -> None:
        """Start a new stream."""
        self._vad.reset()
        self._edges.reset()

    def _judge(self, window: SpeechProbability) -> list[TurnDecision]:
        edges = self._edges
        started = edges.take(window)
        if started is not None:
            return [started]
        if not edges.speaking or edges.silent_samples < max(1, ms_to_samples(self.silence_duration_ms)):
            return []
        edges.stop()
        reason = f"{samples_to_ms(edges.silent_samples)} ms of silence"
        return [
            TurnDecision("speech_stopped", edges.speech_end, window.end_sample, reason),
            TurnDecision("turn_ended", edges.speech_end, window.end_sample, reason),
        ]
