"""Which words are in a sound that overlaps the assistant's voice?"""

from __future__ import annotations

from collections import deque

from bareline.media.frames import AudioFrame
from bareline.turns.contract import Hypothesis, StreamingSTT
from bareline.turns.sounds import Sound
from bareline.units import ms_to_samples

__all__ = ["OverlapEars"]

_BEFORE_BLOCKS = 15
"""300 ms of what came before, as voice activity finds a beginning late."""
_FINISH_AFTER = ms_to_samples(160)
"""Silence after which the words are asked for. Not before: half a short word sounds like another one, and while
somebody speaks the voice waits anyway."""
_LISTEN_MAX = ms_to_samples(4_000)
"""What is said after this long is a turn, whatever its words."""


class OverlapEars:
    """Feeds a recogniser with one sound after the other. ``words``: all that was recognised of the present one."""

    def __init__(self, recogniser: StreamingSTT) -> None:
        self._recogniser = recogniser
        self._before: deque[AudioFrame] = deque(maxlen=_BEFORE_BLOCKS)
        self._forget()

    def reset(self) -> None:
        """Start a new stream."""
        self._before.clear()
        self._drop()

    def hear(self, block: AudioFrame, sound: Sound | None) -> None:
        """The next 20 ms, and the sound that they belong to."""
        if sound is not self._sound:
            self._drop()
            self._sound = sound
            if sound is not None:
                for earlier in self._before:
                    self._recogniser.feed(earlier)
        self._before.append(block)
        if sound is not None:
            self._listen(block, sound)

    def _listen(self, block: AudioFrame, sound: Sound) -> None:
        silent = block.end_sample - sound.end
        if silent >= _FINISH_AFTER or block.end_sample - sound.onset > _LISTEN_MAX:
            if not self._finished:
                self._finished = True
                self._said = self.words = self._and(self._recogniser.finish())
            return
        self._finished = False
        self._recogniser.feed(block)

    def _and(self, now: Hypothesis) -> Hypothesis:
        """What was said before a short gap, and what is said now; no surer than the less sure of both."""
        if not self._said.text:
            return now
        if not now.text:
            return self._said
        return Hypothesis(f"{self._said.text} {now.text}", min(self._said.confidence, now.confidence))

    def _drop(self) -> None:
        self._recogniser.reset()
        self._forget()

    def _forget(self) -> None:
        self._sound: Sound | None = None
        self._said = self.words = Hypothesis("", 0.0)
        self._finished = False
