"""Do a tool's words tell the model when to use it, and how to speak about it?"""

from __future__ import annotations

import re
from collections.abc import Iterator

from bareline.tools.lint.rule import Box, LintRule, Spot, name_words, properties, returns

__all__ = ["DESCRIPTION_MAX_CHARS", "WORDING_RULES"]

DESCRIPTION_MAX_CHARS = 600
_DESCRIPTION_MIN_WORDS = 3
_TRIGGER = re.compile(
    r"\b(use|call)s?\s+(this\s+|it\s+|only\s+)*(when|whenever|if|for|to|after|before|as soon as|once)\b"
    r"|\b(when|whenever|if|after|before|once)\s+(the\s+|a\s+)?(user|caller|customer|guest|patient|they|somebody|someone)\b"
    r"|\b(nutze|benutze|verwende|rufe?)\b.*\b(wenn|um|für|sobald|nachdem|bevor)\b"
    r"|\b(wenn|sobald|falls)\s+(der|die|ein|eine|jemand|sie|er)\b",
    re.IGNORECASE | re.DOTALL,
)
_VAGUE = frozenset(("do", "run", "call", "process", "perform", "execute", "tool", "function", "action", "task", "data"))
_LISTS = re.compile(r"\b(list|tuple|set|frozenset|sequence|iterable|iterator|collection|asynciterator|generator)\b")
_LIMITS = frozenset(("limit", "max", "maximum", "count", "top", "first", "last", "page", "size", "number", "n", "per"))
_BOUNDED = re.compile(
    r"\b(at most|up to|no more than|first \w+|top \w+|next \w+|latest|few|höchstens|bis zu)\b", re.IGNORECASE
)


def _without_description(box: Box) -> Iterator[Spot]:
    return (Spot(tool.name) for tool in box if not tool.description.strip())


def _without_trigger(box: Box) -> Iterator[Spot]:
    described = (tool for tool in box if tool.description.strip())
    return (Spot(tool.name) for tool in described if not _TRIGGER.search(tool.description))


def _too_short(box: Box) -> Iterator[Spot]:
    return (Spot(tool.name) for tool in box if 0 < len(tool.description.split()) < _DESCRIPTION_MIN_WORDS)


def _too_long(box: Box) -> Iterator[Spot]:
    for tool in box:
        if len(tool.description) > DESCRIPTION_MAX_CHARS:
            yield Spot(tool.name, words={"chars": len(tool.description), "limit": DESCRIPTION_MAX_CHARS})


def _vague_name(box: Box) -> Iterator[Spot]:
    return (Spot(tool.name) for tool in box if set(name_words(tool.name)) <= _VAGUE)


def _unbounded_result(box: Box) -> Iterator[Spot]:
    for tool in box:
        limited = any(_LIMITS & set(name_words(name)) for name in properties(tool))
        if _LISTS.search((returns(tool) or "").casefold()) and not limited and not _BOUNDED.search(tool.description):
            yield Spot(tool.name, words={"hint": returns(tool)})


def _undeclared_result(box: Box) -> Iterator[Spot]:
    return (Spot(tool.name) for tool in box if returns(tool) is None)


WORDING_RULES = (
    LintRule(
        id="no-description",
        severity="error",
        text="it has no description",
        advice="Write a docstring: what it does in one sentence, then when to use it.",
        reason="The model chooses among tools by their descriptions alone.",
        check=_without_description,
    ),
    LintRule(
        id="short-description",
        severity="warning",
        text="its description is hardly longer than its name",
        advice="Say what it does and when to use it.",
        reason="A name repeated tells the model nothing that it did not know.",
        check=_too_short,
    ),
    LintRule(
        id="no-trigger",
        severity="warning",
        text="its description does not say when to use it",
        advice="Add a sentence with what people say: 'Use when the user asks what is on their list.'",
        reason="Speech is indirect ('I am out of milk'); without trigger phrases models talk instead of calling.",
        check=_without_trigger,
    ),
    LintRule(
        id="long-description",
        severity="warning",
        text="its description has {chars} characters, more than {limit}",
        advice="Keep what decides when and how to call it; put the rest into the parameters or leave it out.",
        reason="Every turn reads all descriptions again: they cost latency, and long ones hide what matters.",
        check=_too_long,
    ),
    LintRule(
        id="vague-name",
        severity="warning",
        text="its name says nothing about what it does",
        advice="Name it by verb and object: 'reschedule_task'.",
        reason="The name is the strongest hint the model has, and it stands in the default question.",
        check=_vague_name,
    ),
    LintRule(
        id="unbounded-result",
        severity="warning",
        text="it returns {hint} and has no limit",
        advice="Take a 'limit' with a small default, or return few and say so ('at most five'), with a count of all.",
        reason="A list is read aloud, or fills the context; nobody can hear more than a few entries.",
        check=_unbounded_result,
    ),
    LintRule(
        id="undeclared-result",
        severity="hint",
        text="its result has no type hint",
        advice="Write the return type.",
        reason="Without it neither a reader nor these rules can tell how much it will say.",
        check=_undeclared_result,
    ),
)
