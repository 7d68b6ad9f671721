"""Whatever a tool gives is said in words, and nothing more than it gave."""

from __future__ import annotations

import json
from datetime import date

import pytest

from bareline.server.backends.rules.results import Failure, Proposal, Result, read_result, say_result

TODAY = date(2026, 11, 23)
SHOWN = frozenset({"show"})
TASKS = [
    {"id": "t1", "title": "Pay rent", "due": "2026-11-24", "status": "pending"},
    {"id": "t2", "title": "Buy milk", "due": None, "status": "pending"},
]


def told(value: object, verbs: frozenset[str] = SHOWN, noun: str = "task", asked: str = "") -> str:
    result = read_result(value if isinstance(value, str) else json.dumps(value))
    assert isinstance(result, Result)
    return say_result(result, verbs, noun, TODAY, asked=asked)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (TASKS, "There are 2 tasks: Pay rent, due tomorrow; and Buy milk."),
        ({"tasks": TASKS[:1], "count": 1}, "There is one task: Pay rent, due tomorrow, pending."),
        ([], "There are no tasks."),
        (["olives", "ham"], "There are 2 tasks: olives and ham."),
        ({"say": "Just so."}, "Just so."),
        ("It is sunny", "It is sunny."),
        ("null", "Done."),
        ({"status": "ok"}, "Done."),
        ({"order_id": 7, "ready_at": "2026-11-23T10:00:00"}, "Order 7."),
        ({"name": "Ann", "starts": "2026-11-27T15:30:00"}, "Ann, starts Friday, November 27th at 3:30 p.m.."),
        ({"temperature": 7.5, "rain": False, "windy": True}, "Temperature 7.5, windy."),
        (42, "42."),
    ],
)
def test_values_are_told(value, words):
    assert told(value).replace("..", ".") == words.replace("..", ".")


def test_what_was_done_is_told_by_the_verb():
    done = {"task": {"id": "t1", "title": "Pay rent", "status": "done", "due": "2026-11-24"}}
    assert told(done, frozenset({"complete"})) == "Marked as done: Pay rent, due tomorrow."


def test_an_empty_list_names_what_was_asked_for():
    assert told([], asked="pending") == "There are no pending tasks."
    assert told([], asked="all") == "There are no tasks."


@pytest.mark.parametrize(
    ("value", "failure"),
    [
        ({"status": "error", "say": "No such task."}, Failure("No such task.")),
        ({"error": "database is down"}, Failure("Database is down.")),
        ({"error": {"message": "Full", "suggestions": ["Monday"]}}, Failure("Full.", ("Monday",))),
        ({"ok": False}, Failure("That did not work.")),
        ({"status": "unknown"}, Failure("I do not know whether that went through.")),
        ({"status": "cancelled", "message": "It was cancelled."}, Failure("It was cancelled.")),
    ],
)
def test_failures_are_not_told_as_success(value, failure):
    assert read_result(json.dumps(value)) == failure


def test_a_proposal_is_its_question():
    value = {"status": "needs_confirmation", "proposal_id": "p1", "say": "Really?"}
    assert read_result(json.dumps(value)) == Proposal("proposal_id", "p1", "Really?")


def test_a_list_that_is_cut_says_how_long_it_is():
    value = {"notes": [{"title": "Rome"}, {"title": "Oslo"}], "total": 14}
    assert say_result(Result(value), frozenset({"show"}), "note", TODAY) == (
        "There are 14 notes; the first 2 are: Rome and Oslo."
    )
    assert say_result(Result(value | {"total": 2}), frozenset({"show"}), "note", TODAY) == (
        "There are 2 notes: Rome and Oslo."
    )
