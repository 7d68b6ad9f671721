"""How does a key decide whose turn it is?"""

from __future__ import annotations

from bareline.errors import ConfigurationError
from bareline.media.frames import AudioFrame
from bareline.turns.contract import Hypothesis, TurnDecision
from bareline.units import ms_to_samples, samples_to_ms

__all__ = ["PushToTalk"]


class PushToTalk:
    """``TurnDetector`` by hand: a turn lasts from ``press()`` to ``release()``, whatever is heard.

    ``Call(turns=key)`` and two calls from the application's button are all there is to do: nothing is sent before the
    press; the press interrupts the assistant, and the release commits what was said and asks for the answer.
    ``min_ms``: a shorter press was a mistake, and is not answered. ``tail_ms`` of audio after the release still belong
    to the turn, as people let go with their last word; pressed again meanwhile, the turn goes on. ``press`` and
    ``release`` may be called from any thread, and twice; they take effect with the next frame of the microphone.
    """

    def __init__(self, *, min_ms: int = 200, tail_ms: int = 160) -> None:
        if min_ms < 0 or tail_ms < 0:
            raise ConfigurationError("min_ms and tail_ms cannot be negative")
        self._min = ms_to_samples(min_ms)
        self._tail = ms_to_samples(tail_ms)
        self._pressed = False
        self._forget()

    @property
    def pressed(self) -> bool:
        """Whether the key is down."""
        return self._pressed

    def press(self) -> None:
        """The key goes down: the user's turn begins."""
        self._pressed = True

    def release(self) -> None:
        """The key comes up: the user's turn is over."""
        self._pressed = False

    def feed(self, frame: AudioFrame) -> list[TurnDecision]:
        """Take the next frame of the microphone's stream."""
        decisions = self._press_or_release()
        self._heard += frame.samples
        if self._released is not None and self._heard - self._released >= self._tail:
            decisions += self._end(self._released)
        return decisions

    def partial(self, hypothesis: Hypothesis, sample: int) -> list[TurnDecision]:  # noqa: ARG002 - the contract's
        """Words decide nothing here."""
        return []

    def playing(self, playing: bool, sample: int) -> None:
        """The assistant's output decides nothing here."""

    def reset(self) -> None:
        """Start a new stream; a key that is down begins a turn with its first frame."""
        self._forget()

    def _forget(self) -> None:
        self._heard = 0
        self._began: int | None = None
        self._released: int | None = None

    def _press_or_release(self) -> list[TurnDecision]:
        if self._began is None and self._pressed:
            self._began = self._heard
            return [TurnDecision("speech_started", self._heard, self._heard, "the key was pressed")]
        if self._began is not None:
            self._released = None if self._pressed else self._heard if self._released is None else self._released
        return []

    def _end(self, released: int) -> list[TurnDecision]:
        held = released - (self._began or 0)
        self._began = self._released = None
        at = released + self._tail
        meant = held >= self._min
        reason = f"the key was released after {samples_to_ms(held)} ms" + ("" if meant else ", too short to be meant")
        return [
            TurnDecision("speech_stopped", at, at, reason),
            TurnDecision("turn_ended", at, at, reason, answered=meant),
        ]
