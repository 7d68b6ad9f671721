"""Was the floor taken and kept as people do: through a listener's sound, and through a pause to think?

Judged by the caller's own record, the loudspeaker and the trace, as all of the demo.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import msgspec

from bareline.lab.recording import HeardAudio
from bareline.observe.record import TraceRecord
from bareline.testing.caller import SpokenUtterance
from bareline.units import NS_PER_MS, ms_to_ns, ns_to_ms

__all__ = [
    "THINKS",
    "TRUNCATIONS",
    "Backchannel",
    "Thinking",
    "TurnTaking",
    "held_back_ms",
    "judge_turns",
    "unmet_turns",
]

THINKS = "…"
"""Where the caller stops to think within a sentence."""
TRUNCATIONS = {("sent", "conversation.item.truncate"), ("received", "conversation.item.truncated")}
_GAP_AFTER_MS = 1_500
"""So long after a listener's sound a silence of the assistant's voice counts as its consequence."""
_GOES_ON_MS = 500
"""So much more has to be heard of an answer that a listener's sound did not end."""


class Backchannel(msgspec.Struct, frozen=True):
    """A listener's sound during an answer. ``gap_ms``: the longest silence of the assistant's voice because of it."""

    text: str
    gap_ms: int
    interrupted: bool


class Thinking(msgspec.Struct, frozen=True):
    """A sentence with a pause in it. ``cut``: the turn was taken to be over in the middle of it."""

    text: str
    pause_ms: int
    cut: bool


class TurnTaking(msgspec.Struct, frozen=True):
    """What the call shows of turns."""

    backchannel: Backchannel | None
    thinking: Thinking | None


def judge_turns(
    *,
    backchannel: str,
    pause_ms: int,
    spoken: Sequence[SpokenUtterance],
    heard: Sequence[HeardAudio],
    trace: Sequence[TraceRecord],
) -> TurnTaking:
    """``backchannel``: what the caller says when listening; ``pause_ms``: how long a pause to think is."""
    listening = [n for n, said in enumerate(spoken) if said.text == backchannel and said.agent_heard_ms is not None]
    thinking = [said for said in spoken if THINKS in said.text]
    return TurnTaking(
        _backchannel(listening[-1], spoken, heard, trace) if listening else None,
        Thinking(thinking[-1].text, pause_ms, any(_cut(said, trace) for said in thinking)) if thinking else None,
    )


def unmet_turns(turns: TurnTaking) -> list[str]:
    """What should have been shown and was not, in words."""
    problems: list[str] = []
    if turns.backchannel is None:
        problems.append("nobody made a listener's sound during an answer")
    elif turns.backchannel.interrupted:
        problems.append(f"'{turns.backchannel.text}' ended the answer")
    if turns.thinking is None:
        problems.append("nobody stopped to think in the middle of a sentence")
    elif turns.thinking.cut:
        problems.append(f"a pause of {turns.thinking.pause_ms} ms was taken for the end of the turn")
    return problems


def held_back_ms(trace: Sequence[TraceRecord]) -> int:
    """How long the voice had waited in the answer that was truncated last, until it went on or the server knew."""
    held_ns = last_ns = 0
    since_ns: int | None = None
    for record in trace:
        if (record.kind, record.name) == ("playout", "started"):
            held_ns, since_ns = 0, None
        elif record.kind == "decision" and record.name == "pause":
            since_ns = record.at_ns
        elif record.kind == "decision" and record.name == "resume" and since_ns is not None:
            held_ns, since_ns = held_ns + record.at_ns - since_ns, None
        elif (record.kind, record.name) in TRUNCATIONS:
            last_ns = held_ns + (record.at_ns - since_ns if since_ns is not None else 0)
            since_ns = None
    return ns_to_ms(last_ns)


def _backchannel(
    number: int, spoken: Sequence[SpokenUtterance], heard: Sequence[HeardAudio], trace: Sequence[TraceRecord]
) -> Backchannel:
    sound = spoken[number]
    until_ns = spoken[number + 1].started_ns if number + 1 < len(spoken) else sound.ended_ns + ms_to_ns(10_000)
    cut = any(
        sound.started_ns < record.at_ns < until_ns
        and ((record.kind, record.name) in TRUNCATIONS or (record.kind, record.name) == ("decision", "interrupt"))
        for record in trace
    )
    after = sum(
        max(0, min(stretch.end_ns, until_ns) - max(stretch.start_ns, sound.ended_ns)) / NS_PER_MS for stretch in heard
    )
    within = (sound.started_ns, min(until_ns, sound.ended_ns + ms_to_ns(_GAP_AFTER_MS)))
    return Backchannel(sound.text, _longest_gap_ms(heard, *within), interrupted=cut or after < _GOES_ON_MS)


def _longest_gap_ms(heard: Sequence[HeardAudio], from_ns: int, until_ns: int) -> int:
    """The longest silence between two stretches that begins in that time."""
    gaps = [
        later.start_ns - earlier.end_ns for earlier, later in pairwise(heard) if from_ns <= earlier.end_ns < until_ns
    ]
    return ns_to_ms(max(gaps, default=0))


def _cut(said: SpokenUtterance, trace: Sequence[TraceRecord]) -> bool:
    return any(
        record.kind == "received"
        and record.name == "input_audio_buffer.speech_stopped"
        and said.started_ns < record.at_ns < said.ended_ns
        for record in trace
    )
