"""The real pocketsphinx on synthesised speech: words, confidence, grammars."""

from __future__ import annotations

import asyncio
import gc
import random
import sys
from array import array

import pytest

from bareline.errors import ConfigurationError, MissingExtra
from bareline.media.frames import AudioFrame
from bareline.speech import sphinx, sphinx_ears
from bareline.speech.espeak import EspeakSynthesis
from bareline.speech.sphinx import GrammarSTT
from bareline.speech.sphinx_confidence import confidence
from bareline.turns.contract import Hypothesis

pytest.importorskip("pocketsphinx")

TASKS = """#JSGF V1.0; grammar tasks;
public <s> = [please] <command> | yes | no | goodbye;
<command> = (add | create) a task [called] <title> | delete [the task] <title> | show me all [pending | done] tasks;
<title> = buy milk | call the bank | water the plants | order ciabatta from zyxel;"""
ANSWERS = "#JSGF V1.0; grammar answers; public <s> = yes please | no thanks;"
IN_GRAMMAR = [
    "please delete the task water the plants",
    "create a task called order ciabatta from zyxel",
    "show me all pending tasks",
    "delete buy milk",
    "yes",
    "goodbye",
]
OTHER = ["what is the weather in paris today", "I would like a large pizza", "turn the lights off in the kitchen"]
VOICES = ["caller-1", "caller-2", "caller-3"]


@pytest.fixture(scope="module")
def audio() -> dict[tuple[str, str], bytes]:
    """Sentences with pauses around them and noise at 25 dB."""

    async def synthesise() -> dict[tuple[str, str], bytes]:
        engine = EspeakSynthesis()
        spoken: dict[tuple[str, str], bytes] = {}
        for voice in VOICES:
            for text in [*IN_GRAMMAR, *OTHER, "no thanks"]:
                speech = b"".join([chunk.pcm async for chunk in engine.speak(text, voice=voice)])
                spoken[voice, text] = noisy(bytes(14_400) + speech + bytes(14_400))
        await engine.close()
        return spoken

    return asyncio.run(synthesise())


def noisy(pcm: bytes) -> bytes:
    draw, samples = random.Random(len(pcm)), array("h", pcm)
    level = (sum(s * s for s in samples) / len(samples)) ** 0.5 * 10 ** (-25 / 20)
    return array("h", [max(-32768, min(32767, s + round(draw.gauss(0, level)))) for s in samples]).tobytes()


def recognise(stt: GrammarSTT, pcm: bytes, step: int = 960) -> Hypothesis:
    for at in range(0, len(pcm), step):
        stt.feed(AudioFrame(pcm[at : at + step], at // 2))
    return stt.finish()


@pytest.mark.slow
def test_sentences_of_the_grammar_are_understood_and_others_doubted(audio: dict[tuple[str, str], bytes]) -> None:
    stt = GrammarSTT(TASKS)
    heard = {key: recognise(stt, pcm) for key, pcm in audio.items()}
    for (voice, text), hypothesis in heard.items():
        if text in IN_GRAMMAR:
            assert (voice, hypothesis.text, hypothesis.complete) == (voice, text, True)
            assert hypothesis.confidence > 0.5, (voice, text)
    doubted = [heard[voice, text].confidence < 0.5 for voice in VOICES for text in OTHER]
    assert all(doubted)


def test_the_same_audio_gives_the_same_whatever_was_heard_before_and_however_split(
    audio: dict[tuple[str, str], bytes],
) -> None:
    sample = audio["caller-1", "delete buy milk"]
    fresh = recognise(GrammarSTT(TASKS), sample, step=len(sample))
    used = GrammarSTT(ANSWERS)
    recognise(used, audio["caller-3", OTHER[0]])
    used.use(TASKS)
    recognise(used, audio["caller-2", "yes"])
    assert recognise(used, sample, step=254) == fresh
    used.feed(AudioFrame(audio["caller-2", "goodbye"]))
    used.reset()
    assert recognise(used, sample) == fresh


def test_partials_grow_and_say_when_they_are_complete(audio: dict[tuple[str, str], bytes]) -> None:
    pcm, stt, partials = audio["caller-1", "please delete the task water the plants"], GrammarSTT(TASKS), []
    assert stt.partial() is None
    for at in range(0, len(pcm), 4800):
        stt.feed(AudioFrame(pcm[at : at + 4800], at // 2))
        partials.append(stt.partial())
    assert partials[0] is None
    texts = [partial.text for partial in partials if partial]
    assert any(text.startswith("please delete") and "plants" not in text for text in texts)
    assert not any(partial.complete for partial in partials if partial and partial.text == "please delete the task")
    last = partials[-1]
    assert last is not None
    assert (last.text, last.complete) == ("please delete the task water the plants", True)
    assert stt.finish().text == last.text
    assert stt.partial() is None


def test_silence_and_nothing_are_not_words() -> None:
    stt = GrammarSTT(ANSWERS)
    assert stt.finish() == Hypothesis("", 0.0)
    assert recognise(stt, noisy(bytes(96_000))).confidence < 0.5
    assert recognise(stt, b"") == Hypothesis("", 0.0)


def test_another_grammar_knows_other_sentences(audio: dict[tuple[str, str], bytes]) -> None:
    stt = GrammarSTT(TASKS)
    stt.feed(AudioFrame(audio["caller-1", "yes"]))
    stt.use(ANSWERS)
    assert recognise(stt, audio["caller-1", "no thanks"]).text == "no thanks"


@pytest.mark.parametrize(
    "wrong", ["no grammar", "#JSGF V1.0; grammar g; public <s> = (open;", "#JSGF V1.0; grammar g;"]
)
def test_wrong_grammars_are_refused_and_leave_the_recogniser_usable(
    wrong: str, audio: dict[tuple[str, str], bytes]
) -> None:
    with pytest.raises(ConfigurationError):
        GrammarSTT(wrong)
    stt = GrammarSTT(ANSWERS)
    with pytest.raises(ConfigurationError):
        stt.use(wrong)
    stt.use(ANSWERS)
    assert recognise(stt, audio["caller-2", "no thanks"]).text == "no thanks"


def test_grammars_come_back_and_the_oldest_are_forgotten(audio: dict[tuple[str, str], bytes]) -> None:
    stt = GrammarSTT(ANSWERS)
    for number in range(6):
        stt.use(ANSWERS.replace("yes please", f"yes {number}"))
    stt.use(TASKS)
    assert recognise(stt, audio["caller-1", "delete buy milk"]).text == "delete buy milk"
    stt.use(ANSWERS)
    assert recognise(stt, audio["caller-1", "no thanks"]).text == "no thanks"
    stt.use(TASKS)
    assert recognise(stt, audio["caller-2", "goodbye"]).text == "goodbye"
    assert len(stt._ears._searches) == sphinx_ears._SEARCHES_MAX


def test_recognisers_are_used_again_once_nobody_holds_them() -> None:
    gc.collect()
    sphinx._idle.clear()
    first = GrammarSTT(ANSWERS)
    ears = first._ears
    second = GrammarSTT(ANSWERS)
    assert second._ears is not ears
    first.feed(AudioFrame(bytes(960)))
    del first
    gc.collect()
    third = GrammarSTT(TASKS)
    assert third._ears is ears
    third.feed(AudioFrame(bytes(960)))
    assert third.finish().text == ""


def test_a_recogniser_full_of_words_is_not_used_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sphinx_ears, "_WORDS_MAX", 1)
    gc.collect()
    sphinx._idle.clear()
    first = GrammarSTT(ANSWERS)
    del first
    gc.collect()
    assert not sphinx._idle


def test_without_segments_nothing_is_sure() -> None:
    assert confidence([], []) == 0.0


def test_without_the_engine_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    gc.collect()
    sphinx._idle.clear()
    monkeypatch.setitem(sys.modules, "pocketsphinx", None)
    with pytest.raises(MissingExtra, match="Speech recognition needs the optional part 'speech'"):
        GrammarSTT(ANSWERS)


def test_what_is_said_after_a_minute_is_not_listened_to(audio: dict[tuple[str, str], bytes]) -> None:
    stt = GrammarSTT(ANSWERS)
    for second in range(sphinx.UTTERANCE_MAX_S):
        stt.feed(AudioFrame(bytes(48_000), second * 24_000))
    assert recognise(stt, audio["caller-1", "no thanks"]).text == ""
    assert recognise(stt, audio["caller-1", "no thanks"]).text == "no thanks"
