"""Which moments of a spoken and answered turn matter for its latency?

All times are on the clock of the side that wrote the trace.
"""

from __future__ import annotations

from typing import Literal

import msgspec

__all__ = ["Detection", "Exchange", "Position", "Recording", "TracedLatency", "TurnMoments"]

Detection = Literal["server_vad", "semantic_vad", "this side"]


class Position(msgspec.Struct, frozen=True, kw_only=True):
    """Of the user's audio: ``samples`` had been sent over line number ``line``, the last of them captured by
    ``captured_ns``, given to be sent at ``given_ns``, and gone at ``sent_ns``."""

    line: int
    samples: int
    frame_samples: int
    captured_ns: int
    given_ns: int
    sent_ns: int


class Recording(msgspec.Struct, frozen=True):
    """A file beside the trace; ``at_ns``: its first sample. ``both``: the assistant is on its second channel."""

    file: str
    at_ns: int
    both: bool


class Exchange(msgspec.Struct, frozen=True):
    """The service was working on a response; ``asked``: this side had asked for it, at the beginning."""

    begin_ns: int
    end_ns: int
    asked: bool


class TurnMoments(msgspec.Struct, frozen=True, kw_only=True):
    """A spoken turn of the user that was answered aloud.

    ``judged_ns``: when the audio was captured with which the turn was over (``None``: not told). ``decided_ns``: when
    this side knew. ``audio_ns``: the first audio of the answer came. ``heard_ns``: its first sample was heard.
    ``tools``: when tools ran. ``position``: of the user's audio, the last one told before the turn was over.
    """

    item_id: str
    detection: Detection
    silence_ms: int | None
    judged_ns: int | None
    decided_ns: int
    exchanges: tuple[Exchange, ...]
    tools: tuple[tuple[int, int], ...]
    audio_ns: int
    heard_ns: int
    position: Position | None


class TracedLatency(msgspec.Struct, frozen=True, kw_only=True):
    """What a whole trace tells.

    ``media``: audio travelled beside the events. ``answered``: the turns that were answered aloud, of all that were
    ``spoken`` and not taken back.

    ``round_trips_ns``: measured by the transport; ``answers_ns``: from a request of this side to the event that
    answers it, each at least a round trip. ``speaker_ms``: the loudspeaker's own buffer.
    """

    transport: str
    media: bool
    spoken: int
    answered: tuple[TurnMoments, ...]
    round_trips_ns: tuple[int, ...]
    round_trips_by: str
    answers_ns: tuple[int, ...]
    codec: str
    speaker_ms: int | None
    recording: Recording | None
