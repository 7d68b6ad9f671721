"""What does one entry of a conversation, or one response, look like while it grows?

Deltas are collected and joined only when somebody asks for the item, so that the hot path of a call does no more than
append to a list. Only the fold (``bareline.protocol.conversation``) writes.
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from bareline.protocol.events import (
    AudioPart,
    FunctionCall,
    FunctionCallOutput,
    InputAudio,
    InputImage,
    InputText,
    Item,
    McpCall,
    Message,
    OutputAudio,
    OutputText,
    Part,
    Response,
    TextPart,
    UnknownItem,
)
from bareline.protocol.states import ItemState, ResponseState

__all__ = ["Entry", "ItemShape", "ResponseEntry", "ResponseShape", "part_text", "with_text"]

Spoken = type[InputAudio] | type[OutputAudio] | type[OutputText]


class ItemShape(NamedTuple):
    """What both ends must agree on about one item."""

    id: str
    kind: str
    status: str
    content: tuple[tuple[str, str | None], ...]
    truncated_ms: int | None


class ResponseShape(NamedTuple):
    """What both ends must agree on about one response."""

    id: str
    status: str
    total_tokens: int | None
    outputs: tuple[ItemShape, ...]


class Entry:
    """One item of a conversation, or of an out-of-band response.

    ``response_id`` is the response that made it, if one did; ``truncated_ms`` what is left of its audio after a
    truncation; ``in_conversation`` is false for the items of out-of-band responses.
    """

    __slots__ = ("_grown", "_item", "_known", "id", "in_conversation", "response_id", "state", "truncated_ms")

    def __init__(self, id: str, item: Item, response_id: str | None = None) -> None:  # noqa: A002  (the wire's name)
        self.id = id
        self.response_id = response_id
        self.state = ItemState.ABSENT
        self.truncated_ms: int | None = None
        self.in_conversation = False
        self._known = item
        self._grown: dict[int, tuple[Spoken, list[str]]] = {}
        self._item: Item | None = item

    @property
    def item(self) -> Item:
        """The item as far as it is known now."""
        if self._item is None:
            self._item = self._joined()
        return self._item

    @property
    def status(self) -> str:
        """in_progress, completed or incomplete."""
        return self.state.value

    @property
    def role(self) -> str | None:
        """system, user or assistant; ``None`` when it is no message."""
        return self._known.role if isinstance(self._known, Message) else None

    @property
    def has_audio(self) -> bool:
        """Whether it is speech, of the user or of the assistant."""
        item = self.item
        return isinstance(item, Message) and any(isinstance(part, (InputAudio, OutputAudio)) for part in item.content)

    @property
    def text(self) -> str:
        """What was said in it, or the arguments of a call, or the output of one; empty when unknown."""
        match self.item:
            case Message(content=content):
                return "".join(part_text(part) or "" for part in content)
            case FunctionCall(arguments=arguments) | McpCall(arguments=arguments):
                return arguments
            case FunctionCallOutput(output=output):
                return output
            case _:
                return ""

    @property
    def shape(self) -> ItemShape:
        """The entry for a comparison."""
        return ItemShape(self.id, *_kind_and_content(self.item, self.status), self.truncated_ms)

    def grow(self, index: int, kind: Spoken, delta: str) -> None:
        """A delta of the content part ``index``, which is made when it is new."""
        grown = self._grown.get(index)
        if grown is None:
            grown = self._grown[index] = (kind, [self._said(index)])
        grown[1].append(delta)
        self._item = None

    def settle(self, index: int, kind: Spoken, text: str | None) -> None:
        """The whole text of the content part ``index``; it replaces the deltas. ``None``: unknown so far."""
        if text is not None:
            self._grown[index] = (kind, [text])
        elif index not in self._grown:
            self._grown[index] = (kind, [])
        self._item = None

    def forget(self, index: int) -> None:
        """The text of the content part is not to be known."""
        self._grown.pop(index, None)
        self._item = None

    def replace(self, item: Item) -> None:
        """A later report of the same item. What it leaves open (a transcript that is null) stays as it was."""
        self._known = item
        for index in list(self._grown):
            if self._said(index):
                del self._grown[index]
        self._item = None

    def cut(self, audio_end_ms: int) -> None:
        """The audio ends at ``audio_end_ms``; the transcript goes, since no unheard text may stay (section 12)."""
        self.truncated_ms = audio_end_ms
        self._item = None

    def step(self, state: ItemState) -> None:
        """The state after a table's row."""
        self.state = state
        self._item = None

    def _said(self, index: int) -> str:
        match self._known:
            case Message(content=content) if index < len(content):
                return part_text(content[index]) or ""
            case FunctionCall(arguments=arguments) | McpCall(arguments=arguments):
                return arguments
            case _:
                return ""

    def _joined(self) -> Item:
        known = self._known
        match known:
            case Message():
                status = known.status and self.status
                return msgspec.structs.replace(known, content=self._content(known.content), status=status)
            case FunctionCall():
                status = known.status and self.status
                return msgspec.structs.replace(known, arguments=self._arguments(known.arguments), status=status)
            case McpCall():
                return msgspec.structs.replace(known, arguments=self._arguments(known.arguments))
            case _:
                return known

    def _arguments(self, known: str) -> str:
        return "".join(self._grown[0][1]) if 0 in self._grown else known

    def _content(self, known: list[Part]) -> list[Part]:
        content = list(known)
        for index, (kind, pieces) in sorted(self._grown.items()):
            while len(content) <= index:
                content.append(kind())
            if pieces:
                content[index] = with_text(content[index], "".join(pieces))
        if self.truncated_ms is not None:
            content = [OutputAudio() if isinstance(part, OutputAudio) else part for part in content]
        return content


class ResponseEntry:
    """One response: ``report`` is the last whole report of it, ``outputs`` its items by ``output_index``."""

    __slots__ = ("id", "outputs", "report", "state")

    def __init__(self, id: str) -> None:  # noqa: A002  (the wire's name)
        self.id = id
        self.state = ResponseState.ABSENT
        self.report = Response(id=id)
        self.outputs: dict[int, Entry] = {}

    @property
    def status(self) -> str:
        """in_progress, completed, cancelled, failed or incomplete."""
        return self.state.value

    @property
    def active(self) -> bool:
        """Whether it is still being generated."""
        return self.state is ResponseState.IN_PROGRESS

    @property
    def ended(self) -> bool:
        """Whether its end is known."""
        return self.state not in {ResponseState.ABSENT, ResponseState.IN_PROGRESS}

    @property
    def out_of_band(self) -> bool:
        """Whether it runs beside the conversation; a peer that names no conversation is judged by its items."""
        return self.report.conversation_id is None and not any(e.in_conversation for e in self.outputs.values())

    @property
    def shape(self) -> ResponseShape:
        """The response for a comparison."""
        usage = self.report.usage
        outputs = tuple(entry.shape for _, entry in sorted(self.outputs.items()))
        return ResponseShape(self.id, self.status, usage and usage.total_tokens, outputs)


def part_text(part: Part) -> str | None:
    """What is said in a content part; ``None`` when it is unknown or nothing is said in it."""
    match part:
        case InputText(text=text) | OutputText(text=text) | TextPart(text=text):
            return text
        case InputAudio(transcript=transcript) | OutputAudio(transcript=transcript) | AudioPart(transcript=transcript):
            return transcript
        case _:
            return None


def with_text(part: Part, text: str) -> Part:
    """The same part saying ``text``; parts in which nothing can be said stay as they are."""
    match part:
        case InputText() | OutputText() | TextPart():
            return msgspec.structs.replace(part, text=text)
        case InputAudio() | OutputAudio() | AudioPart():
            return msgspec.structs.replace(part, transcript=text)
        case _:
            return part


def _kind_and_content(item: Item, status: str) -> tuple[str, str, tuple[tuple[str, str | None], ...]]:
    match item:
        case Message(role=role, content=content):
            return f"message {role}", status, tuple((_tag(part), _content_of(part)) for part in content)
        case FunctionCall(name=name, arguments=arguments, call_id=call_id):
            return "function_call", status, (("name", name), ("arguments", arguments), ("call_id", call_id))
        case FunctionCallOutput(call_id=call_id, output=output):
            return "function_call_output", status, (("call_id", call_id), ("output", output))
        case UnknownItem(value=value):
            return str(value.get("type")), status, ()
        case _:
            return _tag(item), status, ()


def _content_of(part: Part) -> str | None:
    return part.image_url if isinstance(part, InputImage) else part_text(part)


def _tag(value: msgspec.Struct) -> str:
    return str(value.__struct_config__.tag)
