"""Who speaks into the microphone, and exactly since when?"""

from __future__ import annotations

import asyncio
import random
from array import array
from collections.abc import Callable
from typing import TypeAlias

from bareline.clock import now_ns
from bareline.lab.turn_corpus.overlaps import backchannel, interruption
from bareline.lab.turn_corpus.voices import DEVELOPMENT_VOICES, HELD_OUT_VOICES, installed, speak
from bareline.media.frames import AudioFrame
from bareline.media.samples import to_bytes
from bareline.testing.voice import Room, level_speech, mix
from bareline.units import NS_PER_S, SAMPLES_PER_MS, ms_to_samples, samples_to_ns

__all__ = ["Mouth", "Saying", "sayings"]

_FRAME_SAMPLES = ms_to_samples(20)
_SNR_DB = 30.0

Saying: TypeAlias = "tuple[str, array[int]]"
"""What is said, and its samples, the first of which can be heard."""


def sayings(count: int, seed: int, *, listening: bool) -> list[Saying]:
    """``count`` interruptions, or listeners' sounds, by all the voices there are; forms of both halves of the corpus.

    Raises ``MissingExtra`` without the extra ``speech``.
    """
    chance = random.Random(f"{seed}:{listening}")
    voices = [voice for voice in (*DEVELOPMENT_VOICES, *HELD_OUT_VOICES) if installed(voice)]
    found: list[Saying] = []
    for number in range(count):
        voice = voices[number % len(voices)]
        part = chance.choice(("development", "held_out"))
        if listening:
            name, text = backchannel(chance, part, phonemes=voice.engine == "espeak")
        else:
            _, name = interruption(chance, part)
            text = name
        speech = level_speech(to_bytes(speak(text, voice)))
        found.append((name, speech.samples[speech.first : speech.end]))
    return found


class Mouth:
    """An ``AudioSource`` in real time of the loop's clock: the noise of a room, and what is said into it.

    ``hear`` makes what the microphone hears of what is said from a moment on; without it there is nothing else to hear.
    """

    def __init__(self, seed: int, hear: Callable[[int, bytes], bytes] | None = None) -> None:
        self._chance = random.Random(f"{seed}:mouth")
        self._room = Room(seed, _SNR_DB)
        self._hear = hear
        self._started_ns: int | None = None
        self._frames = 0
        self._saying = array("h")
        self._closed = False

    def say(self, speech: array[int]) -> int:
        """Speak from a moment within the next frame on; returns when that is, on the running loop's clock."""
        wait = self._chance.randrange(_FRAME_SAMPLES)
        self._saying = array("h", bytes(2 * wait)) + speech
        began_ns = now_ns() if self._started_ns is None else self._started_ns
        return began_ns + samples_to_ns(self._frames * _FRAME_SAMPLES + wait)

    def left_ms(self) -> int:
        """How much of what is said is still to come."""
        return len(self._saying) // SAMPLES_PER_MS

    async def read(self) -> AudioFrame | None:
        """The next frame, when its last sample has passed."""
        if self._started_ns is None:
            self._started_ns = now_ns()
        at_ns = self._started_ns + samples_to_ns(self._frames * _FRAME_SAMPLES)
        await asyncio.sleep(max(0, at_ns + samples_to_ns(_FRAME_SAMPLES) - now_ns()) / NS_PER_S)
        if self._closed:
            return None
        said, self._saying = self._saying[:_FRAME_SAMPLES], self._saying[_FRAME_SAMPLES:]
        pcm = to_bytes(mix(self._room.frame(_FRAME_SAMPLES), said))
        if self._hear is not None:
            pcm = self._hear(at_ns, pcm)
        frame = AudioFrame(pcm, self._frames * _FRAME_SAMPLES, at_ns)
        self._frames += 1
        return frame

    async def close(self) -> None:
        """Stop."""
        self._closed = True
