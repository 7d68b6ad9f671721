"""What can the session's tools do, and with which words would a person ask for it?"""

from __future__ import annotations

import re
from dataclasses import dataclass

from bareline.protocol.events import FunctionTool, McpTool, UnknownTool
from bareline.server.backends.rules.lexicon import GLUE, VERB_PHRASES, classes_of, same_noun
from bareline.server.backends.rules.schema import read_schema
from bareline.server.backends.rules.slots import Slot, SlotKind, quoted, read_slots
from bareline.server.backends.rules.words import phrase, singular, spoken

__all__ = ["ToolModel", "Toolset", "read_toolset"]

_PREPOSITIONS = frozenset({"by", "for", "to", "from", "of", "in", "on", "with", "at", "into", "about"})
_DANGER = re.compile(r"irreversib|permanent|for good|cannot be undone|can't be undone|destructive", re.IGNORECASE)
_CONFIRM = frozenset({"confirm", "accept", "approve"})
_DECLINE = frozenset({"decline", "reject", "deny", "refuse", "dismiss", "cancel"})
_STATE = frozenset({"complete", "done", "finished", "completed"})


@dataclass(frozen=True, slots=True)
class ToolModel:
    """One tool as people talk about it.

    ``verbs``: classes of the lexicon (or a verb of its own); ``nouns``: what it acts on, singular; ``topic``: further
    words of its description; ``triggers``: phrases the description quotes; ``ability``: what it does, in words;
    ``destructive``: a misunderstanding would hurt; ``several``: it acts on many at once, as its name says.
    """

    name: str
    verbs: frozenset[str]
    nouns: tuple[tuple[str, ...], ...]
    topic: frozenset[str]
    triggers: tuple[tuple[str, ...], ...]
    slots: tuple[Slot, ...]
    ability: str
    destructive: bool
    several: bool

    def slot(self, name: str) -> Slot | None:
        """The slot of this name."""
        return next((slot for slot in self.slots if slot.name == name), None)

    @property
    def noun(self) -> str:
        """What it acts on, as spoken; empty when unknown."""
        return " ".join(self.nouns[0]) if self.nouns else ""

    @property
    def naming(self) -> Slot | None:
        """The argument that says which thing is meant."""
        kinds = (SlotKind.ID, SlotKind.TEXT)
        return next((slot for slot in self.required if slot.kind in kinds and len(slot.path) == 1), None)

    @property
    def required(self) -> tuple[Slot, ...]:
        """The slots without which it cannot be called."""
        return tuple(slot for slot in self.slots if slot.required)


@dataclass(frozen=True, slots=True)
class Toolset:
    """The tools a person asks for, and those that only answer a proposal."""

    tools: tuple[ToolModel, ...]
    confirming: tuple[ToolModel, ...] = ()
    declining: tuple[ToolModel, ...] = ()

    def named(self, name: str) -> ToolModel | None:
        """The tool of this name, whichever kind it is."""
        every = (*self.tools, *self.confirming, *self.declining)
        return next((tool for tool in every if tool.name == name), None)

    def answering(self, field: str, *, consent: bool) -> ToolModel | None:
        """The tool that takes the answer to a proposal known by ``field``."""
        group = self.confirming if consent else self.declining
        return next((tool for tool in group if tool.slot(field) is not None), None)


def read_toolset(tools: tuple[FunctionTool | McpTool | UnknownTool, ...]) -> Toolset:
    """Models of all function tools; others are run by somebody else and left out."""
    models = [_model(tool) for tool in tools if isinstance(tool, FunctionTool) and tool.name]
    confirming = [model for model in models if _answers(model, _CONFIRM)]
    declining = [model for model in models if _answers(model, _DECLINE) and model not in confirming]
    asked = [model for model in models if model not in confirming and model not in declining]
    return Toolset(tuple(asked), tuple(confirming), tuple(declining))


def _model(tool: FunctionTool) -> ToolModel:
    name, description = tool.name or "", tool.description or ""
    said = phrase(spoken(name))
    summary = _summary(description)
    verbs, rest = _verbs(said, summary)
    topic = [word for word in summary if word not in GLUE and (word,) not in VERB_PHRASES]
    slots = tuple(read_slots(read_schema(tool)))
    owners = tuple(word for word in rest[:1] if len(rest) > 1 and any(slot.name == f"{word}_id" for slot in slots))
    nouns = (
        (*_nouns(rest)[:1], *_nouns(owners), *_nouns(rest)[1:])
        or _nouns(tuple(topic[:1]))
        or _nouns(tuple(slots[0].says.split()) if slots else ())
    )
    return ToolModel(
        name=name,
        verbs=frozenset(verbs),
        nouns=nouns,
        topic=frozenset(singular(word) for word in (*topic, *rest)),
        triggers=tuple(phrase(text) for text in quoted(description)),
        slots=slots,
        ability=_ability(description, spoken(name)),
        destructive=bool({"remove", "clear"} & set(verbs)) or bool(_DANGER.search(description)),
        several=bool(rest) and singular(rest[-1]) != rest[-1],
    )


def _verbs(said: tuple[str, ...], summary: tuple[str, ...]) -> tuple[list[str], tuple[str, ...]]:
    """Classes of verbs, and what is left of the name."""
    known = _known_verb(said)
    rest = said[len(known) :]
    verbs: list[str] = []
    if known:
        verbs += _classes(known)
    lead = summary[:1]
    base = (singular(lead[0]),) if lead else ()
    if base and (_known_verb(base) or not known):
        verbs += [name for name in classes_of(base[0]) if not known or name not in verbs]
        rest = rest[1:] if not known and rest[:1] == base else rest
    if not verbs and said:
        verbs, rest = [said[0]], said[1:]
    if "set" in verbs and _STATE & set(said):
        verbs.append("complete")
    return verbs, tuple(word for word in rest if word not in _STATE or len(rest) == 1)


def _classes(known: tuple[str, ...]) -> list[str]:
    if len(known) == 2:
        return sorted(VERB_PHRASES[known])
    return list(classes_of(known[0]))


def _known_verb(said: tuple[str, ...]) -> tuple[str, ...]:
    if said[:2] in VERB_PHRASES and len(said) > 1:
        return said[:2]
    if said and (said[:1] in VERB_PHRASES or classes_of(said[0]) != (said[0],)):
        return said[:1]
    return ()


def _nouns(rest: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """Names of the object from the words after the verb: whole, its head, and what people say instead."""
    words = list(rest)
    while words and (words[0] in _PREPOSITIONS or words[0] in {"all", "my", "new", "the", "a"}):
        words.pop(0)
    cut = next((at for at, word in enumerate(words) if word in _PREPOSITIONS), len(words))
    words = words[:cut]
    if not words or (len(words) == 1 and words[0] in GLUE):
        return ()
    head = singular(words[-1])
    whole = (*words[:-1], head)
    others = [phrase(other) for other in sorted(same_noun(head) - {head})]
    return tuple(dict.fromkeys([whole, (head,), *others]))


def _summary(description: str) -> tuple[str, ...]:
    return phrase(re.split(r"[.;\n]", description, maxsplit=1)[0])


def _ability(description: str, name: str) -> str:
    """The first sentence of the description as something "I can" begins."""
    first = re.split(r"[.;\n]", description.strip(), maxsplit=1)[0].strip()
    if not 0 < len(first.split()) <= 12:
        return name
    verb, _, rest = first.partition(" ")
    base = singular(verb.lower()) if (singular(verb.lower()),) in VERB_PHRASES else verb.lower()
    return re.sub(r"\b(the user['\u2019]s|their)\b", "your", f"{base} {rest}".strip())


def _answers(model: ToolModel, verbs: frozenset[str]) -> bool:
    """Whether the tool only takes the answer to a proposal: one id, and a verb of consent or refusal."""
    first = phrase(spoken(model.name))[:1]
    fields = [slot.name for slot in model.slots if slot.required]
    single = len(fields) == 1 and fields[0].endswith("_id")
    about = (
        any(word in fields[0] for word in ("proposal", "confirm", "action", "request", "token")) if single else False
    )
    return bool(first) and first[0] in verbs and single and about
