"""Who takes part in ``bareline bench turns``?"""

from __future__ import annotations

from functools import partial

from bareline.lab.turn_contenders import policies, silence_timers
from bareline.lab.turns_bench.household import HOUSEHOLD_GRAMMAR
from bareline.speech.sphinx import GrammarSTT
from bareline.testing.turns.replay import Contender
from bareline.turns.completeness import CompletenessTurnDetector
from bareline.turns.contract import StreamingSTT
from bareline.turns.endpointing import Endpointing
from bareline.turns.silence import SilenceTurnDetector

__all__ = ["known_domain", "open_speech", "overlaps"]

_PROFILES = {"fast": Endpointing.fast(), "balanced": Endpointing.balanced(), "patient": Endpointing.patient()}


def known_domain() -> tuple[Contender, ...]:
    """The application's grammar tells whether a sentence is whole, and whether more may follow."""
    by_words = tuple(
        Contender(
            name=f"completeness {name}",
            detector=partial(CompletenessTurnDetector, profile=profile),
            recogniser=household_words,
            family="completeness",
        )
        for name, profile in _PROFILES.items()
    )
    return (*silence_timers(), *by_words)


def open_speech() -> tuple[Contender, ...]:
    """Nobody knows the words."""
    local = tuple(
        Contender(
            name=f"local {name}", detector=partial(CompletenessTurnDetector, profile=profile), family="local profiles"
        )
        for name, profile in _PROFILES.items()
    )
    return (*silence_timers(), *local)


def overlaps() -> tuple[Contender, ...]:
    """Policies, beside silencing the assistant with the first speech."""
    plain = Contender(name="speech silences", detector=SilenceTurnDetector)
    return (plain, *policies())


def household_words() -> StreamingSTT:
    """Listens for what the household's grammar foresees."""
    return GrammarSTT(HOUSEHOLD_GRAMMAR)
