"""What of a conversation can be told again to a new session, and what is lost?

A connection is its session: after a reconnection the client creates the items anew, as text, since assistant audio
cannot be inserted (REALTIME.md section 4).
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from bareline.protocol.entries import Entry
from bareline.protocol.events import (
    FunctionCall,
    FunctionCallOutput,
    InputAudio,
    InputImage,
    InputText,
    Item,
    Message,
    OutputAudio,
    OutputText,
    Part,
)
from bareline.protocol.states import ItemState

__all__ = ["Lost", "Replay", "replay"]


class Lost(msgspec.Struct, frozen=True):
    """One thing that a new session will not know. ``why`` is a phrase for people."""

    item_id: str
    why: str


class Replay(msgspec.Struct, frozen=True):
    """``items``: to be created in this order; ``lost``: what is missing from them."""

    items: list[Item]
    lost: list[Lost]


def replay(entries: Iterable[Entry]) -> Replay:
    """The entries as items that a client may create.

    Speech becomes its transcript; what was truncated is left out; a call that was cut off goes, and so does an output
    whose call is not kept.
    """
    items: list[Item] = []
    lost: list[Lost] = []
    calls: set[str] = set()
    for entry in entries:
        kept, why = _again(entry, calls)
        if kept is not None:
            items.append(kept)
        if why:
            lost.append(Lost(entry.id, why))
    return Replay(items, lost)


def _again(entry: Entry, calls: set[str]) -> tuple[Item | None, str]:
    match entry.item:
        case Message() as message:
            return _message_again(entry, message)
        case FunctionCall(name=name, arguments=arguments, call_id=call_id):
            if entry.state is not ItemState.COMPLETED or call_id is None:
                return None, "the function call was cut off"
            calls.add(call_id)
            return FunctionCall(id=entry.id, name=name, arguments=arguments, call_id=call_id), ""
        case FunctionCallOutput(call_id=call_id, output=output):
            if call_id not in calls:
                return None, "the output's function call is not kept"
            return FunctionCallOutput(id=entry.id, call_id=call_id, output=output), ""
        case _:
            return None, "only messages and function calls can be told again"


def _message_again(entry: Entry, message: Message) -> tuple[Item | None, str]:
    parts: list[Part] = []
    why = "it was not finished" if entry.state is ItemState.IN_PROGRESS else ""
    for part in message.content:
        kept = _part_again(part)
        if kept is not None:
            parts.append(kept)
        elif entry.truncated_ms is not None:
            why = f"it was interrupted after {entry.truncated_ms} ms; what was heard of it has no text"
        else:
            why = why or "a part has no text"
    again = Message(id=entry.id, role=message.role, content=parts) if parts else None
    return again, why or ("" if parts else "it is empty")


def _part_again(part: Part) -> Part | None:
    match part:
        case InputText() | InputImage():
            return part
        case InputAudio(transcript=str(text)) if text:
            return InputText(text=text)
        case OutputText(text=str(text)) | OutputAudio(transcript=str(text)) if text:
            return OutputText(text=text)
        case _:
            return None
