"""Did the call do what it was for, and how fast?

Judged by what nobody who took part could make up: the database, the trace file, the caller's own record of when it
spoke and what left the loudspeaker.
"""

from __future__ import annotations

import math
import re
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

import msgspec

from bareline.client.call_events import CallEvent, ErrorHappened, ToolSettled, UserSaid
from bareline.lab.demo.scene import Scene
from bareline.lab.demo.script import THINK_MS
from bareline.lab.demo.turns_judge import TRUNCATIONS, TurnTaking, held_back_ms, judge_turns, unmet_turns
from bareline.lab.recording import HeardAudio
from bareline.observe.record import TraceRecord
from bareline.testing.caller import SpokenUtterance
from bareline.units import NS_PER_MS, samples_to_ms

__all__ = [
    "BargeIn",
    "DemoSummary",
    "FirstAudio",
    "MediaFigures",
    "Recognition",
    "ToolUse",
    "recognition",
    "summarise",
    "tool_use",
    "unmet_in_trace",
]


AGREE_WITHIN_MS = 100
"""What was heard and what the server takes for heard may differ by what is on its way and in the jitter buffer."""
JOIN_WITHIN_MS = 500
"""A shorter silence at the loudspeaker is not the end of an answer: packets may be late."""


class FirstAudio(msgspec.Struct, frozen=True):
    """From the caller's last speech sample to the agent's first heard sample, over all turns that were answered.

    ``p95``: no more than one turn in twenty took longer, so of fewer than twenty turns it is the longest.
    """

    p50: float
    p95: float
    turns: int


class BargeIn(msgspec.Struct, frozen=True):
    """The interruption.

    ``stop_ms``: from the first sample of the caller's speech to silence at the loudspeaker. ``heard_ms``: what had left
    the loudspeaker of the interrupted answer. ``audio_end_ms``: what the server was told; over WebRTC, what the server
    itself takes for heard.
    """

    stop_ms: float
    heard_ms: int
    audio_end_ms: int


class Recognition(msgspec.Struct, frozen=True):
    """How the server understood the caller: sentences, those with an error, and times the caller had to repeat."""

    sentences: int
    sentence_errors: int
    asked_again: int


class ToolUse(msgspec.Struct, frozen=True):
    """One tool call and its end."""

    name: str
    arguments: Any
    outcome: str
    consent: str | None = None


class MediaFigures(msgspec.Struct, frozen=True):
    """The agent's audio on its way to the caller, over WebRTC.

    ``lost_percent``: packets that never came. ``fec_ms``: audio restored from the packet after; ``concealed_ms``: made
    up; ``silent_ms``: missing. ``round_trip_ms`` and ``jitter_ms`` as the two sides reckon them at the end.
    """

    codec: str
    packets: int
    lost_percent: float
    fec_ms: int
    concealed_ms: int
    silent_ms: int
    jitter_ms: float
    round_trip_ms: float | None


class DemoSummary(msgspec.Struct, frozen=True):
    """The demo's result, as in ``summary.json``. ``errors``: what was not as it should be; empty when ``ok``.

    ``media`` is there over WebRTC only.
    """

    ok: bool
    transport: str
    seed: int
    turns: int
    tools: list[ToolUse]
    first_audio_ms: FirstAudio | None
    barge_in: BargeIn | None
    turn_taking: TurnTaking
    recognition: Recognition
    media: MediaFigures | None
    errors: list[str]


def summarise(
    *,
    scene: Scene,
    transport: str,
    spoken: Sequence[SpokenUtterance],
    heard: Sequence[HeardAudio],
    events: Sequence[CallEvent],
    repeats: int,
    trace: Sequence[TraceRecord],
    unmet: Sequence[str],
    media: MediaFigures | None = None,
) -> DemoSummary:
    """All figures of one call; ``unmet`` are the goals that were missed."""
    answers = _joined(heard)
    sentences = [said for said in spoken if said.text != scene.backchannel]
    barge_in = _barge_in(sentences, answers, trace)
    turn_taking = judge_turns(backchannel=scene.backchannel, pause_ms=THINK_MS, spoken=spoken, heard=heard, trace=trace)
    lost = [f"{event.severity} lost: {event.message}" for event in events if isinstance(event, ErrorHappened)]
    errors = [*unmet, *lost, *unmet_turns(turn_taking)]
    if barge_in is None:
        errors.append("the agent was not interrupted")
    elif not _agree(barge_in, held_back_ms(trace) if transport == "webrtc" else 0):
        told, true = barge_in.audio_end_ms, barge_in.heard_ms
        errors.append(f"of the interrupted answer {true} ms were heard, and the server was left with {told} ms")
    return DemoSummary(
        ok=not errors,
        transport=transport,
        seed=scene.seed,
        turns=len(sentences),
        tools=[tool_use(event) for event in events if isinstance(event, ToolSettled)],
        first_audio_ms=_first_audio(sentences, answers),
        barge_in=barge_in,
        turn_taking=turn_taking,
        recognition=recognition(sentences, _kept(events, trace), repeats),
        media=media,
        errors=errors,
    )


def unmet_in_trace(scene: Scene, trace: Sequence[TraceRecord]) -> list[str]:
    """Goals that the trace must show and does not, in words."""
    asked = {record.data["call_id"]: str(record.data["arguments"]) for record in trace if _is_tool(record, "requested")}
    answered = [record for record in trace if _is_tool(record, "answered")]
    problems = [
        f"the trace shows no answered call of {name}"
        for name in ("list_tasks", "create_task", "delete_task", "complete_task")
        if not any(record.name == name for record in answered)
    ]
    if not _consented_deletions(trace):
        problems.append("the trace shows a deletion without the caller's spoken consent")
    failed = [asked.get(record.data["call_id"], "") for record in trace if _is_tool(record, "failed")]
    if not any(scene.absent.lower() in arguments.lower() for arguments in failed):
        problems.append(f"the trace shows no failed call for '{scene.absent}', which does not exist")
    return problems


def _agree(barge_in: BargeIn, ahead_ms: int) -> bool:
    """Whether both sides have the same of the interrupted answer.

    Over WebRTC the server plays on while the voice here waits, and is so much ahead.
    """
    late_ms = barge_in.audio_end_ms - barge_in.heard_ms
    return -AGREE_WITHIN_MS <= late_ms <= AGREE_WITHIN_MS + ahead_ms


def _kept(events: Sequence[CallEvent], trace: Sequence[TraceRecord]) -> list[CallEvent]:
    """Without what was no turn: a listener's sound is understood too, and then forgotten."""
    deleted = {record.data["item_id"] for record in trace if record.name == "conversation.item.delete"}
    return [event for event in events if not (isinstance(event, UserSaid) and event.item_id in deleted)]


def _consented_deletions(trace: Sequence[TraceRecord]) -> bool:
    """Whether every deletion ran on a proposal that the caller agreed to, and in words."""
    agreed = {
        record.data["proposal_id"]
        for record in trace
        if record.kind == "decision"
        and record.name == "consent"
        and record.data["by"] == "user"
        and record.data["words"]
    }
    proposed = {
        record.data["call_id"]: record.data["proposal_id"]
        for record in trace
        if _is_tool(record, "confirming") and record.name == "delete_task"
    }
    done = [record.data["call_id"] for record in trace if _is_tool(record, "answered") and record.name == "delete_task"]
    return all(proposed.get(call_id) in agreed for call_id in done)


def _is_tool(record: TraceRecord, state: str) -> bool:
    return record.kind == "tool" and record.data.get("state") == state


def tool_use(event: ToolSettled) -> ToolUse:
    """A tool call as the summary has it."""
    try:
        arguments = msgspec.json.decode(event.arguments)
    except msgspec.DecodeError:
        arguments = event.arguments
    return ToolUse(event.name, arguments, event.state.value, event.consent)


@dataclass(frozen=True, slots=True)
class _Answer:
    """What was heard with no pause but what a late packet leaves."""

    start_ns: int
    end_ns: int
    samples: int


def _joined(heard: Sequence[HeardAudio]) -> list[_Answer]:
    joined: list[_Answer] = []
    for stretch in heard:
        found = _Answer(stretch.start_ns, stretch.end_ns, stretch.samples)
        if joined and stretch.start_ns - joined[-1].end_ns < JOIN_WITHIN_MS * NS_PER_MS:
            before = joined.pop()
            found = _Answer(before.start_ns, stretch.end_ns, before.samples + stretch.samples)
        joined.append(found)
    return joined


def _first_audio(spoken: Sequence[SpokenUtterance], heard: Sequence[_Answer]) -> FirstAudio | None:
    waits: list[float] = []
    for number, utterance in enumerate(spoken):
        until = spoken[number + 1].started_ns if number + 1 < len(spoken) else None
        starts = [stretch.start_ns for stretch in heard if stretch.start_ns >= utterance.ended_ns]
        if starts and (until is None or starts[0] < until):
            waits.append((starts[0] - utterance.ended_ns) / NS_PER_MS)
    if not waits:
        return None
    waits.sort()
    return FirstAudio(round(statistics.median(waits), 1), round(waits[math.ceil(0.95 * len(waits)) - 1], 1), len(waits))


def _barge_in(
    spoken: Sequence[SpokenUtterance], heard: Sequence[_Answer], trace: Sequence[TraceRecord]
) -> BargeIn | None:
    ends = [
        (record.at_ns, int(record.data["audio_end_ms"]))
        for record in trace
        if (record.kind, record.name) in TRUNCATIONS
    ]
    asked_ns = 0
    for utterance in spoken:
        answer = [s for s in heard if asked_ns <= s.start_ns < utterance.started_ns]
        stretch = next((s for s in answer if utterance.started_ns < s.end_ns), None)
        asked_ns = utterance.ended_ns
        told = next((end for at_ns, end in ends if at_ns > utterance.started_ns), None)
        if utterance.agent_heard_ms is not None and stretch is not None and told is not None:
            stop_ms = (stretch.end_ns - utterance.started_ns) / NS_PER_MS
            return BargeIn(round(stop_ms, 1), samples_to_ms(sum(s.samples for s in answer)), told)
    return None


def recognition(spoken: Sequence[SpokenUtterance], events: Sequence[CallEvent], repeats: int) -> Recognition:
    """How the caller was understood."""
    said = [_plain(utterance.text) for utterance in spoken]
    understood = [_plain(event.text) for event in events if isinstance(event, UserSaid)]
    blocks = SequenceMatcher(None, said, understood, autojunk=False).get_matching_blocks()
    right = sum(block.size for block in blocks)  # aligned, so that one lost sentence is one error
    return Recognition(len(said), len(said) - right, repeats)


def _plain(text: str) -> str:
    return " ".join(re.findall(r"[a-z']+", text.lower()))
