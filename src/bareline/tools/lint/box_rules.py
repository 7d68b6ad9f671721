"""Do the tools that are offered together get in each other's way?"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from difflib import SequenceMatcher

import msgspec

from bareline.tools.lint.rule import Box, LintRule, Spot, name_words

__all__ = ["BOX_RULES", "SCHEMA_TOKENS_MAX", "TOOLS_MAX"]

TOOLS_MAX = 20
SCHEMA_TOKENS_MAX = 4_000
_CHARS_PER_TOKEN = 4
_ALIKE = 0.9


def _alike(box: Box) -> Iterator[Spot]:
    for first, second in itertools.combinations(box, 2):
        if _similar(first.name, second.name):
            yield Spot(second.name, words={"other": first.name})


def _same_words(box: Box) -> Iterator[Spot]:
    for first, second in itertools.combinations(box, 2):
        if first.description.strip() and first.description.split() == second.description.split():
            yield Spot(second.name, words={"other": first.name})


def _too_many(box: Box) -> Iterator[Spot]:
    if len(box) > TOOLS_MAX:
        yield Spot("", words={"count": len(box), "limit": TOOLS_MAX})


def _too_heavy(box: Box) -> Iterator[Spot]:
    chars = sum(len(msgspec.json.encode(tool.definition())) for tool in box)
    if chars // _CHARS_PER_TOKEN > SCHEMA_TOKENS_MAX:
        yield Spot("", words={"tokens": chars // _CHARS_PER_TOKEN, "limit": SCHEMA_TOKENS_MAX})


def _similar(first: str, second: str) -> bool:
    words = [sorted(word.removesuffix("s") for word in name_words(name)) for name in (first, second)]
    return words[0] == words[1] or SequenceMatcher(None, first, second, autojunk=False).ratio() >= _ALIKE


BOX_RULES = (
    LintRule(
        id="similar-names",
        severity="warning",
        text="its name is nearly that of {other}",
        advice="Name them by what sets them apart: 'delete_task' and 'clear_all_tasks'.",
        reason="The model picks by name; a wrong pick among effects is a mistake that was already made.",
        check=_alike,
    ),
    LintRule(
        id="same-description",
        severity="error",
        text="it has the same description as {other}",
        advice="Say in each when to use it and not the other.",
        reason="The model cannot know which one is meant.",
        check=_same_words,
    ),
    LintRule(
        id="too-many-tools",
        severity="warning",
        text="{count} tools are offered at once, more than {limit}",
        advice="Offer those of the moment, and change them during the call (Call.use_tools).",
        reason="With more tools models choose worse and later.",
        check=_too_many,
    ),
    LintRule(
        id="heavy-schemas",
        severity="warning",
        text="the tools cost about {tokens} tokens in every turn, more than {limit}",
        advice="Shorten descriptions and enumerations, flatten parameters.",
        reason="They are part of every prompt: they cost money and time to the first sound.",
        check=_too_heavy,
    ),
)
