"""Did the call do what it was for, and how fast?

Judged by what nobody who took part could make up: the database, the trace file, the caller's own record of when it
spoke and what left the loudspeaker.
"""

from __future__ import annotations

import math
import re
import statistics
from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import Any

import msgspec

from bareline.client.call_events import CallEvent, ErrorHappened, ToolSettled, UserSaid
from bareline.lab.demo.scene import Scene
from bareline.lab.recording import HeardAudio
from bareline.observe.record import TraceRecord
from bareline.testing.caller import SpokenUtterance
from bareline.units import NS_PER_MS, samples_to_ms

__all__ = ["BargeIn", "DemoSummary", "FirstAudio", "Recognition", "ToolUse", "summarise", "unmet_in_trace"]


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
    the loudspeaker of the interrupted answer. ``audio_end_ms``: what the server was told.
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


class DemoSummary(msgspec.Struct, frozen=True):
    """The demo's result, as in ``summary.json``. ``errors``: what was not as it should be; empty when ``ok``."""

    ok: bool
    transport: str
    seed: int
    turns: int
    tools: list[ToolUse]
    first_audio_ms: FirstAudio | None
    barge_in: BargeIn | None
    recognition: Recognition
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
) -> DemoSummary:
    """All figures of one call; ``unmet`` are the goals that were missed."""
    barge_in = _barge_in(spoken, heard, trace)
    lost = [f"{event.severity} lost: {event.message}" for event in events if isinstance(event, ErrorHappened)]
    errors = [*unmet, *lost]
    if barge_in is None:
        errors.append("the agent was not interrupted")
    return DemoSummary(
        ok=not errors,
        transport=transport,
        seed=scene.seed,
        turns=len(spoken),
        tools=[_tool_use(event) for event in events if isinstance(event, ToolSettled)],
        first_audio_ms=_first_audio(spoken, heard),
        barge_in=barge_in,
        recognition=_recognition(spoken, events, repeats),
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


def _tool_use(event: ToolSettled) -> ToolUse:
    try:
        arguments = msgspec.json.decode(event.arguments)
    except msgspec.DecodeError:
        arguments = event.arguments
    return ToolUse(event.name, arguments, event.state.value, event.consent)


def _first_audio(spoken: Sequence[SpokenUtterance], heard: Sequence[HeardAudio]) -> FirstAudio | None:
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
    spoken: Sequence[SpokenUtterance], heard: Sequence[HeardAudio], trace: Sequence[TraceRecord]
) -> BargeIn | None:
    ends = [
        (record.at_ns, int(record.data["audio_end_ms"]))
        for record in trace
        if record.kind == "sent" and record.name == "conversation.item.truncate"
    ]
    for utterance in spoken:
        stretch = next((s for s in heard if s.start_ns < utterance.started_ns < s.end_ns), None)
        told = next((end for at_ns, end in ends if at_ns > utterance.started_ns), None)
        if utterance.agent_heard_ms is not None and stretch is not None and told is not None:
            stop_ms = (stretch.end_ns - utterance.started_ns) / NS_PER_MS
            return BargeIn(round(stop_ms, 1), samples_to_ms(stretch.samples), told)
    return None


def _recognition(spoken: Sequence[SpokenUtterance], events: Sequence[CallEvent], repeats: int) -> Recognition:
    said = [_plain(utterance.text) for utterance in spoken]
    understood = [_plain(event.text) for event in events if isinstance(event, UserSaid)]
    blocks = SequenceMatcher(None, said, understood, autojunk=False).get_matching_blocks()
    right = sum(block.size for block in blocks)  # aligned, so that one lost sentence is one error
    return Recognition(len(said), len(said) - right, repeats)


def _plain(text: str) -> str:
    return " ".join(re.findall(r"[a-z']+", text.lower()))
