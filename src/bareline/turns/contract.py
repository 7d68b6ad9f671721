"""What do the engines behind turn-taking promise: voice activity, streaming recognition, turn detection?

All three are fed with 24 kHz frames, keep no clock, and decide the same however the audio is split (chunking
invariance). Conformance kits: ``bareline.testing.conformance``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from bareline.media.frames import AudioFrame

__all__ = [
    "Hypothesis",
    "SpeechProbability",
    "StreamingSTT",
    "TurnDecision",
    "TurnDetector",
    "VoiceActivity",
]


@dataclass(frozen=True, slots=True)
class SpeechProbability:
    """How likely a window of samples is speech (0-1); the window is [first_sample, end_sample)."""

    first_sample: int
    end_sample: int
    probability: float


class VoiceActivity(Protocol):
    """Is this window speech?

    Contract: ``feed`` returns the windows completed by this frame, in order, without gaps, of one constant length from
    sample 0 of the stream on; any split of the same audio gives the same windows; ``reset`` forgets the signal's
    history (a new stream).
    """

    def feed(self, frame: AudioFrame) -> list[SpeechProbability]:
        """Take the next frame of the stream."""
        ...

    def reset(self) -> None:
        """Start a new stream."""
        ...


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """What was recognised so far. ``confidence`` 0-1; ``complete``: the words form a whole utterance of the grammar.

    ``next_words``: which words may follow in the grammar; empty: none may; ``None``: nobody knows.
    """

    text: str
    confidence: float
    complete: bool = False
    next_words: frozenset[str] | None = None


class StreamingSTT(Protocol):
    """Speech to text while it is spoken; one utterance at a time.

    Contract: ``feed`` is cheap enough for the caller's thread (well under the frame's length); ``partial`` may be asked
    at any time and may change its mind; ``finish`` ends the utterance and returns the final hypothesis (empty text when
    nothing was understood), after which the next ``feed`` begins a new one; ``reset`` drops the utterance.
    """

    def feed(self, frame: AudioFrame) -> None:
        """Take the next frame of the utterance."""
        ...

    def partial(self) -> Hypothesis | None:
        """The best guess so far."""
        ...

    def finish(self) -> Hypothesis:
        """End the utterance."""
        ...

    def reset(self) -> None:
        """Drop the utterance."""
        ...


@dataclass(frozen=True, slots=True)
class TurnDecision:
    """A decision about the floor.

    ``at_sample``: when it happened, in samples of the input stream (started: first sample of speech; stopped: the
    sample after the last of speech). ``decided_at_sample``: when it was known; the difference is the endpointing delay.
    ``reason`` says why, in words. ``answered=False`` with "turn_ended": it was nothing, and is to be forgotten (a key
    that was touched by mistake).
    """

    kind: Literal["speech_started", "speech_stopped", "turn_ended"]
    at_sample: int
    decided_at_sample: int
    reason: str
    answered: bool = True


class TurnDetector(Protocol):
    """Is the utterance over, and is the turn over?

    Contract: decisions alternate started/stopped; ``at_sample`` never decreases and never exceeds
    ``decided_at_sample``; ``turn_ended`` follows a ``speech_stopped``; feeding any split of the same audio decides the
    same. Twenty lines are enough to write one.
    """

    def feed(self, frame: AudioFrame) -> list[TurnDecision]:
        """Take the next frame of the microphone's stream."""
        ...

    def partial(self, hypothesis: Hypothesis, sample: int) -> list[TurnDecision]:
        """A partial transcript, known at ``sample`` of the stream. Detectors without use for it return nothing."""
        ...

    def playing(self, playing: bool, sample: int) -> None:
        """The assistant's output started or stopped being heard."""
        ...

    def reset(self) -> None:
        """Start a new stream."""
        ...
