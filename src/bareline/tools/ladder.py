"""What is said while a tool runs, and when?

A ladder of stages (D7): nothing for a fast tool, then an acknowledgement, then progress.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["DEFAULT_LADDER", "SILENT", "Clip", "FillerLadder", "ModelLine", "Spoken", "Stage"]


@dataclass(frozen=True, slots=True)
class Spoken:
    """One of these texts, each in turn, is said by the model beside the conversation."""

    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Clip:
    """Audio that is played at the sink: PCM16, 24 kHz, mono. ``name`` stands in the trace."""

    pcm: bytes
    name: str


@dataclass(frozen=True, slots=True)
class ModelLine:
    """The model makes a one-liner itself, following ``instructions``, beside the conversation."""

    instructions: str


@dataclass(frozen=True, slots=True)
class Stage:
    """One thing to say. ``after_ms``: of silence since the tool began to run, or since the last thing was said."""

    after_ms: int
    what: Spoken | Clip | ModelLine


@dataclass(frozen=True, slots=True)
class FillerLadder:
    """Stages in order; the last one repeats. None at all: silence.

    ``learned``: the delay of the first stage follows the durations seen of this tool, within ``after_ms``, and a tool
    that has always been fast gets none. ``progress_every_ms``: progress the tool reports is said no more often.
    """

    stages: tuple[Stage, ...]
    learned: bool = True
    progress_every_ms: int = 4_000


SILENT = FillerLadder(())
"""Nothing is said while the tool runs."""
DEFAULT_LADDER = FillerLadder(
    (
        Stage(1_000, Spoken(("One moment.", "Let me see.", "Just a second."))),
        Stage(
            1_200,
            Spoken(("Still working on it.", "It takes a little longer.", "Nearly there, I hope.", "Bear with me.")),
        ),
    )
)
"""Of a tool that brings none: never more than 1.5 s of silence while it runs, the way to the ear included."""
