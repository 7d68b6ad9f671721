"""What short words say that are spoken over the assistant."""

from __future__ import annotations

import pytest

from bareline.turns.overlap_words import ENGLISH, OverlapWords, repeats, tokens


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("", "unknown"),
        ("um", "unknown"),
        ("Mm-hmm.", "backchannel"),
        ("uh-huh", "backchannel"),
        ("Yeah, okay. I see", "backchannel"),
        ("oh that makes sense", "backchannel"),
        ("stop", "stop"),
        ("Okay, stop please!", "stop"),
        ("no no, wait a minute", "stop"),
        ("that's enough", "stop"),
        ("no", "correction"),
        ("No, the other one", "correction"),
        ("yes but actually make it Friday", "correction"),
        ("I meant tomorrow", "correction"),
        ("wait, make it Friday", "turn"),
        ("forget it, let's talk about the weather", "redirection"),
        ("okay, tell me about tomorrow", "redirection"),
        ("what is next", "question"),
        ("and how much is that", "question"),
        ("the blue one?", "question"),
        ("add some bread", "turn"),
        ("uh", "unknown"),
        ("yeah i", "unknown"),
        ("be", "unknown"),
        ("no that will", "correction"),
        ("be there", "turn"),
        ("no\u2019", "correction"),
        ("that\u2019s enough", "stop"),
    ],
)
def test_words_tell_what_an_overlap_is(words: str, kind: str) -> None:
    assert ENGLISH.kind(words) == kind


def test_the_assistants_own_words_are_known_by_three_in_a_row() -> None:
    saying = "I have added milk and bread to your list."
    assert repeats("milk and bread", saying)
    assert not repeats("and bread", saying)
    assert not repeats("bread and milk", saying)
    assert not repeats("milk and bread", "")


def test_tokens_are_words_without_punctuation() -> None:
    assert tokens("Don't -- uh-huh, 3 x!") == ("don't", "uh", "huh", "3", "x")


def test_a_grammar_has_what_is_short_and_clear() -> None:
    words = OverlapWords(
        backchannels=("ja", "genau", "na ja", "oh"),
        stops=("halt",),
        refusals=("nein",),
        corrections=("ich meinte",),
        redirections=(),
        questions=(),
        vague=("oh",),
    )
    assert words.grammar() == (
        "#JSGF V1.0; grammar overlap; <listened> = genau | ja | na ja;"
        " <listening> = /1/ <listened> | /0.05/ (genau | ja) <listened>; <act> = halt | nein;"
        " <acting> = /1/ <act> | /0.05/ (halt | nein) <act>; public <overlap> = /1/ <listening> | /1/ <acting>;"
    )
    assert words.kind("nein, halt") == "stop"
    assert words.kind("oh") == "backchannel"


def test_a_grammar_has_courtesies_around_a_command_and_only_some_words_before_a_listeners() -> None:
    words = OverlapWords(
        backchannels=("oh", "ja", "na ja"),
        stops=("halt",),
        refusals=(),
        corrections=(),
        redirections=(),
        questions=(),
        polite=("bitte",),
        courtesies=("bitte",),
        leaders=("oh",),
    )
    assert "/0.05/ (oh) <listened>;" in words.grammar()
    assert "<acting> = /1/ [bitte] <act> [bitte] |" in words.grammar()
    assert words.kind("halt bitte") == "stop"
