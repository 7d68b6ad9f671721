"""How are a tool's object and its slots said, as pieces of a JSGF grammar?"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import permutations

from bareline.server.backends.rules.entities import Knowledge, value_for
from bareline.server.backends.rules.numbers import number_grammar, number_words, ordinal_words
from bareline.server.backends.rules.slots import Slot, SlotKind
from bareline.server.backends.rules.toolset import ToolModel, Toolset
from bareline.server.backends.rules.words import phrase, plural, words_of

__all__ = ["SlotRules", "alternatives", "said"]

_PLACES_MAX = 9
_ORDERED_MAX = 3
"""Up to so many slots may follow an object in any order; more follow in the order of the schema."""
_ID_MAX = 20
"""Numbers of things nobody told of are recognised up to here, beyond when they were asked for: a larger choice makes
seven sound like thirty one."""
_NUMBER_MAX = 100
"""Numbers without a limit are recognised up to here."""
_UNITS = frozenset(
    words_of("percent degrees minutes hours seconds people guests persons days nights dollars euros kilometers pieces")
)
_SHORT = {
    ("what", "is"): "what's", ("i", "would"): "i'd", ("i", "will"): "i'll", ("i", "am"): "i'm", ("it", "is"): "it's",
    ("that", "is"): "that's", ("let", "us"): "let's", ("where", "is"): "where's", ("how", "is"): "how's",
    ("i", "have"): "i've", ("do", "not"): "don't", ("there", "is"): "there's",
}  # fmt: skip
_WORD = re.compile(r"^[a-z][a-z']*$")
_MAKING = frozenset({"create", "order", "book", "send"})


class SlotRules:
    """The rules for the slots of all tools, collected while the commands are written."""

    def __init__(self, toolset: Toolset, known: Knowledge) -> None:
        self._known = known
        self._toolset = toolset
        self._places = {tool.name: at for at, tool in enumerate(toolset.tools)}
        self._rules: dict[str, str] = {}
        self.single = tuple(word for text in known.phrases for word in phrase(text) if _WORD.match(word))
        """The words of the session's phrases."""

    def rules(self) -> str:
        """The rules that were asked for."""
        return "".join(f"<{name}> = {body} ;\n" for name, body in self._rules.items())

    def things(self, tool: ToolModel) -> str:
        """The object of a command: noun, values before it, or the name of a thing."""
        noun = alternatives(plural(name) if tool.several else name for name in _names(tool))
        names = [self.values(tool, slot) for slot in tool.slots if slot.kind in {SlotKind.ID, SlotKind.TEXT}]
        ways = self._described(tool, noun)
        if noun:
            ways.append(f"[{_articles(tool)}] [ {'new' if tool.verbs & _MAKING else 'upcoming | current'} ] {noun}")
        if not tool.verbs & _MAKING:
            suffix = f" [{noun}]" if noun else ""
            leads = f"number | called | named{' | of the | for the | of | for' if tool.several else ''}"
            ways += [f"[ the | my | that ] {values}{suffix}" for values in names if values and self._told(tool)]
            ways += [f"[ the | my ] {noun} [ {leads} ] {values}" for values in names if values and noun]
            ways += [self._pointed()] if names else []
        return " | ".join(ways) or "[it]"

    def _told(self, tool: ToolModel) -> bool:
        """Whether any of the things that the tool acts on is known by name."""
        named = [slot for slot in tool.slots if slot.kind in {SlotKind.ID, SlotKind.TEXT}]
        listed = any(slot.choices or (slot.kind is SlotKind.TEXT and self._known.phrases) for slot in named)
        return listed or any(value_for(slot, entity, tool.nouns) for slot in named for entity in self._known.entities)

    def _described(self, tool: ToolModel, noun: str) -> list[str]:
        """Values before the noun; what is made may be named by a value alone: book a haircut."""
        before = [(slot, self.values(tool, slot)) for slot in tool.slots if _goes_before(slot)]
        before = [(slot, values) for slot, values in before if values]
        if not before:
            return []
        counts = alternatives(values for slot, values in before if slot.counts)
        kinds = alternatives(values for slot, values in before if not slot.counts)
        several = alternatives(plural(name) for name in _names(tool))
        alone = [values for slot, values in before if slot.required and slot.kind is SlotKind.CHOICE]
        again = f"[{kinds}]" if len(before) - bool(counts) > 1 else ""
        ways = [f"[{_articles(tool)}] {kinds} {again} {noun}"] if kinds else []
        ways += [f"{counts} {f'[{kinds}] {again}' if kinds else ''} {several}"] if counts and several else []
        return [*ways, f"[{_articles(tool)}] {alone[0]}"] if alone and noun else ways

    def _pointed(self) -> str:
        """it, the second one: as far as something was listed."""
        places = [
            f"the {ordinal_words(place)} one" for place in range(1, min(len(self._known.listed), _PLACES_MAX) + 1)
        ]
        return alternatives(["it", "that one", *places, *(["the last one"] if places else [])])

    def after(self, tool: ToolModel, *, texts: bool = True) -> str:
        """What may follow the object; ``texts``: also its free texts."""
        several = [part for slot in tool.slots if slot.many and (part := self._after(tool, slot))]
        wanted = [slot for slot in tool.slots if not slot.many and (texts or slot.kind is not SlotKind.TEXT)]
        single = [part for slot in wanted if (part := self._after(tool, slot))]
        repeated = [f"( {' | '.join(several)} )*"] if several else []
        orders = permutations([*single, *repeated]) if len(single) <= _ORDERED_MAX else [single + repeated]
        return " | ".join(" ".join(f"[ {part} ]" for part in order) for order in orders)

    def text_of(self, tool: ToolModel) -> str:
        """The texts of the first text slot that are known; empty when none is."""
        slot = next((slot for slot in tool.slots if slot.kind is SlotKind.TEXT), None)
        return self.values(tool, slot) if slot is not None else ""

    def listed(self, tool: ToolModel) -> str:
        """my list, the shopping list."""
        nouns = [f"{' '.join(noun)} list" for noun in tool.nouns[:1] if noun[-1] != "list"]
        return f"( my | the ) {alternatives(['list', *nouns])}"

    def values(self, tool: ToolModel, slot: Slot, *, asked: bool = False) -> str:
        """The reference to a rule for a slot's values; empty when nothing is known of them."""
        name = f"c{self._places.get(tool.name, 0)}x{re.sub(r'[^A-Za-z0-9]', '', slot.name)}" + (
            "asked" if asked else ""
        )
        if name not in self._rules:
            body = self._body(tool, slot, asked=asked)
            if not body:
                return ""
            self._rules[name] = body
        return f"<{name}>"

    def _body(self, tool: ToolModel, slot: Slot, *, asked: bool) -> str:  # noqa: PLR0911 (a table of kinds)
        match slot.kind:
            case SlotKind.CHOICE:
                return alternatives(said(choice.said) for choice in slot.choices)
            case SlotKind.NUMBER:
                low = max(0, slot.low if slot.low is not None else 1 if slot.counts else 0)
                high = slot.high if slot.high is not None else 20 if slot.counts else _NUMBER_MAX
                return number_grammar(low, min(max(low, high), 9999))
            case SlotKind.SWITCH:
                return "( on | off )" if slot.power else alternatives(_switched(slot))
            case SlotKind.DATE:
                return "<date>"
            case SlotKind.TIME:
                return "( <time> | at <hour> )"
            case SlotKind.MOMENT:
                return "( <date> [at] ( <time> | <hour> ) | <time> [on] <date> | <date> | <time> | at <hour> )"
            case SlotKind.ID | SlotKind.TEXT:
                return self._names(tool, slot, asked=asked)

    def _names(self, tool: ToolModel, slot: Slot, *, asked: bool) -> str:
        fitting = [entity for entity in self._known.entities if value_for(slot, entity, tool.nouns) is not None]
        ways = [said(way) for entity in fitting for way in entity.said if all(_WORD.match(word) for word in way)]
        if slot.kind is SlotKind.TEXT:
            ways += [said(choice.said) for choice in slot.choices]
            phrases = () if slot.choices else self._known.phrases
            ways += [said(phrase(text)) for text in phrases]
        listed = [way for way in dict.fromkeys(ways) if way]
        if slot.kind is SlotKind.ID and (not listed or asked):
            listed.append(f"[number] {number_grammar(1, _NUMBER_MAX if asked else _ID_MAX)}")
        if slot.kind is SlotKind.TEXT and asked and not listed:
            return "<person>" if slot.says.split()[-1] == "name" and "title" not in slot.cues else "<open>"
        return alternatives(listed)

    def _after(self, tool: ToolModel, slot: Slot) -> str:  # noqa: PLR0911 (a table of kinds)
        values = self.values(tool, slot)
        if not values:
            return "( called | named | titled ) <open>" if slot.kind is SlotKind.TEXT and tool.verbs & _MAKING else ""
        match slot.kind:
            case SlotKind.CHOICE:
                return f"( {_leads(tool, slot)} ) {values}"
            case SlotKind.NUMBER:
                units = [unit for unit in sorted(_UNITS) if unit in slot.cues or unit in slot.description.lower()]
                return (
                    ""
                    if slot.counts
                    else f"[ to | at | for | of ] {values} {f'[ {alternatives(units)} ]' if units else ''}"
                )
            case SlotKind.SWITCH:
                return "" if slot.power and tool.verbs & {"on", "off"} else values
            case SlotKind.DATE:
                moving = " | to | until" if "update" in tool.verbs else ""
                return f"[ on | for | by | due | due on{moving} ] {values}"
            case SlotKind.TIME | SlotKind.MOMENT:
                return f"[ at | for | to | on | around ] {values}"
            case SlotKind.ID:
                return "" if not tool.verbs & _MAKING else f"[ for | with | to ] {values}"
            case SlotKind.TEXT:
                return f"[ called | named | titled | to | for | about ] {values}" if tool.verbs & _MAKING else ""


def alternatives(parts: Iterable[str]) -> str:
    """The parts, any of which may be said; empty when there are none."""
    listed = dict.fromkeys(part for part in parts if part)
    return f"( {' | '.join(listed)} )" if listed else ""


def said(words: tuple[str, ...]) -> str:
    """A phrase for the recogniser: with its short forms, without what cannot be a word; empty when nothing is left."""
    parts: list[str] = []
    at = 0
    spelled = _spelled(words)
    while at < len(spelled):
        short = _SHORT.get(spelled[at : at + 2]) if at + 1 < len(spelled) else None  # type: ignore[call-overload]
        parts.append(f"( {spelled[at]} {spelled[at + 1]} | {short} )" if short else spelled[at])
        at += 2 if short else 1
    return " ".join(parts) if all(_WORD.match(word) for word in spelled) else ""


def _spelled(words: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(
        part
        for word in words
        for part in (number_words(int(word)).split() if word.isdigit() and len(word) < 5 else [word])
    )


def _names(tool: ToolModel) -> list[str]:
    return [" ".join(noun) for noun in tool.nouns[:2]]


def _articles(tool: ToolModel) -> str:
    if tool.verbs & _MAKING:
        return "an | another" if tool.noun[:1] in "aeiou" else "a | another"
    return "the | my | all | all my | all the" if "show" in tool.verbs or tool.several else "the | my"


def _leads(tool: ToolModel, slot: Slot) -> str:
    """The words before a value that stands after the object."""
    if slot.many:
        return "with | and | plus"
    by_verb = {"show": "that are | which are", "book": "for | for a", "set": "to", "update": "to", "complete": "as"}
    return " | ".join(["in the | at the", slot.says, *(lead for verb, lead in by_verb.items() if verb in tool.verbs)])


def _goes_before(slot: Slot) -> bool:
    """Whether its values stand before the noun: two large pizzas, the kitchen lamp."""
    return (slot.kind is SlotKind.CHOICE and not slot.many) or slot.counts


def _switched(slot: Slot) -> list[str]:
    name = slot.says
    return [f"with {name}", f"without {name}", f"no {name}", f"and {name}"]
