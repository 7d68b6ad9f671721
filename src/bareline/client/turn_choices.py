"""What may an application choose about turns and interruptions in a call, the session's own settings apart?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypedDict

from bareline.client.session_settings import Turns, detector_of
from bareline.errors import ConfigurationError
from bareline.turns.contract import StreamingSTT, VoiceActivity
from bareline.turns.interruption import InterruptionPolicy
from bareline.turns.interruption_rules import InterruptionRules
from bareline.turns.pace_rules import TurnRule
from bareline.turns.push_to_talk import PushToTalk

__all__ = ["TurnChoices", "TurnKeywords", "turn_choices"]


class TurnKeywords(TypedDict, total=False):
    """Keywords of ``Call`` about who speaks when, besides the session's ``turns``.

    ``barge_in=False`` lets the assistant finish. ``interruptions`` judges who speaks over the assistant
    (``bl.turns.InterruptionRules``); without it the service decides about turns that it finds, and balanced rules about
    turns that this side finds. ``recogniser`` gives the words so far to a detector on this side, and
    ``overlap_recogniser`` those that are said over the assistant to the policy; ``recogniser`` alone serves both. A
    recogniser of short phrases (``PhraseSTT``) belongs to the policy: what it says of half a phrase counts for little,
    and the policy asks it only when a sound is over. ``ears`` is voice activity on this side, which hears an
    interruption before the service does. ``turn_rules`` make turn detection faster or more patient for a while
    (``bl.turns.DEFAULT_TURN_RULES``), whoever finds turns.
    """

    barge_in: bool
    interruptions: InterruptionPolicy | None
    recogniser: StreamingSTT | None
    overlap_recogniser: StreamingSTT | None
    ears: VoiceActivity | None
    turn_rules: Sequence[TurnRule]


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnChoices:
    """The keywords with their defaults. ``policy``: who judges interruptions here; ``None``: the service."""

    barge_in: bool
    policy: InterruptionPolicy | None
    recogniser: StreamingSTT | None
    overlap_recogniser: StreamingSTT | None
    voice_activity: VoiceActivity | None
    rules: tuple[TurnRule, ...]


def turn_choices(keywords: TurnKeywords, turns: Turns, *, hears: bool) -> TurnChoices:
    """``turns`` is the session's keyword, ``hears`` whether there is a microphone. Raises ``ConfigurationError``."""
    detector = detector_of(turns)
    if detector is not None and not hears:
        raise ConfigurationError("a turn detector on this side needs a microphone to listen to")
    recogniser, listening = keywords.get("recogniser"), keywords.get("overlap_recogniser")
    if recogniser is not None and recogniser is listening:
        raise ConfigurationError("one recogniser cannot listen for two: give it once, or two of them")
    return TurnChoices(
        barge_in=keywords.get("barge_in", True),
        policy=_policy(keywords, turns, hears=hears),
        recogniser=recogniser,
        overlap_recogniser=listening or (recogniser if detector is None else None),
        voice_activity=keywords.get("ears"),
        rules=tuple(keywords.get("turn_rules", ())),
    )


def _policy(keywords: TurnKeywords, turns: Turns, *, hears: bool) -> InterruptionPolicy | None:
    """Turns that this side finds are judged by this side, unless the application says otherwise, or a key does."""
    given, barge_in = keywords.get("interruptions"), keywords.get("barge_in", True)
    if given is None:
        detector = detector_of(turns)
        heard = detector is not None and not isinstance(detector, PushToTalk)
        return InterruptionRules.balanced() if heard and barge_in else None
    if not barge_in:
        raise ConfigurationError("either barge_in=False or a policy for interruptions; NeverInterrupt() is one")
    if not hears:
        raise ConfigurationError("a policy for interruptions needs a microphone to listen to")
    return given
