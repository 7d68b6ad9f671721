"""What does this side itself hear of the user, and when was it?

Every frame of the microphone passes here, after the input filter and after muting, on its way to the server.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol

from bareline.clock import now_ns
from bareline.media.frames import AudioFrame
from bareline.turns.contract import Hypothesis, TurnDecision
from bareline.turns.listener import TurnListener
from bareline.units import samples_to_ns

__all__ = ["EarFollower", "Gatekeeper", "LocalEars"]


class EarFollower(Protocol):
    """Hears what the ears hear."""

    def heard(self, frame: AudioFrame, decisions: Sequence[TurnDecision]) -> None:
        """The next frame, and what the turn detector decided with it.

        Samples count from the first frame of the call on, without gaps.
        """
        ...


class Gatekeeper(Protocol):
    """Says what of the microphone's audio is sent."""

    def pass_on(self, frame: AudioFrame, decisions: Sequence[TurnDecision]) -> Sequence[AudioFrame]:
        """What to send now, in place of this frame."""
        ...

    def sent(self) -> None:
        """That has been sent, or is lost with the connection."""
        ...


class LocalEars:
    """Runs the turn detector of this side, if there is one, and lets others hear too.

    ``playing`` says whether the assistant is heard at the moment. Followers come before the gatekeeper, so that who
    judges interruptions has seen a decision when a turn begins or ends by it. ``echo_share`` is what the microphone
    knows of the loudspeaker's sound in its frame (``EchoAware``); None where it knows nothing of one.
    """

    def __init__(self, *, playing: Callable[[], bool]) -> None:
        self.echo_share: Callable[[], float | None] = lambda: None
        self.gatekeeper: Gatekeeper | None = None
        self._is_playing = playing
        self._playing: bool | None = None
        self._told_playing = False
        self._followers: list[EarFollower] = []
        self._listener: TurnListener | None = None
        self._listens_from = 0
        self._heard = 0
        self._heard_ns = 0

    @property
    def playing(self) -> bool:
        """Whether the assistant is heard: one answer for each frame, found out when somebody wants to know."""
        if self._playing is None:
            self._playing = self._is_playing()
        return self._playing

    @property
    def listener(self) -> TurnListener | None:
        """The detector at work, with its recogniser."""
        return self._listener

    @property
    def heard_samples(self) -> int:
        """How much was heard so far."""
        return self._heard

    @property
    def hypothesis(self) -> Hypothesis | None:
        """The words of the turn under way, or of the last one, where they are known."""
        return self._listener.hypothesis if self._listener is not None else None

    def follow(self, follower: EarFollower) -> None:
        """Let somebody hear every frame from now on."""
        self._followers.append(follower)

    def use(self, listener: TurnListener | None) -> None:
        """Detect turns with this one from now on, or not at all."""
        self._listener = listener
        self._listens_from = self._heard
        if listener is not None:
            listener.reset()
            self._told_playing = self.playing
            listener.playing(self._told_playing, 0)

    def at_ns(self, sample: int) -> int:
        """When this sample was captured, by the times of the latest frame."""
        return self._heard_ns - samples_to_ns(self._heard - sample)

    def hear(self, frame: AudioFrame) -> Sequence[AudioFrame]:
        """Take the next frame; returns what to send."""
        captured_ns = frame.at_ns or now_ns() - frame.duration_ns
        heard = AudioFrame(frame.pcm, self._heard, captured_ns)
        self._heard, self._heard_ns = heard.end_sample, captured_ns + frame.duration_ns
        self._playing = None
        decisions = [] if self._listener is None else self._decide(heard, self._listener)
        for follower in self._followers:
            follower.heard(heard, decisions)
        return (frame,) if self.gatekeeper is None else self.gatekeeper.pass_on(heard, decisions)

    def sent(self) -> None:
        """What ``hear`` returned has been sent, or is lost."""
        if self.gatekeeper is not None:
            self.gatekeeper.sent()

    def _decide(self, frame: AudioFrame, listener: TurnListener) -> list[TurnDecision]:
        begin = self._listens_from
        if self.playing != self._told_playing:
            self._told_playing = self.playing
            listener.playing(self._told_playing, frame.first_sample - begin)
        return [
            replace(d, at_sample=d.at_sample + begin, decided_at_sample=d.decided_at_sample + begin)
            for d in listener.feed(frame)
        ]
