"""Which words does the assistant use of its own, whatever the tools are about?"""

from __future__ import annotations

from bareline.server.backends.rules.slots import Slot, SlotKind
from bareline.server.backends.rules.toolset import ToolModel, Toolset
from bareline.server.backends.rules.words import joined, singular

__all__ = [
    "abilities",
    "ask_again",
    "ask_right",
    "ask_slot",
    "ask_which",
    "greeting",
    "introduction",
    "said_value",
]

_ABILITIES_MAX = 8
_CHOICES_MAX = 6
_AGAIN = (
    "Sorry, I did not catch that. Could you say it again?",
    "Sorry, I still did not get it. Could you say it in other words?",
)


def greeting(toolset: Toolset) -> str:
    """The first words of a conversation that begins with nothing."""
    return "Hello! What can I do for you?" if toolset.tools else "Hello!"


def introduction(toolset: Toolset) -> str:
    """What this is and what it can do: the honest answer to "who are you"."""
    return f"I am the rule-based voice in the box, not a language model. {abilities(toolset)}"


def abilities(toolset: Toolset) -> str:
    """What the session's tools can do."""
    if not toolset.tools:
        return "This session has given me no tools, so I can only talk about myself."
    known = [tool.ability for tool in toolset.tools[:_ABILITIES_MAX]]
    more = ", among other things" if len(toolset.tools) > _ABILITIES_MAX else ""
    return f"I can {joined(known)}{more}."


def ask_again(misses: int, toolset: Toolset) -> str:
    """The answer to what was not understood, for the ``misses``-th time in a row (from 1)."""
    if misses <= len(_AGAIN):
        return _AGAIN[misses - 1]
    return f"I am sorry, I do not understand. {abilities(toolset)}"


def ask_slot(tool: ToolModel, slot: Slot) -> str:
    """The question for a value."""
    name = slot.says.removesuffix(" id")
    if slot.kind in {SlotKind.DATE, SlotKind.MOMENT}:
        return "For which day?" if name in {"date", "day", "when"} else f"Which {name}?"
    if slot.kind is SlotKind.TIME:
        return "At what time?"
    if slot.kind is SlotKind.NUMBER:
        return _ask_number(tool, slot, name)
    if slot.kind is SlotKind.SWITCH:
        return "On or off?" if slot.power else f"With {name}?"
    if slot.kind is SlotKind.CHOICE:
        return _ask_choice(slot, name)
    return _ask_text(tool, slot, name)


def ask_right(value: str) -> str:
    """Read a freely spoken value back."""
    return f"I heard: {value}. Is that right?"


def ask_which(tools: tuple[ToolModel, ...]) -> str:
    """The question when several tools may be meant."""
    return f"Do you want me to {joined([tool.ability for tool in tools], 'or to')}?"


def said_value(slot: Slot, value: object) -> str:
    """A value in the words a person uses for it."""
    return next((" ".join(choice.said) for choice in slot.choices if choice.value == value), str(value))


def _ask_number(tool: ToolModel, slot: Slot, name: str) -> str:
    span = f", from {slot.low} to {slot.high}" if slot.low is not None and slot.high is not None else ""
    if slot.counts and tool.noun:
        return f"How many{span}?"
    counted = name.endswith("s") or "number of" in slot.description.lower()
    return f"{'How many' if counted else 'Which'} {name}{span}?"


def _ask_choice(slot: Slot, name: str) -> str:
    values = list(dict.fromkeys(said_value(slot, choice.value) for choice in slot.choices))
    asked = singular(name) if not slot.many else name
    if len(values) > _CHOICES_MAX:
        return f"Which {asked}? For example {joined(values[:3], 'or')}."
    return f"Which {asked}: {joined(values, 'or')}?"


def _ask_text(tool: ToolModel, slot: Slot, name: str) -> str:
    making = bool(tool.verbs & {"create", "book", "order", "send"})
    if slot.kind is SlotKind.ID or (not making and name in {"title", "name", tool.noun}):
        return f"Which {tool.noun or name}?" if name in {"", "title", "name", "item"} else f"Which {name}?"
    if name in {"title", "name"} and making and tool.noun and name == "title":
        return f"What should the {tool.noun} be called?"
    return f"What is the {name}?"
