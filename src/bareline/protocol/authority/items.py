"""What may a client do with the items of the conversation, and what does it hear back?

Source: REALTIME.md sections 4, 5, 7, 11 and 12.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections import deque

import msgspec

from bareline.protocol import events as ev
from bareline.protocol.actions import InputCommitted
from bareline.protocol.authority.shared import Shared
from bareline.protocol.entries import Entry
from bareline.protocol.limits import CREATED_MAX_BYTES, HELD_OUTPUTS_MAX
from bareline.protocol.refusal import Refusal, invalid_value, quoted, unsupported
from bareline.protocol.states import CallEvent, ItemEvent, ItemState, Refused
from bareline.protocol.tables import CALL, ITEM

__all__ = ["Items"]

_CREATED_BY_CLIENTS = (ev.Message, ev.FunctionCall, ev.FunctionCallOutput, ev.McpApprovalResponse)
_Named = ev.Message | ev.FunctionCall | ev.FunctionCallOutput | ev.McpApprovalResponse


class Items:
    """Creates, shows, shortens and removes items. Methods return why they refused, or ``None``."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self._held: deque[tuple[_Named, str | None]] = deque()
        self._bytes: dict[str, int] = {}
        self._all_bytes = 0

    def create(self, event: ev.ConversationItemCreate, *, hold: bool) -> Refusal | None:
        """Insert an item. ``hold``: a response is active: outputs of calls and approvals wait for its end (10.8)."""
        item, previous = event.item, event.previous_item_id or None
        if not isinstance(item, _CREATED_BY_CLIENTS):
            kinds = [kind.__struct_config__.tag for kind in _CREATED_BY_CLIENTS]
            return invalid_value("item.type", item.__struct_config__.tag, kinds)
        hold = hold and isinstance(item, ev.FunctionCallOutput | ev.McpApprovalResponse)
        refusal = (
            self._taken_id(item)
            or self._unknown_previous(previous)
            or self._unknown_call(item)
            or self._unknown_request(item)
            or self._no_room(hold=hold)
        )
        if refusal is not None:
            return refusal
        item = msgspec.structs.replace(item, id=item.id or self._shared.ids.new("item"))
        self._weigh(item)
        if hold:
            self._held.append((item, previous))
        else:
            self._insert(item, previous)
        return None

    def release(self) -> None:
        """The active response is over: insert what waited for it."""
        while self._held:
            self._insert(*self._held.popleft())

    def retrieve(self, event: ev.ConversationItemRetrieve) -> Refusal | None:
        """Show the server's copy, with its audio while that is kept."""
        step = ITEM.step(self._shared.item_state(event.item_id), ItemEvent.RETRIEVE)
        entry = self._shared.conversation.item(event.item_id)
        if isinstance(step, Refused) or entry is None:
            return _refused(step, f"Error retrieving item: the item with id '{event.item_id}' does not exist.")
        self._shared.out.emit(ev.ConversationItemRetrieved(item=self._with_audio(entry)))
        return None

    def truncate(self, event: ev.ConversationItemTruncate) -> Refusal | None:
        """Cut assistant audio. Nothing is clamped: beyond what was generated is an error (section 17, row 28)."""
        shared = self._shared
        step = ITEM.step(shared.item_state(event.item_id), ItemEvent.TRUNCATE)
        entry = shared.conversation.item(event.item_id)
        if isinstance(step, Refused) or entry is None:
            return _refused(step, f"Item with item_id not found: {event.item_id}")
        if entry.role != "assistant" or not entry.has_audio or entry.response_id is None:
            return Refusal(code=None, message="Only model output audio messages can be truncated")
        if event.content_index != 0:
            return invalid_value("content_index", event.content_index, [0])
        generated_ms = shared.audio.ms(event.item_id)
        if event.audio_end_ms > generated_ms:
            message = f"Audio content of {generated_ms}ms is already shorter than {event.audio_end_ms}ms"
            return Refusal(code="invalid_value", message=message)
        shared.truncate(event.item_id, event.audio_end_ms)
        return None

    def delete(self, event: ev.ConversationItemDelete) -> Refusal | None:
        """Remove an item."""
        step = ITEM.step(self._shared.item_state(event.item_id), ItemEvent.DELETE)
        if isinstance(step, Refused):
            return _refused(step, f"Error deleting item: the item with id '{event.item_id}' does not exist.")
        self._shared.audio.forget(event.item_id)
        self._all_bytes -= self._bytes.pop(event.item_id, 0)
        self._shared.out.emit(ev.ConversationItemDeleted(item_id=event.item_id))
        return None

    def _insert(self, item: _Named, previous: str | None) -> None:
        before = None if previous == "root" else previous
        if previous is None or (before and self._shared.conversation.item(before) is None):
            before = self._shared.last_item_id()
        item, heard = _as_kept(item, self._shared)
        self._shared.out.emit(ev.ConversationItemAdded(item=item, previous_item_id=before))
        self._shared.out.emit(ev.ConversationItemDone(item=item, previous_item_id=before))
        if heard:
            audio_format = self._shared.input_format
            self._shared.audio.add(item.id or "", heard, audio_format)
            self._shared.out.act(
                InputCommitted(
                    item_id=item.id or "", audio=heard, format=audio_format, transcribe=False, buffered=False
                )
            )

    def _taken_id(self, item: _Named) -> Refusal | None:
        if not item.id:
            return None
        waits = any(waiting.id == item.id for waiting, _ in self._held)
        state = ItemState.COMPLETED if waits else self._shared.item_state(item.id)
        step = ITEM.step(state, ItemEvent.CREATE)
        message = f"Item with id '{item.id}' already exists in the conversation."
        return _refused(step, message, "item.id") if isinstance(step, Refused) else None

    def _unknown_previous(self, previous: str | None) -> Refusal | None:
        if previous is None or previous == "root":
            return None
        step = ITEM.step(self._shared.item_state(previous), ItemEvent.FOLLOW)
        message = f"Error inserting item: the previous item with id '{previous}' does not exist."
        return _refused(step, message, "previous_item_id") if isinstance(step, Refused) else None

    def _unknown_call(self, item: _Named) -> Refusal | None:
        if not isinstance(item, ev.FunctionCallOutput) or self._shared.options.unknown_call_output == "accept":
            return None
        step = CALL.step(self._shared.conversation.calls.get(item.call_id, CALL.initial), CallEvent.OUTPUT)
        message = f"Tool call ID '{item.call_id}' not found in conversation."
        return _refused(step, message) if isinstance(step, Refused) else None

    def _unknown_request(self, item: _Named) -> Refusal | None:
        if not isinstance(item, ev.McpApprovalResponse) or item.approval_request_id in self._shared.approvals:
            return None
        return unsupported(
            "item.approval_request_id", f"no request with the id {quoted(item.approval_request_id)} waits for approval"
        )

    def _no_room(self, *, hold: bool) -> Refusal | None:
        if hold and len(self._held) >= HELD_OUTPUTS_MAX:
            return unsupported("item", f"{HELD_OUTPUTS_MAX} outputs wait for the active response already")
        if self._all_bytes >= CREATED_MAX_BYTES:
            return unsupported("item", f"the conversation holds {CREATED_MAX_BYTES} bytes of created items already")
        return None

    def _weigh(self, item: _Named) -> None:
        size = len(msgspec.json.encode(item))
        self._bytes[item.id or ""] = size
        self._all_bytes += size

    def _with_audio(self, entry: Entry) -> ev.Item:
        item, heard = entry.item, self._shared.audio.audio(entry.id)
        if not isinstance(item, ev.Message):
            return item
        sound = b64encode(heard).decode() if heard else None
        content = [self._sounding(part, sound, entry.truncated_ms is not None) for part in item.content]
        return msgspec.structs.replace(item, content=content)

    def _sounding(self, part: ev.Part, sound: str | None, truncated: bool) -> ev.Part:
        match part:
            case ev.InputAudio() if sound is not None:
                return msgspec.structs.replace(part, audio=sound)
            case ev.OutputAudio(transcript=transcript):
                said = self._shared.options.truncated_transcript if truncated else transcript
                return ev.OutputAudio(transcript=said, audio=sound)
            case _:
                return part


def _refused(step: object, message: str, param: str | None = None) -> Refusal:
    return Refusal(code=step.code if isinstance(step, Refused) else None, message=message, param=param)


def _as_kept(item: _Named, shared: Shared) -> tuple[_Named, bytes]:
    """The item as the service reports it (section 17, row 11), and the user's audio in it."""
    match item:
        case ev.Message(content=content):
            split = [_without_audio(part) for part in content]
            kept = msgspec.structs.replace(item, content=[part for part, _ in split], status="completed", object=None)
            return kept, b"".join(heard for _, heard in split)
        case ev.FunctionCall():
            call_id = item.call_id or shared.ids.new("call")
            return msgspec.structs.replace(item, call_id=call_id, status="completed", object=None), b""
        case ev.FunctionCallOutput():
            return msgspec.structs.replace(item, status=None, object=None), b""
        case ev.McpApprovalResponse():  # pragma: no branch  (the union is closed)
            return item, b""


def _without_audio(part: ev.Part) -> tuple[ev.Part, bytes]:
    if isinstance(part, ev.InputAudio) and isinstance(part.audio, str):
        return ev.InputAudio(transcript=part.transcript), b64decode(part.audio)
    return part, b""
