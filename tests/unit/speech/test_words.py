"""Words and their samples, pronunciations, the words of a grammar: without engines."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bareline.errors import ConfigurationError
from bareline.media.synthesis import SpeechChunk, SpokenWord
from bareline.speech.jsgf import grammar_words
from bareline.speech.pronounce import arpabet
from bareline.speech.word_times import CHUNK_MAX_SAMPLES, WordTimes, spoken_tokens

TEXT = st.text(alphabet=st.sampled_from("ab é1 .,—!\n\t'"), max_size=40)


@given(TEXT)
def test_tokens_joined_are_the_text(text: str) -> None:
    tokens = spoken_tokens(text)
    assert "".join(tokens) == (text if text.strip() else "")
    assert sum(not any(c.isalnum() for c in token) for token in tokens) <= (not any(c.isalnum() for c in text))


def test_punctuation_belongs_to_the_word_before_it() -> None:
    assert spoken_tokens(" — Well, 25 tasks — done … !") == [" — Well, ", "25 ", "tasks — ", "done … !"]


def spoken(times: WordTimes, steps: list[tuple[int, int] | int]) -> list[SpeechChunk]:
    """``(character, sample)``: a word event; a number: so many samples of audio."""
    chunks: list[SpeechChunk] = []
    for step in steps:
        chunks += times.audio(bytes(2 * step)) if isinstance(step, int) else times.word(*step)
    return chunks + times.finish()


def test_words_end_where_the_next_begins_and_silent_ones_share_by_length() -> None:
    times = WordTimes("one of the two", 24000)
    chunks = spoken(times, [(0, 0), 1000, (4, 1000), 2000, (11, 2400), 100])
    assert [word for chunk in chunks for word in chunk.words] == [
        SpokenWord("one ", 0, 1000),
        SpokenWord("of ", 1000, 1600),
        SpokenWord("the ", 1600, 2400),
        SpokenWord("two", 2400, 3100),
    ]


def test_events_that_repeat_or_go_back_are_passed_over() -> None:
    times = WordTimes("$12.50 now", 24000)
    chunks = spoken(times, [(0, 0), 500, (1, 400), (3, 450), 500, (7, 900), (2, 950), 100])
    assert [w.first_sample for c in chunks for w in c.words] == [0, 900]


EVENTS = st.lists(st.one_of(st.tuples(st.integers(0, 45), st.integers(0, 30_000)), st.integers(0, 5000)), max_size=20)


RATES = st.sampled_from([22050, 24000])


@given(TEXT, EVENTS, RATES)
@example("1 1", [(2, 1), 1], 24000)
def test_every_word_comes_once_in_its_chunk(text: str, events: list[tuple[int, int] | int], hz: int) -> None:
    total = sum(step for step in events if isinstance(step, int))
    events = [step if isinstance(step, int) else (step[0], min(step[1], total)) for step in events]
    chunks = spoken(WordTimes(text, hz), events)
    words = [word for chunk in chunks for word in chunk.words]
    samples = -(-sum(step for step in events if isinstance(step, int)) * 24000 // hz)
    assert sum(len(chunk.pcm) for chunk in chunks) == 2 * samples
    if samples and text.strip():
        assert "".join(word.text for word in words) == text
    assert all(a.end_sample == b.first_sample for a, b in pairwise(words))
    end = 0
    for number, chunk in enumerate(chunks):
        end += len(chunk.pcm) // 2
        assert 0 < len(chunk.pcm) // 2 <= CHUNK_MAX_SAMPLES
        assert all(word.first_sample <= end for word in chunk.words)
        later = [word for other in chunks[number + 1 :] for word in other.words]
        assert all(word.first_sample >= end for word in later if word.end_sample > word.first_sample)


@pytest.mark.parametrize(
    ("mnemonics", "phones"),
    [
        ("s_t_,aI_@_b_'a#_t#_@", "S T AY AH B AH T AH"),
        ("m_,A@_g_3_r_'i:_t", "M AA R G ER IY T"),
        ("tS_'eI_n_dZ_3 n_'oU_;", "CH EY N JH ER N OW"),
        ("w_'0_t#_3", "W AA T ER"),
        ("§_b", "B"),
        ("", ""),
    ],
)
def test_espeak_phonemes_become_arpabet(mnemonics: str, phones: str) -> None:
    assert " ".join(arpabet(mnemonics)) == phones


def test_the_words_of_a_grammar() -> None:
    grammar = """#JSGF V1.0 UTF-8 en; grammar tasks; // not these
        /* nor <these> */ import <other.*>;
        public <s> = /0.5/ please (add | Create)* [a] "New York" {tag (not) \\} this} <title>+ don't;
        <title> = milk | /2e-1/ milk 25;"""
    assert grammar_words(grammar) == ["please", "add", "Create", "a", "New", "York", "don't", "milk", "25"]


@pytest.mark.parametrize("grammar", ["", "hello", "#JSGF V1.0", "grammar g; public <s> = yes;"])
def test_a_grammar_without_a_header_is_refused(grammar: str) -> None:
    with pytest.raises(ConfigurationError, match="#JSGF"):
        grammar_words(grammar)


def test_the_lexicon_finds_first_last_and_variants(tmp_path: Path) -> None:
    pytest.importorskip("espeakng_loader")
    from bareline.speech.lexicon import Lexicon

    path = tmp_path / "words.dict"
    path.write_text("a AH\na(2) EY\na's EY Z\nab AE B\nzoo Z UW\n")
    lexicon = Lexicon(path)
    assert lexicon.pronunciations(["a", "zoo", "Ab", "a's"]) == {
        "a": ("AH", "EY"),
        "zoo": ("Z UW",),
        "Ab": ("AE B",),
        "a's": ("EY Z",),
    }
    assert lexicon.pronunciations(["zyxel"]) == {"zyxel": ("Z AY K S AH L",)}
    with pytest.raises(ConfigurationError, match=r"'\.\.\.' cannot be pronounced"):
        lexicon.pronunciations(["..."])
