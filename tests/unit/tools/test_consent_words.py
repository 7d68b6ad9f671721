"""A clear no is believed, a clear yes is a yes, and what is neither is left to the model."""

from __future__ import annotations

import pytest

from bareline.tools.consent_words import ENGLISH, FRENCH, GERMAN, SPANISH, ConsentWords, judge, last_clear


@pytest.mark.parametrize(
    "words",
    [
        *("No.", "no", "Nope", "uh, no", "I think no", "Oh no!", "thanks, no", "I said no!", "No, go ahead"),
        *("no, the other one", "not that one", "Don't.", "don\u2019t do it", "I'd rather not", "Stop!", "ok wait"),
        *("never mind", "cancel", "keep it", "yes no wait", "Yes. No, stop!", "that's not right", "of course not"),
        *("please don't", "I changed my mind", "not yet", "No no no"),
    ],
)
def test_a_no_is_a_no(words: str) -> None:
    assert judge(words, question="Delete milk for good?") == "no"


@pytest.mark.parametrize(
    "words",
    [
        *("yes", "Yes, please.", "Yeah, sure", "go ahead", "No problem, go ahead", "Sure, why not", "Yes, right now."),
        *("yes, but don't tell him", "Yeah, don't worry, go ahead", "yes that's the one, no doubt", "OK, do it"),
        "yes, delete the one with no due date",
    ],
)
def test_a_yes_is_a_yes(words: str) -> None:
    assert judge(words, question="Delete milk for good?") == "yes"


@pytest.mark.parametrize(
    "words",
    [
        "",
        "...",
        "What time is it?",
        "the second of March",
        "delete the one with no due date",
        "it's not a problem",
        "why not?",
    ],
)
def test_what_is_neither_is_unclear(words: str) -> None:
    assert judge(words, question="Delete milk for good?") == "unclear"


@pytest.mark.parametrize(
    ("question", "words", "answer"),
    [
        ("Cancel order 1 for good?", "Yes, cancel it.", "yes"),
        ("Cancel order 1 for good?", "cancel", "unclear"),
        ("Cancel order 1 for good?", "No, don't cancel it", "no"),
        ("Stop the server?", "stop it", "unclear"),
        ("Stop the server?", "Yes, stop the server", "yes"),
        ("Delete 'no cake'?", "yes, delete no cake", "yes"),
        ("Delete 'no cake'?", "No", "no"),
        ("Delete the other one?", "yes, the other one", "yes"),
        ("Forget it?", "Yes, forget it", "yes"),
        ("Really not keep it?", "yes, not keep it", "yes"),
    ],
)
def test_words_of_the_question_said_again_are_no_answer(question: str, words: str, answer: str) -> None:
    assert judge(words, question=question) == answer


@pytest.mark.parametrize(
    ("language", "words", "answer"),
    [
        (GERMAN, "Nein, das andere.", "no"),
        (GERMAN, "Ja, kein Problem.", "yes"),
        (GERMAN, "Lieber nicht", "no"),
        (FRENCH, "Non !", "no"),
        (FRENCH, "Pas celui-là", "no"),
        (FRENCH, "Oui, d'accord", "yes"),
        (SPANISH, "No, la otra", "no"),
        (SPANISH, "Sí, claro", "yes"),
        (SPANISH, "Sí, para mañana", "yes"),
    ],
)
def test_other_languages_have_their_words(language: ConsentWords, words: str, answer: str) -> None:
    assert judge(words, (language,)) == answer


def test_a_no_in_any_of_the_languages_is_a_no() -> None:
    assert judge("Nein danke") == "unclear"
    assert judge("Nein danke", (ENGLISH, GERMAN)) == "no"


def test_the_last_clear_turn_counts() -> None:
    assert last_clear(["Yes.", "No, stop!"]) == "no"
    assert last_clear(["No.", "Actually yes."]) == "yes"
    assert last_clear(["No.", "What time is it?"]) == "no"
    assert last_clear([]) == "unclear"
