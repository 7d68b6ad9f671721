"""What was said, if it is something that a grammar foresees? And how sure is that?"""

from __future__ import annotations

import weakref
from collections import deque

from bareline.media.frames import AudioFrame
from bareline.media.resample import Resampler
from bareline.speech.sphinx_confidence import confidence
from bareline.speech.sphinx_ears import RECOGNISER_HZ, Ears
from bareline.turns.contract import Hypothesis
from bareline.units import SAMPLE_RATE_HZ

__all__ = ["UTTERANCE_MAX_S", "GrammarSTT"]

UTTERANCE_MAX_S = 60
"""What is said after this much of one utterance is not listened to."""
_IDLE_MAX = 8
_idle: deque[Ears] = deque(maxlen=_IDLE_MAX)
"""Recognisers without an owner: loading one takes 20-50 ms, changing its grammar a few."""


class GrammarSTT:
    """``StreamingSTT`` by pocketsphinx over a JSGF grammar: offline, about 0.06 of real time.

    Only what the grammar foresees can come out; its words are pronounced by CMUdict, or by espeak-ng when they are not
    in it. ``confidence`` compares the grammar's best reading of the sound with the best reading by any phonemes at all:
    in-grammar speech lies near 1, other speech near 0; below 0.5 one should ask again. The same audio gives the same
    hypothesis, whatever was heard before. Raises ``MissingExtra`` without the extra ``speech``, ``ConfigurationError``
    when the grammar is wrong.
    """

    _judge = staticmethod(confidence)

    def __init__(self, grammar: str) -> None:
        self._ears = _idle.pop() if _idle else Ears()
        # Collected with its owner: recognisers go back without anybody having to close them.
        self._return = weakref.finalize(self, _give_back, self._ears)
        self._return.atexit = False
        self._resampler = Resampler(SAMPLE_RATE_HZ, RECOGNISER_HZ, fast=True)
        self._listening = False
        self._heard_samples = 0
        self._ears.use(grammar)

    def use(self, grammar: str) -> None:
        """Listen for another grammar from the next utterance on; drops an utterance under way."""
        self.reset()
        self._ears.use(grammar)

    def feed(self, frame: AudioFrame) -> None:
        """Take the next frame of the utterance."""
        if not self._listening:
            self._ears.begin()
            self._listening = True
        if self._heard_samples < UTTERANCE_MAX_S * SAMPLE_RATE_HZ:
            self._heard_samples += frame.samples
            self._ears.hear(self._resampler.feed(frame.pcm))

    def partial(self) -> Hypothesis | None:
        """The best guess so far; None before the first word."""
        if not self._listening:
            return None
        guess = self._ears.hypothesis(ahead=True, judge=self._judge)
        return guess if guess.text else None

    def finish(self) -> Hypothesis:
        """End the utterance."""
        if not self._listening:
            return Hypothesis("", 0.0)
        self._ears.hear(self._resampler.flush())
        self._ears.end()
        self._forget()
        return self._ears.hypothesis(judge=self._judge)

    def reset(self) -> None:
        """Drop the utterance."""
        if self._listening:
            self._ears.end()
            self._forget()

    def _forget(self) -> None:
        self._listening = False
        self._heard_samples = 0
        self._resampler.reset()


def _give_back(ears: Ears) -> None:
    if ears.reusable:
        ears.end()
        _idle.append(ears)
