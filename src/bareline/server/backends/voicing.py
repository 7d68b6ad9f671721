"""How do words become a spoken answer: audio, with its transcript running ahead of it?"""

from __future__ import annotations

import asyncio
import math
from array import array
from collections.abc import AsyncGenerator

from bareline.media.synthesis import SpeechSynthesis
from bareline.protocol.events import VoiceId
from bareline.protocol.generation import SpeechDelta
from bareline.units import BYTES_PER_SAMPLE, SAMPLE_RATE_HZ, ms_to_samples

__all__ = ["Voicing", "silence", "tone"]

_TONE_HZ = 220
_AMPLITUDE = 6000
_WORD_MS = 300
"""How long a word sounds when a tone stands for speech."""


class Voicing:
    """Speaks with a synthesiser, or with a tone of plausible length where there is none."""

    def __init__(self, synthesis: SpeechSynthesis | None) -> None:
        self._synthesis = synthesis

    async def speak(
        self, text: str, *, voice: str | VoiceId, speed: float, item: int = 0
    ) -> AsyncGenerator[SpeechDelta]:
        """``text`` as deltas of one item; each word's transcript comes no later than its audio."""
        if not text:
            return
        if self._synthesis is None:
            for delta in _toned(text, speed, item):
                yield delta
                await asyncio.sleep(0)
            return
        known = self._synthesis.voices
        name = voice.id if isinstance(voice, VoiceId) else voice
        name = name if name in known else known[0]
        async for chunk in self._synthesis.speak(text, voice=name, speed=speed):
            words = "".join(word.text for word in chunk.words)
            yield SpeechDelta(item=item, transcript=words, audio=chunk.pcm)
            await asyncio.sleep(0)


def tone(ms: int, hz: int = _TONE_HZ) -> bytes:
    """A quiet sine of ``ms`` milliseconds, PCM16 at 24 kHz."""
    step = 2 * math.pi * hz / SAMPLE_RATE_HZ
    return array("h", (int(_AMPLITUDE * math.sin(step * at)) for at in range(ms_to_samples(ms)))).tobytes()


def silence(ms: int) -> bytes:
    """``ms`` milliseconds of nothing."""
    return bytes(ms_to_samples(ms) * BYTES_PER_SAMPLE)


def _toned(text: str, speed: float, item: int) -> list[SpeechDelta]:
    words = text.split(" ")
    audio = tone(int(_WORD_MS / speed))
    last = len(words) - 1
    return [
        SpeechDelta(item=item, transcript=word + (" " if at < last else ""), audio=audio)
        for at, word in enumerate(words)
    ]
