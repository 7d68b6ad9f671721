"""A day without a time, or a time without a day: what is missing, and how do both become one moment?"""

from __future__ import annotations

from datetime import date, time

from bareline.server.backends.rules.dates import say_date, say_time

__all__ = ["complete_moment", "moment_question"]

_TIME_CHARS = len("15:30")


def complete_moment(first: str, second: str = "") -> str:
    """The moment that both parts make, in either order; empty while a part is missing."""
    for part in (second, first):
        if "T" in part:
            return part
    day = next((part for part in (second, first) if "-" in part), "")
    clock = next((part for part in (second, first) if ":" in part), "")
    return f"{day}T{clock}:00" if day and clock else ""


def moment_question(known: str, today: date) -> str:
    """The question for the part that is missing."""
    if len(known) == _TIME_CHARS:
        return f"On which day at {say_time(time.fromisoformat(known))}?"
    day = say_date(date.fromisoformat(known), today)
    return f"At what time {day if day in {'today', 'tomorrow', 'yesterday'} else 'on ' + day}?"
