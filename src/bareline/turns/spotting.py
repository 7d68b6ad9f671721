"""What does an engine promise that waits for a phrase?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from bareline.media.frames import AudioFrame

__all__ = ["Spotted", "WakeSpotter"]


@dataclass(frozen=True, slots=True)
class Spotted:
    """A phrase was spoken: its first sample, the sample after its last, and when that was known."""

    phrase: str
    first_sample: int
    end_sample: int
    decided_at_sample: int


class WakeSpotter(Protocol):
    """Was one of the phrases spoken that this engine waits for?

    Contract: fed with 24 kHz frames, without an end; positions are samples since ``reset``; ``end_sample`` may be an
    estimate, never beyond ``decided_at_sample``; the same phrase is reported once; any split of the same audio finds
    the same; cheap enough for the caller's thread.
    """

    def feed(self, frame: AudioFrame) -> list[Spotted]:
        """Take the next frame of the microphone's stream."""
        ...

    def reset(self) -> None:
        """Start a new stream."""
        ...
