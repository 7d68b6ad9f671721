"""Who said what, in which order, as far as it was heard?

Entries stand where their items stand in the conversation, however late a transcript comes (REALTIME.md 10.12), and
stay when a new connection begins a new conversation. What an interruption cut off is cut here too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from bareline.client.heard_text import HeardText
from bareline.protocol import events as ev
from bareline.protocol.entries import part_text
from bareline.protocol.playout import PartKey
from bareline.units import samples_to_ms

__all__ = ["TRANSCRIPT_MAX", "Transcript", "TranscriptEntry"]

TRANSCRIPT_MAX = 10_000
"""Entries kept; the oldest go."""
_EARLY_MAX = 64
"""Transcripts that wait for their items."""


@dataclass(slots=True)
class TranscriptEntry:
    """One message. ``final``: its text is not going to change. ``interrupted``: cut to the words of ``heard_ms``.

    ``told_ms``: what of an interrupted message the model takes for heard; more than ``heard_ms`` where a server that
    plays the audio itself was ahead. ``deleted``: it is not in the conversation any more, nobody heard it.
    """

    item_id: str
    role: str
    text: str = ""
    final: bool = False
    interrupted: bool = False
    heard_ms: int | None = None
    told_ms: int | None = None
    deleted: bool = False
    parts: dict[int, HeardText] = field(default_factory=dict[int, HeardText], repr=False)


class Transcript:
    """The messages of a call in order. Iterating gives the entries, ``str`` the whole as lines.

    A line that was cut ends with ``[interrupted]``.
    """

    def __init__(self) -> None:
        self._order: list[TranscriptEntry] = []
        self._entries: dict[str, TranscriptEntry] = {}
        self._early: dict[str, TranscriptEntry] = {}

    def __len__(self) -> int:
        return len(self._order)

    def __iter__(self) -> Iterator[TranscriptEntry]:
        return iter(tuple(self._order))

    def __str__(self) -> str:
        return "\n".join(_line(entry) for entry in self._order if entry.text)

    def entry(self, item_id: str) -> TranscriptEntry | None:
        """The entry of an item."""
        return self._entries.get(item_id)

    def last(self, role: str) -> TranscriptEntry | None:
        """The latest entry of one side."""
        return next((entry for entry in reversed(self._order) if entry.role == role and not entry.deleted), None)

    def last_words(self) -> str:
        """What the user said last, as far as it is known yet."""
        last = self.last("user")
        return last.text if last else ""

    def take(self, event: ev.ServerEvent) -> None:
        """Follow one server event."""
        match event:
            case ev.InputAudioBufferCommitted(item_id=item_id, previous_item_id=previous):
                self._place(item_id, "user", previous)
            case (
                ev.ConversationItemAdded(item=item, previous_item_id=previous)
                | ev.ConversationItemDone(item=item, previous_item_id=previous)
            ):
                self._report(item, previous)
            case ev.ConversationItemInputAudioTranscriptionDelta(item_id=item_id, delta=delta):
                heard = self._user(item_id)
                heard.text += delta
            case ev.ConversationItemInputAudioTranscriptionCompleted(item_id=item_id, transcript=text):
                heard = self._user(item_id)
                heard.text, heard.final = text.strip(), True
            case ev.ConversationItemInputAudioTranscriptionFailed(item_id=item_id):
                self._user(item_id).final = True
            case ev.ConversationItemDeleted(item_id=item_id):
                self._delete(item_id)
            case _:
                self._spoken(event)

    def sounded(self, key: PartKey, samples: int) -> None:
        """Audio of a part came; called after the text that came before it."""
        entry = self._entries.get(key[0])
        if entry is not None:
            self._part(entry, key[1]).sounded(samples)

    def cut(self, key: PartKey, heard_samples: int, *, finished: bool) -> None:
        """The item was interrupted after so many samples of this part."""
        entry = self._entries.get(key[0])
        if entry is None:
            return
        entry.text = self._part(entry, key[1]).until(heard_samples, finished=finished)
        entry.interrupted = entry.final = True
        entry.heard_ms = entry.told_ms = samples_to_ms(heard_samples)

    def truncated(self, key: PartKey, heard_ms: int, told_ms: int, chars: int) -> None:
        """The server itself cut the item after ``told_ms``; ``heard_ms`` were heard: about ``chars`` of its text."""
        entry = self._entries.get(key[0])
        if entry is None:
            return
        entry.text = self._part(entry, key[1]).beginning(chars)
        entry.interrupted = entry.final = True
        entry.heard_ms, entry.told_ms = heard_ms, told_ms

    def chars(self, key: PartKey) -> int:
        """How much text of a part is known."""
        entry = self._entries.get(key[0])
        part = entry.parts.get(key[1]) if entry is not None else None
        return part.chars if part is not None else 0

    def _spoken(self, event: ev.ServerEvent) -> None:
        match event:
            case ev.ResponseOutputAudioTranscriptDelta(item_id=item_id, content_index=index, delta=delta):
                self._say(item_id, index, delta)
            case ev.ResponseOutputTextDelta(item_id=item_id, content_index=index, delta=delta):
                self._say(item_id, index, delta)
            case ev.ResponseOutputAudioTranscriptDone(item_id=item_id, content_index=index, transcript=text):
                self._say(item_id, index, text, whole=True)
            case ev.ResponseOutputTextDone(item_id=item_id, content_index=index, text=text):
                self._say(item_id, index, text, whole=True)
            case _:
                pass

    def _say(self, item_id: str, index: int, text: str, *, whole: bool = False) -> None:
        entry = self._entries.get(item_id)
        if entry is None or entry.interrupted:
            return
        part = self._part(entry, index)
        if whole:
            part.whole(text)
        else:
            part.said(text)
        entry.text = "".join(part.text for _, part in sorted(entry.parts.items()))

    def _report(self, item: ev.Item, previous: str | ev.UnsetType | None) -> None:
        if not isinstance(item, ev.Message) or item.id is None or item.role == "system":
            return
        entry = self._place(item.id, item.role, previous)
        text = "".join(part_text(part) or "" for part in item.content)
        if text and not entry.final:
            entry.text = text
            entry.final = item.status == "completed"

    def _user(self, item_id: str) -> TranscriptEntry:
        """A transcript may come before its item (gpt-realtime-whisper)."""
        known = self._entries.get(item_id)
        if known is None and len(self._early) >= _EARLY_MAX:
            del self._early[next(iter(self._early))]
        return known or self._early.setdefault(item_id, TranscriptEntry(item_id, "user"))

    def _place(self, item_id: str, role: str, previous: str | ev.UnsetType | None) -> TranscriptEntry:
        entry = self._entries.get(item_id)
        if entry is not None:
            return entry
        entry = self._early.pop(item_id, None) or TranscriptEntry(item_id, role)
        self._entries[item_id] = entry
        self._order.insert(self._position(previous), entry)
        if len(self._order) > TRANSCRIPT_MAX:
            del self._entries[self._order.pop(0).item_id]
        return entry

    def _position(self, previous: str | ev.UnsetType | None) -> int:
        """After the item named; items that say nothing (calls, outputs) stand where the last message stood."""
        known = self._entries.get(previous) if isinstance(previous, str) else None
        if known is None:
            return len(self._order)
        position = self._order.index(known) + 1
        while position < len(self._order) and self._order[position].deleted:
            position += 1
        return position

    def _delete(self, item_id: str) -> None:
        entry = self._entries.get(item_id)
        if entry is not None:
            entry.text, entry.final, entry.deleted = "", True, True

    def _part(self, entry: TranscriptEntry, index: int) -> HeardText:
        part = entry.parts.get(index)
        if part is None:
            part = entry.parts[index] = HeardText()
        return part


def _line(entry: TranscriptEntry) -> str:
    return f"{entry.role}: {entry.text}{' [interrupted]' if entry.interrupted else ''}"
