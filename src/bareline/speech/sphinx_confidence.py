"""How sure is it that the words of a grammar are what was said?

The grammar's best reading of the sound is compared with the best reading by phonemes in any order. Speech that the
grammar does not foresee fits phonemes much better, above all where the grammar has to take it for silence.
"""

from __future__ import annotations

import math
from itertools import accumulate
from typing import Any

__all__ = ["confidence", "phrase_confidence", "spotted_confidence"]

_SCORE_SCALE = 1024.0
"""pocketsphinx keeps acoustic scores in this part of a natural logarithm."""
_UTTERANCE_FRAMES = 200
_SILENCE_FRAMES = 20
"""Added to the lengths that margins are divided by: in something short, phonemes that fit can always be found."""
_MIDDLE = 0.6
_STEEPNESS = 5.0
# Found with 1200 utterances in nine voices and three grammars. At 0.5, with the noise of a room at 30 dB, no right
# sentence is doubted (with white noise at 25 dB, one in ten), and of sentences that no grammar foresees 3 % are
# believed; of single words where "yes" and "no" are expected, two in five.
_MARKS = "<("
"""Begin the names of segments that are no words: silence, and empty steps of the grammar."""
_WORD_FRAMES = 10
_WORD_MIDDLE = 2.0
_WORD_STEEPNESS = 3.0
_SILENCE_MARGIN_MAX = 0.5
_SPOTTED_FRAMES = 20
_SCORE_WEIGHT = 20.0
_SCORE_MIDDLE = 0.78
# The four of words: found with 406 short utterances and sentences in seven voices of espeak-ng, flite and festival.


def confidence(words: list[Any], phones: list[Any]) -> float:
    """0-1, from pocketsphinx's segments of both readings: 0.5 is where one should begin to ask again."""
    phones = _placed(phones)
    if not words or not phones:
        return 0.0
    costs = _running_costs(phones)
    speech = sum(_frames(phone) for phone in phones if not _silent(phone))
    excess = sum(map(_cost, words)) - costs[-1]
    margin = excess / (speech + _UTTERANCE_FRAMES) + max(
        (_silence_margin(word, costs) for word in words if _silent(word)), default=0.0
    )
    return 1 / (1 + math.exp(_STEEPNESS * (margin - _MIDDLE)))


def phrase_confidence(words: list[Any], phones: list[Any]) -> float:
    """The same for a few short words, each of which has to stand by itself; asked while they are spoken or after.

    A sentence may hold a word that fits badly; of a lone "stop" the worst word is all there is.
    """
    phones = _placed(phones)
    spoken = [word for word in words if word.word[0] not in _MARKS]
    if not spoken or not phones:
        return 0.0
    costs = _running_costs(phones)
    taken_for_silence = max((_silence_margin(word, costs) for word in words if _silent(word)), default=0.0)
    if taken_for_silence > _SILENCE_MARGIN_MAX:
        return 0.0
    worst = max(_excess(word, costs) / (_frames(word) + _WORD_FRAMES) for word in spoken)
    return 1 / (1 + math.exp(_WORD_STEEPNESS * (worst - _WORD_MIDDLE)))


def spotted_confidence(words: list[Any], phones: list[Any], score: float) -> float:
    """The same for one phrase that was cut out of other speech: what stands around it is nobody's fault.

    ``score``: of the search that proposed it (0-1).
    """
    phones = _placed(phones)
    spoken = [word for word in words if word.word[0] not in _MARKS]
    if not spoken or not phones:
        return 0.0
    costs = _running_costs(phones)
    margin = sum(_excess(word, costs) for word in spoken) / (sum(map(_frames, spoken)) + _SPOTTED_FRAMES)
    return 1 / (1 + math.exp(_WORD_STEEPNESS * (margin - _SCORE_WEIGHT * (score - _SCORE_MIDDLE))))


def _placed(phones: list[Any]) -> list[Any]:
    """A reading that has only just begun is one segment without a place."""
    return [phone for phone in phones if phone.end_frame >= 0]


def _excess(segment: Any, costs: list[float]) -> float:
    """How much better phonemes explain what was taken for this word."""
    last = len(costs) - 1
    return _cost(segment) - costs[min(last, segment.end_frame + 1)] + costs[min(last, segment.start_frame)]


def _silence_margin(segment: Any, costs: list[float]) -> float:
    """How much better than silence phonemes explain what the grammar took for silence; at least 0."""
    return max(0.0, _excess(segment, costs) / (_frames(segment) + _SILENCE_FRAMES))


def _running_costs(segments: list[Any]) -> list[float]:
    """The cost of all frames before each frame; a segment's cost is spread evenly over it."""
    by_frame = [0.0] * (max(segment.end_frame for segment in segments) + 1)
    for segment in segments:
        share = _cost(segment) / _frames(segment)
        for frame in range(segment.start_frame, segment.end_frame + 1):
            by_frame[frame] += share
    return list(accumulate(by_frame, initial=0.0))


def _cost(segment: Any) -> float:
    """Negative logarithm of how well a segment fits the sound."""
    return -_SCORE_SCALE * math.log(max(segment.ascore, 1e-300))


def _frames(segment: Any) -> int:
    return segment.end_frame - segment.start_frame + 1


def _silent(segment: Any) -> bool:
    return segment.word.startswith("<")
