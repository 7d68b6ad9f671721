"""What may a scene hold?

A scene is a list of turns. A turn says when it applies, and what is done then, step by step. All times are in
milliseconds.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

__all__ = [
    "CallStep",
    "FailStep",
    "IncompleteStep",
    "PauseStep",
    "SayStep",
    "Scene",
    "SilenceStep",
    "Step",
    "TextStep",
    "Timing",
    "ToneStep",
    "Turn",
    "When",
    "step_of",
]

Ms = Annotated[int, msgspec.Meta(ge=0, le=600_000)]


class _Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class SayStep(_Part, frozen=True):
    """A spoken message (text in a text response). ``phase``: commentary or final_answer, as of the 2.x models."""

    say: str
    phase: str | None = None


class TextStep(_Part, frozen=True):
    """A text message, whatever the response's modality is."""

    text: str
    phase: str | None = None


class CallStep(_Part, frozen=True):
    """A function call. ``arguments``: JSON text, which may be ill-formed on purpose."""

    call: str
    arguments: str = "{}"


class ToneStep(_Part, frozen=True):
    """A message whose audio is a tone; ``transcript`` runs along with it."""

    tone_ms: Ms
    transcript: str = ""


class SilenceStep(_Part, frozen=True):
    """A message whose audio is silence."""

    silence_ms: Ms
    transcript: str = ""


class PauseStep(_Part, frozen=True):
    """Nothing is generated for a while."""

    pause_ms: Ms


class FailStep(_Part, frozen=True):
    """The response fails here."""

    fail: str
    message: str = "The scene makes this response fail."


class IncompleteStep(_Part, frozen=True):
    """The response ends early here: max_output_tokens or content_filter."""

    incomplete: Literal["max_output_tokens", "content_filter"]


Step = SayStep | TextStep | CallStep | ToneStep | SilenceStep | PauseStep | FailStep | IncompleteStep
_STEPS: dict[str, type[Step]] = {
    "say": SayStep,
    "text": TextStep,
    "call": CallStep,
    "tone_ms": ToneStep,
    "silence_ms": SilenceStep,
    "pause_ms": PauseStep,
    "fail": FailStep,
    "incomplete": IncompleteStep,
}


def step_of(keys: set[str]) -> type[Step] | None:
    """The kind of step that has these keys; None when there is no such kind."""
    return next((kind for key, kind in _STEPS.items() if key in keys), None)


class When(_Part, frozen=True):
    """When a turn applies: all that is given must hold.

    ``response``: it is the n-th response of the session, from 1. ``heard``: the user's newest message holds these
    words, in this order and next to each other, whatever the case. ``matches``: it matches this regular expression.
    ``output_of``: an output of this tool is newer than anything the assistant said. ``output_matches``: that output, as
    text, matches. ``out_of_band``: the response is out of band, or is not. ``metadata``: the response carries these.
    ``instructions_match``: its instructions match.
    """

    response: Annotated[int, msgspec.Meta(ge=1)] | None = None
    heard: str | None = None
    matches: str | None = None
    output_of: str | None = None
    output_matches: str | None = None
    out_of_band: bool | None = None
    metadata: dict[str, str] | None = None
    instructions_match: str | None = None


class Timing(_Part, frozen=True):
    """``thinking_ms``: before the first output. ``rate``: audio per real time, 0 for as fast as possible.
    ``chunk_ms``: audio in one delta."""

    thinking_ms: Ms = 0
    rate: Annotated[float, msgspec.Meta(ge=0, le=1000)] = 0.0
    chunk_ms: Annotated[int, msgspec.Meta(ge=10, le=1000)] = 100


class Turn(_Part, frozen=True):
    """``times``: how often the turn is played; 0 for always. ``timing``: instead of the scene's."""

    when: When = When()
    do: tuple[Step, ...] = ()
    times: int = 1
    timing: Timing | None = None


class Scene(_Part, frozen=True):
    """``turns``: the first that applies is played. ``otherwise``: what is done when none does. ``transcripts``: of the
    user's spoken items, in their order."""

    turns: tuple[Turn, ...]
    otherwise: tuple[Step, ...] = ()
    timing: Timing = Timing()
    transcripts: tuple[str, ...] = ()
