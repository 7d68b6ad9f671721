"""Which of the turns that the service finds are answered, where interruptions are judged on this side?

The session's ``interrupt_response`` and ``create_response`` are false then. What takes the floor is answered once; a
mere stop is kept and not answered; a listener's sound, noise and echo go from the conversation.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable

from bareline.client.interruptions import NOTHING, Interruptions
from bareline.client.journal import Journal
from bareline.clock import now_ns
from bareline.protocol import events as ev
from bareline.turns.interruption import OverlapKind
from bareline.units import ms_to_ns

__all__ = ["ServiceTurns"]

_WAITING_MAX = 64
_WORDS_WITHIN_NS = ms_to_ns(3_000)
"""A transcript that comes later changes nothing any more."""


class ServiceTurns:
    """``spoke`` is told of each turn that counts, ``respond`` asks for its answer with a reason.

    ``asks``: whether the application wants turns to be answered by themselves; ``transcribes``: whether the service
    will tell what was said.
    """

    def __init__(
        self,
        interruptions: Interruptions,
        journal: Journal,
        *,
        post: Callable[[ev.ClientEvent], object],
        respond: Callable[[str], None],
        spoke: Callable[[str], None],
        asks: Callable[[], bool],
        transcribes: Callable[[], bool],
    ) -> None:
        self._interruptions = interruptions
        self._journal = journal
        self._post = post
        self._respond = respond
        self._spoke = spoke
        self._asks = asks
        self._transcribes = transcribes
        self._item = ""
        self._words = ""
        self._undecided: deque[str] = deque(maxlen=_WAITING_MAX)
        self._doubted: OrderedDict[str, int] = OrderedDict()

    def take(self, event: ev.ServerEvent) -> None:
        """Follow one server event."""
        match event:
            case ev.InputAudioBufferSpeechStarted(item_id=item_id):
                self._item, self._words = item_id, ""
                self._interruptions.service_decided("speech_started")
            case ev.InputAudioBufferSpeechStopped():
                self._interruptions.service_decided("speech_stopped")
            case ev.InputAudioBufferTimeoutTriggered(item_id=item_id):
                self._item = item_id
            case ev.InputAudioBufferCommitted(item_id=item_id):
                self._committed(item_id)
            case ev.ConversationItemInputAudioTranscriptionDelta(item_id=item_id, delta=delta) if item_id == self._item:
                self._words += delta
                self._interruptions.recognised(self._words)
            case ev.ConversationItemInputAudioTranscriptionCompleted(item_id=item_id, transcript=text):
                self._transcribed(item_id, text)
            case ev.ConversationItemInputAudioTranscriptionFailed(item_id=item_id):
                self._transcribed(item_id, "")
            case _:
                pass

    def settle(self) -> None:
        """Look again at what could not be decided yet."""
        while self._undecided and (kind := self._interruptions.turn_kind()) is not None:
            self._decide(self._undecided.popleft(), kind)
        while self._doubted and next(iter(self._doubted.values())) <= now_ns():
            self._forget(self._doubted.popitem(last=False)[0])

    def connection_lost(self) -> None:
        """The items of the old connection are told to a new one as they are."""
        self._item = ""
        self._undecided.clear()
        self._doubted.clear()

    def _committed(self, item_id: str) -> None:
        if item_id != self._item:  # not a turn that the service found
            self._spoke(item_id)
            return
        self._item = ""
        self._interruptions.service_decided("turn_ended")
        self._undecided.append(item_id)
        self.settle()

    def _decide(self, item_id: str, kind: OverlapKind) -> None:
        self._journal.decision("turn", kind, item_id=item_id)
        if kind not in NOTHING:
            self._answer(item_id, kind)
        elif self._transcribes():
            self._doubted[item_id] = now_ns() + _WORDS_WITHIN_NS
        else:
            self._forget(item_id)

    def _answer(self, item_id: str, kind: OverlapKind) -> None:
        self._spoke(item_id)
        if kind != "stop" and self._asks():
            self._respond("turn")

    def _transcribed(self, item_id: str, text: str) -> None:
        if self._doubted.pop(item_id, None) is None:
            return
        kind = self._interruptions.turns_out(text) if text.strip() else None
        if kind is None:
            self._forget(item_id)
        else:
            self._journal.decision("turn", f"{kind}, by its words", item_id=item_id)
            self._answer(item_id, kind)

    def _forget(self, item_id: str) -> None:
        self._post(ev.ConversationItemDelete(item_id=item_id))
