"""How should the service decide that the user's turn is over?

Named profiles over the settings of the protocol (REALTIME.md section 8). A profile is the settings object itself, so
that it can be sent, compared and changed like one.
"""

from typing import Any

from msgspec.structs import replace

from bareline.protocol import events as settings
from bareline.turns.push_to_talk import PushToTalk

__all__ = ["SemanticVad", "ServerVad", "TurnProfile", "wire_turn_detection"]


class ServerVad(settings.ServerVad, frozen=True, kw_only=True):
    """Turns end with silence: quick and predictable; a pause to think ends the turn too.

    Every setting can be given, alone or over a profile: ``ServerVad.fast(threshold=0.6)``.
    """

    @classmethod
    def fast(cls, **changes: Any) -> "ServerVad":
        """Answers 250 ms after the last word: short commands, quiet rooms. Cuts off people who pause."""
        return replace(cls(threshold=0.5, prefix_padding_ms=300, silence_duration_ms=250), **changes)

    @classmethod
    def balanced(cls, **changes: Any) -> "ServerVad":
        """Waits 500 ms: conversation."""
        return replace(cls(threshold=0.5, prefix_padding_ms=300, silence_duration_ms=500), **changes)

    @classmethod
    def patient(cls, **changes: Any) -> "ServerVad":
        """Waits a second: dictated numbers, people who think aloud."""
        return replace(cls(threshold=0.5, prefix_padding_ms=400, silence_duration_ms=1000), **changes)

    @classmethod
    def noisy(cls, **changes: Any) -> "ServerVad":
        """Needs clearer speech: streets, open offices, a loudspeaker without echo cancellation."""
        return replace(cls(threshold=0.75, prefix_padding_ms=400, silence_duration_ms=650), **changes)


class SemanticVad(settings.SemanticVad, frozen=True, kw_only=True):
    """Turns end when what was said sounds complete: fewer cut-ins; unfinished sentences are waited for."""

    @classmethod
    def fast(cls, **changes: Any) -> "SemanticVad":
        """Waits up to 2 s for an unfinished sentence."""
        return replace(cls(eagerness="high"), **changes)

    @classmethod
    def balanced(cls, **changes: Any) -> "SemanticVad":
        """Waits up to 4 s for an unfinished sentence."""
        return replace(cls(eagerness="medium"), **changes)

    @classmethod
    def patient(cls, **changes: Any) -> "SemanticVad":
        """Waits up to 8 s for an unfinished sentence."""
        return replace(cls(eagerness="low"), **changes)


TurnProfile = settings.ServerVad | settings.SemanticVad | PushToTalk


def wire_turn_detection(profile: TurnProfile) -> settings.ServerVad | settings.SemanticVad | None:
    """What ``session.audio.input.turn_detection`` is for ``profile``: the settings, or null where a key decides."""
    return None if isinstance(profile, PushToTalk) else profile
