"""Which day and time do these words mean, and how is a date said?

``next friday`` is the Friday of next week, a bare ``friday`` the first one after today; the answer always names the
date, so that a different reading is heard.
"""

from __future__ import annotations

import calendar
import re
from datetime import date, datetime, time, timedelta

from bareline.server.backends.rules.numbers import ordinal, ordinal_words, parse_number

__all__ = ["DATE_GRAMMAR", "parse_date", "parse_time", "say_date", "say_moment", "say_time", "stated_date"]

WEEKDAYS = tuple(day.lower() for day in calendar.day_name)
MONTHS = tuple(month.lower() for month in calendar.month_name)
_FIXED: dict[tuple[str, ...], int] = {
    ("the", "day", "after", "tomorrow"): 2,
    ("day", "after", "tomorrow"): 2,
    ("today",): 0,
    ("tonight",): 0,
    ("this", "evening"): 0,
    ("this", "afternoon"): 0,
    ("tomorrow",): 1,
    ("yesterday",): -1,
    ("next", "week"): 7,
    ("a", "week", "from", "today"): 7,
}
_PARTS = {"morning": False, "afternoon": True, "evening": True, "night": True}
_CLOCK_WORDS = {"noon": time(12), "midday": time(12), "midnight": time(0)}
_STATED = (
    re.compile(r"\b(?:today|current date|date today|date)\b[^.\n]{0,20}?(\d{4}-\d\d-\d\d)", re.IGNORECASE),
    re.compile(r"\btoday(?:'s date)? is\s+([^.\n;]{6,40})", re.IGNORECASE),
)


def parse_date(words: tuple[str, ...], start: int, today: date) -> tuple[date, int] | None:
    """The day named from ``start`` on and how many words it takes; None when none is named."""
    for said, days in _FIXED.items():
        if words[start : start + len(said)] == said:
            return today + timedelta(days=days), len(said)
    for read in (_iso, _relative, _weekday, _day_of_month, _month_first, _period_end):
        found = read(words, start, today)
        if found is not None:
            return found
    return None


def parse_time(words: tuple[str, ...], start: int) -> tuple[time, int] | None:
    """The time of day from ``start`` on; a bare number counts only after ``at`` (hours 1-6 are taken as afternoon)."""
    after_at = start > 0 and words[start - 1] in {"at", "by", "until", "from"}
    found = _named_time(words, start) or _numeric_time(words, start, bare=after_at)
    if found is None:
        return None
    hour, minute, used, sure = found
    rest = words[start + used : start + used + 3]
    if rest[:1] in (("am",), ("pm",)):
        return _half(hour, minute, pm=rest[0] == "pm"), used + 1
    if rest[:2] in (("a", "m"), ("p", "m")):
        return _half(hour, minute, pm=rest[0] == "p"), used + 2
    if rest[:2] == ("in", "the") and rest[2:] and rest[2] in _PARTS:
        return _half(hour, minute, pm=_PARTS[rest[2]]), used + 3
    if rest[:2] == ("at", "night"):
        return _half(hour, minute, pm=True), used + 2
    if not sure and 1 <= hour <= 6:
        hour += 12
    return time(hour % 24, minute), used


def say_date(day: date, today: date) -> str:
    """``day`` as a person says it: today, tomorrow, or weekday and date (with the year when it is far)."""
    near = {0: "today", 1: "tomorrow", -1: "yesterday"}.get((day - today).days)
    if near is not None:
        return near
    ending = "th" if 10 <= day.day % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(day.day % 10, "th")
    year = f" {day.year}" if abs((day - today).days) > 300 else ""
    return f"{WEEKDAYS[day.weekday()].capitalize()}, {MONTHS[day.month].capitalize()} {day.day}{ending}{year}"


def say_time(at: time) -> str:
    """``at`` on the twelve-hour clock."""
    hour = at.hour % 12 or 12
    half = "a.m." if at.hour < 12 else "p.m."
    return f"{hour}:{at.minute:02d} {half}" if at.minute else f"{hour} {half}"


def say_moment(moment: datetime, today: date) -> str:
    """A date and a time."""
    return f"{say_date(moment.date(), today)} at {say_time(moment.time())}"


def stated_date(instructions: str) -> date | None:
    """The date that the instructions declare to be today's, if they do."""
    for pattern in _STATED:
        match = pattern.search(instructions)
        if match is None:
            continue
        words = tuple(re.findall(r"\d{4}-\d\d-\d\d|\d+(?:st|nd|rd|th)?|[a-z]+", match.group(1).lower()))
        found = _written_date(words)
        if found is not None:
            return found
    return None


def _written_date(words: tuple[str, ...]) -> date | None:
    """A full date with its year, in any usual order."""
    year = next((int(word) for word in words if re.fullmatch(r"\d{4}", word)), None)
    for start in range(len(words)):
        found = _iso(words, start, date.min)
        if found is not None:
            return found[0]
        if year is None or words[start] in WEEKDAYS:
            continue
        reference = date(year, 1, 1) - timedelta(days=1)
        read = _day_of_month(words, start, reference) or _month_first(words, start, reference)
        if read is not None:
            return read[0]
    return None


def _iso(words: tuple[str, ...], start: int, today: date) -> tuple[date, int] | None:
    del today
    if start < len(words) and re.fullmatch(r"\d{4}-\d\d-\d\d", words[start]):
        try:
            return date.fromisoformat(words[start]), 1
        except ValueError:
            return None
    return None


def _relative(words: tuple[str, ...], start: int, today: date) -> tuple[date, int] | None:
    """in three days, in a week, in two weeks."""
    if words[start : start + 1] != ("in",):
        return None
    if words[start + 1 : start + 2] in (("a",), ("one",)):
        count, used = 1.0, 1
    else:
        number = parse_number(words, start + 1)
        if number is None:
            return None
        count, used = number
    unit = words[start + 1 + used] if start + 1 + used < len(words) else ""
    days = {"day": 1, "days": 1, "week": 7, "weeks": 7}.get(unit)
    return None if days is None or count > 999 else (today + timedelta(days=int(count * days)), used + 2)


def _weekday(words: tuple[str, ...], start: int, today: date) -> tuple[date, int] | None:
    """friday, this friday, next friday, friday next week; a following date wins (friday the fifth of may)."""
    lead = 1 if words[start : start + 1] in (("this",), ("next",), ("coming",)) else 0
    name = words[start + lead] if start + lead < len(words) else ""
    if name not in WEEKDAYS:
        return None
    after = _day_of_month(words, start + lead + 1, today) or _month_first(words, start + lead + 1, today)
    if after is not None:
        return after[0], after[1] + lead + 1
    target = WEEKDAYS.index(name)
    if words[start] == "next":
        return today + timedelta(days=7 - today.weekday() + target), 2
    if words[start + lead + 1 : start + lead + 3] == ("next", "week"):
        return today + timedelta(days=7 - today.weekday() + target), lead + 3
    return today + timedelta(days=(target - today.weekday() - 1) % 7 + 1), lead + 1


def _day_of_month(words: tuple[str, ...], start: int, today: date) -> tuple[date, int] | None:
    """the fifth of may, 5 may, the fifth (the next one)."""
    article = 1 if words[start : start + 1] == ("the",) else 0
    at = start + article
    read = ordinal(words, at)
    if read is None and at < len(words) and words[at].isdigit():
        read = int(words[at]), 1
        article = 2 if at + 1 < len(words) and words[at + 1] in (*MONTHS[1:], "of") else 0
    if read is None or not article:
        month_follows = read is not None and _month_at(words, at + read[1])
        if read is None or not month_follows:
            return None
    day, used = read
    place = at + used + (1 if words[at + used : at + used + 1] == ("of",) else 0)
    if place < len(words) and words[place] in MONTHS[1:]:
        found = _upcoming(MONTHS.index(words[place]), day, today)
        return None if found is None else (found, place + 1 - start)
    if words[start : start + 1] != ("the",) or words[at + used : at + used + 1] == ("one",):
        return None
    found = _next_day(day, today)
    return None if found is None else (found, at + used - start)


def _month_at(words: tuple[str, ...], at: int) -> bool:
    if words[at : at + 1] == ("of",):
        at += 1
    return at < len(words) and words[at] in MONTHS[1:]


def _month_first(words: tuple[str, ...], start: int, today: date) -> tuple[date, int] | None:
    """may fifth, may the fifth, may 5."""
    if start >= len(words) or words[start] not in MONTHS[1:]:
        return None
    at = start + 1 + (1 if words[start + 1 : start + 2] == ("the",) else 0)
    read = ordinal(words, at)
    if read is None and at < len(words) and words[at].isdigit():
        read = int(words[at]), 1
    if read is None:
        return None
    found = _upcoming(MONTHS.index(words[start]), read[0], today)
    return None if found is None else (found, at + read[1] - start)


def _period_end(words: tuple[str, ...], start: int, today: date) -> tuple[date, int] | None:
    """(the) end of the week, (the) end of the month."""
    lead = 1 if words[start : start + 1] == ("the",) else 0
    said = words[start + lead : start + lead + 4]
    if said in (("end", "of", "the", "week"), ("end", "of", "this", "week")):
        return today + timedelta(days=(4 - today.weekday()) % 7), lead + 4
    if said in (("end", "of", "the", "month"), ("end", "of", "this", "month")):
        return today.replace(day=calendar.monthrange(today.year, today.month)[1]), lead + 4
    return None


def _upcoming(month: int, day: int, today: date) -> date | None:
    for year in range(today.year, today.year + 5):
        if 1 <= day <= calendar.monthrange(year, month)[1] and date(year, month, day) >= today:
            return date(year, month, day)
    return None


def _next_day(day: int, today: date) -> date | None:
    for ahead in range(62):
        found = today + timedelta(days=ahead)
        if found.day == day:
            return found
    return None


def _named_time(words: tuple[str, ...], start: int) -> tuple[int, int, int, bool] | None:
    """noon, half past three, quarter to four: hour, minute, words used, whether the half of the day is sure."""
    if start < len(words) and words[start] in _CLOCK_WORDS:
        return _CLOCK_WORDS[words[start]].hour, 0, 1, True
    lead = 1 if words[start : start + 1] == ("a",) else 0
    kind = words[start + lead : start + lead + 2]
    shift = {"half past": 30, "quarter past": 15, "quarter to": -15}.get(" ".join(kind))
    if shift is None:
        return None
    number = parse_number(words, start + lead + 2)
    if number is None or not 1 <= number[0] <= 12:
        return None
    minutes = int(number[0]) * 60 + shift
    return minutes // 60, minutes % 60, lead + 2 + number[1], False


def _numeric_time(words: tuple[str, ...], start: int, *, bare: bool) -> tuple[int, int, int, bool] | None:
    """15:30, three thirty pm, three o'clock, at seven."""
    if start < len(words) and (match := re.fullmatch(r"(\d{1,2}):(\d\d)", words[start])):
        hour, minute = int(match.group(1)), int(match.group(2))
        return (hour, minute, 1, hour > 12 or hour == 0) if hour < 24 and minute < 60 else None
    number = parse_number(words, start)
    if number is None or not 1 <= number[0] <= 23 or number[0] != int(number[0]):
        return None
    hour, used = int(number[0]), number[1]
    minutes = parse_number(words, start + used)
    minute = 0
    if minutes is not None and 10 <= minutes[0] <= 59 and minutes[0] == int(minutes[0]):
        minute, used = int(minutes[0]), used + minutes[1]
    rest = words[start + used : start + used + 2]
    marked = rest[:1] in (("am",), ("pm",), ("o'clock",)) or rest in (("a", "m"), ("p", "m"), ("in", "the"))
    if rest[:1] == ("o'clock",):
        used += 1
    return (hour, minute, used, hour > 12) if marked or bare else None


def _half(hour: int, minute: int, *, pm: bool) -> time:
    return time(hour % 12 + (12 if pm else 0), minute) if hour <= 12 else time(hour % 24, minute)


_ORDINALS = " | ".join(ordinal_words(value) for value in range(1, 32))
_WEEKDAYS = " | ".join(WEEKDAYS)
_MONTHS = " | ".join(MONTHS[1:])
_HOURS = "one | two | three | four | five | six | seven | eight | nine | ten | eleven | twelve"
DATE_GRAMMAR = f"""\
<weekday> = {_WEEKDAYS} ;
<month> = {_MONTHS} ;
<ordinal> = {_ORDINALS} ;
<date> = today | tomorrow | tonight | [the] day after tomorrow | [ this | next ] <weekday> | next week
  | [<weekday>] the <ordinal> of <month> | <month> [the] <ordinal> | <weekday> next week
  | in ( a week | two weeks | three days | two days ) | the end of the week | the end of the month ;
<hour> = {_HOURS} ;
<time> = <hour> [ thirty | fifteen | forty five ] <half> | <hour> o'clock [<half>] | half past <hour>
  | quarter ( past | to ) <hour> | noon | midnight ;
<half> = a m | p m | in the ( morning | afternoon | evening ) ;
"""
"""JSGF rules ``<date>``, ``<time>`` and ``<hour>``: what people say of what is read here."""
