"""Is the turn over after this much silence, when how long to wait depends on what is known?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from bareline.media.frames import AudioFrame
from bareline.turns.contract import Hypothesis, SpeechProbability, TurnDecision, VoiceActivity
from bareline.turns.edges import SpeechEdges
from bareline.turns.endpointing import Endpointing, Pace
from bareline.units import ms_to_samples, samples_to_ms

__all__ = ["Patience", "PatientTurnDetector", "Pause", "Wait"]

_STOPPED_MS = 200
"""Silence after which an utterance is over; the turn may go on."""
_SOFTLY = 0.35
"""Whoever has begun as clearly as a profile wants it may go on like anybody else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """What is known in the middle of a silence.

    ``silence_ms``: how long it lasts. ``hypothesis``: the words so far (empty text: somebody listens, and has
    understood nothing yet; ``None``: nobody listens), and ``stable_ms``: for how long they have been
    these. ``speech_ms``: from the first sample of the turn's speech to the last one before this silence. ``pauses``:
    how long the turn's earlier pauses were, from ``200`` ms on. ``playing``: whether the assistant is heard.
    """

    silence_ms: int
    hypothesis: Hypothesis | None = None
    stable_ms: int = 0
    speech_ms: int = 0
    pauses: tuple[int, ...] = ()
    playing: bool = False


@dataclass(frozen=True, slots=True)
class Wait:
    """The turn is over after this much silence, and why, in words."""

    ms: int
    reason: str


class Patience(Protocol):
    """How long is a silence to be waited out? A function of the pause and the profile alone."""

    def __call__(self, pause: Pause, profile: Endpointing) -> Wait:
        """Asked with every window of the silence; it may change its mind while that lasts."""
        ...


class PatientTurnDetector:
    """``TurnDetector`` over any ``VoiceActivity`` that waits as long as ``patience`` says.

    An utterance is over after 200 ms of silence, or when the turn is; speech that comes before the turn is over goes on
    with it. What ends a silence within a turn is what goes on with an utterance at the usual threshold: a voice that
    comes back softly, also where a profile wants turns to begin more clearly. So a wait that never changes cuts in on
    nobody on whom a silence timer of that length does not.
    """

    def __init__(self, vad: VoiceActivity, patience: Patience, profile: Endpointing | None = None) -> None:
        self._vad = vad
        self._patience = patience
        self._own = self._profile = profile or Endpointing.balanced()
        self._edges = SpeechEdges(threshold=self._profile.threshold, min_speech_ms=self._profile.min_speech_ms)
        self._forget()

    @property
    def profile(self) -> Endpointing:
        """How patient it is at the moment."""
        return self._profile

    def use(self, profile: Endpointing) -> None:
        """Be as patient as ``profile`` from now on; what was heard so far stays."""
        self._own = profile
        self.pace(None)

    def pace(self, pace: Pace | None) -> None:
        """Be so patient for a while; ``None``: again as the profile says that was given."""
        self._profile = profile = self._own.paced(pace)
        self._edges.threshold, self._edges.min_speech_ms = profile.threshold, profile.min_speech_ms

    def feed(self, frame: AudioFrame) -> list[TurnDecision]:
        """Take the next frame of the microphone's stream."""
        return [decision for window in self._vad.feed(frame) for decision in self._judge(window)]

    def partial(self, hypothesis: Hypothesis, sample: int) -> list[TurnDecision]:
        """The words so far; they count from the next window on."""
        if self._words is None or hypothesis.text != self._words.text:
            self._words_since = sample
        self._words = hypothesis
        return []

    def playing(self, playing: bool, sample: int) -> None:  # noqa: ARG002 - the contract's
        """The assistant's output started or stopped being heard."""
        self._playing = playing

    def reset(self) -> None:
        """Start a new stream."""
        self._vad.reset()
        self._edges.reset()
        self._forget()

    def _forget(self) -> None:
        self._playing = False
        self._in_turn = False
        self._voice_end = 0
        self._begin_turn(0)

    def _begin_turn(self, sample: int) -> None:
        self._turn_from = sample
        self._pauses: list[int] = []
        self._words: Hypothesis | None = None
        self._words_since = sample

    def _judge(self, window: SpeechProbability) -> list[TurnDecision]:
        started = self._edges.take(window)
        decisions = [] if started is None else [started]
        if not self._in_turn:
            if started is not None:
                self._in_turn = True
                self._begin_turn(started.at_sample)
                self._voice_end = window.end_sample
            return decisions
        if self._edges.goes_on(window) or window.probability >= _SOFTLY:
            self._end_pause(window)
            return decisions
        return self._wait(window.end_sample)

    def _end_pause(self, window: SpeechProbability) -> None:
        lasted_ms = samples_to_ms(window.first_sample - self._voice_end)
        if lasted_ms >= _STOPPED_MS:
            self._pauses.append(lasted_ms)
        self._voice_end = window.end_sample

    def _wait(self, now: int) -> list[TurnDecision]:
        edges, silent = self._edges, now - self._voice_end
        wait = self._patience(self._pause(now), self._profile)
        over = silent >= ms_to_samples(wait.ms)
        decisions: list[TurnDecision] = []
        reason = f"{samples_to_ms(silent)} ms of silence"
        if edges.speaking and (over or silent >= ms_to_samples(_STOPPED_MS)):
            edges.stop()
            decisions.append(TurnDecision("speech_stopped", self._voice_end, now, reason))
        if over:
            self._in_turn = False
            decisions.append(TurnDecision("turn_ended", self._voice_end, now, f"{reason}: {wait.reason}"))
        return decisions

    def _pause(self, now: int) -> Pause:
        return Pause(
            silence_ms=samples_to_ms(now - self._voice_end),
            hypothesis=self._words,
            stable_ms=samples_to_ms(max(0, now - self._words_since)),
            speech_ms=samples_to_ms(self._voice_end - self._turn_from),
            pauses=tuple(self._pauses),
            playing=self._playing,
        )
