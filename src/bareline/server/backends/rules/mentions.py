"""Which values for a tool's arguments do these words hold, and where?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time

from bareline.server.backends.rules.dates import parse_date, parse_time
from bareline.server.backends.rules.entities import Entity, Knowledge, value_for
from bareline.server.backends.rules.lexicon import GLUE, VERB_PHRASES
from bareline.server.backends.rules.numbers import ordinal, parse_number
from bareline.server.backends.rules.schema import Json
from bareline.server.backends.rules.slots import Slot, SlotKind
from bareline.server.backends.rules.toolset import ToolModel
from bareline.server.backends.rules.words import find, phrase, plural, singular, words_of

__all__ = ["Mention", "find_mentions", "mentions_of"]

_BEFORE = frozenset(
    words_of(
        "for on by at due in with and to of the a an titled called named from until about as size topped plus my no or"
    )
)
_NEGATIVE = frozenset({"no", "without", "not"})
_MAKING = frozenset({"create", "order", "book", "send"})
"""Verbs whose object is new: part of a known name says nothing then."""
_PRONOUNS = frozenset({"it", "that", "this"})


@dataclass(frozen=True, slots=True)
class Mention:
    """A value for a slot in the words from ``start`` to ``end``; ``first`` includes words like "due" before it.

    ``strength`` breaks ties between slots; ``entity`` is the thing that was named; ``partial``: only part of its name;
    ``refused``: it was named as not wanted, or lies outside of the limits.
    """

    slot: Slot
    value: Json
    start: int
    end: int
    strength: float = 1.0
    entity: Entity | None = None
    partial: bool = False
    first: int = -1
    refused: bool = False


def find_mentions(tool: ToolModel, words: tuple[str, ...], known: Knowledge) -> list[Mention]:
    """The values for all slots of ``tool``: no word counts twice, longer ones win, a single-valued slot takes one."""
    every = [found for slot in tool.slots for found in mentions_of(slot, words, known, tool.nouns)]
    if tool.verbs & _MAKING:
        every = [found for found in every if not found.partial]
    every.sort(key=lambda found: (found.end - found.start + found.strength, found.slot.required), reverse=True)
    kept: list[Mention] = []
    for found in every:
        taken = any(found.start < other.end and other.start < found.end for other in kept)
        again = not found.slot.many and any(other.slot.name == found.slot.name for other in kept)
        if not taken and not again:
            kept.append(found)
    kept.sort(key=lambda found: found.start)
    return [replace(found, first=_first(words, found, kept)) for found in kept]


def mentions_of(
    slot: Slot, words: tuple[str, ...], known: Knowledge, nouns: tuple[tuple[str, ...], ...] = ()
) -> Iterator[Mention]:
    """All values for one slot, overlapping ones included."""
    match slot.kind:
        case SlotKind.CHOICE:
            yield from _choices(slot, words, known)
        case SlotKind.NUMBER:
            yield from _numbers(slot, words, nouns)
        case SlotKind.SWITCH:
            yield from _switches(slot, words)
        case SlotKind.DATE:
            yield from _dates(slot, words, known.today)
        case SlotKind.TIME:
            yield from _times(slot, words)
        case SlotKind.MOMENT:
            yield from _moments(slot, words, known.today)
        case SlotKind.ID:
            yield from _entities(slot, words, known, nouns)
        case SlotKind.TEXT:
            yield from _entities(slot, words, known, nouns)
            yield from _choices(slot, words, known)


def _choices(slot: Slot, words: tuple[str, ...], known: Knowledge) -> Iterator[Mention]:
    ways = [(choice.said, choice.value) for choice in slot.choices]
    if slot.kind is SlotKind.TEXT and not slot.choices:
        ways += [(phrase(text), text) for text in known.phrases]
    for said, value in ways:
        at = find(words, said)
        while at >= 0:
            cue = 0.3 if _near(words, at, at + len(said), slot.cues) else 0.0
            base = 1.0 if slot.kind is SlotKind.CHOICE else 0.6
            refused = at > 0 and words[at - 1] in _NEGATIVE
            yield Mention(slot, value, at - refused, at + len(said), base + cue, refused=refused)
            at = find(words, said, at + 1)


def _numbers(slot: Slot, words: tuple[str, ...], nouns: tuple[tuple[str, ...], ...]) -> Iterator[Mention]:
    for at in range(len(words)):
        before = parse_number(words, at - 1) if at else None
        if before is not None and before[1] > 1:
            continue
        number = parse_number(words, at)
        if number is not None:
            fits = _fits(slot, number[0])
            value = int(number[0]) if number[0] == int(number[0]) else number[0]
            cue = 0.5 if _near(words, at, at + number[1], slot.cues) else 0.0
            strength = (0.2 if fits else -0.8) + cue
            yield Mention(slot, str(value) if slot.text else value, at, at + number[1], strength, refused=not fits)
        elif slot.counts and words[at] in {"a", "an", "one"} and _noun_follows(words, at + 1, nouns):
            yield Mention(slot, 1, at, at + 1, 0.0)


def _fits(slot: Slot, value: float) -> bool:
    if slot.whole and value != int(value):
        return False
    return (slot.low is None or value >= slot.low) and (slot.high is None or value <= slot.high)


def _noun_follows(words: tuple[str, ...], at: int, nouns: tuple[tuple[str, ...], ...]) -> bool:
    heads = {noun[-1] for noun in nouns}
    return any(singular(word) in heads for word in words[at : at + 3])


def _switches(slot: Slot, words: tuple[str, ...]) -> Iterator[Mention]:
    if slot.power:
        for at, word in enumerate(words):
            if word in {"on", "off"}:
                yield Mention(slot, word == "on", at, at + 1)
        return
    for said in _names_of(slot):
        at = find(words, said)
        if at >= 0:
            before = words[max(0, at - 2) : at]
            yield Mention(slot, not _NEGATIVE & set(before), at, at + len(said))


def _names_of(slot: Slot) -> list[tuple[str, ...]]:
    """The ways to name a yes-or-no argument: extra cheese, for ``with_extra_cheese``."""
    name = slot.says.removeprefix("is ").removeprefix("has ").removeprefix("with ").removeprefix("include ")
    return [phrase(said) for said in dict.fromkeys([name, name.removeprefix("extra "), plural(name)])]


def _dates(slot: Slot, words: tuple[str, ...], today: date) -> Iterator[Mention]:
    for at in range(len(words)):
        found = parse_date(words, at, today)
        if found is not None:
            yield Mention(slot, found[0].isoformat(), at, at + found[1], 1.0 + _cued(slot, words, at))


def _times(slot: Slot, words: tuple[str, ...]) -> Iterator[Mention]:
    for at in range(len(words)):
        found = parse_time(words, at)
        if found is not None:
            yield Mention(slot, found[0].strftime("%H:%M"), at, at + found[1], 1.0 + _cued(slot, words, at))


def _cued(slot: Slot, words: tuple[str, ...], at: int) -> float:
    """Of several slots of a kind, the one whose own word stands before the value: from ... to, start, due."""
    return 0.4 if set(words[max(0, at - 2) : at]) & set(slot.says.split()) else 0.0


def _moments(slot: Slot, words: tuple[str, ...], today: date) -> Iterator[Mention]:
    """A day and a time next to each other, either first; a day alone gives the day, to be completed."""
    for at in range(len(words)):
        day = parse_date(words, at, today)
        if day is not None:
            gap = at + day[1] + (1 if words[at + day[1] : at + day[1] + 1] in (("at",), ("around",)) else 0)
            clock = parse_time(words, gap)
            if clock is None:
                yield Mention(slot, day[0].isoformat(), at, at + day[1])
            else:
                yield Mention(slot, _moment(day[0], clock[0]), at, gap + clock[1])
        clock = parse_time(words, at)
        if clock is not None:
            gap = at + clock[1] + (1 if words[at + clock[1] : at + clock[1] + 1] == ("on",) else 0)
            after = parse_date(words, gap, today)
            if after is not None:
                yield Mention(slot, _moment(after[0], clock[0]), at, gap + after[1])
            else:
                yield Mention(slot, clock[0].strftime("%H:%M"), at, at + clock[1], 0.5)


def _moment(day: date, at: time) -> str:
    return datetime.combine(day, at).isoformat()


def _entities(
    slot: Slot, words: tuple[str, ...], known: Knowledge, nouns: tuple[tuple[str, ...], ...]
) -> Iterator[Mention]:
    fitting = [(entity, value_for(slot, entity, nouns)) for entity in reversed(known.entities)]
    usable = [(entity, value) for entity, value in fitting if value is not None]
    for entity, value in usable:
        for said in entity.said:
            at = find(words, said)
            if at >= 0:
                yield Mention(slot, value, at, at + len(said), 0.9, entity)
    yield from _by_place(slot, words, known, nouns)
    yield from _by_part(slot, words, usable, {noun[-1] for noun in nouns})
    if slot.kind is SlotKind.ID:
        yield from _by_number(slot, words, {"number", slot.says.split()[0], *(noun[-1] for noun in nouns)})


def _by_place(
    slot: Slot, words: tuple[str, ...], known: Knowledge, nouns: tuple[tuple[str, ...], ...]
) -> Iterator[Mention]:
    """it, that one; the first one, the last one."""
    for at, word in enumerate(words):
        place = ordinal(words, at)
        chosen: Entity | None = None
        used = 1
        if place is not None and place[0] <= len(known.listed):
            chosen, used = known.listed[place[0] - 1], place[1]
        elif word == "last" and known.listed:
            chosen = known.listed[-1]
        elif word in _PRONOUNS and known.focus is not None and at > 0:
            chosen = known.focus
        value = None if chosen is None else value_for(slot, chosen, nouns)
        if chosen is not None and value is not None:
            used += 1 if words[at + used : at + used + 1] == ("one",) else 0
            yield Mention(slot, value, at, at + used, -0.5, chosen)


def _by_part(
    slot: Slot, words: tuple[str, ...], usable: list[tuple[Entity, str | int | float]], heads: set[str]
) -> Iterator[Mention]:
    """Words that only one of the things has in its name, standing alone: not "buy bread" for "buy milk"."""
    owners: dict[str, list[tuple[Entity, str | int | float]]] = {}
    for entity, value in usable:
        for word in set(phrase(entity.name)) - GLUE:
            if word != entity.noun and all(value != other for _, other in owners.get(word, [])):
                owners.setdefault(word, []).append((entity, value))
    for at, word in enumerate(words):
        only = owners.get(word, [])
        if len(only) == 1:
            entity, value = only[0]
            inside = set(phrase(entity.name))
            end = at + 1
            while end < len(words) and words[end] in inside:
                end += 1
            beside = {*words[max(0, at - 1) : at], *words[end : end + 1]}
            if all(word in GLUE or word in heads or (word,) in VERB_PHRASES for word in beside):
                yield Mention(slot, value, at, end, 0.3, entity, partial=True)


def _by_number(slot: Slot, words: tuple[str, ...], leads: set[str]) -> Iterator[Mention]:
    """number seven, order 12: an identifier that nobody listed."""
    for at in range(1, len(words)):
        number = parse_number(words, at)
        if number is not None and words[at - 1] in leads and number[0] == int(number[0]):
            value = int(number[0])
            yield Mention(slot, str(value) if slot.text else value, at, at + number[1], 0.2)


def _near(words: tuple[str, ...], start: int, end: int, cues: frozenset[str]) -> bool:
    return bool(cues & {singular(word) for word in (*words[max(0, start - 2) : start], *words[end : end + 2])})


def _first(words: tuple[str, ...], found: Mention, kept: list[Mention]) -> int:
    """Where the mention begins, with the words before it that only lead to it."""
    taken = {index for other in kept if other is not found for index in range(other.start, other.end)}
    first = found.start
    own = set(found.slot.says.split())
    while first > 0 and first - 1 not in taken and (words[first - 1] in _BEFORE or words[first - 1] in own):
        first -= 1
    return first
