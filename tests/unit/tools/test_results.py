"""What a model is told is JSON it can act on, and never more than was meant for it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import msgspec
import pytest

from bareline import errors
from bareline.tools.arguments import InvalidArguments
from bareline.tools.results import error_text, invalid_text, result_text


@dataclass
class Task:
    title: str
    due: dt.date


class Odd:
    def __str__(self) -> str:
        return "odd"


def told(text: str) -> Any:
    return msgspec.json.decode(text)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("Done.", "Done."),
        (None, '{"status":"ok"}'),
        ([Task("milk", dt.date(2026, 1, 2))], '[{"title":"milk","due":"2026-01-02"}]'),
        ({"n": 1}, '{"n":1}'),
        (Odd(), '"odd"'),
    ],
)
def test_values_become_text(value: object, text: str) -> None:
    assert result_text(value) == text


def test_a_result_that_is_too_long_is_cut_and_says_so() -> None:
    cut = told(result_text("x" * 50, limit=10))
    assert cut["status"] == "truncated"
    assert cut["start"] == "x" * 10
    assert "50" in cut["hint"]


@pytest.mark.parametrize(
    ("error", "parts"),
    [
        (errors.NotFound("no milk", suggestions=("silk",)), {"kind": "not_found", "suggestions": ["silk"]}),
        (errors.NotFound("no milk"), {"kind": "not_found", "message": "no milk"}),
        (errors.InvalidRequest("bad", field="title"), {"kind": "invalid_request", "field": "title"}),
        (errors.Temporary("busy", retry_after_ms=5), {"kind": "temporary", "retry_after_ms": 5}),
        (errors.Denied("no", say="You may not."), {"kind": "denied", "say": "You may not."}),
        (errors.Permanent("never"), {"kind": "permanent", "say": "never"}),
        (errors.ToolError("so so"), {"kind": "failed"}),
    ],
)
def test_deliberate_errors_are_told_with_their_details(error: Exception, parts: dict[str, Any]) -> None:
    text = told(error_text(error))
    assert text["status"] == "error"
    assert parts.items() <= text.items()


def test_the_words_of_an_unexpected_exception_stay_inside() -> None:
    text = error_text(KeyError("password=hunter2"))
    assert "hunter2" not in text
    assert told(text)["kind"] == "internal"


def test_refused_arguments_are_told_with_what_was_expected() -> None:
    text = told(invalid_text("add", InvalidArguments("bad", "n", {"type": "integer"})))
    assert text["field"] == "n"
    assert text["expected"] == {"type": "integer"}
    assert "field" not in told(invalid_text("add", InvalidArguments("bad")))
