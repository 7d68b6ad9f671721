"""Which events does one item of a response cause, from its first delta to its end?

The order is that of live traffic (REALTIME.md 10.2, 10.3, 10.8): the response's ``added`` before the conversation's,
audio's end before its transcript's, the conversation's ``done`` before the response's.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Literal

from bareline.errors import LocalProtocolError
from bareline.protocol import events as ev
from bareline.protocol.authority.shared import Shared
from bareline.protocol.generation import CallDelta, ResponseRequest, SpeechDelta, TextDelta

__all__ = ["CalledItem", "Delta", "OutputItem", "Place", "SpokenItem", "Status", "WrittenItem", "begin"]

Delta = SpeechDelta | TextDelta | CallDelta
Status = Literal["completed", "incomplete"]


@dataclass(frozen=True, slots=True)
class Place:
    """Where an output item stands: the response it is part of, and its ``output_index`` there."""

    shared: Shared
    request: ResponseRequest
    output_index: int

    @property
    def response_id(self) -> str:
        """The response's id."""
        return self.request.response_id

    @property
    def in_conversation(self) -> bool:
        """Whether the conversation has the item: those of out-of-band responses are apart (10.9)."""
        return not self.request.out_of_band


class OutputItem(ABC):
    """One item under way. ``item`` is its latest report, once it has ``begun``; ``deleted``: no more of it is wanted.

    ``sounded_bytes``: its audio so far, whatever was truncated of it.
    """

    item: ev.Item

    def __init__(self, place: Place) -> None:
        self.id = place.shared.ids.new("item")
        self.begun = False
        self.ended = False
        self.deleted = False
        self.sounded_bytes = 0
        self._place = place
        self._pieces: list[str] = []

    @property
    def text(self) -> str:
        """All that was said or written in it."""
        return "".join(self._pieces)

    def end(self, status: Status) -> None:
        """Say that the item is final; once."""
        if self.ended:
            return
        self.ended = True
        self._end_part()
        place, out = self._place, self._place.shared.out
        self.item = self._as_item(status)
        if place.in_conversation:
            previous = place.shared.conversation.previous_id(self.id)
            out.emit(ev.ConversationItemDone(item=self.item, previous_item_id=previous))
        out.emit(
            ev.ResponseOutputItemDone(response_id=place.response_id, output_index=place.output_index, item=self.item)
        )

    @abstractmethod
    def grow(self, delta: Delta) -> None:
        """Say more. ``LocalProtocolError`` for a delta of another kind of item."""

    def _open(self) -> None:
        """Say that the item begins."""
        place, out = self._place, self._place.shared.out
        before = place.shared.last_item_id()
        self.begun = True
        self.item = self._as_item("in_progress")
        out.emit(
            ev.ResponseOutputItemAdded(response_id=place.response_id, output_index=place.output_index, item=self.item)
        )
        if place.in_conversation:
            out.emit(ev.ConversationItemAdded(item=self.item, previous_item_id=before))

    @abstractmethod
    def _as_item(self, status: str) -> ev.Item: ...

    @abstractmethod
    def _end_part(self) -> None: ...

    def _part_added(self, part: ev.Part) -> None:
        place = self._place
        place.shared.out.emit(
            ev.ResponseContentPartAdded(
                response_id=place.response_id,
                item_id=self.id,
                output_index=place.output_index,
                content_index=0,
                part=part,
            )
        )

    def _part_done(self, part: ev.Part) -> None:
        place = self._place
        place.shared.out.emit(
            ev.ResponseContentPartDone(
                response_id=place.response_id,
                item_id=self.id,
                output_index=place.output_index,
                content_index=0,
                part=part,
            )
        )


class SpokenItem(OutputItem):
    """An assistant message that is heard."""

    def __init__(self, place: Place, first: SpeechDelta) -> None:
        super().__init__(place)
        self._phase = first.phase
        self._open()
        self._part_added(ev.AudioPart(transcript=""))

    def grow(self, delta: Delta) -> None:
        if not isinstance(delta, SpeechDelta):
            raise _of_another_kind(delta)
        place = self._place
        if delta.transcript:
            place.shared.out.emit(
                ev.ResponseOutputAudioTranscriptDelta(
                    response_id=place.response_id,
                    item_id=self.id,
                    output_index=place.output_index,
                    content_index=0,
                    delta=delta.transcript,
                    obfuscation=place.shared.out.padding(delta.transcript),
                )
            )
            self._pieces.append(delta.transcript)
        if delta.audio:
            self._sound(delta.audio)

    def _sound(self, audio: bytes) -> None:
        place, shared = self._place, self._place.shared
        taken = shared.audio.add(self.id, audio, place.request.format)
        self.sounded_bytes += len(audio)
        if not shared.media:
            shared.out.emit(
                ev.ResponseOutputAudioDelta(
                    response_id=place.response_id,
                    item_id=self.id,
                    output_index=place.output_index,
                    content_index=0,
                    delta=audio,
                )
            )
        elif taken:  # what was dropped on the way to the ear stays dropped
            shared.play(place.response_id, self.id, audio)
        if place.in_conversation:
            shared.voice_locked = True

    def _as_item(self, status: str) -> ev.Item:
        content: list[ev.Part] = [ev.OutputAudio(transcript=self.text)] if self.ended else []
        return ev.Message(id=self.id, role="assistant", status=status, content=content, phase=self._phase)

    def _end_part(self) -> None:
        place, out, said = self._place, self._place.shared.out, self.text
        out.emit(
            ev.ResponseOutputAudioDone(
                response_id=place.response_id, item_id=self.id, output_index=place.output_index, content_index=0
            )
        )
        out.emit(
            ev.ResponseOutputAudioTranscriptDone(
                response_id=place.response_id,
                item_id=self.id,
                output_index=place.output_index,
                content_index=0,
                transcript=said,
            )
        )
        self._part_done(ev.AudioPart(transcript=said))


class WrittenItem(OutputItem):
    """An assistant message that is read."""

    def __init__(self, place: Place, first: TextDelta) -> None:
        super().__init__(place)
        self._phase = first.phase
        self._open()
        self._part_added(ev.TextPart(text=""))

    def grow(self, delta: Delta) -> None:
        if not isinstance(delta, TextDelta):
            raise _of_another_kind(delta)
        place = self._place
        if delta.text:
            place.shared.out.emit(
                ev.ResponseOutputTextDelta(
                    response_id=place.response_id,
                    item_id=self.id,
                    output_index=place.output_index,
                    content_index=0,
                    delta=delta.text,
                    obfuscation=place.shared.out.padding(delta.text),
                )
            )
            self._pieces.append(delta.text)

    def _as_item(self, status: str) -> ev.Item:
        content: list[ev.Part] = [ev.OutputText(text=self.text)] if self.ended else []
        return ev.Message(id=self.id, role="assistant", status=status, content=content, phase=self._phase)

    def _end_part(self) -> None:
        place = self._place
        place.shared.out.emit(
            ev.ResponseOutputTextDone(
                response_id=place.response_id,
                item_id=self.id,
                output_index=place.output_index,
                content_index=0,
                text=self.text,
            )
        )
        self._part_done(ev.TextPart(text=self.text))


class CalledItem(OutputItem):
    """A function call. Its arguments are the generator's own text, never re-serialised (section 17, row 51)."""

    def __init__(self, place: Place, first: CallDelta) -> None:
        if not first.name:
            raise LocalProtocolError("the first delta of a function call names the function")
        super().__init__(place)
        self._name = first.name
        self._call_id = place.shared.ids.new("call")
        self._open()

    def grow(self, delta: Delta) -> None:
        if not isinstance(delta, CallDelta):
            raise _of_another_kind(delta)
        place = self._place
        if delta.arguments:
            place.shared.out.emit(
                ev.ResponseFunctionCallArgumentsDelta(
                    response_id=place.response_id,
                    item_id=self.id,
                    output_index=place.output_index,
                    call_id=self._call_id,
                    delta=delta.arguments,
                    obfuscation=place.shared.out.padding(delta.arguments),
                )
            )
            self._pieces.append(delta.arguments)

    def _as_item(self, status: str) -> ev.Item:
        return ev.FunctionCall(
            id=self.id, status=status, name=self._name, call_id=self._call_id, arguments=self.text if self.ended else ""
        )

    def _end_part(self) -> None:
        place = self._place
        place.shared.out.emit(
            ev.ResponseFunctionCallArgumentsDone(
                response_id=place.response_id,
                item_id=self.id,
                output_index=place.output_index,
                call_id=self._call_id,
                name=self._name,
                arguments=self.text,
            )
        )


def begin(place: Place, first: Delta) -> OutputItem:
    """Say that an item begins, of the kind of its first delta, which is yet to be said."""
    match first:
        case SpeechDelta():
            return SpokenItem(place, first)
        case TextDelta():
            return WrittenItem(place, first)
        case CallDelta():  # pragma: no branch  (the union is closed)
            return CalledItem(place, first)


def _of_another_kind(delta: Delta) -> LocalProtocolError:
    return LocalProtocolError(f"{type(delta).__name__} for item {delta.item}, which is of another kind")
