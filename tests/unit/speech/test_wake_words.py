"""Phrases and wake words are found in a stream: the real engines on synthesised speech."""

from __future__ import annotations

import asyncio

import pytest

from bareline.errors import ConfigurationError
from bareline.media.frames import AudioFrame
from bareline.speech.espeak import EspeakSynthesis
from bareline.speech.phrase_spotter import PhraseSpotter
from bareline.speech.wake_words import READY_WAKE_WORDS, ReadyWakeWord
from bareline.turns.spotting import Spotted, WakeSpotter

pytest.importorskip("pocketsphinx")
pytest.importorskip("pymicro_wakeword")

PAUSE = bytes(2 * 12_000)
SAID = {
    "there are several good recipes for bread here": "caller-2",
    "good morning assistant": "caller-2",
    "we need three tickets for the train": "caller-3",
    "hey bareline, what is the weather": "caller-2",
    "alexa, what is the weather": "caller-4",
}
RECIPES, MORNING, TICKETS, BARELINE, ALEXA = SAID


@pytest.fixture(scope="module")
def spoken() -> dict[str, bytes]:
    async def synthesise() -> dict[str, bytes]:
        engine = EspeakSynthesis()
        audio = {
            text: b"".join([chunk.pcm async for chunk in engine.speak(text, voice=voice)]) + PAUSE
            for text, voice in SAID.items()
        }
        await engine.close()
        return audio

    return asyncio.run(synthesise())


def found(spotter: WakeSpotter, pcm: bytes, step: int = 960) -> list[Spotted]:
    return [
        spotted for at in range(0, len(pcm), step) for spotted in spotter.feed(AudioFrame(pcm[at : at + step], at // 2))
    ]


def test_phrases_are_found_where_they_are_spoken_and_nowhere_else(spoken: dict[str, bytes]) -> None:
    spotter = PhraseSpotter(["Hey Bareline!", "good morning assistant"])
    assert spotter.phrases == ("hey bareline", "good morning assistant")
    told = found(spotter, b"".join(spoken.values()))

    assert [spotted.phrase for spotted in told] == ["good morning assistant", "hey bareline"]
    morning = len(spoken[RECIPES]) // 2
    bareline = morning + (len(spoken[MORNING]) + len(spoken[TICKETS])) // 2
    for spotted, begin in zip(told, (morning, bareline), strict=True):
        assert begin - 24 * 50 <= spotted.first_sample < spotted.end_sample <= spotted.decided_at_sample
        assert spotted.decided_at_sample - spotted.end_sample <= 24 * 200
    assert told[1].end_sample < bareline + 24 * 1_000  # and not of what followed in the same breath


@pytest.mark.slow
def test_any_split_and_a_new_stream_find_the_same(spoken: dict[str, bytes]) -> None:
    pcm = spoken[MORNING] + spoken[BARELINE]
    spotter = PhraseSpotter(["hey bareline"])
    told = found(spotter, pcm)
    spotter.reset()
    assert told
    assert found(spotter, pcm, step=4_322) == told


@pytest.mark.slow
def test_a_long_stream_is_cut_without_losing_the_phrase_at_the_cut(spoken: dict[str, bytes]) -> None:
    spotter = PhraseSpotter(["hey bareline"])
    lead = bytes(2 * 24_000 * 30 - 2 * 14_000)  # the search begins anew after 30 s, in the middle of the phrase
    assert [spotted.phrase for spotted in found(spotter, lead + spoken[BARELINE])] == ["hey bareline"]


@pytest.mark.parametrize("phrases", [[], ["stop"], ["..."]])
def test_what_is_too_short_is_refused(phrases: list[str]) -> None:
    with pytest.raises(ConfigurationError):
        PhraseSpotter(phrases)


def test_sensitivity_is_a_share() -> None:
    with pytest.raises(ConfigurationError):
        PhraseSpotter(["hey bareline"], sensitivity=2)


def test_a_ready_wake_word_is_found_once(spoken: dict[str, bytes]) -> None:
    spotter = ReadyWakeWord("alexa")
    pcm = spoken[RECIPES] + spoken[ALEXA]
    told = found(spotter, pcm)
    assert len(told) == 1
    begin = len(spoken[RECIPES]) // 2
    assert begin <= told[0].end_sample <= told[0].decided_at_sample <= begin + 24 * 1_000
    spotter.reset()
    assert found(spotter, pcm, step=4_322) == told


def test_other_wake_words_and_thresholds_are_refused() -> None:
    assert "okay_nabu" in READY_WAKE_WORDS
    with pytest.raises(ConfigurationError, match="okay_nabu"):
        ReadyWakeWord("hey you")
    with pytest.raises(ConfigurationError):
        ReadyWakeWord("alexa", threshold=2)
