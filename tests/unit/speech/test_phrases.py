"""Short phrases among anything else that people say: the real pocketsphinx on synthesised speech."""

from __future__ import annotations

import asyncio

import pytest

from bareline.errors import ConfigurationError
from bareline.media.frames import AudioFrame
from bareline.speech.espeak import EspeakSynthesis
from bareline.speech.phrase_stt import PhraseSTT
from bareline.speech.sphinx_confidence import phrase_confidence
from bareline.speech.spoken_phrases import phrase_words, phrases_grammar
from bareline.turns.contract import Hypothesis

pytest.importorskip("pocketsphinx")

STOPS = ["stop", "wait", "hold on", "no"]
LISTENING = ["yeah", "okay", "right", "I see"]
SENTENCES = ["what about tomorrow", "we need three tickets", "delete the second one"]
PAUSE = bytes(2 * 3_600)


@pytest.fixture(scope="module")
def spoken() -> dict[str, bytes]:
    async def synthesise() -> dict[str, bytes]:
        engine = EspeakSynthesis()
        audio: dict[str, bytes] = {}
        for text in [*STOPS, *LISTENING, *SENTENCES]:
            audio[text] = b"".join([chunk.pcm async for chunk in engine.speak(text, voice="caller-3")])
        await engine.close()
        return audio

    return asyncio.run(synthesise())


def heard(stt: PhraseSTT, pcm: bytes) -> Hypothesis:
    stt.feed(AudioFrame(PAUSE + pcm + PAUSE))
    return stt.finish()


def test_phrases_are_believed_and_sentences_are_not(spoken: dict[str, bytes]) -> None:
    stt = PhraseSTT([*STOPS, *LISTENING])
    found = {text: heard(stt, pcm) for text, pcm in spoken.items()}

    assert all(found[text].text.startswith(text.lower()) for text in (*STOPS, *LISTENING)), found
    assert all(found[text].confidence >= 0.5 for text in (*STOPS, *LISTENING)), found
    assert all(found[text].confidence < 0.5 for text in SENTENCES), found


def test_phrases_become_a_grammar() -> None:
    assert phrases_grammar(["Stop!", "hold on", "stop"]) == (
        "#JSGF V1.0; grammar phrases; public <said> = hold on [hold on] [hold on] | stop [stop] [stop];"
    )
    assert phrase_words("That\u2019s all, mm-hmm") == ("that's", "all", "mm", "hmm")


@pytest.mark.parametrize("phrases", [[], ["..."]])
def test_what_has_no_words_cannot_be_listened_for(phrases: list[str]) -> None:
    with pytest.raises(ConfigurationError):
        phrases_grammar(phrases)


def test_nothing_said_is_believed_of_nothing() -> None:
    assert phrase_confidence([], []) == 0.0
