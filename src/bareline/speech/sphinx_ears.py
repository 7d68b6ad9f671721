"""How does pocketsphinx listen, once for a grammar and once for any phonemes?"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from bareline.errors import ConfigurationError, MissingExtra
from bareline.speech.cepstral_mean import CepstralMean
from bareline.speech.jsgf import grammar_words
from bareline.speech.lexicon import Lexicon
from bareline.speech.sphinx_confidence import confidence
from bareline.speech.word_graph import WordGraph
from bareline.turns.contract import Hypothesis
from bareline.turns.windows import Windows

__all__ = ["RECOGNISER_HZ", "Ears", "decoder", "lexicon"]

RECOGNISER_HZ = 16_000
_BLOCK_SAMPLES = 320
"""20 ms: pocketsphinx normalises block by block, so its blocks must not depend on how the audio came. What is left of
the last one is not heard."""
_WORDS_MAX = 5_000
"""Words never leave pocketsphinx's dictionary: with more than this a recogniser is not used again."""
_SEARCHES_MAX = 2
"""Grammars kept ready, as dialogues go to and fro: one of hundreds of words takes 100 ms to prepare, and 26 MB."""
_SEARCH = "phones"
_PHONES = (
    *("AA", "AE", "AH", "AO", "AW", "AY", "EH", "ER", "EY", "IH", "IY", "OW", "OY", "UH", "UW"),
    *("B", "CH", "D", "DH", "F", "G", "HH", "JH", "K", "L", "M", "N", "NG", "P", "R", "S", "SH", "T", "TH"),
    *("V", "W", "Y", "Z", "ZH"),
)
_PHONE_LOOP = f"#JSGF V1.0; grammar phones; public <any> = ({' | '.join(_PHONES)})+;"
# Without the best-path search what comes out is a sentence of the grammar; the wide beams cost a tenth of the time and
# halve the errors. Any phonemes can be found with a narrow one.
_GRAMMAR_SETTINGS = {"bestpath": False, "beam": 1e-80, "wbeam": 1e-60, "pbeam": 1e-80}
_PHONE_SETTINGS = {"bestpath": False, "beam": 1e-20, "wbeam": 1e-10, "pbeam": 1e-20}


Judge = Callable[[list[Any], list[Any]], float]
"""How sure are these words, beside these phonemes?"""


class Ears:
    """Two recognisers that hear the same: one for the grammar, one for phonemes in any order."""

    def __init__(self) -> None:
        self._grammar: Any = decoder(_GRAMMAR_SETTINGS)
        self._phones: Any = decoder(_PHONE_SETTINGS)
        for phone in _PHONES:
            self._phones.add_word(phone, phone, False)
        self._phones.add_jsgf_string(_SEARCH, _PHONE_LOOP)
        self._phones.activate_search(_SEARCH)
        self._blocks = Windows(_BLOCK_SAMPLES)
        self._mean = CepstralMean()
        self._words: set[str] = set()
        self._searches: dict[str, str] = {}
        self._graphs: dict[str, WordGraph] = {}
        self._using = ""
        self._prepared = 0
        self._open = False

    @property
    def reusable(self) -> bool:
        """Whether there is room for another grammar's words."""
        return len(self._words) < _WORDS_MAX

    def use(self, grammar: str) -> None:
        """Listen for this grammar; not within an utterance."""
        name = self._searches.pop(grammar, None) or self._prepare(grammar)
        self._searches[grammar] = self._using = name
        self._grammar.activate_search(name)
        if len(self._searches) > _SEARCHES_MAX:
            oldest = self._searches.pop(next(iter(self._searches)))
            self._grammar.remove_search(oldest)
            self._graphs.pop(oldest, None)

    def begin(self) -> None:
        """An utterance begins."""
        for decoder in (self._grammar, self._phones):
            # Its estimate of the noise outlives an utterance otherwise.
            decoder.reinit_feat()
            decoder.start_utt()
        self._mean.begin((self._grammar, self._phones))
        self._blocks.reset()
        self._open = True

    def hear(self, pcm: bytes) -> None:
        """The next samples (PCM16 at 16 kHz)."""
        for _, _, block in self._blocks.feed(pcm):
            self._grammar.process_raw(block, False, False)
            self._phones.process_raw(block, False, False)
            self._mean.heard_block((self._grammar, self._phones))

    def end(self) -> None:
        """The utterance is over."""
        if self._open:
            self._grammar.end_utt()
            self._phones.end_utt()
            self._open = False

    def hypothesis(self, *, ahead: bool = False, judge: Judge = confidence) -> Hypothesis:
        """What was understood so far, or of the utterance that ended; ``ahead``: and which words may follow."""
        best = self._grammar.hyp()
        if best is None or not best.hypstr:
            return Hypothesis("", 0.0)
        sure = judge(list(self._grammar.seg() or ()), list(self._phones.seg() or ()))
        complete = bool(self._grammar.get_fsg(self._using).accept(best.hypstr))
        return Hypothesis(best.hypstr, sure, complete, self._graph().next_words(best.hypstr) if ahead else None)

    def _graph(self) -> WordGraph:
        """Reading it takes some 30 ms for a grammar of hundreds of words: only where somebody wants to look ahead."""
        graph = self._graphs.get(self._using)
        if graph is None:
            graph = self._graphs[self._using] = WordGraph.of(self._grammar.get_fsg(self._using))
        return graph

    def _prepare(self, grammar: str) -> str:
        words = [word for word in grammar_words(grammar) if word not in self._words]
        for word, spoken in lexicon().pronunciations(words).items():
            for index, phones in enumerate(spoken):
                self._grammar.add_word(word if index == 0 else f"{word}({index + 1})", phones, False)
            self._words.add(word)
        self._prepared += 1
        name = f"grammar {self._prepared}"
        try:
            self._grammar.add_jsgf_string(name, grammar)
        except (ValueError, RuntimeError) as error:
            raise ConfigurationError(f"not a JSGF grammar that can be recognised: {error}") from error
        return name


def decoder(settings: dict[str, Any]) -> Any:
    """A pocketsphinx decoder without a dictionary. Raises ``MissingExtra``."""
    pocketsphinx = _pocketsphinx()
    model = pocketsphinx.get_model_path("en-us/en-us")
    return pocketsphinx.Decoder(hmm=model, dict=None, lm=None, samprate=RECOGNISER_HZ, loglevel="FATAL", **settings)


@cache
def lexicon() -> Lexicon:
    """How English words are pronounced. Raises ``MissingExtra``."""
    return Lexicon(_pocketsphinx().get_model_path("en-us/cmudict-en-us.dict"))


def _pocketsphinx() -> Any:
    try:
        import pocketsphinx
    except ImportError as error:
        raise MissingExtra("Speech recognition", "speech") from error
    return pocketsphinx
