"""Which tool does an utterance ask for, with which values, and how sure is that?"""

from __future__ import annotations

from dataclasses import dataclass, field

from bareline.server.backends.rules.entities import Entity, Knowledge
from bareline.server.backends.rules.lexicon import FILLERS, GLUE, LEADS, SOCIAL, TAILS, VERB_PHRASES
from bareline.server.backends.rules.mentions import Mention, find_mentions
from bareline.server.backends.rules.schema import Json
from bareline.server.backends.rules.slots import Slot, SlotKind
from bareline.server.backends.rules.toolset import ToolModel, Toolset
from bareline.server.backends.rules.words import Token, find, phrase, singular, tokens

__all__ = ["ACCEPTED", "Intent", "Said", "intents", "read", "social"]

ACCEPTED = 2.0
"""The score from which an intent is acted on: a verb and an object, or a trigger phrase."""
_VERB_LENGTH_MAX = 5
_DESTINATION_MAX = 4
"""Words of "to the shopping list"."""
_POINTING = frozenset({"it", "that", "this"})
_SOCIAL = {phrase(text): kind for kind, texts in SOCIAL.items() for text in texts}


@dataclass(frozen=True, slots=True)
class Said:
    """An utterance without courtesy and fillers. ``full``: all its words; ``text``: as it was written."""

    text: str
    tokens: tuple[Token, ...]
    full: tuple[str, ...]

    @property
    def words(self) -> tuple[str, ...]:
        """The words that matter."""
        return tuple(token.text for token in self.tokens)

    def span(self, start: int, end: int) -> str:
        """The original text of some of ``tokens``."""
        return self.text[self.tokens[start].start : self.tokens[end - 1].end] if start < end else ""


@dataclass(frozen=True, slots=True)
class Intent:
    """A tool that may be meant. ``values`` by slot name; ``heard``: slots filled with words nobody listed."""

    tool: ToolModel
    score: float
    values: dict[str, Json]
    heard: frozenset[str] = frozenset()
    entity: Entity | None = None
    verb: bool = False


@dataclass(slots=True)
class _Match:
    """What of an utterance one tool explains."""

    tool: ToolModel
    mentions: list[Mention]
    explained: set[int]
    score: float = 0.0
    verb: bool = False
    heard: dict[str, str] = field(default_factory=dict[str, str])


def read(text: str) -> Said:
    """Take courtesy and fillers off both ends."""
    every = tokens(text)
    full = tuple(token.text for token in every)
    start, end = 0, len(every)
    moved = True
    while moved and start < end:
        step = _ahead(full, start)
        tail = 0 if step else _behind(full, start, end)
        start, end, moved = start + step, end - tail, bool(step or tail)
    return Said(text, every[start:end], full)


def social(said: Said) -> str | None:
    """What an utterance of mere courtesy, consent or control is; None when it is something else."""
    core = tuple(word for word in said.full if word not in {"um", "uh", "er", "erm", "well", "oh"})
    for words in (
        core,
        said.words,
        tuple(word for word in core if word not in {"please", "so", "then", "now", "just"}),
    ):
        if words in _SOCIAL:
            return _SOCIAL[words]
    return None


def intents(said: Said, toolset: Toolset, known: Knowledge) -> list[Intent]:
    """The tools that may be meant, the likeliest first."""
    found = [_intent(said, tool, known) for tool in toolset.tools]
    return sorted(found, key=lambda intent: intent.score, reverse=True)


def _intent(said: Said, tool: ToolModel, known: Knowledge) -> Intent:
    words = said.words
    match = _Match(tool, find_mentions(tool, words, known), set())
    for mention in match.mentions:
        match.explained.update(range(mention.first, mention.end))
    _triggers(match, words)
    _verbs(match, words)
    _nouns(match, words)
    _destination(match, words)
    _free(match, said)
    _judge(match, words)
    values: dict[str, Json] = dict(match.heard)
    for mention in match.mentions:
        if not mention.refused:
            _put(values, mention)
    entity = next((mention.entity for mention in match.mentions if mention.entity is not None), None)
    return Intent(tool, match.score, values, frozenset(match.heard), entity, match.verb)


def _put(values: dict[str, Json], mention: Mention) -> None:
    if not mention.slot.many:
        values[mention.slot.name] = mention.value
        return
    sofar = values.get(mention.slot.name)
    several = list(sofar) if isinstance(sofar, list) else []
    values[mention.slot.name] = several if mention.value in several else [*several, mention.value]


def _ahead(words: tuple[str, ...], start: int) -> int:
    """How many words of courtesy begin at ``start``."""
    if words[start] in FILLERS:
        return 1
    lead = max((len(lead) for lead in LEADS if words[start : start + len(lead)] == lead), default=0)
    verb = max(
        (size for size in range(1, _VERB_LENGTH_MAX + 1) if words[start : start + size] in VERB_PHRASES), default=0
    )
    return lead if lead >= verb else 0


def _behind(words: tuple[str, ...], start: int, end: int) -> int:
    tails = [len(tail) for tail in TAILS if words[max(start, end - len(tail)) : end] == tail]
    return max(tails, default=0)


def _triggers(match: _Match, words: tuple[str, ...]) -> None:
    for trigger in match.tool.triggers:
        at = find(words, trigger)
        if at >= 0:
            match.explained.update(range(at, at + len(trigger)))
            whole = len(trigger) == len(words)
            match.score = max(match.score, 5.0 if whole else 3.0 if len(trigger) > 1 else 1.0)


def _verbs(match: _Match, words: tuple[str, ...]) -> None:
    """The first verb decides; one of another class that comes first speaks against the tool."""
    inside = {index for mention in match.mentions for index in range(mention.start, mention.end)}
    first = True
    at = 0
    while at < len(words):
        size, classes = _verb_at(words, at, match.tool)
        if not size or at in inside:
            at += 1
            continue
        mine = bool(classes & match.tool.verbs)
        if mine and not match.verb:
            match.verb = True
            match.score += (1.9 if match.tool.nouns else ACCEPTED) if first else 1.0
            match.explained.update(range(at, at + size))
        elif first:
            match.score -= 1.0
        first = False
        at += size
    if not first and {"mark", "set", "put"} & set(words):
        match.explained.update(at for at, word in enumerate(words) if word in {"done", "finished", "completed"})


def _verb_at(words: tuple[str, ...], at: int, tool: ToolModel) -> tuple[int, frozenset[str]]:
    """The longest verb phrase at ``at``; "turn ... on" counts as turn on."""
    if words[at] in {"turn", "switch"}:
        particle = next((word for word in words[at + 1 :] if word in {"on", "off"}), "")
        both = frozenset({particle, "set"}) if particle else frozenset({"set"})
        return (2 if words[at + 1 : at + 2] == (particle,) else 1), both
    for size in range(min(_VERB_LENGTH_MAX, len(words) - at), 0, -1):
        classes = VERB_PHRASES.get(words[at : at + size])
        if classes:
            return size, classes
    own = words[at] if words[at] in tool.verbs else singular(words[at])
    return (1, frozenset({own})) if own in tool.verbs else (0, frozenset())


def _nouns(match: _Match, words: tuple[str, ...]) -> None:
    """The object, in one number or the other; the whole name counts more than its head."""
    several = tuple(singular(word) for word in words)
    for rank, noun in enumerate(match.tool.nouns):
        at = find(several, noun)
        if at < 0:
            continue
        spans = range(at, at + len(noun))
        inside = any(mention.start <= at < mention.end for mention in match.mentions)
        if inside and not set(spans) - match.explained and rank:
            continue
        match.score += 1.1 if rank and len(match.tool.nouns[0]) > 1 else 1.5
        match.explained.update(spans)
        if "show" in match.tool.verbs and not match.verb and not _content(match, words):
            match.score += 0.5
        break
    else:
        if "show" in match.tool.verbs and "list" in words and not any(slot.required for slot in match.tool.slots):
            match.score += 1.0
            match.explained.add(words.index("list"))
    topical = {word for index, word in enumerate(several) if index not in match.explained and word in match.tool.topic}
    match.explained.update(index for index, word in enumerate(several) if word in topical)
    match.score += min(1.0, 0.5 * len(topical))


def _content(match: _Match, words: tuple[str, ...]) -> bool:
    """Whether there are words that mean something and are not explained yet."""
    return any(word not in GLUE and index not in match.explained for index, word in enumerate(words))


def _free(match: _Match, said: Said) -> None:
    """The longest run of unexplained words fills the first text slot that has no value."""
    filled = {mention.slot.name for mention in match.mentions if not mention.partial}
    open_slots = [slot for slot in match.tool.slots if slot.kind is SlotKind.TEXT and slot.name not in filled]
    slot = next((slot for slot in open_slots if slot.required), open_slots[0] if open_slots else None)
    if slot is None or not (match.verb or match.score >= ACCEPTED):
        return
    start, end = _longest_run(match, said.words, slot)
    partial = [mention for mention in match.mentions if mention.slot.name == slot.name]
    if start < end and not partial and (slot.required or _led(said.words, start, slot)):
        match.heard[slot.name] = said.span(start, end)
        match.explained.update(range(start, end))


def _led(words: tuple[str, ...], start: int, slot: Slot) -> bool:
    """Whether an optional text is announced: by its own name, or by "called" and the like."""
    before = set(words[max(0, start - 3) : start])
    return bool(before & {*slot.says.split(), "called", "named", "titled", "about", "saying", "for", "that"})


def _longest_run(match: _Match, words: tuple[str, ...], slot: Slot) -> tuple[int, int]:
    """Unexplained words in a row, without glue at the ends; glue inside belongs to it."""
    best = (0, 0)
    start = 0
    for stop in range(len(words) + 1):
        if stop < len(words) and stop not in match.explained:
            continue
        low, high = start, stop
        while low < high and (words[low] in GLUE or words[low] in slot.says.split()):
            low += 1
        while low < high and words[high - 1] in GLUE | FILLERS:
            high -= 1
        if high - low > best[1] - best[0]:
            best = (low, high)
        start = stop + 1
    return best


def _destination(match: _Match, words: tuple[str, ...]) -> None:
    """The end of "add X to my list" says nothing of X."""
    if words[-1:] != ("list",):
        return
    lead = max((at for at, word in enumerate(words) if word in {"to", "on", "from", "off", "onto"}), default=-1)
    if lead >= 0 and len(words) - lead <= _DESTINATION_MAX and words[lead + 1] in {"my", "the", "our"}:
        match.explained.update(range(lead, len(words)))


def _judge(match: _Match, words: tuple[str, ...]) -> None:
    """Values speak for a tool; words it cannot explain, and values it lacks, against it."""
    given = {mention.slot.name for mention in match.mentions if not mention.refused} | set(match.heard)
    for slot in match.tool.slots:
        if slot.name in given:
            match.score += 0.8 if slot.required else 0.6
        elif slot.required:
            pointed = match.verb and slot.kind in {SlotKind.ID, SlotKind.TEXT} and _POINTING & set(words)
            match.score += 0.4 if pointed else -0.25
    content = [index for index, word in enumerate(words) if word not in GLUE and word not in FILLERS]
    missed = [index for index in content if index not in match.explained and (words[index],) not in VERB_PHRASES]
    if content:
        match.score -= 2.5 * len(missed) / len(content)
