"""Tools have answered: what is said about it, and what does the dialogue expect next?"""

from __future__ import annotations

from bareline.server.backends.rules.entities import Knowledge
from bareline.server.backends.rules.learning import Given, arguments_of
from bareline.server.backends.rules.memory import AskConsent, AskDo, AskSlot, Call, Draft, Memory, Reply
from bareline.server.backends.rules.results import Failure, Proposal, Result, read_result, say_declined, say_result
from bareline.server.backends.rules.schema import Json
from bareline.server.backends.rules.slots import Slot, SlotKind
from bareline.server.backends.rules.toolset import ToolModel, Toolset
from bareline.server.backends.rules.wording import said_value
from bareline.server.backends.rules.words import joined

__all__ = ["Outcomes"]

_SUGGESTED_MAX = 4


class Outcomes:
    """What tools gave, in words."""

    def __init__(self, toolset: Toolset, known: Knowledge, memory: Memory) -> None:
        self._toolset = toolset
        self._known = known
        self._memory = memory

    def tell(self, outputs: tuple[Given, ...]) -> Reply:
        """All outputs in the order of their calls; the newest question is the one that counts."""
        said = [self._one(given) for given in outputs]
        text = " ".join(part for part in said if part)
        if text:
            self._memory.said = text
        return Reply(text)

    def _one(self, given: Given) -> str:
        tool = self._toolset.named(given.call.name) if given.call is not None else None
        result = read_result(given.output.output)
        match result:
            case Proposal():
                self._memory.expecting = AskConsent(result, _made(given))
                self._memory.proposing = tool.name if tool is not None else ""
                return result.say
            case Failure():
                return self._failed(result, given, tool)
            case Result():
                if tool in self._toolset.declining:
                    return say_declined(result)
                done = self._toolset.named(self._memory.proposing) if tool in self._toolset.confirming else tool
                noun = done.noun if done is not None else ""
                verbs = done.verbs if done is not None else frozenset[str]()
                return say_result(result, verbs, noun, self._known.today, asked=_narrowed(tool, given))

    def _failed(self, failure: Failure, given: Given, tool: ToolModel | None) -> str:
        names = [name for name in failure.suggestions[:_SUGGESTED_MAX] if name.lower() not in failure.say.lower()]
        slot = next((slot for slot in tool.slots if slot.kind is SlotKind.TEXT), None) if tool is not None else None
        if tool is not None and slot is not None and given.call is not None and failure.suggestions:
            self._expect(tool, slot, failure.suggestions, arguments_of(given.call))
        return f"{failure.say} Did you mean {joined(names, 'or')}?" if names else failure.say

    def _expect(self, tool: ToolModel, slot: Slot, names: tuple[str, ...], arguments: dict[str, Json]) -> None:
        """A yes takes the only suggestion; of several, one is to be named."""
        if len(names) == 1:
            self._memory.expecting = AskDo((Call(tool.name, {**arguments, slot.name: names[0]}),))
            return
        self._memory.offered = names
        values = {name: value for name, value in arguments.items() if name != slot.name}
        self._memory.expecting = AskSlot(Draft(tool, values), slot, names)


def _made(given: Given) -> Call | None:
    return None if given.call is None else Call(given.call.name or "", arguments_of(given.call))


def _narrowed(tool: ToolModel | None, given: Given) -> str:
    """The words of an enumeration's value with which a list was asked for."""
    if tool is None or given.call is None or "show" not in tool.verbs:
        return ""
    arguments = arguments_of(given.call)
    chosen = [(slot, arguments.get(slot.name)) for slot in tool.slots if slot.kind is SlotKind.CHOICE and not slot.many]
    said = [said_value(slot, value) for slot, value in chosen if value is not None]
    return said[0] if len(said) == 1 else ""
