"""What has been said and done in a session so far?

``apply`` is the one fold of server events that both ends run: the client on what it receives, the server on what it
sends. It takes whatever peers do wrong (an end without a beginning, two ends, unknown ids) and never raises. Source:
REALTIME.md sections 6, 9 and 10.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bareline.protocol import events as ev
from bareline.protocol.conversation_state import Conversation, Snapshot
from bareline.protocol.entries import Entry, ResponseEntry, part_text
from bareline.protocol.replay import Lost, Replay, replay
from bareline.protocol.states import ResponseEvent

__all__ = ["Conversation", "Entry", "Lost", "Replay", "ResponseEntry", "Snapshot", "apply", "replay_items"]


def apply(conversation: Conversation, event: ev.ServerEvent) -> None:
    """Fold one server event into the conversation. Audio deltas and unknown events change nothing. Never raises."""
    fold = _FOLDS.get(type(event))
    if fold is not None:
        fold(conversation, event)


def replay_items(conversation: Conversation) -> Replay:
    """The conversation as items that a client may create in a new session, and what is lost."""
    return replay(conversation.items)


# --- items ------------------------------------------------------------------------------------------------------------


def _item_added(c: Conversation, event: ev.ConversationItemAdded | ev.ConversationItemCreated) -> None:
    c.readmit(event.item.id)
    entry = c.report(event.item)
    if entry is not None:
        c.place(entry, event.previous_item_id)


def _item_done(c: Conversation, event: ev.ConversationItemDone) -> None:
    entry = c.report(event.item)
    if entry is not None:
        c.place(entry, event.previous_item_id)
        c.end(entry, event.item)


def _committed(c: Conversation, event: ev.InputAudioBufferCommitted) -> None:
    if c.item(event.item_id) is None:
        entry = c.report(ev.Message(id=event.item_id, role="user", content=[ev.InputAudio()]))
        if entry is not None:
            c.place(entry, event.previous_item_id)


def _item_deleted(c: Conversation, event: ev.ConversationItemDeleted) -> None:
    c.forget(event.item_id)


def _item_truncated(c: Conversation, event: ev.ConversationItemTruncated) -> None:
    entry = c.item(event.item_id)
    if entry is not None:
        entry.cut(event.audio_end_ms)


# --- what is said -----------------------------------------------------------------------------------------------------


def _heard_delta(c: Conversation, event: ev.ConversationItemInputAudioTranscriptionDelta) -> None:
    entry = c.item(event.item_id)
    if entry is not None:
        entry.grow(event.content_index, ev.InputAudio, event.delta)
    else:
        c.hear_early(event.item_id, event.delta, whole=False)


def _heard(c: Conversation, event: ev.ConversationItemInputAudioTranscriptionCompleted) -> None:
    entry = c.item(event.item_id)
    if entry is not None:
        entry.settle(event.content_index, ev.InputAudio, event.transcript)
    else:
        c.hear_early(event.item_id, event.transcript, whole=True)


def _not_heard(c: Conversation, event: ev.ConversationItemInputAudioTranscriptionFailed) -> None:
    entry = c.item(event.item_id)
    if entry is not None:
        entry.forget(event.content_index)


def _part(c: Conversation, event: ev.ResponseContentPartAdded | ev.ResponseContentPartDone) -> None:
    entry = c.item(event.item_id)
    kind = _KIND_OF_PART.get(type(event.part))
    if entry is not None and kind is not None:
        entry.settle(event.content_index, kind, part_text(event.part) or None)


def _text_delta(c: Conversation, event: ev.ResponseOutputTextDelta) -> None:
    entry = c.item(event.item_id)
    if entry is not None:
        entry.grow(event.content_index, ev.OutputText, event.delta)


def _speech_delta(c: Conversation, event: ev.ResponseOutputAudioTranscriptDelta) -> None:
    entry = c.item(event.item_id)
    if entry is not None:
        entry.grow(event.content_index, ev.OutputAudio, event.delta)


def _text_done(c: Conversation, event: ev.ResponseOutputTextDone) -> None:
    entry = c.item(event.item_id)
    if entry is not None:
        entry.settle(event.content_index, ev.OutputText, event.text)


def _speech_done(c: Conversation, event: ev.ResponseOutputAudioTranscriptDone) -> None:
    entry = c.item(event.item_id)
    if entry is not None:
        entry.settle(event.content_index, ev.OutputAudio, event.transcript)


def _arguments_delta(
    c: Conversation, event: ev.ResponseFunctionCallArgumentsDelta | ev.ResponseMcpCallArgumentsDelta
) -> None:
    entry = c.item(event.item_id)
    if entry is not None:
        entry.grow(0, ev.OutputText, event.delta)


def _arguments_done(
    c: Conversation, event: ev.ResponseFunctionCallArgumentsDone | ev.ResponseMcpCallArgumentsDone
) -> None:
    entry = c.item(event.item_id)
    if entry is not None:
        entry.settle(0, ev.OutputText, event.arguments)


# --- responses --------------------------------------------------------------------------------------------------------


def _response_created(c: Conversation, event: ev.ResponseCreated) -> None:
    if event.response.id:
        c.report_response(c.response(event.response.id), event.response, ResponseEvent.CREATED)


def _response_done(c: Conversation, event: ev.ResponseDone) -> None:
    report = event.response
    if not report.id:
        return
    response = c.response(report.id)
    end = _END_OF_RESPONSE.get(report.status, ResponseEvent.COMPLETED)
    if c.report_response(response, report, end):
        for index, item in enumerate(report.output or ()):
            entry = c.report(item, report.id)
            if entry is not None:
                response.outputs.setdefault(index, entry)
                c.end(entry, item)


def _output_added(c: Conversation, event: ev.ResponseOutputItemAdded) -> None:
    entry = c.report(event.item, event.response_id)
    if entry is not None:
        c.response(event.response_id).outputs[event.output_index] = entry


def _output_done(c: Conversation, event: ev.ResponseOutputItemDone) -> None:
    entry = c.report(event.item, event.response_id)
    if entry is not None:
        c.response(event.response_id).outputs[event.output_index] = entry
        c.end(entry, event.item)


def _session(c: Conversation, event: ev.SessionCreated | ev.SessionUpdated) -> None:
    c.session = event.session


_END_OF_RESPONSE: dict[str | None, ResponseEvent] = {
    "cancelled": ResponseEvent.CANCELLED,
    "failed": ResponseEvent.FAILED,
    "incomplete": ResponseEvent.INCOMPLETE,
}
_KIND_OF_PART: dict[type, type[ev.OutputAudio | ev.OutputText]] = {
    ev.AudioPart: ev.OutputAudio,
    ev.TextPart: ev.OutputText,
}
_FOLDS: dict[type, Callable[[Conversation, Any], None]] = {
    ev.ConversationItemAdded: _item_added,
    ev.ConversationItemCreated: _item_added,
    ev.ConversationItemDone: _item_done,
    ev.ConversationItemDeleted: _item_deleted,
    ev.ConversationItemTruncated: _item_truncated,
    ev.ConversationItemInputAudioTranscriptionDelta: _heard_delta,
    ev.ConversationItemInputAudioTranscriptionCompleted: _heard,
    ev.ConversationItemInputAudioTranscriptionFailed: _not_heard,
    ev.InputAudioBufferCommitted: _committed,
    ev.ResponseContentPartAdded: _part,
    ev.ResponseContentPartDone: _part,
    ev.ResponseCreated: _response_created,
    ev.ResponseDone: _response_done,
    ev.ResponseFunctionCallArgumentsDelta: _arguments_delta,
    ev.ResponseFunctionCallArgumentsDone: _arguments_done,
    ev.ResponseMcpCallArgumentsDelta: _arguments_delta,
    ev.ResponseMcpCallArgumentsDone: _arguments_done,
    ev.ResponseOutputAudioTranscriptDelta: _speech_delta,
    ev.ResponseOutputAudioTranscriptDone: _speech_done,
    ev.ResponseOutputItemAdded: _output_added,
    ev.ResponseOutputItemDone: _output_done,
    ev.ResponseOutputTextDelta: _text_delta,
    ev.ResponseOutputTextDone: _text_done,
    ev.SessionCreated: _session,
    ev.SessionUpdated: _session,
}
