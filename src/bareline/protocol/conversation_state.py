"""What is known of a conversation, and how is a report entered into it?

``Conversation`` is the state behind the fold; applications read its views, and only the fold
(``bareline.protocol.conversation``) enters reports. Nothing here raises, whatever a peer reports.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from msgspec import UnsetType

from bareline.protocol import events as ev
from bareline.protocol.entries import Entry, ItemShape, ResponseEntry, ResponseShape
from bareline.protocol.limits import CONVERSATION_MAX_ITEMS, EARLY_MAX_ITEMS, RESPONSES_KEPT
from bareline.protocol.states import CallEvent, CallState, ItemEvent, ItemState, ResponseEvent
from bareline.protocol.tables import CALL, ITEM, RESPONSE

__all__ = ["Conversation", "Snapshot"]


class Snapshot(NamedTuple):
    """A conversation as comparable values; equal at both ends after the same events."""

    items: tuple[ItemShape, ...]
    responses: tuple[ResponseShape, ...]


class Conversation:
    """The items in order, the latest responses, and the session as last reported.

    Bounded: the oldest items go beyond ``CONVERSATION_MAX_ITEMS``, the oldest responses beyond ``RESPONSES_KEPT``.
    """

    def __init__(self) -> None:
        self.session: ev.Session | None = None
        self._order: list[Entry] = []
        self._entries: dict[str, Entry] = {}
        self._responses: dict[str, ResponseEntry] = {}
        self._active: dict[str, ResponseEntry] = {}
        self._calls: dict[str, CallState] = {}
        self._early: dict[str, list[str]] = {}
        self._gone: deque[str] = deque(maxlen=EARLY_MAX_ITEMS)

    # --- views --------------------------------------------------------------------------------------------------------

    @property
    def items(self) -> Sequence[Entry]:
        """The items in the order of the conversation. A live view: copy it to keep it."""
        return self._order

    @property
    def responses(self) -> Mapping[str, ResponseEntry]:
        """The latest responses by id, oldest first, out-of-band ones included. A live view."""
        return MappingProxyType(self._responses)

    @property
    def calls(self) -> Mapping[str, CallState]:
        """Function calls by ``call_id``. A live view."""
        return MappingProxyType(self._calls)

    @property
    def active_response(self) -> ResponseEntry | None:
        """The response being generated in the default conversation."""
        return next((response for response in self._active.values() if not response.out_of_band), None)

    def item(self, id: str) -> Entry | None:  # noqa: A002  (the wire's name)
        """The item of the conversation, or of an out-of-band response that is still kept."""
        return self._entries.get(id)

    def previous_id(self, id: str) -> str | None:  # noqa: A002  (the wire's name)
        """The id of the item before ``id``; ``None`` when it is the first one or not in the conversation."""
        previous = None
        for entry in self._order:
            if entry.id == id:
                return previous
            previous = entry.id
        return None

    def snapshot(self) -> Snapshot:
        """The state for a comparison."""
        items = tuple(entry.shape for entry in self._order)
        return Snapshot(items, tuple(response.shape for response in self._responses.values()))

    # --- for the fold -------------------------------------------------------------------------------------------------

    def report(self, item: ev.Item, response_id: str | None = None) -> Entry | None:
        """Enter a whole report of an item, known or new; ``None`` when it has no id or was deleted."""
        named = item.id
        if not named or named in self._gone:
            return None
        entry = self._entries.get(named)
        if entry is None:
            entry = self._entries[named] = Entry(named, item)
            for piece in self._early.pop(named, ()):
                entry.grow(0, ev.InputAudio, piece)
        else:
            entry.replace(item)
        entry.response_id = entry.response_id or response_id
        entry.step(ITEM.after(entry.state, _END_OF_ITEM.get(_status(item), ItemEvent.ADDED)))
        self._follow_call(entry, item)
        return entry

    def end(self, entry: Entry, item: ev.Item) -> None:
        """The item is final; without a status it is complete."""
        entry.step(ITEM.after(entry.state, _END_OF_ITEM.get(_status(item), ItemEvent.COMPLETED)))
        self._follow_call(entry, item)

    def place(self, entry: Entry, previous: str | UnsetType | None) -> None:
        """Give the item its place, once.

        Absent or unknown: at the end. Null or ``root``: at the head; output of the model is never put there.
        """
        if entry.in_conversation:
            return
        entry.in_conversation = True
        before = self._entries.get(previous) if isinstance(previous, str) else None
        if previous == "root" or (previous is None and entry.response_id is None):
            self._order.insert(0, entry)
        elif before is None or not before.in_conversation or before is self._order[-1]:
            self._order.append(entry)
        else:
            self._order.insert(self._order.index(before) + 1, entry)
        if len(self._order) > CONVERSATION_MAX_ITEMS:
            self.forget(self._order[0].id)

    def forget(self, id: str) -> None:  # noqa: A002  (the wire's name)
        """The item was deleted; late reports of it are ignored until it is added anew."""
        entry = self._entries.pop(id, None)
        if entry is None:
            return
        entry.step(ITEM.after(entry.state, ItemEvent.DELETED))
        self._gone.append(id)
        if entry.in_conversation:
            entry.in_conversation = False
            self._order.remove(entry)
        if isinstance(entry.item, ev.FunctionCall):
            self._calls.pop(entry.item.call_id or "", None)

    def readmit(self, id: str | None) -> None:  # noqa: A002  (the wire's name)
        """An item of this id is added, even if one was deleted before."""
        if id in self._gone:
            self._gone.remove(id)

    def hear_early(self, id: str, text: str, *, whole: bool) -> None:  # noqa: A002  (the wire's name)
        """A transcript came before its item (gpt-realtime-whisper, REALTIME.md 10.3)."""
        if id in self._gone:
            return
        pieces = self._early.setdefault(id, [])
        if whole:
            pieces.clear()
        pieces.append(text)
        if len(self._early) > EARLY_MAX_ITEMS:
            del self._early[next(iter(self._early))]

    def response(self, id: str) -> ResponseEntry:  # noqa: A002  (the wire's name)
        """The response of this id, made when it is new."""
        response = self._responses.get(id)
        if response is None:
            response = self._responses[id] = ResponseEntry(id)
            if len(self._responses) > RESPONSES_KEPT:
                self._forget_response(self._responses.pop(next(iter(self._responses))))
        return response

    def report_response(self, response: ResponseEntry, report: ev.Response, event: ResponseEvent) -> bool:
        """Enter a report of a response; false when it is over already, which makes the report void."""
        if response.ended:
            return False
        response.state = RESPONSE.after(response.state, event)
        response.report = report
        if response.active:
            self._active[response.id] = response
        else:
            self._active.pop(response.id, None)
        return True

    def _forget_response(self, response: ResponseEntry) -> None:
        self._active.pop(response.id, None)
        for entry in response.outputs.values():
            if not entry.in_conversation:
                self._entries.pop(entry.id, None)

    def _follow_call(self, entry: Entry, item: ev.Item) -> None:
        match item:
            case ev.FunctionCall(call_id=str(call_id)):
                event = _CALL_BY_ITEM[entry.state]
            case ev.FunctionCallOutput(call_id=call_id):
                event = CallEvent.OUTPUT
            case _:
                return
        state = CALL.after(self._calls.get(call_id, CALL.initial), event)
        if state is not CALL.initial:
            self._calls[call_id] = state


_END_OF_ITEM: dict[str | None, ItemEvent] = {"completed": ItemEvent.COMPLETED, "incomplete": ItemEvent.CUT}
_CALL_BY_ITEM = {
    ItemState.IN_PROGRESS: CallEvent.BEGUN,
    ItemState.COMPLETED: CallEvent.WRITTEN,
    ItemState.INCOMPLETE: CallEvent.CUT,
}


def _status(item: ev.Item) -> str | None:
    return item.status if isinstance(item, (ev.Message, ev.FunctionCall, ev.FunctionCallOutput)) else None
