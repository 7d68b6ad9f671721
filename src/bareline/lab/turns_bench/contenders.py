"""Who takes part in ``bareline bench turns``?"""

from __future__ import annotations

from functools import partial

from bareline.lab.turn_contenders import LOCAL_PROFILES, by_grammar, policies, silence_timers
from bareline.lab.turns_bench.household import HOUSEHOLD_GRAMMAR
from bareline.speech.sphinx import GrammarSTT
from bareline.testing.turns.replay import Contender
from bareline.turns.completeness import CompletenessTurnDetector
from bareline.turns.contract import StreamingSTT
from bareline.turns.dictation import DictationTurnDetector
from bareline.turns.endpointing import Endpointing
from bareline.turns.silence import SilenceTurnDetector

__all__ = ["dictation", "known_domain", "open_speech", "overlaps"]

_DIGITS = 10
_DIGITS_GRAMMAR = """\
#JSGF V1.0;
grammar digits;
public <digits> = ( zero | oh | one | two | three | four | five | six | seven | eight | nine )+ ;
"""


def known_domain() -> tuple[Contender, ...]:
    """The application's grammar tells whether a sentence is whole, and whether more may follow."""
    return (*silence_timers(), *by_grammar(HOUSEHOLD_GRAMMAR))


def open_speech() -> tuple[Contender, ...]:
    """Nobody knows the words."""
    local = tuple(
        Contender(
            name=f"local {name}", detector=partial(CompletenessTurnDetector, profile=profile), family="local profiles"
        )
        for name, profile in {**LOCAL_PROFILES, "noisy": Endpointing.noisy()}.items()
    )
    return (*silence_timers(), *local)


def dictation() -> tuple[Contender, ...]:
    """A number is read out; one contender knows how many digits it has."""
    known = (("dictation", None), (f"dictation, {_DIGITS} digits", _DIGITS))
    by_digits = tuple(
        Contender(
            name=name,
            detector=partial(DictationTurnDetector, digits=wanted),
            recogniser=digit_words,
            family=name,
        )
        for name, wanted in known
    )
    return (*open_speech(), *by_digits)


def overlaps() -> tuple[Contender, ...]:
    """Policies, beside silencing the assistant with the first speech."""
    plain = Contender(name="speech silences", detector=SilenceTurnDetector)
    return (plain, *policies())


def digit_words() -> StreamingSTT:
    """Listens for digits."""
    return GrammarSTT(_DIGITS_GRAMMAR)
