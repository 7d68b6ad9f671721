"""Numbers, dates and times in words."""

from __future__ import annotations

from datetime import date, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bareline.server.backends.rules.dates import parse_date, parse_time, say_date, say_time, stated_date
from bareline.server.backends.rules.numbers import number_words, ordinal, ordinal_words, parse_number
from bareline.server.backends.rules.words import phrase, plural, singular, spoken

MONDAY = date(2026, 11, 23)


@given(st.integers(0, 9999))
def test_a_number_in_words_is_that_number(value):
    words = phrase(number_words(value))
    assert parse_number(words, 0) == (value, len(words))


@given(st.integers(1, 31))
def test_an_ordinal_in_words_is_that_ordinal(value):
    words = phrase(ordinal_words(value))
    assert ordinal(words, 0) == (value, len(words))


@pytest.mark.parametrize(
    ("text", "value"),
    [("a hundred and twenty", 120), ("two and a half", 2.5), ("three point one four", 3.14), ("a dozen", 12), ("7", 7)],
)
def test_numbers_as_people_say_them(text, value):
    found = parse_number(phrase(text), 0)
    assert found is not None
    assert found[0] == value


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("today", "2026-11-23"),
        ("the day after tomorrow", "2026-11-25"),
        ("friday", "2026-11-27"),
        ("monday", "2026-11-30"),
        ("next friday", "2026-12-04"),
        ("friday next week", "2026-12-04"),
        ("in three days", "2026-11-26"),
        ("in a week", "2026-11-30"),
        ("the fifth of may", "2027-05-05"),
        ("May 5th", "2027-05-05"),
        ("friday the 27th of november", "2026-11-27"),
        ("the thirtieth", "2026-11-30"),
        ("the end of the month", "2026-11-30"),
        ("2026-12-24", "2026-12-24"),
    ],
)
def test_days(text, day):
    words = phrase(text)
    assert parse_date(words, 0, MONDAY) == (date.fromisoformat(day), len(words))


@pytest.mark.parametrize(
    "text", ["may i go", "the first one", "the thirty second of may", "2026-13-01", "in five pizzas"]
)
def test_what_is_no_day(text):
    assert parse_date(phrase(text), 0, MONDAY) is None


@given(st.integers(0, 290))
def test_a_day_as_it_is_told_is_that_day(ahead):
    day = MONDAY + timedelta(days=ahead)
    words = phrase(say_date(day, MONDAY))
    assert parse_date(words, 0, MONDAY) == (day, len(words))


@pytest.mark.parametrize(
    ("text", "clock"),
    [
        ("half past three", time(15, 30)),
        ("quarter to eight", time(7, 45)),
        ("three p m", time(15)),
        ("9am", time(9)),
        ("ten thirty in the morning", time(10, 30)),
        ("seven o'clock in the evening", time(19)),
        ("15:45", time(15, 45)),
        ("noon", time(12)),
        ("12 am", time(0)),
    ],
)
def test_times(text, clock):
    found = parse_time(phrase(text), 0)
    assert found is not None
    assert found[0] == clock


def test_a_bare_number_is_a_time_only_after_at():
    assert parse_time(("at", "seven"), 1) == (time(7), 1)
    assert parse_time(("seven",), 0) is None


@given(st.times())
def test_a_time_as_it_is_told_is_that_time(clock):
    minute = clock.replace(second=0, microsecond=0, minute=clock.minute if clock.minute >= 10 else 0)
    found = parse_time(phrase(say_time(minute)), 0)
    assert found is not None
    assert found[0] == minute


@pytest.mark.parametrize(
    "text",
    [
        "Today is Monday, 23 November 2026.",
        "Today's date is 2026-11-23.",
        "today is November 23rd, 2026",
        "Date: 2026-11-23",
    ],
)
def test_the_date_is_read_from_instructions(text):
    assert stated_date(f"Be kind. {text} Be brief.") == MONDAY


def test_no_date_is_made_up():
    assert stated_date("You are a shop. Today is a good day. Founded 1999-01-01.") is None


@pytest.mark.parametrize("word", ["task", "party", "box", "lunch", "day", "person"])
def test_one_and_many(word):
    assert singular(plural(word)) == word


def test_identifiers_are_spoken():
    assert [spoken(name) for name in ("in_progress", "dueDate", "EXTRA-LARGE")] == [
        "in progress",
        "due date",
        "extra large",
    ]
    assert phrase("What's John's 2nd-best idea?") == ("what", "is", "john", "2nd", "best", "idea")
