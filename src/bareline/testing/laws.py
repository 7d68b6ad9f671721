"""What holds for every session, whatever is said and whatever the network does?

``Laws`` watches one client, event by event, and counts on its own: it shares no code with the endpoints' fold, so that
a mistake there is not its mistake too.
"""

from __future__ import annotations

from collections import Counter, deque
from typing import NoReturn

from bareline.errors import RemoteProtocolError
from bareline.protocol import events as ev
from bareline.protocol.client_endpoint import Received
from bareline.units import ns_to_ms

__all__ = ["LawBroken", "Laws"]

_TRACE_LINES = 40
_ANSWERS = {
    "SessionUpdate": "SessionUpdated",
    "InputAudioBufferClear": "InputAudioBufferCleared",
    "ConversationItemDelete": "ConversationItemDeleted",
    "ConversationItemRetrieve": "ConversationItemRetrieved",
    "ConversationItemTruncate": "ConversationItemTruncated",
    "ConversationItemCreate FunctionCallOutput": "ConversationItemAdded FunctionCallOutput",
    "ResponseCreate with metadata": "ResponseCreated with metadata",
}
"""What answers a request, one by one, unless an ``error`` with its ``event_id`` does."""
_ALSO_UNASKED = {
    "ConversationItemCreate Message": "ConversationItemAdded Message",
    "ResponseCreate": "ResponseCreated",
    "InputAudioBufferCommit": "InputAudioBufferCommitted",
}
"""The same, where the server may say it by itself too."""
_Texts = (
    ev.ResponseOutputTextDelta
    | ev.ResponseOutputAudioTranscriptDelta
    | ev.ResponseFunctionCallArgumentsDelta
    | ev.ConversationItemInputAudioTranscriptionDelta
)
_DELTA_OF: dict[type[ev.ServerEvent], type[ev.ServerEvent]] = {
    ev.ResponseOutputTextDone: ev.ResponseOutputTextDelta,
    ev.ResponseOutputAudioTranscriptDone: ev.ResponseOutputAudioTranscriptDelta,
    ev.ResponseFunctionCallArgumentsDone: ev.ResponseFunctionCallArgumentsDelta,
    ev.ConversationItemInputAudioTranscriptionCompleted: ev.ConversationItemInputAudioTranscriptionDelta,
}


class LawBroken(AssertionError):
    """A law does not hold; the message ends with the last lines of the conversation."""


class Laws:
    """Every response begins once and ends once, and nothing comes after its end; deltas joined are what is reported as
    done; nothing is truncated beyond what was received; every request is answered.

    Tell it all that the client sends (each with an ``event_id``) and receives; ``at_quiescence`` checks what must be
    over when nothing is under way.
    """

    def __init__(self, *, checked: bool) -> None:
        self._checked = checked
        self._asked: Counter[str] = Counter()
        self._answered: Counter[str] = Counter()
        self._kinds: dict[str, str] = {}
        self._responses: dict[str, str] = {}
        self._growing: tuple[str, str] = ("", "")
        self._texts: dict[tuple[type[ev.ServerEvent], str, int], str] = {}
        self._audio_bytes: Counter[str] = Counter()
        self._deleted: set[str] = set()
        self._items: list[str] = []
        self._truncated: dict[str, int] = {}
        self._trace: deque[str] = deque(maxlen=_TRACE_LINES)

    @property
    def trace(self) -> str:
        """The last lines of the conversation."""
        return "\n".join(self._trace)

    @property
    def deleted(self) -> set[str]:
        """Items that are gone."""
        return self._deleted

    @property
    def growing(self) -> tuple[str, str]:
        """The item whose delta came last, if nothing else came since, and its deltas so far, joined."""
        return self._growing

    @property
    def items(self) -> list[tuple[str, int | None]]:
        """The items of the conversation in order, each with where it was truncated, by the events alone."""
        return [(item_id, self._truncated.get(item_id)) for item_id in self._items]

    def sent(self, event: ev.ClientEvent, now_ns: int) -> None:
        """The client said ``event``."""
        self._note(now_ns, ">", event, getattr(event, "item_id", ""))
        self._asked[_kind(event)] += 1
        if isinstance(event.event_id, str):
            self._kinds[event.event_id] = _kind(event)
        if self._checked and isinstance(event, ev.ConversationItemTruncate):
            received_ms = self._audio_bytes[event.item_id] // 48
            self.hold(event.audio_end_ms <= received_ms, f"truncated at {event.audio_end_ms} of {received_ms} ms")

    def received(self, received: Received) -> None:
        """The client received something."""
        event = received.event
        if isinstance(event, RemoteProtocolError):
            self.fail(f"the server said what is not the protocol: {event} {received.raw!r:.200}")
        response_id = getattr(event, "response_id", None)
        self._note(received.at_ns, "<", event, getattr(event, "item_id", "") or response_id or "")
        self._answered[_kind(event)] += 1
        if response_id is not None:
            self.hold(self._responses.get(response_id) == "open", f"{response_id} is not under way")
        self._growing = ("", "")
        self._follow(event)

    def at_quiescence(self) -> None:
        """Nothing is under way any more: every response has ended, every request has its answer."""
        unfinished = [named for named, state in self._responses.items() if state == "open"]
        self.hold(not unfinished, f"responses without an end: {unfinished}")
        for request, answer in (_ANSWERS | _ALSO_UNASKED).items():
            asked, answered = self._asked[request], self._answered[answer]
            enough = asked == answered or (asked < answered and request in _ALSO_UNASKED)
            self.hold(enough, f"{asked} {request} not refused, but {answered} {answer}")

    def hold(self, holds: bool, law: str) -> None:
        """Raise ``LawBroken`` unless the law holds."""
        if not holds:
            self.fail(law)

    def fail(self, law: str) -> NoReturn:
        """Raise ``LawBroken``."""
        raise LawBroken(f"{law}\n{self.trace}")

    def _follow(self, event: ev.ServerEvent) -> None:
        match event:
            case ev.ResponseCreated():
                self.hold(event.response.id not in self._responses, f"{event.response.id} began twice")
                self._responses[event.response.id or ""] = "open"
            case ev.ResponseDone():
                self.hold(self._responses.get(event.response.id or "") == "open", f"{event.response.id} ended twice")
                self._responses[event.response.id or ""] = "over"
            case ev.ResponseOutputAudioDelta():
                self._audio_bytes[event.item_id] += len(event.delta)
            case ev.ConversationItemAdded(item=item) if item.id:
                self._place(item.id, event.previous_item_id)
            case ev.ConversationItemTruncated():
                self._truncated[event.item_id] = event.audio_end_ms
            case ev.ConversationItemDeleted():
                self._deleted.add(event.item_id)
                self._truncated.pop(event.item_id, None)
                self._items.remove(event.item_id)
            case ev.Error(error=error) if error.event_id is not None:
                self.hold(error.event_id in self._kinds, f"an error for an event that was not sent: {error.event_id}")
                self._asked[self._kinds.pop(error.event_id)] -= 1
            case _:
                self._follow_text(event)

    def _place(self, item_id: str, previous: str | ev.UnsetType | None) -> None:
        self.hold(item_id not in self._items, f"{item_id} was added twice")
        known = isinstance(previous, str) and previous in self._items
        self.hold(known or previous in (None, "root"), f"{item_id} was added after {previous}, which is not there")
        self._items.insert(self._items.index(str(previous)) + 1 if known else 0, item_id)

    def _follow_text(self, event: ev.ServerEvent) -> None:
        if isinstance(event, _Texts):
            key = (type(event), event.item_id, getattr(event, "content_index", 0))
            self._texts[key] = self._texts.get(key, "") + event.delta
            self._growing = (event.item_id, self._texts[key])
            return
        match event:
            case ev.ResponseOutputTextDone(text=whole):
                self._compare(event, event.item_id, event.content_index, whole)
            case ev.ResponseOutputAudioTranscriptDone(transcript=whole):
                self._compare(event, event.item_id, event.content_index, whole)
            case ev.ResponseFunctionCallArgumentsDone(arguments=whole):
                self._compare(event, event.item_id, 0, whole)
            case ev.ConversationItemInputAudioTranscriptionCompleted(transcript=whole):
                self._compare(event, event.item_id, event.content_index, whole)
            case _:
                pass

    def _compare(self, event: ev.ServerEvent, item_id: str, content_index: int, whole: str) -> None:
        joined = self._texts.get((_DELTA_OF[type(event)], item_id, content_index), "")
        if joined != whole:
            self.fail(f"the deltas of {item_id} are {joined!r}, but done says {whole!r}")

    def _note(self, now_ns: int, way: str, event: object, about: str) -> None:
        extra = f" {event.error.code} {event.error.message}" if isinstance(event, ev.Error) else ""
        self._trace.append(f"{ns_to_ms(now_ns):>7} ms {way} {type(event).__name__} {about}{extra}")


def _kind(event: ev.ClientEvent | ev.ServerEvent) -> str:
    name = type(event).__name__
    match event:
        case ev.ConversationItemCreate(item=item) | ev.ConversationItemAdded(item=item):
            return f"{name} {type(item).__name__}"
        case ev.ResponseCreate(response=ev.ResponseConfig(metadata=dict())):
            return f"{name} with metadata"
        case ev.ResponseCreated(response=ev.Response(metadata=dict())):
            return f"{name} with metadata"
        case _:
            return name
