"""What is said while a tool runs, and when?

A ladder of stages (D7): nothing for a fast tool, then an acknowledgement, then progress.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from bareline.errors import ConfigurationError
from bareline.units import BYTES_PER_SAMPLE, SAMPLE_RATE_HZ, ms_to_ns

__all__ = [
    "CLIP_MAX_S",
    "DEAD_AIR_NS",
    "DEFAULT_LADDER",
    "SILENT",
    "Clip",
    "FillerLadder",
    "ModelLine",
    "Spoken",
    "Stage",
    "ladder_of",
]

CLIP_MAX_S = 10
"""The longest clip: what is to be said next has to wait for its end."""
DEAD_AIR_NS = ms_to_ns(1_500)
"""The longest silence while a tool runs, where its ladder wants to be no slower."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """One of these texts, each in turn, is said by the model beside the conversation."""

    texts: tuple[str, ...]

    def __post_init__(self) -> None:
        if not self.texts or not all(text.strip() for text in self.texts):
            raise ConfigurationError("Spoken needs at least one text, and none that is empty")


@dataclass(frozen=True, slots=True)
class Clip:
    """Audio that is played at the sink: PCM16, 24 kHz, mono, up to ``CLIP_MAX_S``. ``name`` stands in the trace."""

    pcm: bytes
    name: str

    def __post_init__(self) -> None:
        samples, half = divmod(len(self.pcm), BYTES_PER_SAMPLE)
        if half or not 0 < samples <= CLIP_MAX_S * SAMPLE_RATE_HZ:
            raise ConfigurationError(
                f"the clip '{self.name}' must be whole samples of PCM16, up to {CLIP_MAX_S} s of them, "
                f"not {len(self.pcm)} bytes"
            )


@dataclass(frozen=True, slots=True)
class ModelLine:
    """The model makes a one-liner itself, following ``instructions``, beside the conversation."""

    instructions: str


@dataclass(frozen=True, slots=True)
class Stage:
    """One thing to say, heard after ``after_ms`` of silence while the tool runs."""

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

    def __post_init__(self) -> None:
        if self.progress_every_ms < 0 or any(stage.after_ms < 0 for stage in self.stages):
            raise ConfigurationError("times of a FillerLadder cannot be negative")


SILENT = FillerLadder(())
"""Nothing is said while the tool runs."""
DEFAULT_LADDER = FillerLadder(
    (
        Stage(1_000, Spoken(("One moment.", "Let me see.", "Just a second."))),
        Stage(
            1_000,
            Spoken(("Still working on it.", "It takes a little longer.", "Nearly there, I hope.", "Bear with me.")),
        ),
    )
)
"""Of a tool that brings none: never more than 1.5 s of silence while it runs, the way to the ear included."""


def ladder_of(filler: FillerLadder | str | None, default: FillerLadder) -> FillerLadder:
    """What a tool brings, or the call's ``default``; a text takes the place of the default's first stage."""
    if isinstance(filler, FillerLadder):
        return filler
    if filler is None or not default.stages:
        return default
    first, *later = default.stages
    stages = (Stage(first.after_ms, Spoken((filler,))), *(later or [first]))
    return dataclasses.replace(default, stages=stages)
