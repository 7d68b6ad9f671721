"""What a speaker meant is offered, and what they did not mean is not."""

from __future__ import annotations

import itertools

import pytest

from bareline.tools.similar import KNOWN_MAX, not_found, similar

TITLES = ["Review proposal", "Buy milk", "Call the dentist", "Zimmer 2 streichen", "Café in Zürich", "Pay rent"]


@pytest.mark.parametrize(
    ("heard", "meant"),
    [
        ("the review proposal", "Review proposal"),
        ("proposal review", "Review proposal"),
        ("proposals", "Review proposal"),
        ("by milk", "Buy milk"),
        ("call dentist", "Call the dentist"),
        ("zimmer zwei", "Zimmer 2 streichen"),
        ("cafe zurich", "Café in Zürich"),
        ("PAY THE RENT!", "Pay rent"),
    ],
)
def test_what_was_meant_comes_first(heard: str, meant: str) -> None:
    assert similar(heard, TITLES)[:1] == [meant]


@pytest.mark.parametrize("heard", ["", "?!", "water the plants", "xyz"])
def test_nothing_is_offered_for_what_is_not_like_anything(heard: str) -> None:
    assert similar(heard, TITLES) == []


def test_names_without_words_and_articles_alone_are_no_trouble() -> None:
    assert similar("the", ["", "--", "The"]) == ["The"]


def test_few_are_offered_each_once_and_however_many_there_are() -> None:
    assert similar("task 1", [f"task {number}" for number in (11, 12, 13, 14, 1, 1)])[0] == "task 1"
    assert len(similar("task", [f"task {number}" for number in range(20)])) == 3
    endless = itertools.chain((f"other {number}" for number in range(KNOWN_MAX)), itertools.repeat("milk"))
    assert similar("milk", endless) == []


def test_an_error_with_suggestions_is_one_line() -> None:
    error = not_found("by milk", TITLES, what="task")
    assert (str(error), error.suggestions, error.wanted) == ("there is no task 'by milk'", ("Buy milk",), "by milk")
    assert str(not_found("x", [])) == "there is no 'x'"
