"""Can a speaker give these parameters, and can a model fill them in from what was said?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from bareline.tools.lint.rule import Box, LintRule, Spot, name_words, properties
from bareline.tools.tool import Tool

__all__ = ["CHOICES_MAX", "PARAMETER_RULES", "REQUIRED_MAX"]

CHOICES_MAX = 20
REQUIRED_MAX = 4
_DEFAULT_SAID = re.compile(
    r"\b(default|unless|otherwise|if not|when not|if none|without|left out|leave|omit|else|standard|sonst|wenn nicht)",
    re.IGNORECASE,
)
_DATES = frozenset(("date", "day", "due", "deadline", "when", "time", "start", "end", "until", "since", "by", "at"))
_DATE_FORMATS = {"date": "date", "time": "time of day", "date-time": "date and time"}
_RELATIVE = re.compile(
    r"\b(today|tomorrow|tonight|weekday|relative|now|current|next \w+day|noon|morning|evening|heute|morgen|jetzt)\b"
    r"|o'clock|time ?zone",
    re.IGNORECASE,
)
_WRITTEN = re.compile(r"YYYY|HH:MM|ISO 8601|RFC ?3339|\b\d{4}-\d\d-\d\d\b|\b\d\d:\d\d\b", re.IGNORECASE)
_ZONE = re.compile(r"\b(zone|utc|local|offset|ortszeit)\b", re.IGNORECASE)
_IDENTIFIERS = frozenset(("id", "ids", "uuid", "guid", "slug", "hash", "key", "sku", "ref", "reference"))
_SECRETS = frozenset(("password", "passwort", "pin", "cvv", "cvc", "secret", "token", "ssn", "otp", "passcode"))
_SPELLED = frozenset(("email", "mail", "url", "iban", "phone", "address", "zip", "postcode", "plate"))
_SOURCE = re.compile(r"\b(returned|given|listed|found|result|from|as in)\b", re.IGNORECASE)
_SPEAKABLE = re.compile(r"[^\W\d_]*[aeiouyäöüáéíóú][^\W\d_]*|\d+|[a-z]", re.IGNORECASE)


def _undescribed(box: Box) -> Iterator[Spot]:
    for tool, name, schema in _parameters(box):
        if not schema.get("description") and "enum" not in schema and schema.get("type") != "boolean":
            yield Spot(tool.name, name)


def _unsaid_default(box: Box) -> Iterator[Spot]:
    for tool, name, schema in _parameters(box):
        default = schema.get("default")
        if default is None or default == "":
            continue
        value = str(default).casefold()
        said = str(schema.get("description", ""))
        named = re.search(rf"\b{re.escape(value)}\b", f"{said} {tool.description}".casefold())
        if not (named or _DEFAULT_SAID.search(said)):
            yield Spot(tool.name, name, {"default": default})


def _unexplained_date(box: Box) -> Iterator[Spot]:
    for tool, name, schema in _parameters(box):
        kind = _DATE_FORMATS.get(str(_formatted(schema)))
        said = str(schema.get("description", ""))
        if kind and not _RELATIVE.search(said) and not _RELATIVE.search(tool.description):
            yield Spot(tool.name, name, {"kind": kind})


def _date_as_text(box: Box) -> Iterator[Spot]:
    for tool, name, schema in _parameters(box):
        plain = schema.get("type") == "string" and not {"format", "enum", "pattern"} & schema.keys()
        if plain and _DATES & set(name_words(name)[-1:]) and not _WRITTEN.search(str(schema.get("description", ""))):
            yield Spot(tool.name, name)


def _without_zone(box: Box) -> Iterator[Spot]:
    for tool, name, schema in _parameters(box):
        said = f"{schema.get('description', '')} {tool.description}"
        if _formatted(schema) == "date-time" and not _ZONE.search(said):
            yield Spot(tool.name, name)


def _opaque(box: Box) -> Iterator[Spot]:
    names = [tool.name for tool in box]
    for tool, name, schema in _parameters(box):
        if schema.get("type") != "string" or "enum" in schema:
            continue
        said = str(schema.get("description", ""))
        looked_up = _SOURCE.search(said) and any(other in said for other in names if other != tool.name)
        words = name_words(name)[-1:]
        if (_IDENTIFIERS & set(words) or schema.get("format") == "uuid") and not looked_up:
            yield Spot(tool.name, name)


def _secret(box: Box) -> Iterator[Spot]:
    for tool, name, _ in _parameters(box):
        if _SECRETS & set(name_words(name)):
            yield Spot(tool.name, name)


def _spelled_out(box: Box) -> Iterator[Spot]:
    for tool, name, schema in _parameters(box):
        asked = any(f"{{{name}" in getattr(rule, "question", "") for rule in tool.consent)
        free = schema.get("type") == "string" and "enum" not in schema
        if free and tool.effect != "read" and _SPELLED & set(name_words(name)) and not asked:
            yield Spot(tool.name, name)


def _unspeakable(box: Box) -> Iterator[Spot]:
    for tool, name, schema in _parameters(box):
        codes = [value for value in _choices(schema) if isinstance(value, str) and not _is_spoken(value)]
        said = str(schema.get("description", ""))
        odd = [code for code in codes if code not in said]
        if odd:
            yield Spot(tool.name, name, {"codes": ", ".join(odd[:3])})


def _many_choices(box: Box) -> Iterator[Spot]:
    for tool, name, schema in _parameters(box):
        if len(_choices(schema)) > CHOICES_MAX:
            yield Spot(tool.name, name, {"count": len(_choices(schema)), "limit": CHOICES_MAX})


def _many_required(box: Box) -> Iterator[Spot]:
    for tool in box:
        required: list[str] = tool.parameters["required"]
        if len(required) > REQUIRED_MAX:
            yield Spot(tool.name, words={"count": len(required), "limit": REQUIRED_MAX})


def _parameters(box: Box) -> Iterator[tuple[Tool, str, dict[str, Any]]]:
    return ((tool, name, schema) for tool in box for name, schema in properties(tool).items())


def _formatted(schema: dict[str, Any]) -> object:
    inner: dict[str, Any] = schema.get("items") or {}
    return schema.get("format") or inner.get("format")


def _choices(schema: dict[str, Any]) -> list[Any]:
    inner: dict[str, Any] = schema.get("items") or {}
    return schema.get("enum") or inner.get("enum") or []


def _is_spoken(value: str) -> bool:
    words = re.split(r"[\s_-]+", value.strip())
    return all(_SPEAKABLE.fullmatch(word) for word in words if word)


PARAMETER_RULES = (
    LintRule(
        id="undescribed-parameter",
        severity="warning",
        text="parameter '{parameter}' has no description",
        advice="Describe it in the docstring ('Args:'), as the user would say it and as you want it written.",
        reason="The model fills it in from speech; where the words do not match the name, it guesses or asks.",
        check=_undescribed,
    ),
    LintRule(
        id="unsaid-default",
        severity="warning",
        text="the default of '{parameter}', {default}, is not said in words",
        advice="Say what happens when the user does not mention it: 'How many; one unless they say otherwise.'",
        reason="Models ask for what looks missing; every such question costs the user a turn.",
        check=_unsaid_default,
    ),
    LintRule(
        id="unexplained-date",
        severity="warning",
        text="'{parameter}' is a {kind}, and nothing says how spoken ones are meant",
        advice="Say relative to what: 'The day it is due; work out tomorrow or Friday from today, the next one.'",
        reason="People say 'tomorrow', 'next Friday', 'half seven'. Told nothing, models guess, also the year.",
        check=_unexplained_date,
    ),
    LintRule(
        id="date-as-text",
        severity="warning",
        text="'{parameter}' sounds like a date or time and is any text",
        advice="Use datetime.date, time or datetime; at least say how it is to be written, such as YYYY-MM-DD.",
        reason="A typed date is checked before your function runs, and the model is told what to mend.",
        check=_date_as_text,
    ),
    LintRule(
        id="time-zone",
        severity="hint",
        text="'{parameter}' is a date and time whose zone nobody names",
        advice="Say whose: 'in the user's local time'.",
        reason="The model writes UTC, an offset or nothing, as it likes.",
        check=_without_zone,
    ),
    LintRule(
        id="opaque-identifier",
        severity="warning",
        text="'{parameter}' is an identifier that nobody says aloud",
        advice="Take what a speaker says (a title, a number of few digits) and look it up, with suggestions when it is "
        "not found; or say which tool it comes from: 'As returned by find_order.'",
        reason="Models make identifiers up when they have none, and read them aloud when they have.",
        check=_opaque,
    ),
    LintRule(
        id="secret-parameter",
        severity="error",
        text="'{parameter}' asks the user to say a secret aloud",
        advice="Get it in another way: a link, the keypad, a check in the application (ToolContext.app).",
        reason="What is said is heard by others, and stands in transcripts and traces.",
        check=_secret,
    ),
    LintRule(
        id="spelled-out",
        severity="hint",
        text="'{parameter}' has to be spelled, and is used without being read back",
        advice="Name it in the question (confirm='Send it to {parameter}?'), or take it from the user's account.",
        reason="Addresses and numbers are what speech recognition gets wrong most.",
        check=_spelled_out,
    ),
    LintRule(
        id="unspeakable-choices",
        severity="warning",
        text="'{parameter}' has choices that nobody says: {codes}",
        advice="Use words ('high', 'extra large'), or say in the description what each code means.",
        reason="The model has to match speech to a choice, and says the choice when it asks.",
        check=_unspeakable,
    ),
    LintRule(
        id="many-choices",
        severity="warning",
        text="'{parameter}' has {count} choices, more than {limit}",
        advice="Take free text and look it up (bareline.not_found gives suggestions), or group them.",
        reason="A long list costs every turn, and cannot be offered by voice.",
        check=_many_choices,
    ),
    LintRule(
        id="many-required",
        severity="warning",
        text="it needs {count} things to be said, more than {limit}",
        advice="Give defaults, look things up, or split it.",
        reason="A form read aloud is the slowest way to fill one in.",
        check=_many_required,
    ),
)
