"""What is known of a recording: who spoke when, and when was the assistant's voice heard?

Times are milliseconds from the recording's beginning. The file format is described in ``docs/howto/tune-turns.md``.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Literal

import msgspec

from bareline.errors import ConfigurationError

__all__ = [
    "LABELS_VERSION",
    "EchoReading",
    "LabelledSound",
    "LabelledTurn",
    "Labels",
    "Part",
    "Pause",
    "PlayingSpan",
    "SoundKind",
]

LABELS_VERSION = 1

SoundKind = Literal["backchannel", "cough", "noise", "talker"]
"""What is no turn: a listener's sound; a cough, a sneeze; any noise; somebody else's speech in the background."""
TurnKind = Literal["turn", "stop", "correction", "redirection", "question"]
Part = Literal["development", "held_out"]
"""May defaults be chosen by it, or is it kept to judge them?"""


class _Span(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    from_ms: int
    to_ms: int

    def __post_init__(self) -> None:
        if not 0 <= self.from_ms < self.to_ms:
            raise ConfigurationError(f"a span from {self.from_ms} to {self.to_ms} ms is none")


class Pause(_Span, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Silence within a turn. ``complete``: what was said before it could have been the whole turn."""

    complete: bool = False


class LabelledTurn(_Span, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One turn of the user, from the first sample of speech to the last, pauses included.

    ``kind`` matters for turns that begin while the assistant is heard. ``text``: the words, where known.
    """

    kind: TurnKind = "turn"
    text: str = ""
    pauses: tuple[Pause, ...] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        last = self.from_ms
        for pause in self.pauses:
            if pause.from_ms < last or pause.to_ms > self.to_ms:
                raise ConfigurationError(f"a pause at {pause.from_ms} ms lies outside its turn, or before another one")
            last = pause.to_ms


class LabelledSound(_Span, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A sound that takes no turn. ``name``: which backchannel, which noise."""

    kind: SoundKind
    name: str = ""


class PlayingSpan(_Span, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The assistant's voice was heard, and would have gone on to ``to_ms``. ``saying``: its words, where known."""

    saying: str = ""


class EchoReading(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an ``EchoControl`` said from this moment on, until the next one: its ``threshold``, and the ``share`` of the
    loudspeaker's sound in what was left (0-1; null: no loudspeaker was heard)."""

    at_ms: int
    threshold: float
    share: float | None = None

    def __post_init__(self) -> None:
        if self.at_ms < 0 or not 0 < self.threshold < 1 or not 0 <= (self.share or 0.0) <= 1:
            raise ConfigurationError(f"an echo control cannot have said this at {self.at_ms} ms")


class Labels(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All that is known of one recording. ``tags`` are for the reader: voice, noise, where it comes from. ``echo``: of
    a recording of ``EchoControl.microphone``, in order.

    Raises ``ConfigurationError`` for spans that cannot be: turns that overlap, a pause outside its turn.
    """

    version: int = LABELS_VERSION
    part: Part = "development"
    turns: tuple[LabelledTurn, ...] = ()
    sounds: tuple[LabelledSound, ...] = ()
    playing: tuple[PlayingSpan, ...] = ()
    echo: tuple[EchoReading, ...] = ()
    tags: dict[str, str] = {}

    def __post_init__(self) -> None:
        if self.version != LABELS_VERSION:
            raise ConfigurationError(f"labels of version {self.version}; this version reads {LABELS_VERSION}")
        for name, spans in (("turns", self.turns), ("playing", self.playing)):
            for before, after in pairwise(spans):
                if after.from_ms < before.to_ms:
                    raise ConfigurationError(f"{name}: {after.from_ms} ms lies before the end at {before.to_ms} ms")

    def played_at(self, ms: int) -> PlayingSpan | None:
        """The span of the assistant's voice at this moment."""
        return next((span for span in self.playing if span.from_ms <= ms < span.to_ms), None)

    @property
    def interruptions(self) -> tuple[LabelledTurn, ...]:
        """The turns that begin while the assistant is heard."""
        return tuple(turn for turn in self.turns if self.played_at(turn.from_ms) is not None)

    @property
    def plain_turns(self) -> tuple[LabelledTurn, ...]:
        """The turns that begin while the assistant is silent."""
        return tuple(turn for turn in self.turns if self.played_at(turn.from_ms) is None)

    @property
    def overlaps(self) -> tuple[LabelledSound, ...]:
        """The sounds that begin while the assistant is heard."""
        return tuple(sound for sound in self.sounds if self.played_at(sound.from_ms) is not None)
