"""How does the built-in server speak offline?

With espeak-ng, which is GPL-3 and therefore runs as a process of its own (``espeak_worker.py``, D13).
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

from bareline.errors import ConfigurationError
from bareline.media.resample import Resampler
from bareline.media.synthesis import SpeechChunk
from bareline.speech.espeak_process import EspeakProcess, Job
from bareline.speech.voices import VOICES, EspeakVoice
from bareline.speech.word_times import WordTimes
from bareline.units import SAMPLE_RATE_HZ

__all__ = ["EspeakSynthesis"]

_ESPEAK_HZ = 22_050
_RATE_MIN = 80
"""espeak-ng speaks no slower than this, in words per minute."""
_SPEED_MIN, _SPEED_MAX = 0.25, 1.5
_GAP_MS = 30
"""One step of its word gap at that pace, as measured."""


class EspeakSynthesis:
    """``SpeechSynthesis`` over espeak-ng.

    Voices: the protocol's ten names, and ``caller-1`` to ``caller-5`` for simulated callers. The same text, voice and
    speed give the same samples, always. First audio after some 10 ms; an utterance takes about a hundredth of its
    length. Below 80 words a minute espeak-ng keeps its pace, and what is missing becomes pauses between the words.
    ``blocking`` reads the worker without giving the event loop its turn: for loops in virtual time.
    Raises ``MissingExtra`` without the extra ``speech``; ``EngineError`` from the iteration when the engine fails.
    """

    def __init__(self, *, blocking: bool = False) -> None:
        self._process = EspeakProcess(blocking=blocking)
        # Loads what resampling needs now rather than at the first word.
        Resampler(_ESPEAK_HZ, SAMPLE_RATE_HZ, fast=True)

    @property
    def voices(self) -> tuple[str, ...]:
        """The names ``speak`` accepts."""
        return tuple(VOICES)

    def speak(self, text: str, *, voice: str, speed: float = 1.0) -> AsyncIterator[SpeechChunk]:
        """Speak ``text``; ``speed`` 0.25-1.5. Raises ``ConfigurationError`` for an unknown voice or speed."""
        settings = VOICES.get(voice)
        if settings is None:
            raise ConfigurationError(f"unknown voice {voice!r}; there are {', '.join(VOICES)}")
        if not _SPEED_MIN <= speed <= _SPEED_MAX:
            raise ConfigurationError(f"speed {speed} is outside {_SPEED_MIN}-{_SPEED_MAX}")
        return self._speak(text.replace("\0", " "), _job(settings, speed))

    async def close(self) -> None:
        """End the worker; may be called twice."""
        self._process.close()

    async def _speak(self, text: str, job: Job) -> AsyncIterator[SpeechChunk]:
        if not text.strip():
            return
        times = WordTimes(text, _ESPEAK_HZ)
        answers = self._process.answers(job | {"text": text})
        try:
            async for kind, payload in answers:
                for chunk in _take(times, kind, payload):
                    yield chunk
        finally:
            await answers.aclose()
        for chunk in times.finish():
            yield chunk


def _take(times: WordTimes, kind: bytes, payload: bytes) -> list[SpeechChunk]:
    if kind == b"A":
        return times.audio(payload)
    events: list[tuple[int, int]] = json.loads(payload)
    return [chunk for character, sample in events for chunk in times.word(character, sample)]


def _job(voice: EspeakVoice, speed: float) -> Job:
    rate = round(voice.rate * speed)
    missing_ms = max(0, 60_000 // rate - 60_000 // _RATE_MIN)
    return {
        "voice": voice.name,
        "rate": max(rate, _RATE_MIN),
        "pitch": voice.pitch,
        "range": voice.pitch_range,
        "volume": voice.volume,
        "gap": missing_ms // _GAP_MS,
    }
