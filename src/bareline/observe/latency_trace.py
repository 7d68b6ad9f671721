"""What does a trace tell of each turn, from the user's voice to the assistant's?

On a WebSocket the service counts its input from the first sample that was sent to it, so that its positions become
times by the ``microphone`` records. Over WebRTC nobody knows where its count began, and it goes on while nothing
arrives.
"""

from __future__ import annotations

from collections.abc import Iterable

from bareline.errors import TraceError
from bareline.observe.latency_moments import Exchange, TracedLatency, TurnMoments
from bareline.observe.latency_reading import LatencyReading, ReadResponse, ReadTurn
from bareline.observe.record import TraceRecord
from bareline.units import SAMPLES_PER_MS, samples_to_ns

__all__ = ["read_moments"]


def read_moments(records: Iterable[TraceRecord]) -> TracedLatency:
    """Read a trace. Raises ``TraceError`` when it is none, or tells of no turn that was spoken and answered aloud."""
    reading = LatencyReading()
    for number, record in enumerate(records):
        if not number and (record.kind != "header" or record.data.get("format") != "bareline-trace"):
            raise TraceError("it does not begin as a trace does, with a header")
        reading.take(record)
    if not reading.begun:
        raise TraceError("the trace is empty")
    found = _found(reading)
    if not found.spoken:
        raise TraceError("no turn was spoken in this trace: latency is measured in calls with audio")
    if not found.answered:
        raise TraceError(
            f"none of the {found.spoken} spoken turns in this trace was answered aloud, as far as it tells"
        )
    return found


def _found(reading: LatencyReading) -> TracedLatency:
    turns = [turn for turn in reading.turns if turn.item_id not in reading.deleted]
    answered: list[TurnMoments] = []
    for number, turn in enumerate(turns):
        until_ns = turns[number + 1].decided_ns if number + 1 < len(turns) else None
        moments = _answered(reading, turn, until_ns)
        if moments is not None:
            answered.append(moments)
    return TracedLatency(
        transport=reading.transport,
        media=reading.media,
        spoken=len(turns),
        answered=tuple(answered),
        round_trips_ns=tuple(reading.round_trips),
        round_trips_by=reading.round_trips_by,
        answers_ns=tuple(reading.answers),
        codec=reading.codec,
        speaker_ms=reading.speaker_ms,
        recording=reading.recording,
    )


def _judged_ns(reading: LatencyReading, turn: ReadTurn) -> int | None:
    """When the audio was captured that ended the turn, by the nearest position that was told."""
    known = [position for position in reading.positions if position.line == turn.line]
    if not known or turn.audio_end_ms is None or reading.media:
        return None
    samples = turn.audio_end_ms * SAMPLES_PER_MS
    nearest = min(known, key=lambda position: abs(position.samples - samples))
    ahead = samples - nearest.samples
    judged_ns = nearest.captured_ns + (samples_to_ns(ahead) if ahead >= 0 else -samples_to_ns(-ahead))
    return judged_ns if judged_ns <= turn.decided_ns else None


def _answered(reading: LatencyReading, turn: ReadTurn, until_ns: int | None) -> TurnMoments | None:
    """The first sound after the turn, of a response that began after it, before the next one was over."""
    for heard_ns, response_id in sorted(reading.heard):
        response = reading.responses.get(response_id)
        if response is None or response.audio_ns is None or response.created_ns < turn.decided_ns:
            continue
        if until_ns is not None and heard_ns >= until_ns:
            return None
        audio_ns = min(response.audio_ns, heard_ns)  # media may be heard before the event that announces it is read
        return _moments(reading, turn, response, audio_ns, heard_ns)
    return None


def _moments(
    reading: LatencyReading, turn: ReadTurn, answer: ReadResponse, audio_ns: int, heard_ns: int
) -> TurnMoments:
    before = [position for position in reading.positions if position.sent_ns <= turn.decided_ns]
    return TurnMoments(
        item_id=turn.item_id,
        detection=turn.detection,
        silence_ms=turn.silence_ms,
        judged_ns=_judged_ns(reading, turn),
        decided_ns=turn.decided_ns,
        exchanges=tuple(_exchanges(reading, turn, answer, audio_ns)),
        tools=tuple(
            (max(begin_ns, turn.decided_ns), min(audio_ns, audio_ns if end_ns is None else end_ns))
            for begin_ns, end_ns in reading.tools.values()
            if begin_ns < audio_ns and (end_ns is None or end_ns > turn.decided_ns)
        ),
        audio_ns=audio_ns,
        heard_ns=heard_ns,
        position=before[-1] if before else None,
    )


def _exchanges(reading: LatencyReading, turn: ReadTurn, answer: ReadResponse, audio_ns: int) -> list[Exchange]:
    found: list[Exchange] = []
    for response in reading.responses.values():
        if not turn.decided_ns <= response.created_ns < audio_ns:
            continue
        asked = response.asked_ns is not None and response.asked_ns >= turn.decided_ns
        begin_ns = response.asked_ns if asked and response.asked_ns is not None else turn.decided_ns
        ends = [audio_ns] if response is answer else [response.called_ns, response.done_ns]
        end_ns = min(audio_ns, next((end for end in ends if end is not None), audio_ns))
        found.append(Exchange(begin_ns, end_ns, asked))
    return found
