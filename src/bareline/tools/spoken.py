"""How is a value said, so that a question about it reads well aloud?"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from enum import Enum
from typing import Any

__all__ = ["SPOKEN_MAX_CHARS", "SPOKEN_MAX_ITEMS", "spoken"]

SPOKEN_MAX_CHARS = 160
"""Of one text; the rest is not read out."""
SPOKEN_MAX_ITEMS = 8
"""Of one list; the rest is counted."""
_WEEK_DAYS = 7
_HALF_A_YEAR_DAYS = 183
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November"),
    "December",
)
_NEAR = {-1: "yesterday", 0: "today", 1: "tomorrow"}


def spoken(value: Any, today: dt.date | None = None) -> str:
    """``value`` as a person would say it: "Friday", "the 3rd of March", "1,250", "2 hours", "milk, bread and tea".

    ``today``: days near it are named by it; without it a date has its year. Of anything unknown its ``str``.
    """
    if isinstance(value, Enum):
        value = value.value
    for kind, say in _SAYINGS:
        if isinstance(value, kind):
            return say(value, today)
    return _shortened(str(value))


def _several(values: Any, today: dt.date | None) -> str:
    return _listed([spoken(value, today) for value in values])


def _named(values: Any, today: dt.date | None) -> str:
    return _listed([f"{spoken(name)} {spoken(value, today)}" for name, value in values.items()])


def _moment(moment: dt.datetime, today: dt.date | None) -> str:
    return f"{_day(moment.date(), today)} at {_clock(moment.time())}"


def _shortened(text: str) -> str:
    words = " ".join(text.split())
    if len(words) <= SPOKEN_MAX_CHARS:
        return words
    return f"{words[:SPOKEN_MAX_CHARS].rsplit(' ', 1)[0]} and so on"


def _amount(value: float | Decimal) -> str:
    """Thousands are set apart; a float has no more digits than it was given, a whole one none after the point."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:  # exact as an integer
        value = int(value)
    return f"{value:,}"


def _day(day: dt.date, today: dt.date | None) -> str:
    date = f"the {_ordinal(day.day)} of {_MONTHS[day.month - 1]}"
    if today is None:
        return f"{date} {day.year}"
    away = (day - today).days
    if away in _NEAR:
        return _NEAR[away]
    if 0 < away < _WEEK_DAYS:
        return _DAYS[day.weekday()]
    return date if abs(away) <= _HALF_A_YEAR_DAYS or day.year == today.year else f"{date} {day.year}"


def _ordinal(number: int) -> str:
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th") if number // 10 != 1 else "th"
    return f"{number}{ending}"


def _clock(time: dt.time) -> str:
    if (time.hour, time.minute) in {(0, 0), (12, 0)}:
        return "noon" if time.hour else "midnight"
    half = "am" if time.hour < 12 else "pm"  # noon
    minutes = f":{time.minute:02}" if time.minute else ""
    return f"{(time.hour - 1) % 12 + 1}{minutes} {half}"


def _duration(length: dt.timedelta) -> str:
    seconds = abs(round(length.total_seconds()))
    parts: list[str] = []
    for unit, size in (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1)):
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count} {unit}{'' if count == 1 else 's'}")
    said = _listed(parts) if parts else "0 seconds"
    return f"minus {said}" if length < dt.timedelta(0) and parts else said


def _listed(words: list[str]) -> str:
    if len(words) > SPOKEN_MAX_ITEMS:
        more = len(words) - SPOKEN_MAX_ITEMS + 1
        words = [*words[: SPOKEN_MAX_ITEMS - 1], f"{more} more"]
    if len(words) < 2:  # nothing to join
        return words[0] if words else "nothing"
    return f"{', '.join(words[:-1])} and {words[-1]}"


_SAYINGS: tuple[tuple[Any, Callable[[Any, dt.date | None], str]], ...] = (
    (type(None), lambda _, __: "none"),
    (bool, lambda value, _: "yes" if value else "no"),
    (str, lambda value, _: _shortened(value)),
    ((int, float, Decimal), lambda value, _: _amount(value)),
    (dt.datetime, _moment),
    (dt.date, _day),
    (dt.time, lambda value, _: _clock(value)),
    (dt.timedelta, lambda value, _: _duration(value)),
    ((list, tuple, set, frozenset), _several),
    (dict, _named),
)
"""The first kind that fits; a moment is a day too, a truth value a number."""
