"""How do the decisions of a turn detector on this side become turns of the conversation?

The session's own turn detection is off then. A turn's audio goes to the server while it lasts; at its end it is
committed and answered, or dropped when whoever judges interruptions found that it does not take the floor.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from bareline.client.call_events import CallEvent, TurnDecided
from bareline.client.journal import Journal
from bareline.client.local_ears import LocalEars
from bareline.client.turn_gate import TurnGate
from bareline.errors import ConfigurationError
from bareline.media.frames import AudioFrame
from bareline.protocol import events as ev
from bareline.protocol.limits import COMMIT_MIN_MS
from bareline.turns.contract import StreamingSTT, TurnDecision, TurnDetector
from bareline.turns.listener import TurnListener
from bareline.units import ms_to_samples

__all__ = ["Floor", "LocalTurns", "UserFloor"]


class Floor(Protocol):
    """Judges what is said over the assistant."""

    def takes_floor(self) -> bool:
        """Whether the turn that has just ended is to be answered; not, if it was a listener's sound, noise or echo."""
        ...


class UserFloor(Protocol):
    """Whoever has to know that the user has the floor."""

    def user_began(self, at_ns: int, item_id: str = "", *, interrupts: bool = True) -> None:
        """The user began to speak, and by that interrupts the assistant or does not."""
        ...

    def user_ended(self, at_ns: int, item_id: str = "") -> None:
        """The user's turn is over."""
        ...


@dataclass(frozen=True, slots=True)
class _Ending:
    at_ns: int
    answered: bool


class LocalTurns:
    """The gatekeeper of the ears while a detector is in use.

    ``post`` sends an event, ``respond`` asks for an answer with a reason, ``user`` is told who has the floor. Without a
    ``floor`` each turn interrupts the assistant at its beginning, and each is answered.
    """

    def __init__(
        self,
        ears: LocalEars,
        journal: Journal,
        *,
        recogniser: StreamingSTT | None,
        post: Callable[[ev.ClientEvent], object],
        respond: Callable[[str], None],
        emit: Callable[[CallEvent], None],
        user: Callable[[], UserFloor],
    ) -> None:
        self.floor: Floor | None = None
        self._ears = ears
        self._journal = journal
        self._recogniser = recogniser
        self._post = post
        self._respond = respond
        self._emit = emit
        self._user = user
        self._media = False
        self._connected = False
        self._gate = TurnGate(media=False)
        self._in_turn = False
        self._endings: deque[_Ending] = deque()

    @property
    def detector(self) -> TurnDetector | None:
        """The detector in use."""
        return self._ears.listener.detector if self._ears.listener is not None else None

    def use(self, detector: TurnDetector | None) -> None:
        """Let this detector find turns from now on; ``None``: not this side.

        A turn under way ends here. Raises ``ConfigurationError`` for an object that is no detector.
        """
        if detector is None:
            if self._ears.gatekeeper is self:
                self._leave()
                self._post(ev.InputAudioBufferClear())
            return
        for method in ("feed", "partial", "playing", "reset"):
            if not callable(getattr(detector, method, None)):
                raise ConfigurationError(f"a turn detector needs a method '{method}'")
        self._leave()
        self._post(ev.InputAudioBufferClear())
        self._gate = TurnGate(media=self._media)
        self._ears.use(TurnListener(detector, recogniser=self._recogniser))
        self._ears.gatekeeper = self

    def opened(self, *, media: bool) -> None:
        """A line is open; ``media``: audio travels beside the events."""
        if media != self._media:
            self._media = media
            self._gate = TurnGate(media=media)
        self._connected = True
        self._gate.forget_sent()
        self._gate.release()

    def connection_lost(self) -> None:
        """What was sent of a turn is gone with the server's buffer; the rest will be sent."""
        self._connected = False
        self._gate.release()

    def buffer_cleared(self) -> None:
        """The server's input buffer is empty."""
        self._gate.release()

    def pass_on(self, frame: AudioFrame, decisions: Sequence[TurnDecision]) -> Sequence[AudioFrame]:
        """What to send now, in place of this frame."""
        self._gate.push(frame)
        for decision in decisions:
            self._told(decision)
            if decision.kind == "speech_started" and not self._in_turn:
                self._begin(decision)
            elif decision.kind == "turn_ended" and self._in_turn:
                self._end(decision)
        return self._gate.take(frame)

    def sent(self) -> None:
        """That has been sent: turns that were sent to their end become items."""
        for _ in range(self._gate.finished()):
            self._settle(self._endings.popleft())
            self._gate.forget_sent()

    def _begin(self, decision: TurnDecision) -> None:
        self._in_turn = True
        self._gate.open(decision.at_sample)
        if self._media and not self._endings:  # else the turn before is still on its way into that buffer
            self._post(ev.InputAudioBufferClear())
        else:
            self._gate.release()
        self._user().user_began(self._ears.at_ns(decision.at_sample), interrupts=self.floor is None)

    def _end(self, decision: TurnDecision) -> None:
        self._in_turn = False
        self._gate.close(decision.at_sample)
        answered = decision.answered and (self.floor is None or self.floor.takes_floor())
        self._endings.append(_Ending(self._ears.at_ns(decision.at_sample), answered=answered))

    def _settle(self, ending: _Ending) -> None:
        heard = self._connected and self._gate.sent_samples >= ms_to_samples(COMMIT_MIN_MS)
        self._post(ev.InputAudioBufferCommit() if heard and ending.answered else ev.InputAudioBufferClear())
        self._user().user_ended(ending.at_ns)
        if heard and ending.answered:
            self._respond("turn")

    def _leave(self) -> None:
        self._ears.gatekeeper = None
        self._ears.use(None)
        if self._in_turn or self._endings:
            self._user().user_ended(self._ears.at_ns(self._ears.heard_samples))
        self._in_turn = False
        self._endings.clear()

    def _told(self, decision: TurnDecision) -> None:
        at_ns, decided_ns = self._ears.at_ns(decision.at_sample), self._ears.at_ns(decision.decided_at_sample)
        hypothesis = self._ears.hypothesis
        self._journal.decision(decision.kind, decision.reason, at_ns, decided_at_ns=decided_ns)
        self._emit(
            TurnDecided(
                at_ns=at_ns,
                decided_at_ns=decided_ns,
                kind=decision.kind,
                reason=decision.reason,
                words=hypothesis.text if hypothesis is not None else "",
            )
        )
