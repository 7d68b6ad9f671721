"""What speaks in tests that have no need of a real voice?

``ToneSynthesis`` says every word as a buzz of its own pitch and length: quick, deterministic, in pure Python, and
aligned with the text to the sample, so it also serves in virtual time.
"""

from __future__ import annotations

import math
import re
import zlib
from array import array
from collections.abc import AsyncIterator
from functools import cache
from itertools import islice

from bareline.errors import ConfigurationError
from bareline.media.synthesis import SpeechChunk, SpokenWord
from bareline.units import BYTES_PER_SAMPLE, ms_to_samples

__all__ = ["ToneSynthesis"]

_VOICES = {"low": 220, "high": 120}
"""Name to the middle length of a period, in samples."""
_WORD_MS = 60
_LETTER_MS = 45
_GAP_MS = 40
_FADE_SAMPLES = ms_to_samples(8)
_CHUNK_SAMPLES = ms_to_samples(100)
_LEVEL = 8_000


class ToneSynthesis:
    """Speech synthesis by tones; satisfies ``SpeechSynthesis``. Voices: ``low``, ``high``."""

    @property
    def voices(self) -> tuple[str, ...]:
        """The names ``speak`` accepts."""
        return tuple(_VOICES)

    async def speak(self, text: str, *, voice: str, speed: float = 1.0) -> AsyncIterator[SpeechChunk]:
        """Say ``text``, 60 ms and 45 ms per letter for each word, with 40 ms between words, at ``speed`` 1."""
        if voice not in _VOICES:
            raise ConfigurationError(f"no voice '{voice}'; there are {', '.join(_VOICES)}")
        pcm, words = _utterance(text, voice, speed)
        step = _CHUNK_SAMPLES * BYTES_PER_SAMPLE
        for start in range(0, len(pcm), step):
            first = start // BYTES_PER_SAMPLE
            begun = tuple(word for word in words if first <= word.first_sample < first + _CHUNK_SAMPLES)
            yield SpeechChunk(pcm[start : start + step], begun)

    async def close(self) -> None:
        """Nothing to free."""


def _utterance(text: str, voice: str, speed: float) -> tuple[bytes, list[SpokenWord]]:
    pcm = bytearray()
    words: list[SpokenWord] = []
    for spelled in re.findall(r"\s*\S+\s*", text):
        first = len(pcm) // BYTES_PER_SAMPLE
        pcm += _word(spelled.strip().lower(), voice, speed)
        words.append(SpokenWord(spelled, first, len(pcm) // BYTES_PER_SAMPLE))
        pcm += bytes(int(ms_to_samples(_GAP_MS) / speed) * BYTES_PER_SAMPLE)
    return bytes(pcm), words


@cache
def _word(word: str, voice: str, speed: float) -> bytes:
    period = _VOICES[voice] + zlib.crc32(word.encode()) % 40 - 20
    length = int(ms_to_samples(_WORD_MS + _LETTER_MS * len(word)) / speed)
    wave = [_LEVEL * sum(math.sin(math.tau * k * n / period) / k for k in (1, 2, 3)) for n in range(period)]
    samples = islice((int(value) for _ in range(length // period + 1) for value in wave), length)
    faded = (value * min(n, length - 1 - n, _FADE_SAMPLES) // _FADE_SAMPLES for n, value in enumerate(samples))
    return array("h", faded).tobytes()
