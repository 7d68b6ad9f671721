"""Which step may follow which state, for everything in a session that has a state?

Each rule of the protocol that depends on a state is one row: state and event give the next state, or the code of the
refusal. The fold of both ends and the server's authority step through these tables and keep no other rule of that kind;
``docs/reference/states.md`` is drawn from them. Source: REALTIME.md sections 9, 10 and 11.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from bareline.protocol.states import (
    BufferEvent,
    BufferState,
    CallEvent,
    CallState,
    FloorEvent,
    FloorState,
    ItemEvent,
    ItemState,
    PlaybackEvent,
    PlaybackState,
    Refused,
    ResponseEvent,
    ResponseState,
    Table,
)

__all__ = ["CALL", "FLOOR", "INPUT_BUFFER", "ITEM", "OUTPUT_BUFFER", "RESPONSE", "TABLES"]

S = TypeVar("S", bound=StrEnum)
E = TypeVar("E", bound=StrEnum)


def _row(state: S, nexts: Mapping[E, S | Refused]) -> dict[tuple[S, E], S | Refused]:
    return {(state, event): following for event, following in nexts.items()}


def _response() -> dict[tuple[ResponseState, ResponseEvent], ResponseState | Refused]:
    s, e = ResponseState, ResponseEvent
    ends: dict[ResponseEvent, ResponseState | Refused] = {
        e.COMPLETED: s.COMPLETED,
        e.CANCELLED: s.CANCELLED,
        e.FAILED: s.FAILED,
        e.INCOMPLETE: s.INCOMPLETE,
    }
    # A done without created is tolerated (section 9.1); of two ends the first one counts.
    rows = _row(s.ABSENT, {e.CREATED: s.IN_PROGRESS, **ends}) | _row(s.IN_PROGRESS, {e.CREATED: s.IN_PROGRESS, **ends})
    for end in (s.COMPLETED, s.CANCELLED, s.FAILED, s.INCOMPLETE):
        rows |= _row(end, dict.fromkeys(e, end))
    return rows


def _item() -> dict[tuple[ItemState, ItemEvent], ItemState | Refused]:
    s, e = ItemState, ItemEvent
    rows = _row(
        s.ABSENT,
        {
            e.CREATE: s.COMPLETED,
            e.FOLLOW: Refused("invalid_value"),
            e.RETRIEVE: Refused("item_retrieve_invalid_item_id"),
            e.TRUNCATE: Refused("item_truncate_invalid_item_id"),
            e.DELETE: Refused("item_delete_invalid_item_id"),
            e.ADDED: s.IN_PROGRESS,
            e.COMPLETED: s.COMPLETED,
            e.CUT: s.INCOMPLETE,
            e.DELETED: s.ABSENT,
        },
    )
    for state in (s.IN_PROGRESS, s.COMPLETED, s.INCOMPLETE):
        rows |= _row(
            state,
            {
                e.CREATE: Refused("invalid_value"),
                e.FOLLOW: state,
                e.RETRIEVE: state,
                e.TRUNCATE: state,
                e.DELETE: s.ABSENT,
                e.ADDED: state,
                e.COMPLETED: s.COMPLETED,
                e.CUT: s.INCOMPLETE,
                e.DELETED: s.ABSENT,
            },
        )
    return rows


def _input_buffer() -> dict[tuple[BufferState, BufferEvent], BufferState | Refused]:
    s, e = BufferState, BufferEvent
    short = Refused("input_audio_buffer_commit_empty")
    common: dict[BufferEvent, BufferState | Refused] = {
        e.CLEAR: s.EMPTY,
        e.COMMIT_SHORT: short,
        e.SPEECH_STARTED: s.SPEECH,
    }
    return (
        _row(
            s.EMPTY,
            {
                **common,
                e.APPEND: s.HOLDING,
                e.COMMIT: short,
                e.SPEECH_STOPPED: s.EMPTY,
                e.IDLE_TIMEOUT: s.EMPTY,
                e.DETECTION_OFF: s.EMPTY,
            },
        )
        | _row(
            s.HOLDING,
            {
                **common,
                e.APPEND: s.HOLDING,
                e.COMMIT: s.EMPTY,
                e.SPEECH_STOPPED: s.HOLDING,
                e.IDLE_TIMEOUT: s.EMPTY,
                e.DETECTION_OFF: s.HOLDING,
            },
        )
        | _row(
            s.SPEECH,
            {
                **common,
                e.APPEND: s.SPEECH,
                e.COMMIT: s.EMPTY,
                e.SPEECH_STOPPED: s.HOLDING,
                e.IDLE_TIMEOUT: s.SPEECH,
                e.DETECTION_OFF: s.HOLDING,
            },
        )
    )


def _call() -> dict[tuple[CallState, CallEvent], CallState | Refused]:
    s, e = CallState, CallEvent
    unknown = Refused("invalid_tool_call_id")
    return (
        _row(s.ABSENT, {e.BEGUN: s.WRITING, e.WRITTEN: s.REQUESTED, e.CUT: s.BROKEN, e.OUTPUT: unknown})
        | _row(s.WRITING, {e.BEGUN: s.WRITING, e.WRITTEN: s.REQUESTED, e.CUT: s.BROKEN, e.OUTPUT: s.ANSWERED})
        | _row(s.REQUESTED, {e.BEGUN: s.REQUESTED, e.WRITTEN: s.REQUESTED, e.CUT: s.BROKEN, e.OUTPUT: s.ANSWERED})
        | _row(s.ANSWERED, dict.fromkeys(e, s.ANSWERED))
        | _row(s.BROKEN, {e.BEGUN: s.BROKEN, e.WRITTEN: s.REQUESTED, e.CUT: s.BROKEN, e.OUTPUT: s.ANSWERED})
    )


RESPONSE = Table(
    "Response",
    "The status of a response. Its end is final: whatever comes after the first end changes nothing.",
    ResponseState.ABSENT,
    _response(),
)
FLOOR = Table(
    "Floor",
    "The default conversation has one response at a time; out-of-band responses do not take part (10.9).",
    FloorState.FREE,
    _row(
        FloorState.FREE,
        {
            FloorEvent.CREATE: FloorState.TAKEN,
            FloorEvent.CANCEL: Refused("response_cancel_not_active"),
            FloorEvent.BARGE_IN: FloorState.FREE,
            FloorEvent.DONE: FloorState.FREE,
        },
    )
    | _row(
        FloorState.TAKEN,
        {
            FloorEvent.CREATE: Refused("conversation_already_has_active_response"),
            FloorEvent.CANCEL: FloorState.FREE,
            FloorEvent.BARGE_IN: FloorState.FREE,
            FloorEvent.DONE: FloorState.FREE,
        },
    ),
)
ITEM = Table("Item", "The status of an item of the conversation.", ItemState.ABSENT, _item())
INPUT_BUFFER = Table(
    "Input buffer",
    "The user's audio before it becomes an item. `empty` and `holding` speak of audio since the last commit or clear.",
    BufferState.EMPTY,
    _input_buffer(),
)
OUTPUT_BUFFER = Table(
    "Output buffer",
    "What the server plays by itself (WebRTC and SIP); on a plain WebSocket it stays silent.",
    PlaybackState.SILENT,
    _row(PlaybackState.SILENT, dict.fromkeys(PlaybackEvent, PlaybackState.SILENT))
    | _row(PlaybackState.PLAYING, dict.fromkeys(PlaybackEvent, PlaybackState.SILENT))
    | {
        (PlaybackState.SILENT, PlaybackEvent.STARTED): PlaybackState.PLAYING,
        (PlaybackState.PLAYING, PlaybackEvent.STARTED): PlaybackState.PLAYING,
    },
)
CALL = Table(
    "Tool call",
    "A function call, from its first delta to its output. A late output is welcome; one without a call is refused.",
    CallState.ABSENT,
    _call(),
)
TABLES = (RESPONSE, FLOOR, ITEM, INPUT_BUFFER, OUTPUT_BUFFER, CALL)
