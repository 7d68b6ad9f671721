"""How do rules make a call more or less patient with the end of the user's turn, whoever decides it?

What the service decides is changed by ``session.update``, with the settings of the rule's profile alone; what is
decided on this side by telling the detector.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from msgspec import UNSET, UnsetType

from bareline.client.journal import Journal
from bareline.client.local_ears import LocalEars
from bareline.clock import now_ns
from bareline.media.frames import AudioFrame
from bareline.protocol import events as ev
from bareline.turns.contract import TurnDecision
from bareline.turns.endpointing import Adjustable, Pace
from bareline.turns.pace_rules import Moment, TurnRule, pace_of
from bareline.turns.profiles import SemanticVad, ServerVad
from bareline.units import seconds_to_ns

__all__ = ["TurnPace"]

T = TypeVar("T")

_CUT_IN_NS = seconds_to_ns(1.5)
"""Who speaks again within this time, before the assistant is heard, had not finished."""
_GRACE_ANSWERS = 2
"""For how many answers a cut-in is remembered."""
_SERVER_VAD = {
    "fast": ServerVad.fast(),
    "balanced": ServerVad.balanced(),
    "patient": ServerVad.patient(),
    "noisy": ServerVad.noisy(),
}
_SEMANTIC_VAD = {
    "fast": SemanticVad.fast(),
    "balanced": SemanticVad.balanced(),
    "patient": SemanticVad.patient(),
    "noisy": SemanticVad.balanced(),
}


class TurnPace:
    """Asks the rules whenever something is said, and makes the change they want; nothing is sent when there is none.

    The settings to come back to are those that the session reports while
    no rule holds.
    """

    def __init__(
        self, rules: Sequence[TurnRule], ears: LocalEars, journal: Journal, *, post: Callable[[ev.ClientEvent], object]
    ) -> None:
        self.pace: Pace | None = None
        self._rules = tuple(rules)
        self._ears = ears
        self._journal = journal
        self._post = post
        self._asked = self._said = ""
        self._speaking = False
        self._ended_ns: int | None = None
        self._grace = 0
        self._own: ev.TurnDetection | None = None
        ears.follow(self)

    def take(self, event: ev.ServerEvent) -> None:
        """Follow the conversation."""
        match event:
            case ev.SessionCreated(session=session):
                self.pace = None  # a new connection has the application's settings
                self._settled(session)
            case ev.SessionUpdated(session=session):
                self._settled(session)
            case ev.ResponseDone(response=response) if response.conversation_id is not None:
                self._answered(response)
            case ev.InputAudioBufferSpeechStarted():
                self._began()
            case ev.InputAudioBufferSpeechStopped():
                self._ended()
            case ev.ConversationItemInputAudioTranscriptionCompleted(transcript=said):
                if self._ears.listener is None:
                    self._said = said
                    self._look()
            case _:
                pass

    def heard(self, frame: AudioFrame, decisions: Sequence[TurnDecision]) -> None:  # noqa: ARG002 - a follower's
        """Follow what is decided, and understood, on this side, and when the assistant is heard."""
        if self._ears.playing:
            self._ended_ns = None
        for decision in decisions:
            if decision.kind == "speech_started":
                self._began()
            elif decision.kind == "turn_ended":
                self._ended()
        words = self._ears.hypothesis
        if words is not None and words.text != self._said:
            self._said = words.text
            self._look()

    def turns_changed(self) -> None:
        """The application has chosen anew who decides, and how."""
        self.pace = None

    def _answered(self, response: ev.Response) -> None:
        said = [_text(item) for item in response.output or () if isinstance(item, ev.Message)]
        if any(said):
            self._asked = " ".join(filter(None, said))
        if response.status == "completed":
            self._grace = max(0, self._grace - 1)
        self._look()

    def _began(self) -> None:
        self._speaking = True
        ended_ns, self._ended_ns = self._ended_ns, None
        if ended_ns is not None and now_ns() - ended_ns < _CUT_IN_NS:
            self._grace = _GRACE_ANSWERS
        self._look()

    def _ended(self) -> None:
        self._speaking = False
        self._ended_ns = now_ns()
        self._look()

    def _look(self) -> None:
        moment = Moment(asked=self._asked, said=self._said, speaking=self._speaking, cut_in=self._grace > 0)
        pace = pace_of(self._rules, moment)
        if pace != self.pace and self._change(pace):
            self.pace = pace
            self._journal.decision("turn_pace", pace or "as set")

    def _change(self, pace: Pace | None) -> bool:
        """Whether there is anybody whose pace can change."""
        if self._ears.listener is not None:
            detector = self._ears.listener.detector
            if isinstance(detector, Adjustable):
                detector.pace(pace)
            return isinstance(detector, Adjustable)
        wanted = _wire(self._own, pace)
        if wanted is not None:
            heard = ev.AudioInputConfig(turn_detection=wanted)
            self._post(ev.SessionUpdate(session=ev.RealtimeSessionConfig(audio=ev.AudioConfig(input=heard))))
        return wanted is not None

    def _settled(self, session: ev.Session) -> None:
        if self.pace is None and isinstance(session, ev.RealtimeSession) and session.audio is not None:
            self._own = session.audio.input.turn_detection if session.audio.input is not None else None


def _text(item: ev.Message) -> str:
    parts = [part for part in item.content if isinstance(part, ev.OutputAudio | ev.OutputText)]
    said = [part.transcript if isinstance(part, ev.OutputAudio) else part.text for part in parts]
    return " ".join(text for text in said if text)


def _wire(own: ev.TurnDetection | None, pace: Pace | None) -> ev.ServerVad | ev.SemanticVad | None:
    """The settings to send: of the pace, or those that the session had; what is not sent stays (REALTIME.md 5)."""
    if own is None:
        return None
    if own.type == "semantic_vad":
        eagerness = _SEMANTIC_VAD[pace].eagerness if pace is not None else own.eagerness
        return ev.SemanticVad(eagerness=_given(eagerness, "auto"))  # type: ignore[arg-type]
    named = _SERVER_VAD[pace] if pace is not None else own
    threshold = named.threshold if pace in (None, "noisy") else own.threshold
    return ev.ServerVad(
        threshold=UNSET if threshold is None else threshold, silence_duration_ms=_given(named.silence_duration_ms, 500)
    )


def _given(value: T | UnsetType | None, default: T) -> T:
    return default if value is UNSET or value is None else value
