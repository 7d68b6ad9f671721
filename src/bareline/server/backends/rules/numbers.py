"""Which number do these words say, and how is a number of a range said to a recogniser?"""

from __future__ import annotations

import re
from collections.abc import Callable

from bareline.server.backends.rules.words import words_of

__all__ = ["number_grammar", "number_words", "ordinal", "ordinal_words", "parse_number"]

_UNITS = words_of(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen"
)
_TENS = words_of("_ _ twenty thirty forty fifty sixty seventy eighty ninety")
_SMALL = {word: value for value, word in enumerate(_UNITS)} | {"oh": 0}
_TEN_VALUES = {word: 10 * value for value, word in enumerate(_TENS) if word != "_"}
_SCALES = {"hundred": 100, "thousand": 1000}
_COUNTS = {("a", "dozen"): 12, ("a", "couple", "of"): 2, ("a", "couple"): 2, ("a", "pair", "of"): 2}
_ORDINAL_UNITS = words_of(
    "zeroth first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth "
    "fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth"
)
_ORDINALS = {word: value for value, word in enumerate(_ORDINAL_UNITS) if value} | {"twentieth": 20, "thirtieth": 30}
LISTED_MAX = 20
"""Ranges up to this length are listed for the recogniser; longer ones are composed of tens and units."""


def parse_number(words: tuple[str, ...], start: int) -> tuple[float, int] | None:
    """The number that begins at ``start`` and how many words it takes; None when there is none."""
    for said, value in _COUNTS.items():
        if words[start : start + len(said)] == said:
            return value, len(said)
    if start < len(words) and re.fullmatch(r"\d+(\.\d+)?", words[start]):
        return float(words[start]), 1
    whole, used = _whole(words, start)
    if not used:
        return None
    return _with_fraction(words, start, whole, used)


def number_words(value: int) -> str:
    """``value`` (0-9999) in words, without "and"."""
    if value < 20:
        return _UNITS[value]
    if value < 100:
        return _TENS[value // 10] + (f" {_UNITS[value % 10]}" if value % 10 else "")
    scale, name = (100, "hundred") if value < 1000 else (1000, "thousand")
    rest = f" {number_words(value % scale)}" if value % scale else ""
    return f"{number_words(value // scale)} {name}{rest}"


def ordinal(words: tuple[str, ...], start: int) -> tuple[int, int] | None:
    """The ordinal (1-39) at ``start`` and how many words it takes: ``twenty first``, ``5th``."""
    if start >= len(words):
        return None
    word = words[start]
    if match := re.fullmatch(r"(\d+)(st|nd|rd|th)", word):
        return int(match.group(1)), 1
    if word in _ORDINALS:
        return _ORDINALS[word], 1
    if word in _TEN_VALUES and start + 1 < len(words) and 0 < _ORDINALS.get(words[start + 1], 0) < 10:
        return _TEN_VALUES[word] + _ORDINALS[words[start + 1]], 2
    return None


def ordinal_words(value: int) -> str:
    """``value`` (1-39) as an ordinal in words."""
    if value < 20:
        return _ORDINAL_UNITS[value]
    if value % 10 == 0:
        return {20: "twentieth", 30: "thirtieth"}[value]
    return f"{_TENS[value // 10]} {_ORDINAL_UNITS[value % 10]}"


def number_grammar(low: int, high: int) -> str:
    """A JSGF expansion that says the whole numbers from ``low`` to ``high`` (0-9999)."""
    if high - low <= LISTED_MAX:
        return "( " + " | ".join(number_words(value) for value in range(low, high + 1)) + " )"
    units = " | ".join(_UNITS[1:10])
    tens = " | ".join(word for word in _TENS[2:] if _TEN_VALUES[word] <= high)
    small = " | ".join(_UNITS[max(low, 0) : 20])
    parts = [small, f"( {tens} ) [ {units} ]"]
    if high >= 100:
        parts.append("( one | a ) hundred" if high < 200 else f"( a | {units} ) hundred [ [and] ( {tens} ) ]")
    return "( " + " | ".join(part for part in parts if part) + " )"


def _whole(words: tuple[str, ...], start: int) -> tuple[int, int]:
    """Value and length of the whole number at ``start``; length 0 when there is none."""
    _, used = _scaled(words, start, "hundred", _below_hundred)
    if not used and words[start : start + 2] != ("a", "thousand"):
        return 0, 0
    return _scaled(words, start, "thousand", lambda words, at: _scaled(words, at, "hundred", _below_hundred))


def _scaled(
    words: tuple[str, ...], start: int, scale: str, below: Callable[[tuple[str, ...], int], tuple[int, int]]
) -> tuple[int, int]:
    """A number that may count hundreds or thousands: [two] hundred [and] [seven]; ``below`` reads the smaller ones."""
    value, used = (1, 1) if words[start : start + 2] == ("a", scale) else below(words, start)
    if not used or words[start + used : start + used + 1] != (scale,):
        return value, used
    used += 1
    joint = 1 if words[start + used : start + used + 1] == ("and",) else 0
    rest, length = below(words, start + used + joint)
    return value * _SCALES[scale] + rest, used + (joint + length if length else 0)


def _below_hundred(words: tuple[str, ...], start: int) -> tuple[int, int]:
    if start >= len(words):
        return 0, 0
    word = words[start]
    if word in _TEN_VALUES:
        unit = _SMALL.get(words[start + 1], 0) if start + 1 < len(words) else 0
        return (_TEN_VALUES[word] + unit, 2) if 0 < unit < 10 else (_TEN_VALUES[word], 1)
    return (_SMALL[word], 1) if word in _SMALL else (0, 0)


def _with_fraction(words: tuple[str, ...], start: int, whole: int, used: int) -> tuple[float, int]:
    rest = words[start + used : start + used + 3]
    if rest == ("and", "a", "half"):
        return whole + 0.5, used + 3
    if rest[:1] != ("point",):
        return whole, used
    digits = ""
    index = start + used + 1
    while index < len(words) and _SMALL.get(words[index], 10) < 10:
        digits += str(_SMALL[words[index]])
        index += 1
    return (float(f"{whole}.{digits}"), index - start) if digits else (whole, used)
