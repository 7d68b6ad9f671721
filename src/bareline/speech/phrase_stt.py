"""Was what somebody just said one of a few short phrases?"""

from __future__ import annotations

from collections.abc import Iterable

from bareline.speech.sphinx import GrammarSTT
from bareline.speech.sphinx_confidence import phrase_confidence
from bareline.speech.spoken_phrases import phrases_grammar

__all__ = ["PhraseSTT"]


class PhraseSTT(GrammarSTT):
    """``StreamingSTT`` for a handful of short phrases among anything else that people say.

    ``phrases`` may follow each other ("no, stop"); a whole JSGF grammar can be given instead
    (``OverlapWords.grammar()`` for what is said over an assistant). Other than with ``GrammarSTT``, each word has to
    stand by itself against any phonemes, as a lone "stop" has no sentence to lean on: ``confidence`` of 0.5 and more
    means one of the phrases. Ask ``partial`` at any time; half a word may sound like another one, so that the answer
    after some 150 ms of silence is the one to trust.
    """

    _judge = staticmethod(phrase_confidence)

    def __init__(self, phrases: Iterable[str] | str) -> None:
        super().__init__(phrases if isinstance(phrases, str) else phrases_grammar(phrases))
