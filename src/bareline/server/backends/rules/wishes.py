"""Are several things asked for in one sentence?"""

from __future__ import annotations

from bareline.server.backends.rules.entities import Knowledge
from bareline.server.backends.rules.toolset import Toolset
from bareline.server.backends.rules.understanding import ACCEPTED, Intent, Said, intents, read
from bareline.server.backends.rules.words import find, phrase

__all__ = ["WISHES_MAX", "wishes"]

WISHES_MAX = 4


def wishes(said: Said, toolset: Toolset, known: Knowledge) -> tuple[Intent, ...]:
    """The wishes joined by "and", each clear by itself; empty when the sentence is one wish, or none.

    "Add bread and butter" is one: butter alone asks for nothing, and what two wishes of words nobody listed would be
    is left together.
    """
    found: list[Intent] = []
    rest = said
    while len(found) < WISHES_MAX - 1 and (split := _split(rest, toolset, known)) is not None:
        first, rest = split
        found.append(first)
    last = _wish(rest, toolset, known)
    return (*found, last) if found and last is not None else ()


def _split(said: Said, toolset: Toolset, known: Knowledge) -> tuple[Intent, Said] | None:
    """The first wish, and what is left."""
    for at, token in enumerate(said.tokens):
        if token.text != "and" or _inside_a_name(said.words, at, known):
            continue
        first = _wish(read(said.text[said.tokens[0].start : token.start]), toolset, known)
        rest = read(said.text[token.end : said.tokens[-1].end])
        second = next(iter(intents(rest, toolset, known)), None) if rest.words else None
        if first is None or second is None or second.score < ACCEPTED:
            continue
        if not (first.heard and second.heard):
            return first, rest
    return None


def _wish(said: Said, toolset: Toolset, known: Knowledge) -> Intent | None:
    best = next(iter(intents(said, toolset, known)), None) if said.words else None
    return best if best is not None and best.score >= ACCEPTED else None


def _inside_a_name(words: tuple[str, ...], at: int, known: Knowledge) -> bool:
    """Whether this "and" belongs to the name of something: wash and iron."""
    names = (*(phrase(text) for text in known.phrases), *(way for entity in known.entities for way in entity.said))
    for name in names:
        start = find(words, name) if "and" in name else -1
        if 0 <= start <= at < start + len(name):
            return True
    return False
