"""What did a contender's decisions do to the people in a recording?"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import msgspec

from bareline.testing.turns.labels import LabelledSound, LabelledTurn, Labels
from bareline.testing.turns.recordings import Recording
from bareline.testing.turns.replay import Change, Replay

__all__ = ["NoiseOutcome", "Outcome", "OverlapOutcome", "TurnOutcome", "judge"]

_YIELD_MS = 1_000
"""An interruption counts as yielded to when the assistant is silent this long after its last sample."""
_HOLD_MS = 1_500
"""A backchannel counts as held through when the assistant is not silenced until this long after it."""
_NEAR_MS = 200
"""A decision this long before a labelled sound may belong to it: people breathe before they speak."""


class TurnOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """One turn. ``cut_in``: it was ended while the user went on. ``paused``: it has a pause; ``complete``: one after
    words that could have been all. ``delay_ms``: from its last sample to its end being known; infinite when it never
    was."""

    paused: bool
    complete: bool
    cut_in: bool
    delay_ms: float


class OverlapOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """One sound while the assistant spoke. ``what``: interruption, backchannel, cough, talker; ``name``: which.

    ``stopped``: the assistant was silenced. ``judged``: what it was taken for. ``gap_ms``: how long the assistant
    paused before it went on. Times from the sound's first sample; None: it did not happen.
    """

    what: str
    name: str
    stopped: bool
    judged: str
    duck_ms: float | None = None
    pause_ms: float | None = None
    stop_ms: float | None = None
    gap_ms: float | None = None


class NoiseOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of noise, or of others talking (``what``). ``starts``: speech noticed; ``pauses``, ``stops``: of the
    assistant, which spoke for ``played_ms`` of it."""

    what: str
    name: str
    length_ms: int
    played_ms: int
    starts: int
    pauses: int
    stops: int


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """Everything of one recording."""

    turns: list[TurnOutcome]
    overlaps: list[OverlapOutcome]
    noises: list[NoiseOutcome]


def judge(recording: Recording, found: Replay) -> Outcome:
    """Compare what was decided with what is known."""
    labels = recording.labels
    overlaps = [_interruption(turn, found.changes) for turn in labels.interruptions]
    overlaps += [_overlap(sound, found.changes) for sound in labels.overlaps if sound.kind in {"backchannel", "cough"}]
    return Outcome(
        turns=_turns(recording, found),
        overlaps=overlaps,
        noises=[_noise(sound, labels, found) for sound in labels.sounds if sound.kind in {"noise", "talker"}],
    )


def _turns(recording: Recording, found: Replay) -> list[TurnOutcome]:
    turns = recording.labels.plain_turns
    ends = [known.known_ms for known in found.decisions if known.decision.kind == "turn_ended"]
    limits = [turn.from_ms for turn in recording.labels.turns] + [recording.length_ms]
    return [_turn(turn, ends, min(limit for limit in limits if limit > turn.from_ms)) for turn in turns]


def _turn(turn: LabelledTurn, ends: Sequence[int], limit_ms: int) -> TurnOutcome:
    within = [end for end in ends if turn.from_ms <= end < turn.to_ms]
    after = [end for end in ends if turn.to_ms <= end <= limit_ms]
    return TurnOutcome(
        paused=bool(turn.pauses),
        complete=any(pause.complete for pause in turn.pauses),
        cut_in=bool(within),
        delay_ms=after[0] - turn.to_ms if after else math.inf,
    )


def _interruption(turn: LabelledTurn, changes: Sequence[Change]) -> OverlapOutcome:
    until = turn.to_ms + _YIELD_MS
    return _overlapped("interruption", turn.kind, turn.from_ms, until, changes)


def _overlap(sound: LabelledSound, changes: Sequence[Change]) -> OverlapOutcome:
    return _overlapped(sound.kind, sound.name, sound.from_ms, sound.to_ms + _HOLD_MS, changes)


def _overlapped(what: str, name: str, from_ms: int, until_ms: int, changes: Sequence[Change]) -> OverlapOutcome:
    near = [change for change in changes if from_ms - _NEAR_MS <= change.known_ms <= until_ms]
    first = {change.action: change.known_ms - from_ms for change in reversed(near)}
    ends = [change for change in near if change.action in {"stop", "resume"}]
    gap = first["resume"] - first["pause"] if {"resume", "pause"} <= first.keys() else None
    return OverlapOutcome(
        what=what,
        name=name,
        stopped="stop" in first,
        judged=ends[-1].kind if ends else "",
        duck_ms=first.get("duck"),
        pause_ms=first.get("pause"),
        stop_ms=first.get("stop"),
        gap_ms=gap,
    )


def _noise(sound: LabelledSound, labels: Labels, found: Replay) -> NoiseOutcome:
    starts = [k.known_ms for k in found.decisions if k.decision.kind == "speech_started"]
    spans = [(max(sound.from_ms, span.from_ms), min(sound.to_ms, span.to_ms)) for span in labels.playing]
    return NoiseOutcome(
        what=sound.kind,
        name=sound.name,
        length_ms=sound.to_ms - sound.from_ms,
        played_ms=sum(max(0, end - begin) for begin, end in spans),
        starts=_within(starts, sound),
        pauses=_within((c.known_ms for c in found.changes if c.action == "pause"), sound),
        stops=_within((c.known_ms for c in found.changes if c.action == "stop"), sound),
    )


def _within(times_ms: Iterable[int], sound: LabelledSound) -> int:
    return sum(sound.from_ms <= at < sound.to_ms for at in times_ms)
