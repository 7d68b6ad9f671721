"""Which things has the conversation named, so that the user may name them too?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from bareline.server.backends.rules.lexicon import same_noun
from bareline.server.backends.rules.numbers import number_words
from bareline.server.backends.rules.schema import Json
from bareline.server.backends.rules.slots import Slot, SlotKind
from bareline.server.backends.rules.words import phrase, singular, spoken

__all__ = ["ENTITIES_MAX", "Entity", "Knowledge", "entities_in", "name_of", "value_for"]

ENTITIES_MAX = 200
"""Entities remembered of one conversation; the oldest are forgotten (each one is a phrase of the grammar)."""
_NAME_FIELDS = ("title", "name", "label", "subject", "summary", "item", "product", "topic", "what")
_DEPTH_MAX = 5


@dataclass(frozen=True, slots=True)
class Entity:
    """A thing a tool told of: its name as written, what kind of thing it is (singular, may be empty), its fields."""

    name: str
    noun: str
    fields: dict[str, str | int | float] = field(default_factory=dict[str, str | int | float])

    @property
    def said(self) -> tuple[tuple[str, ...], ...]:
        """The ways to say its name; numbers also by their words."""
        words = phrase(self.name)
        spelled = tuple(
            part
            for word in words
            for part in (number_words(int(word)).split() if word.isdigit() and len(word) < 5 else [word])
        )
        return tuple(dict.fromkeys([words, spelled]))


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What an utterance is understood against.

    ``phrases``: what the session says to expect; ``entities``: newest last; ``listed``: the last list in its order;
    ``focus``: what "it" means.
    """

    today: date
    phrases: tuple[str, ...] = ()
    entities: tuple[Entity, ...] = ()
    listed: tuple[Entity, ...] = ()
    focus: Entity | None = None


def entities_in(value: Json, noun: str) -> list[Entity]:
    """The things in a tool's result; ``noun`` is what the tool acts on."""
    return list(_walk(value, noun, 0))


def name_of(fields: dict[str, Json], noun: str) -> str:
    """What an object is called: its name field, or its kind and number; empty when it has neither."""
    for key in (*_NAME_FIELDS, noun, f"{noun}_name", f"{noun}_title"):
        value = fields.get(key)
        if isinstance(value, str) and 0 < len(value) <= 120:
            return value
    owners = [key.removesuffix("_id") for key in fields if key.endswith("_id")]
    keys = [(f"{noun}_id", noun), ("id", noun), ("number", noun), *((f"{owner}_id", owner) for owner in owners)]
    for key, owner in keys:
        value = fields.get(key)
        if isinstance(value, int) or (isinstance(value, str) and value.isdigit() and len(value) < 5):
            return f"{spoken(owner)} {value}".strip()
    return ""


def value_for(slot: Slot, entity: Entity, nouns: tuple[tuple[str, ...], ...]) -> str | int | float | None:
    """What ``slot`` wants of ``entity``; None when the entity cannot fill it."""
    exact = entity.fields.get(slot.name)
    same_kind = not entity.noun or not nouns or bool(same_noun(entity.noun) & {" ".join(noun) for noun in nouns})
    if slot.kind is SlotKind.ID:
        owner = spoken(slot.name).removesuffix("id").strip()
        if owner and owner != entity.noun and exact is None and owner not in same_noun(entity.noun):
            return None
        value = exact if exact is not None else entity.fields.get("id")
        return value if value is not None and (same_kind or exact is not None or owner == entity.noun) else None
    if slot.kind is not SlotKind.TEXT or not same_kind or not _names(slot, entity):
        return None
    return entity.name


def _names(slot: Slot, entity: Entity) -> bool:
    words = spoken(slot.name).split()
    return entity.fields.get(slot.name) == entity.name or bool(
        {*_NAME_FIELDS, "query", entity.noun or "name"} & {words[-1], " ".join(words)}
    )


def _walk(value: Json, noun: str, depth: int) -> Iterator[Entity]:
    if depth > _DEPTH_MAX:
        return
    if isinstance(value, list):
        for entry in value:
            yield from _walk(entry, noun, depth + 1)
    elif isinstance(value, dict):
        name = name_of(value, noun)
        if name:
            plain = {key: entry for key, entry in value.items() if isinstance(entry, (str, int, float))}
            yield Entity(name, noun, plain)
        for key, entry in value.items():
            if isinstance(entry, (list, dict)):
                yield from _walk(entry, singular(spoken(key)) if _kind_key(key) else noun, depth + 1)


def _kind_key(key: str) -> bool:
    """Whether the key of a list names what is in it, rather than being a wrapper."""
    return spoken(key) not in {"items", "results", "result", "data", "entries", "list", "value", "values", "rows"}
