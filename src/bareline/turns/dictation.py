"""Has the whole number been read out, or only one group of its digits?"""

from __future__ import annotations

from functools import partial

from bareline.turns.completeness import promises_more
from bareline.turns.contract import VoiceActivity
from bareline.turns.endpointing import Endpointing
from bareline.turns.patience import PatientTurnDetector, Pause, Wait

__all__ = ["DictationTurnDetector", "count_digits", "dictated"]

_DIGITS = frozenset(
    ("zero", "oh", "o", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "nought")
)
_TEENS = frozenset(
    ("ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen")
)
_TENS = frozenset(("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"))
_TIMES = {"double": 2, "triple": 3, "treble": 3}


def count_digits(text: str) -> int:
    """How many digits these words stand for: "double four two" are three, "twenty one" are two, "030" are three."""
    digits, times, after_tens = 0, 1, False
    for word in text.lower().replace("-", " ").split():
        spoken = word.strip(".,;:!?")
        if spoken in _DIGITS:
            digits += 0 if after_tens and spoken not in {"zero", "oh", "o", "nought"} else times
        elif spoken in _TEENS or spoken in _TENS:
            digits += 2 * times
        else:
            digits += sum(letter.isdigit() for letter in spoken)
        after_tens = spoken in _TENS
        times = _TIMES.get(spoken, 1)
    return digits


def dictated(pause: Pause, profile: Endpointing, *, wanted: int | range | None = None) -> Wait:
    """``Patience`` for a number that is read out; ``wanted``: how many digits it has, if that is known.

    A ``range`` is of lengths, as ``range(7, 12)``: then the longest ends the turn at once.
    """
    words = pause.hypothesis
    if words is None or not words.text:
        return Wait(profile.dictation_ms, "a number is read out")
    digits = count_digits(words.text)
    if digits:
        longest = wanted.stop - 1 if isinstance(wanted, range) else wanted
        if longest is not None and digits >= longest:
            return Wait(profile.whole_ms, f"all {digits} digits were said")
        return Wait(profile.dictation_ms, f"{digits} digits so far")
    if promises_more(words.text):
        return Wait(profile.unfinished_ms, "the words promise more")
    return Wait(profile.silence_ms, "no digit was said")


class DictationTurnDetector(PatientTurnDetector):
    """``TurnDetector`` for numbers and codes that are read out, in groups, over any ``VoiceActivity``.

    Patient while digits come, quick once there are as many as wanted (``digits``), which takes a recogniser that knows
    digits; without one it only is patient.
    """

    def __init__(
        self, vad: VoiceActivity, *, digits: int | range | None = None, profile: Endpointing | None = None
    ) -> None:
        super().__init__(vad, partial(dictated, wanted=digits), profile)
