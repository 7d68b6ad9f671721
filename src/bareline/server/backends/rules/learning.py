"""What does the conversation so far tell: things named, calls made, what is still to be answered?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import cast

import msgspec

from bareline.protocol.events import FunctionCall, FunctionCallOutput, InputText, Item, Message, OutputText
from bareline.server.backends.rules.entities import ENTITIES_MAX, Entity, Knowledge, entities_in
from bareline.server.backends.rules.memory import Memory
from bareline.server.backends.rules.results import Failure, Proposal, read_result
from bareline.server.backends.rules.schema import Json
from bareline.server.backends.rules.toolset import Toolset

__all__ = ["Given", "Open", "arguments_of", "learn", "open_items", "open_question"]


@dataclass(frozen=True, slots=True)
class Given:
    """An output and the call it answers, if that is known."""

    output: FunctionCallOutput
    call: FunctionCall | None


@dataclass(frozen=True, slots=True)
class Open:
    """What waits for an answer: outputs in the order of the conversation, and the user's newest message."""

    outputs: tuple[Given, ...]
    message: Message | None


def learn(context: tuple[Item, ...], toolset: Toolset, phrases: tuple[str, ...], today: date) -> Knowledge:
    """The things the tools told of, newest last; the last list; and what "it" means."""
    calls = _calls(context)
    found: dict[tuple[str, str], Entity] = {}
    listed: tuple[Entity, ...] = ()
    focus: Entity | None = None
    for item in context:
        if isinstance(item, FunctionCall):
            focus = _argument_entity(item, found) or focus
        elif isinstance(item, FunctionCallOutput):
            told = _told(item, calls.get(item.call_id), toolset)
            for entity in told:
                found.pop((entity.noun, entity.name), None)
                found[entity.noun, entity.name] = entity
            listed = tuple(told) if len(told) > 1 else listed
            focus = told[0] if len(told) == 1 else focus
    return Knowledge(today, phrases, tuple(found.values())[-ENTITIES_MAX:], listed, focus)


def open_items(context: tuple[Item, ...], memory: Memory) -> Open:
    """Outputs not told yet and the newest user message, unless something of the assistant's came after it."""
    calls = _calls(context)
    outputs: list[Given] = []
    message: Message | None = None
    for item in context:
        if isinstance(item, Message) and item.role == "assistant":
            outputs, message = [], None
        elif isinstance(item, Message) and item.role == "user":
            message = item
        elif (asked := _asked_beside(item)) is not None:
            outputs.append(asked)
        elif isinstance(item, FunctionCall):
            message = None
        elif isinstance(item, FunctionCallOutput):
            outputs.append(Given(item, calls.get(item.call_id)))
    fresh = [given for given in outputs if memory.settle(given.output.id or given.output.call_id)]
    if message is not None and message.id is not None and not memory.settle(message.id):
        message = None
    return Open(tuple(fresh), message)


def open_question(context: tuple[Item, ...]) -> Given | None:
    """The proposal among the last outputs, while no call came after it and the last words were its question."""
    last = ""
    for item in reversed(context):
        if isinstance(item, FunctionCall):
            return None
        if isinstance(item, Message) and item.role == "assistant":
            last = last or _text(item)
        given = Given(item, None) if isinstance(item, FunctionCallOutput) else _asked_beside(item)
        result = read_result(given.output.output) if given is not None else None
        if given is not None and isinstance(result, Proposal) and (last in result.say or result.say in last):
            return Given(given.output, _calls(context).get(given.output.call_id))  # the words were perhaps cut short
    return None


def arguments_of(call: FunctionCall) -> dict[str, Json]:
    """The arguments of a call; empty when they are not a JSON object."""
    try:
        value = cast("Json", msgspec.json.decode(call.arguments or "{}"))
    except msgspec.DecodeError:
        return {}
    return value if isinstance(value, dict) else {}


def _asked_beside(item: Item) -> Given | None:
    """A proposal of which the application tells in a system message, for want of a call that it could answer."""
    if not isinstance(item, Message) or item.role != "system":
        return None
    text = " ".join(part.text for part in item.content if isinstance(part, InputText))
    start = text.find('{"status"')
    output = text[start:] if start >= 0 else ""
    if not isinstance(read_result(output), Proposal):
        return None
    return Given(FunctionCallOutput(id=item.id, call_id=item.id or "", output=output), None)


def _text(message: Message) -> str:
    texts = (part.text for part in message.content if isinstance(part, OutputText))
    return " ".join(text for text in texts if text)


def _calls(context: tuple[Item, ...]) -> dict[str, FunctionCall]:
    return {item.call_id: item for item in context if isinstance(item, FunctionCall) and item.call_id}


def _told(item: FunctionCallOutput, call: FunctionCall | None, toolset: Toolset) -> list[Entity]:
    tool = toolset.named(call.name) if call is not None else None
    noun = tool.nouns[min(1, len(tool.nouns) - 1)][-1] if tool is not None and tool.nouns else ""
    result = read_result(item.output)
    if isinstance(result, Failure):
        return [Entity(name, noun, {"title": name, "name": name}) for name in result.suggestions]
    value = _json(item.output)
    return entities_in(value, noun) if isinstance(value, (dict, list)) else []


def _json(text: str) -> Json:
    try:
        return cast("Json", msgspec.json.decode(text))
    except msgspec.DecodeError:
        return None


def _argument_entity(call: FunctionCall, found: dict[tuple[str, str], Entity]) -> Entity | None:
    """The known thing that a call was about."""
    values = [value for value in arguments_of(call).values() if isinstance(value, (str, int))]
    for entity in reversed(found.values()):
        if any(value == entity.name or (value in entity.fields.values() and str(value)) for value in values):
            return entity
    return None
