"""What a model is told is JSON it can act on, and never more than was meant for it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bareline import errors
from bareline.tools.arguments import InvalidArguments
from bareline.tools.phrases import ENGLISH, GERMAN
from bareline.tools.results import (
    cancelled_text,
    error_text,
    invalid_text,
    not_recorded_text,
    result_text,
    timed_out_text,
    too_large_text,
    unknown_text,
    unknown_tool_text,
)
from bareline.tools.similar import not_found


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
        (errors.ToolError("so so"), {"kind": "failed", "message": "so so", "say": "so so"}),
        (errors.Permanent(""), {"say": ENGLISH.permanent.say, "message": ENGLISH.permanent.message}),
        (errors.NotFound(""), {"say": "I couldn't find that."}),
        (errors.ToolCancelled("hung up"), {"kind": "cancelled", "say": ENGLISH.cancelled.say}),
    ],
)
def test_deliberate_errors_are_told_with_their_details(error: Exception, parts: dict[str, Any]) -> None:
    text = told(error_text(error))
    assert text["status"] == "error"
    assert parts.items() <= text.items()


def test_every_failure_has_all_that_a_model_needs_to_go_on() -> None:
    texts = [
        *(error_text(error("")) for error in (errors.NotFound, errors.Temporary, errors.RateLimited, KeyError)),
        invalid_text("add", InvalidArguments("bad")),
        timed_out_text(2.5),
        unknown_text(),
        cancelled_text(),
        not_recorded_text(),
        unknown_tool_text("fly", ["walk"]),
        too_large_text(300_000, 256_000),
    ]
    for text in map(told, texts):
        assert {"status", "kind", "message", "say", "offer", "retry"} <= text.keys()
        assert "{" not in str(text["message"]) + text["say"] + text["offer"]


@pytest.mark.parametrize(
    ("error", "say"),
    [
        (not_found("milk", ["silk", "ilk"]), "I couldn't find milk. Did you mean ilk or silk?"),
        (not_found("milk", []), "I couldn't find milk."),
        (not_found("milk", ["silk"], say="No milk today."), "No milk today."),
        (errors.NotFound("no milk", suggestions=("silk",)), "no milk. Did you mean silk?"),
        (errors.NotFound("No milk!", suggestions=("silk",)), "No milk! Did you mean silk?"),
    ],
)
def test_what_was_not_found_is_followed_by_what_there_is(error: Exception, say: str) -> None:
    assert told(error_text(error))["say"] == say


def test_a_rate_limit_has_its_own_words_and_says_when() -> None:
    text = told(error_text(errors.RateLimited("429", retry_after_ms=4_200), attempts=3))
    assert text["kind"] == "rate_limited"
    assert text["say"] == "I have asked for too much in a short time. I can try again in 5 seconds."
    assert (text["retry"], text["retry_after_ms"], text["attempts"]) == (False, 4_200, 3)


def test_exhausted_retries_have_their_own_words() -> None:
    once, thrice = told(error_text(errors.Temporary("busy"))), told(error_text(errors.Temporary("busy"), attempts=3))
    assert (once["retry"], once["message"], once["say"]) == (True, "busy.", ENGLISH.temporary.say)
    assert (thrice["retry"], thrice["attempts"], thrice["say"]) == (False, 3, ENGLISH.exhausted.say)
    assert thrice["message"] == "busy. It was tried 3 times and failed each time."
    assert told(error_text(errors.Temporary("busy", say="Closed."), attempts=3))["say"] == "Closed."


def test_the_sentences_come_in_another_language() -> None:
    assert told(error_text(not_found("Milch", ["Milche"]), phrases=GERMAN))["say"] == (
        "Ich habe Milch nicht gefunden. Meinst du Milche?"
    )
    assert told(error_text(OSError(), phrases=GERMAN))["say"] == GERMAN.internal.say
    assert told(unknown_text(GERMAN))["say"] == GERMAN.unknown.say


@given(st.text(min_size=1), st.sampled_from([KeyError, ValueError, OSError, RuntimeError, AssertionError]))
def test_an_unexpected_exception_leaks_nothing(words: str, kind: type[Exception]) -> None:
    def fail() -> None:
        try:
            raise FileNotFoundError(2, words, f"/srv/{words}")
        except OSError as cause:
            raise kind(words) from cause

    with pytest.raises(kind) as caught:
        fail()
    assert error_text(caught.value) == error_text(Exception()), "the same text, whatever was raised"
    assert not {kind.__name__, "/srv", "Traceback", __file__} & set(error_text(caught.value).split())


class Model:
    def model_dump(self, *, mode: str) -> dict[str, str]:
        return {"mode": mode}


def test_models_of_pydantic_have_their_json_form() -> None:
    assert told(result_text([Model()])) == [{"mode": "json"}]


def test_a_result_that_has_no_json_form_is_still_a_success() -> None:
    endless: list[Any] = []
    endless.append(endless)
    assert told(result_text(endless)) == {"status": "ok", "message": ENGLISH.untellable}


def test_refused_arguments_are_told_with_what_was_expected() -> None:
    text = told(invalid_text("add", InvalidArguments("bad", "n", {"type": "integer"})))
    assert text["field"] == "n"
    assert text["expected"] == {"type": "integer"}
    assert text["retry"] is True
    assert "field" not in told(invalid_text("add", InvalidArguments("bad")))
