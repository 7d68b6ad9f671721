"""Is what was said so far all there is to say?

By a grammar, where the recogniser has one: words to which nothing can be added end a turn soon, a whole sentence to
which something can is given time, half a sentence more. Without a grammar by the words that promise more.
"""

from __future__ import annotations

from bareline.turns.contract import Hypothesis, VoiceActivity
from bareline.turns.endpointing import Endpointing
from bareline.turns.patience import PatientTurnDetector, Pause, Wait

__all__ = ["COURTESY", "PROMISES", "CompletenessTurnDetector", "completeness", "promises_more"]

COURTESY = frozenset({"please", "thanks", "thank", "cheers", "now", "then"})
"""Words that add nothing of substance: that they may follow keeps no sentence open."""

_HOURS = frozenset(
    (
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "eleven",
        "twelve",
        "thirty",
        "fifteen",
    )
)
_IN_ONE_BREATH = frozenset(("fifteen", "thirty", "forty", "a", "p", "am", "pm", "o'clock", "in"))
"""What completes an hour ("at five", "at five thirty", "at five in the evening") is said without a pause. No digits
among them: those of a number are read out in groups."""

PROMISES = frozenset(
    (
        *("and", "or", "but", "because", "so", "if", "when", "while", "than", "that", "which", "who", "although"),
        *("the", "a", "an", "my", "your", "his", "her", "its", "our", "their", "this", "these", "some", "every"),
        *("to", "for", "of", "from", "with", "in", "on", "at", "by", "into", "about", "between", "without", "until"),
        *("is", "are", "was", "were", "be", "am", "has", "have", "will", "would", "can", "could", "should", "i'm"),
        *("i", "we", "they", "he", "she", "it's", "let's", "like", "maybe", "very", "not", "also", "then", "well"),
        *("um", "uh", "er", "erm", "hmm", "mm", "eh", "ah", "oh"),
    )
)
"""Words that are seldom a turn's last: conjunctions, articles, prepositions, auxiliaries, subjects, hesitation."""

_STABLE_MS = 160
"""A recogniser that has just changed its mind may do so again."""


def completeness(pause: Pause, profile: Endpointing) -> Wait:
    """``Patience`` by the words so far.

    How sure they are is not asked: noise makes a recogniser doubt words that are right, and those that are wrong are
    as a rule taken for others of the same kind.
    """
    words = pause.hypothesis
    if words is None:
        return Wait(profile.silence_ms, "nobody listens for words")
    if not words.text:
        return Wait(profile.open_ms, "nothing was understood so far")
    if words.next_words is None and not words.complete:
        return _by_last_word(words.text, profile)
    return _by_grammar(words, pause, profile)


def promises_more(text: str) -> str | None:
    """The last word of ``text``, if it is one that promises more."""
    last = text.lower().rstrip(" .,;:!?…-").rpartition(" ")[2]
    return last if last in PROMISES else None


class CompletenessTurnDetector(PatientTurnDetector):
    """``TurnDetector`` by the words of a ``StreamingSTT`` (``Call(recogniser=...)``), over any ``VoiceActivity``.

    With a recogniser over a grammar it knows whether a sentence is whole, and whether more of substance may follow.
    With one without it knows the words that promise more. Without any words it is a silence timer.
    """

    def __init__(self, vad: VoiceActivity, profile: Endpointing | None = None) -> None:
        super().__init__(vad, completeness, profile)


def _of_substance(text: str, next_words: frozenset[str]) -> frozenset[str]:
    """Those of the words that may follow for which it is worth waiting."""
    more = next_words - COURTESY
    return more - _IN_ONE_BREATH if text.rpartition(" ")[2] in _HOURS else more


def _by_last_word(text: str, profile: Endpointing) -> Wait:
    last = promises_more(text)
    if last is not None:
        return Wait(profile.unfinished_ms, f'"{last}" promises more')
    return Wait(profile.silence_ms, "the words promise no more")


def _by_grammar(words: Hypothesis, pause: Pause, profile: Endpointing) -> Wait:
    if not words.complete:
        return Wait(profile.unfinished_ms, "the sentence is not whole")
    if words.next_words is None or _of_substance(words.text, words.next_words):
        return Wait(profile.open_ms, "the sentence is whole, and more may follow")
    if pause.stable_ms < _STABLE_MS:
        return Wait(profile.open_ms, "the words have only just become these")
    return Wait(profile.whole_ms, "the sentence is whole, and no more can follow")
