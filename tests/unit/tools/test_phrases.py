"""Every language has every sentence, with the same words to fill in."""

from __future__ import annotations

import dataclasses
import string
from collections.abc import Iterator

import pytest

from bareline.tools.phrases import ENGLISH, GERMAN, Phrases, Told


def sentences(phrases: Phrases) -> Iterator[tuple[str, str]]:
    for field in dataclasses.fields(phrases):
        value = getattr(phrases, field.name)
        if isinstance(value, Told):
            yield from ((f"{field.name}.{part}", getattr(value, part)) for part in ("message", "say", "offer"))
        else:
            yield field.name, value


def filled_in(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name is not None}


@pytest.mark.parametrize("phrases", [ENGLISH, GERMAN], ids=lambda phrases: phrases.language)
def test_a_language_is_complete_and_fills_in_the_same_words(phrases: Phrases) -> None:
    english = dict(sentences(ENGLISH))
    for name, sentence in sentences(phrases):
        assert sentence.strip(), f"{phrases.language} lacks {name}"
        assert filled_in(sentence) == filled_in(english[name]), name


def test_languages_differ_in_every_sentence_and_agree_on_what_may_be_retried() -> None:
    german = dict(sentences(GERMAN))
    assert not [name for name, sentence in sentences(ENGLISH) if german[name] == sentence]
    for field in dataclasses.fields(ENGLISH):
        told = getattr(ENGLISH, field.name)
        if isinstance(told, Told):
            assert told.retry == getattr(GERMAN, field.name).retry, field.name


@pytest.mark.parametrize(
    ("ms", "words"),
    [
        (0, "one second"),
        (1_000, "one second"),
        (1_001, "2 seconds"),
        (90_000, "90 seconds"),
        (90_001, "2 minutes"),
        (600_000, "10 minutes"),
    ],
)
def test_a_wait_is_said_in_whole_numbers_and_never_too_short(ms: int, words: str) -> None:
    assert ENGLISH.duration(ms) == words


@pytest.mark.parametrize(
    ("names", "words"), [((), ""), (("A",), "A"), (("A", "B"), "A oder B"), (("A", "B", "C"), "A, B oder C")]
)
def test_names_are_joined_as_alternatives(names: tuple[str, ...], words: str) -> None:
    assert GERMAN.either(names) == words
