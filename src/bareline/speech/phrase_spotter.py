"""When is a phrase spoken, in a stream that goes on for days?

pocketsphinx's keyphrase search looks for it all the time and believes too much; what it proposes is heard once more, by
the grammar of that phrase against any phonemes, and only then believed.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice, product
from typing import Any

from bareline.errors import ConfigurationError
from bareline.media.frames import AudioFrame
from bareline.media.resample import Resampler
from bareline.speech.cepstral_mean import CepstralMean
from bareline.speech.sphinx_confidence import spotted_confidence
from bareline.speech.sphinx_ears import RECOGNISER_HZ, Ears, decoder, lexicon
from bareline.speech.spoken_phrases import phrase_words
from bareline.turns.spotting import Spotted
from bareline.turns.windows import Windows
from bareline.units import BYTES_PER_SAMPLE, SAMPLE_RATE_HZ

__all__ = ["PhraseSpotter"]

_BLOCK_SAMPLES = 320
_FRAME_SAMPLES = RECOGNISER_HZ // 100
"""pocketsphinx counts in frames of 10 ms."""
_SEARCH = "phrases"
_THRESHOLD = "1e-80"
"""Proposes nearly every phrase that was spoken, and several a minute in other speech."""
_SETTINGS = {"beam": 1e-100, "wbeam": 1e-100, "pbeam": 1e-100, "kws_plp": 1e-3}
_PHONE_MIN_SAMPLES = RECOGNISER_HZ * 45 // 1_000
"""Nobody speaks faster than this for a whole phrase; what is found in less is not it."""
_PHONES_MIN = 6
_READINGS_MAX = 8
"""Ways to pronounce one phrase."""
_MARGIN_SAMPLES = RECOGNISER_HZ * 120 // 1_000
_KEPT_SAMPLES = 3 * RECOGNISER_HZ
_LOOK_EVERY_BLOCKS = 2
_RESTART_SAMPLES = 30 * RECOGNISER_HZ
"""The search remembers all that it has heard of an utterance: now and then it begins a new one."""
_OVERLAP_SAMPLES = 2 * RECOGNISER_HZ
_SEEN_MAX = 64


@dataclass(frozen=True, slots=True)
class _Candidate:
    phrase: str
    first: int
    end: int
    score: float


class PhraseSpotter:
    """``WakeSpotter`` for any phrases of your own, by pocketsphinx: offline, about 0.05 of real time.

    ``phrases``: English words, also invented ones. Two words and four syllables are little; what is shorter is found in
    other speech too. They are found at the beginning, in the middle and at the end of what is said, some 150 ms after
    their last sound. ``sensitivity`` 0-1: more finds more, and finds it more often where it was not said. A proposal
    that has to be heard again takes some 30 ms of processor time at once. Positions are those of the frames fed. Any
    split of the same audio finds the same. Raises ``MissingExtra`` without the extra ``speech``, ``ConfigurationError``
    for a phrase that is too short or cannot be pronounced.
    """

    def __init__(self, phrases: Iterable[str], *, sensitivity: float = 0.5) -> None:
        if not 0 <= sensitivity <= 1:
            raise ConfigurationError(f"sensitivity {sensitivity} is outside 0-1")
        self._sure = 1 - sensitivity
        self._phones: dict[str, int] = {}
        self._search: Any = decoder(_SETTINGS)
        self._listen_for([phrase_words(phrase) for phrase in phrases])
        self._ears = Ears()
        self._mean = CepstralMean()
        self._resampler = Resampler(SAMPLE_RATE_HZ, RECOGNISER_HZ, fast=True)
        self._blocks = Windows(_BLOCK_SAMPLES)
        self._open = False
        self.reset()

    @property
    def phrases(self) -> tuple[str, ...]:
        """What is listened for."""
        return tuple(self._phones)

    def feed(self, frame: AudioFrame) -> list[Spotted]:
        """Take the next frame of the microphone's stream."""
        found: list[Spotted] = []
        for _, end, block in self._blocks.feed(self._resampler.feed(frame.pcm)):
            self._hear(block)
            self._heard = end
            if end // _BLOCK_SAMPLES % _LOOK_EVERY_BLOCKS == 0:
                found += self._look()
            if end - self._began >= _RESTART_SAMPLES:
                self._restart()
        return found

    def reset(self) -> None:
        """Start a new stream."""
        self._resampler.reset()
        self._blocks.reset()
        self._kept = bytearray()
        self._heard = self._began = 0
        self._found_until = 0
        self._seen: dict[_Candidate, None] = {}
        self._begin()

    def _listen_for(self, phrases: Sequence[tuple[str, ...]]) -> None:
        if not phrases:
            raise ConfigurationError("there are no phrases to listen for")
        words = sorted({word for phrase in phrases for word in phrase})
        spoken = lexicon().pronunciations(words)
        for word, readings in spoken.items():
            for index, phones in enumerate(readings):
                self._search.add_word(_reading(word, index), phones, False)
        lines: list[str] = []
        for phrase in phrases:
            length = sum(min(len(reading.split()) for reading in spoken[word]) for word in phrase)
            if length < _PHONES_MIN:
                raise ConfigurationError(f"'{' '.join(phrase)}' is too short to be told from other speech")
            self._phones[" ".join(phrase)] = length
            ways = product(*([_reading(word, index) for index in range(len(spoken[word]))] for word in phrase))
            lines += [f"{' '.join(way)} /{_THRESHOLD}/" for way in islice(ways, _READINGS_MAX)]
        with tempfile.NamedTemporaryFile("w", suffix=".list") as file:  # pocketsphinx takes several only from a file
            file.write("\n".join(lines) + "\n")
            file.flush()
            self._search.add_kws(_SEARCH, file.name)
        self._search.activate_search(_SEARCH)

    def _begin(self) -> None:
        if self._open:
            self._search.end_utt()
        self._search.reinit_feat()
        self._search.start_utt()
        self._mean.begin((self._search,))
        self._open = True

    def _hear(self, block: bytes) -> None:
        self._kept += block
        del self._kept[: max(0, len(self._kept) - _KEPT_SAMPLES * BYTES_PER_SAMPLE)]
        self._search.process_raw(block, False, False)
        self._mean.heard_block((self._search,))

    def _restart(self) -> None:
        self._begin()
        self._began = self._heard - _OVERLAP_SAMPLES
        again = bytes(self._kept[-_OVERLAP_SAMPLES * BYTES_PER_SAMPLE :])
        for at in range(0, len(again), _BLOCK_SAMPLES * BYTES_PER_SAMPLE):
            self._search.process_raw(again[at : at + _BLOCK_SAMPLES * BYTES_PER_SAMPLE], False, False)
            self._mean.heard_block((self._search,))

    def _look(self) -> list[Spotted]:
        for candidate in self._candidates():
            if candidate in self._seen or candidate.first < self._found_until:
                continue
            self._seen[candidate] = None
            if len(self._seen) > _SEEN_MAX:
                del self._seen[next(iter(self._seen))]
            if self._confidence(candidate) >= self._sure:
                self._found_until = candidate.end
                first, end, known = map(_at_24_khz, (candidate.first, candidate.end, self._heard))
                return [Spotted(candidate.phrase, first, min(end, known), known)]
        return []

    def _candidates(self) -> list[_Candidate]:
        """What the search proposes, as far as it is long enough and still kept; the latest first."""
        if self._search.hyp() is None:
            return []
        found: list[_Candidate] = []
        for segment in self._search.seg() or ():
            phrase = " ".join(word.partition("(")[0] for word in segment.word.split())
            first = self._began + segment.start_frame * _FRAME_SAMPLES
            end = self._began + (segment.end_frame + 1) * _FRAME_SAMPLES
            long_enough = end - first >= self._phones[phrase] * _PHONE_MIN_SAMPLES
            if long_enough and max(0, first - _MARGIN_SAMPLES) >= self._heard - len(self._kept) // BYTES_PER_SAMPLE:
                found.append(_Candidate(phrase, first, end, segment.prob))
        return sorted(found, key=lambda candidate: candidate.end, reverse=True)

    def _confidence(self, candidate: _Candidate) -> float:
        """Hear it once more, alone."""
        kept_from = self._heard - len(self._kept) // BYTES_PER_SAMPLE
        first = max(0, candidate.first - _MARGIN_SAMPLES - kept_from)
        end = candidate.end + _MARGIN_SAMPLES - kept_from
        self._ears.use(f"#JSGF V1.0; grammar phrase; public <phrase> = {candidate.phrase};")
        self._ears.begin()
        self._ears.hear(bytes(self._kept[first * BYTES_PER_SAMPLE : end * BYTES_PER_SAMPLE]))
        self._ears.end()
        heard = self._ears.hypothesis(judge=partial(spotted_confidence, score=candidate.score))
        return heard.confidence if heard.complete else 0.0


def _reading(word: str, index: int) -> str:
    return word if index == 0 else f"{word}({index + 1})"


def _at_24_khz(sample: int) -> int:
    return sample * SAMPLE_RATE_HZ // RECOGNISER_HZ
