"""When to be fast and when patient: questions, thinking, numbers, and who was cut off."""

from __future__ import annotations

import pytest

from bareline.turns.pace_rules import (
    DEFAULT_TURN_RULES,
    Moment,
    after_cut_in,
    after_yes_no_question,
    pace_of,
    while_dictating,
    while_thinking,
)


@pytest.mark.parametrize(
    "asked",
    [
        "Shall I delete it?",
        "I found two. Do you want the first one?",
        "That is the last one, right?",
        "It's on Monday, isn't it?",
        "So is that all?",
        "Fine, can I send it now?",
    ],
)
def test_yes_no_questions_are_answered_fast(asked: str) -> None:
    assert after_yes_no_question(Moment(asked=asked)) == "fast"
    assert pace_of(DEFAULT_TURN_RULES, Moment(asked=asked)) == "fast"


@pytest.mark.parametrize(
    "asked",
    [
        "",
        "Done.",
        "What shall I add?",
        "Do you want milk or bread?",
        "Shall I delete it? Take care.",
        "Which one is it?",
    ],
)
def test_other_questions_are_not(asked: str) -> None:
    assert after_yes_no_question(Moment(asked=asked)) is None


def test_who_says_more_than_yes_is_given_time_again() -> None:
    asked = "Shall I delete it?"
    assert after_yes_no_question(Moment(asked=asked, said="no", speaking=True)) == "fast"
    assert after_yes_no_question(Moment(asked=asked, said="no add the other one", speaking=True)) is None


@pytest.mark.parametrize(
    ("asked", "said", "pace"),
    [
        ("", "let me see", "patient"),
        ("", "hold on a second", "patient"),
        ("", "I'd like the um", "patient"),
        ("", "I would like to", "patient"),
        ("Take your time.", "", "patient"),
        ("", "add milk", None),
        ("Which one?", "", None),
    ],
)
def test_who_thinks_is_given_time(asked: str, said: str, pace: str | None) -> None:
    assert while_thinking(Moment(asked=asked, said=said)) == pace


@pytest.mark.parametrize(
    ("asked", "said", "pace"),
    [
        ("What is your phone number?", "", "patient"),
        ("Please spell your name.", "", "patient"),
        ("Could you tell me the postcode?", "", "patient"),
        ("And your date of birth?", "", "patient"),
        ("How can I help?", "four two seven", "patient"),
        ("How can I help?", "two tickets please", None),
    ],
)
def test_who_reads_out_a_number_is_given_time(asked: str, said: str, pace: str | None) -> None:
    assert while_dictating(Moment(asked=asked, said=said, speaking=True)) == pace


def test_digits_of_the_last_turn_say_nothing_of_the_next() -> None:
    assert while_dictating(Moment(said="four two seven one")) is None


def test_who_was_cut_off_is_given_time_and_the_first_rule_with_an_answer_counts() -> None:
    assert after_cut_in(Moment(cut_in=True)) == "patient"
    assert after_cut_in(Moment()) is None
    assert pace_of(DEFAULT_TURN_RULES, Moment(asked="Can you read me the card number?")) == "patient"
    assert pace_of(DEFAULT_TURN_RULES, Moment()) is None
    assert pace_of([lambda _moment: "noisy"], Moment()) == "noisy"
