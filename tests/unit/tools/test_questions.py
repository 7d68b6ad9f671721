"""Questions read well aloud, and one can always be asked."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from enum import Enum
from typing import Any

import pytest

from bareline.tools.questions import plain_question, question_about, unknown_names
from bareline.tools.spoken import SPOKEN_MAX_CHARS, spoken

MONDAY = dt.date(2026, 11, 23)


class Size(Enum):
    LARGE = "large"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, "none"),
        (True, "yes"),
        (False, "no"),
        (Size.LARGE, "large"),
        ("  review\nproposal ", "review proposal"),
        (3, "3"),
        (1250, "1,250"),
        (24.0, "24"),
        (0.5, "0.5"),
        (Decimal("1234.50"), "1,234.50"),
        (float("inf"), "inf"),
        (dt.date(2026, 11, 22), "yesterday"),
        (dt.date(2026, 11, 23), "today"),
        (dt.date(2026, 11, 24), "tomorrow"),
        (dt.date(2026, 11, 27), "Friday"),
        (dt.date(2026, 11, 30), "the 30th of November"),
        (dt.date(2027, 3, 3), "the 3rd of March"),
        (dt.date(2027, 11, 22), "the 22nd of November 2027"),
        (dt.date(2026, 1, 1), "the 1st of January"),
        (dt.date(2026, 12, 11), "the 11th of December"),
        (dt.datetime(2026, 11, 27, 15, 30), "Friday at 3:30 pm"),  # noqa: DTZ001 (said as it is written)
        (dt.time(12), "noon"),
        (dt.time(0), "midnight"),
        (dt.time(9), "9 am"),
        (dt.time(0, 5), "12:05 am"),
        (dt.timedelta(hours=2, minutes=1), "2 hours and 1 minute"),
        (dt.timedelta(days=-1), "minus 1 day"),
        (dt.timedelta(0), "0 seconds"),
        ([], "nothing"),
        (["milk"], "milk"),
        (("milk", "bread", "tea"), "milk, bread and tea"),
        ([*range(10)], "0, 1, 2, 3, 4, 5, 6 and 3 more"),
        ({"to": "Ann", "amount": 2000}, "to Ann and amount 2,000"),
        (complex(1, 2), "(1+2j)"),
    ],
)
def test_values_are_said_as_a_person_would(value: Any, said: str) -> None:
    assert spoken(value, MONDAY) == said


def test_a_date_without_a_today_has_its_year() -> None:
    assert spoken(dt.date(2026, 11, 23)) == "the 23rd of November 2026"


def test_a_long_text_is_not_read_out_whole() -> None:
    said = spoken("word " * 100)
    assert said.endswith("word and so on")
    assert len(said) <= SPOKEN_MAX_CHARS + len(" and so on")


@pytest.mark.parametrize(
    ("template", "described", "asked"),
    [
        ("Delete {title}, due {due}?", None, "Delete milk, due Friday?"),
        ("Delete {title}, due {due:%d %B}?", None, "Delete milk, due 27 November?"),
        ("Delete {object}?", "'milk', due Friday", "Delete 'milk', due Friday?"),
        ("Delete {title}?", "'milk', due Friday", "Delete milk?"),
        ("", "'milk', due Friday", "Shall I really delete the task 'milk', due Friday?"),
        ("", None, "Shall I really delete task: title milk, due Friday?"),
        ("Delete {object}?", None, "Shall I really delete task: title milk, due Friday?"),
        ("Delete {title:%d}?", None, "Shall I really delete task: title milk, due Friday?"),
    ],
)
def test_the_question_is_about_the_actual_arguments(template: str, described: str | None, asked: str) -> None:
    values = {"title": "milk", "due": dt.date(2026, 11, 27), "note": None}
    assert question_about("delete_task", template, values, described, MONDAY) == asked


@pytest.mark.parametrize(
    ("tool", "asked"),
    [
        ("pay", "Shall I really pay Ann?"),
        ("delete_task", "Shall I really delete the task Ann?"),
        ("clear_all_tasks", "Shall I really clear all tasks Ann?"),
    ],
)
def test_a_question_about_what_was_found_has_its_article(tool: str, asked: str) -> None:
    assert question_about(tool, "", {}, "Ann") == asked


def test_a_plain_template_names_every_field() -> None:
    assert (
        plain_question("delete_task", ["title", "due_day"])
        == "Shall I really delete task: title {title}, due day {due_day}?"
    )
    assert plain_question("stop", []) == "Shall I really stop?"
    assert question_about("stop", "", {}, None) == "Shall I really stop?"
    assert unknown_names("{title} {object} {other.part}", ["title"]) == ["other"]
