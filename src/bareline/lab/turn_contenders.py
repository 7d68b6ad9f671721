"""Which ways of taking turns are always compared?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from msgspec import UNSET, UnsetType

from bareline.speech.phrase_stt import PhraseSTT
from bareline.speech.sphinx import GrammarSTT
from bareline.testing.turns.replay import Contender
from bareline.turns.completeness import CompletenessTurnDetector
from bareline.turns.contract import StreamingSTT, TurnDetector, VoiceActivity
from bareline.turns.endpointing import Endpointing
from bareline.turns.interruption import InterruptionPolicy
from bareline.turns.interruption_rules import InterruptionRules
from bareline.turns.overlap_words import ENGLISH
from bareline.turns.profiles import ServerVad
from bareline.turns.silence import SilenceTurnDetector

__all__ = ["LOCAL_PROFILES", "by_grammar", "policies", "server_profiles", "silence_timers", "standard_contenders"]

_BALANCED = ServerVad.balanced()
LOCAL_PROFILES = {
    "patient": Endpointing.patient(),
    "balanced": Endpointing.balanced(),
    "fast": Endpointing.fast(),
}
"""The most patient first: what it was told of a turn answers most of the others' questions."""
TIMERS_MS = (200, 250, 300, 400, 500, 650, 800, 1000, 1200, 1400, 1600, 2000)


def standard_contenders() -> tuple[Contender, ...]:
    """What ``bareline tune turns`` compares: the service's profiles, silence timers, interruption policies."""
    return (*server_profiles(), *silence_timers(), *policies())


def silence_timers(timers_ms: tuple[int, ...] = TIMERS_MS) -> tuple[Contender, ...]:
    """The turn is over after so much silence."""
    return tuple(
        Contender(
            name=f"silence {ms}",
            detector=_timer(ms),
            family="silence timers",
            code=f"Call(turns=bl.turns.ServerVad(silence_duration_ms={ms}))",
        )
        for ms in timers_ms
    )


def by_grammar(grammar: str, *, profiles: Mapping[str, Endpointing] | None = None) -> tuple[Contender, ...]:
    """``CompletenessTurnDetector`` with the application's grammar (JSGF), in each profile."""

    def words() -> StreamingSTT:
        return GrammarSTT(grammar)

    return tuple(
        Contender(
            name=f"completeness {name}",
            detector=partial(CompletenessTurnDetector, profile=profile),
            recogniser=words,
            family="completeness",
            code=f"Call(turns=bl.turns.CompletenessTurnDetector(SileroVad(), bl.turns.Endpointing.{name}()), "
            "recogniser=GrammarSTT(...))",
        )
        for name, profile in (profiles or LOCAL_PROFILES).items()
    )


def server_profiles() -> tuple[Contender, ...]:
    """The profiles of ``server_vad``, as the built-in server takes them."""
    profiles = {
        "fast": ServerVad.fast(),
        "balanced": ServerVad.balanced(),
        "patient": ServerVad.patient(),
        "noisy": ServerVad.noisy(),
    }
    return tuple(
        Contender(
            name=f"server {name}",
            detector=_timer(profile.silence_duration_ms, profile.threshold),
            family="server_vad profiles",
            code=f"Call(turns=bl.turns.ServerVad.{name}())",
        )
        for name, profile in profiles.items()
    )


def policies() -> tuple[Contender, ...]:
    """The interruption policies, with words and without."""
    found = {"balanced": InterruptionRules.balanced(), "patient": InterruptionRules.patient()}
    found["eager"] = InterruptionRules.eager()
    made = [_policy(f"rules {name}", rules, overlap_words, name) for name, rules in found.items()]
    return (*made, _policy("rules balanced, no words", found["balanced"], None, "balanced"))


def overlap_words() -> StreamingSTT:
    """Listens for the short words that tell what an overlap is."""
    return PhraseSTT(ENGLISH.grammar())


def _policy(
    name: str, rules: InterruptionPolicy, recogniser: Callable[[], StreamingSTT] | None, code: str
) -> Contender:
    return Contender(
        name=name,
        detector=_timer(_BALANCED.silence_duration_ms),
        policy=rules,
        overlap_recogniser=recogniser,
        family="interruption rules",
        code=f"Call(interruptions=bl.turns.InterruptionRules.{code}())",
    )


def _timer(silence_ms: int | UnsetType, threshold: float | UnsetType = 0.5) -> Callable[[VoiceActivity], TurnDetector]:
    given = {"silence_duration_ms": silence_ms, "threshold": threshold}
    settings: dict[str, Any] = {name: value for name, value in given.items() if value is not UNSET}
    return partial(SilenceTurnDetector, **settings)
