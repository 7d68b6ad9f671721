"""How patient is a turn detector on this side?"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal, Protocol, Self, runtime_checkable

from bareline.errors import ConfigurationError

__all__ = ["Adjustable", "Endpointing", "Pace"]

Pace = Literal["fast", "balanced", "patient", "noisy"]
"""A profile's name; the same for what the service decides and for what is decided here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpointing:
    """A profile of the local detectors; each uses what it has a use for. Every setting can be given over a profile:
    ``Endpointing.fast(silence_ms=200)``.

    ``threshold`` (0-1) and ``min_speech_ms``: what counts as speech. The waits, ms of silence that end a turn:
    ``silence_ms`` where nothing is known of the words; ``whole_ms`` after words to which nothing of substance can be
    added; ``open_ms`` after a whole sentence to which something can; ``unfinished_ms`` after words that promise more;
    ``dictation_ms`` within a number or a code.
    """

    threshold: float = 0.5
    min_speech_ms: int = 60
    silence_ms: int = 500
    whole_ms: int = 200
    open_ms: int = 1_600
    unfinished_ms: int = 2_000
    dictation_ms: int = 1_600

    def __post_init__(self) -> None:
        """Raise ``ConfigurationError`` for a setting that means nothing."""
        if not 0 <= self.threshold <= 1:
            raise ConfigurationError(f"threshold {self.threshold} is outside 0-1")
        waits = ("min_speech_ms", "silence_ms", "whole_ms", "open_ms", "unfinished_ms", "dictation_ms")
        for name in waits:
            if getattr(self, name) < 0:
                raise ConfigurationError(f"{name} cannot be negative")

    @classmethod
    def fast(cls, **changes: Any) -> Self:
        """Short answers and commands in a quiet room; people who pause are cut off."""
        settings = cls(silence_ms=250, whole_ms=150, open_ms=700, unfinished_ms=1_200, dictation_ms=1_000)
        return replace(settings, **changes)

    @classmethod
    def balanced(cls, **changes: Any) -> Self:
        """Conversation."""
        return replace(cls(), **changes)

    @classmethod
    def patient(cls, **changes: Any) -> Self:
        """People who think aloud, read something out, or speak a language that is not theirs."""
        settings = cls(silence_ms=1_000, whole_ms=500, open_ms=2_000, unfinished_ms=3_000, dictation_ms=2_500)
        return replace(settings, **changes)

    @classmethod
    def noisy(cls, **changes: Any) -> Self:
        """Streets and open offices: speech has to be clearer and longer."""
        settings = cls(threshold=0.75, min_speech_ms=120, silence_ms=650, whole_ms=350)
        return replace(settings, **changes)

    def paced(self, pace: Pace | None) -> Endpointing:
        """The same ears with another patience; only ``noisy`` changes what counts as speech."""
        if pace is None:
            return self
        named = {"fast": self.fast, "balanced": self.balanced, "patient": self.patient, "noisy": self.noisy}[pace]()
        clearer = max(self.threshold, named.threshold), max(self.min_speech_ms, named.min_speech_ms)
        threshold, min_speech_ms = clearer if pace == "noisy" else (self.threshold, self.min_speech_ms)
        return replace(named, threshold=threshold, min_speech_ms=min_speech_ms)


@runtime_checkable
class Adjustable(Protocol):
    """A detector whose patience can change in the middle of the stream."""

    def use(self, profile: Endpointing) -> None:
        """Be as patient as ``profile`` from now on; what was heard so far stays."""
        ...

    def pace(self, pace: Pace | None) -> None:
        """Be so patient for a while; ``None``: again as the profile says that was given."""
        ...
