"""What does a speech synthesiser promise?

The contract that voices implement (``bareline.speech``) and that backends and the simulated caller use. Conformance
kit: ``bareline.testing.conformance.synthesis``.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Protocol

__all__ = ["SpeechChunk", "SpeechSynthesis", "SpokenWord"]


@dataclass(frozen=True, slots=True)
class SpokenWord:
    """A word and where it sounds: samples counted from the start of the utterance, end exclusive.

    ``text`` is cut from the text that was given, with the blanks and punctuation that follow it, so that the words
    joined give the text again, exactly.
    """

    text: str
    first_sample: int
    end_sample: int


@dataclass(frozen=True, slots=True)
class SpeechChunk:
    """A piece of synthesised speech: PCM16 mono at 24 kHz, and the words that begin in it."""

    pcm: bytes
    words: tuple[SpokenWord, ...] = ()


class SpeechSynthesis(Protocol):
    """Text to speech, streamed.

    Contract: chunks come in order, as early as possible, none longer than 200 ms; words come in the order of the text,
    each no later than the first chunk that holds its audio; the same text, voice and speed give the same samples; two
    utterances may be spoken at once; leaving the iteration early stops the work. An unknown voice raises
    ``ConfigurationError``. Empty text gives nothing.
    """

    @property
    def voices(self) -> tuple[str, ...]:
        """The names ``speak`` accepts."""
        ...

    def speak(self, text: str, *, voice: str, speed: float = 1.0) -> AsyncIterator[SpeechChunk]:
        """Speak ``text``. ``speed`` 0.25-1.5, as in the session's ``audio.output.speed``."""
        ...

    async def close(self) -> None:
        """Free the engine; may be called twice."""
        ...
