"""Was one of the wake words spoken for which there are trained models?"""

from __future__ import annotations

from typing import Any

from bareline.errors import ConfigurationError, MissingExtra
from bareline.media.frames import AudioFrame
from bareline.media.resample import Resampler
from bareline.turns.spotting import Spotted
from bareline.turns.windows import Windows
from bareline.units import SAMPLE_RATE_HZ, ms_to_samples

__all__ = ["READY_WAKE_WORDS", "ReadyWakeWord"]

READY_WAKE_WORDS = ("alexa", "hey_jarvis", "hey_mycroft", "okay_nabu")
"""Models in the wheel of ``pymicro-wakeword`` (Apache-2.0, trained by the makers of Home Assistant)."""
_MODEL_HZ = 16_000
_STEP_SAMPLES = _MODEL_HZ // 100
_LENGTH_SAMPLES = ms_to_samples(900)
"""The models tell when, not since when: the phrase is taken to have lasted so long, ..."""
_LATE_SAMPLES = ms_to_samples(60)
"""... and to have ended so long before it was found."""
_AGAIN_SAMPLES = ms_to_samples(1_500)
"""A model goes on finding the same word for a while."""


class ReadyWakeWord:
    """``WakeSpotter`` by a trained model (``pymicro-wakeword``, weights in the wheel): a hundredth of real time.

    ``name``: one of ``READY_WAKE_WORDS``. ``threshold`` 0-1: probability from which the word counts as spoken; the
    model's own when it is None. Where the phrase began and ended is an estimate. Raises ``MissingExtra`` without the
    extra ``speech`` (Linux only), ``ConfigurationError`` for another name.
    """

    def __init__(self, name: str, *, threshold: float | None = None) -> None:
        if name not in READY_WAKE_WORDS:
            raise ConfigurationError(f"there is no model for {name!r}; there are {', '.join(READY_WAKE_WORDS)}")
        if threshold is not None and not 0 <= threshold <= 1:
            raise ConfigurationError(f"threshold {threshold} is outside 0-1")
        engine = _pymicro_wakeword()
        self._model: Any = engine.MicroWakeWord.from_builtin(engine.Model(name))
        self._features: Any = engine.MicroWakeWordFeatures()
        self._threshold: float = self._model.probability_cutoff if threshold is None else threshold
        self.phrase: str = self._model.wake_word
        self._resampler = Resampler(SAMPLE_RATE_HZ, _MODEL_HZ, fast=True)
        self._steps = Windows(_STEP_SAMPLES, per_window=_STEP_SAMPLES * SAMPLE_RATE_HZ // _MODEL_HZ)
        self._again_from = 0

    def feed(self, frame: AudioFrame) -> list[Spotted]:
        """Take the next frame of the microphone's stream."""
        return [
            spotted
            for _, end, pcm in self._steps.feed(self._resampler.feed(frame.pcm))
            for features in self._features.process_streaming(pcm)
            for spotted in self._judge(features, end)
        ]

    def reset(self) -> None:
        """Start a new stream."""
        self._model.reset()
        self._features.reset()
        self._resampler.reset()
        self._steps.reset()
        self._again_from = 0

    def _judge(self, features: Any, known: int) -> list[Spotted]:
        probability = self._model.process_streaming_prob(features)
        if probability is None or probability <= self._threshold or known < self._again_from:
            return []
        self._again_from = known + _AGAIN_SAMPLES
        end = max(0, known - _LATE_SAMPLES)
        return [Spotted(self.phrase, max(0, end - _LENGTH_SAMPLES), end, known)]


def _pymicro_wakeword() -> Any:
    try:
        import pymicro_wakeword
    except ImportError as error:
        raise MissingExtra("Ready wake words", "speech") from error
    return pymicro_wakeword
