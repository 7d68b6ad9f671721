"""Which words may follow in a grammar that pocketsphinx has compiled."""

from __future__ import annotations

import asyncio

from bareline.media.frames import AudioFrame
from bareline.speech.espeak import EspeakSynthesis
from bareline.speech.sphinx import GrammarSTT
from bareline.speech.word_graph import WordGraph

GRAMMAR = """#JSGF V1.0;
grammar list;
public <order> = add (milk | tomatoes) [<day>] [please];
<day> = today | on (monday | tuesday);
"""


def graph() -> WordGraph:
    stt = GrammarSTT(GRAMMAR)
    return WordGraph.of(stt._ears._grammar.get_fsg(stt._ears._using))


def test_the_words_that_may_follow_are_those_of_the_grammar() -> None:
    following = graph().next_words
    assert following("") == {"add"}
    assert following("add") == {"milk", "tomatoes"}
    assert following("add milk") == {"today", "on", "please"}
    assert following("add milk on") == {"monday", "tuesday"}
    assert following("add milk today") == {"please"}
    assert following("add milk please") == frozenset()
    assert following("milk") == frozenset()


def test_it_answers_again_and_again() -> None:
    following = graph().next_words
    assert [len(following(f"add {number}")) for number in range(1_000)] == [0] * 1_000
    assert following("add") == {"milk", "tomatoes"}


def test_a_partial_hypothesis_looks_ahead_and_a_final_one_does_not() -> None:
    async def said(text: str) -> bytes:
        engine = EspeakSynthesis()
        pcm = b"".join([chunk.pcm async for chunk in engine.speak(text, voice=engine.voices[0])])
        await engine.close()
        return pcm

    stt = GrammarSTT(GRAMMAR)
    stt.feed(AudioFrame(asyncio.run(said("add milk")) + bytes(24_000)))
    guess = stt.partial()
    assert guess is not None
    assert (guess.text, guess.complete, guess.next_words) == ("add milk", True, {"today", "on", "please"})
    final = stt.finish()
    assert (final.text, final.complete, final.next_words) == ("add milk", True, None)
