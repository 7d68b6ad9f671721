"""Which moments of each turn does a trace tell, from the user's voice to the assistant's?

Everything is on the clock of the side that wrote the trace. On a WebSocket the service counts its input from the first
sample that was sent to it, so that its positions become times by the ``microphone`` records. Over WebRTC nobody knows
where its count began, and it goes on while nothing arrives.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal, cast

import msgspec

from bareline.errors import TraceError
from bareline.observe.record import TraceRecord
from bareline.units import NS_PER_MS, SAMPLES_PER_MS, samples_to_ns

__all__ = ["Exchange", "Position", "Recording", "TracedLatency", "TurnMoments", "read_moments"]

Detection = Literal["server_vad", "semantic_vad", "this side"]

_COMMITTED = "input_audio_buffer.committed"
_STOPPED = "input_audio_buffer.speech_stopped"
_FIRST_AUDIO = frozenset({"output_audio_buffer.started", "response.output_audio.delta"})
_TOOL_ENDS = frozenset({"answered", "failed", "timed_out", "cancelled", "unknown"})


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
    """``answered``: the turns that were answered aloud. ``spoken``: all that were not taken back.

    ``round_trips_ns``: measured by the transport; ``answers_ns``: from a request of this side to the event that
    answers it, each at least a round trip. ``speaker_ms``: the loudspeaker's own buffer.
    """

    transport: str
    spoken: int
    answered: tuple[TurnMoments, ...]
    round_trips_ns: tuple[int, ...]
    round_trips_by: str
    answers_ns: tuple[int, ...]
    held_ms: tuple[float, ...]
    codec: str
    speaker_ms: int | None
    recording: Recording | None


def read_moments(records: Iterable[TraceRecord]) -> TracedLatency:
    """Read a trace. Raises ``TraceError`` when it is none, or tells of no turn that was spoken and answered aloud."""
    reading = _Reading()
    for number, record in enumerate(records):
        if not number and (record.kind != "header" or record.data.get("format") != "bareline-trace"):
            raise TraceError("it does not begin as a trace does, with a header")
        reading.take(record)
    if not reading.begun:
        raise TraceError("the trace is empty")
    found = reading.found()
    if not found.spoken:
        raise TraceError("no turn was spoken in this trace: latency is measured in calls with audio")
    if not found.answered:
        raise TraceError(
            f"none of the {found.spoken} spoken turns in this trace was answered aloud, as far as it tells"
        )
    return found


@dataclass(slots=True)
class _Turn:
    item_id: str
    decided_ns: int
    detection: Detection
    silence_ms: int | None
    judged_ns: int | None


@dataclass(slots=True)
class _Response:
    response_id: str
    created_ns: int
    asked_ns: int | None
    audio_ns: int | None = None
    done_ns: int | None = None
    called_ns: int | None = None


@dataclass(slots=True)
class _Reading:
    begun: bool = False
    transport: str = ""
    line: int = 0
    detection: Detection = "server_vad"
    silence_ms: int | None = None
    positions: list[Position] = field(default_factory=list[Position])
    stopped: dict[str, tuple[int, int]] = field(default_factory=dict[str, tuple[int, int]])
    turns: list[_Turn] = field(default_factory=list[_Turn])
    deleted: set[str] = field(default_factory=set[str])
    commit_ns: int | None = None
    asked: dict[str, int] = field(default_factory=dict[str, int])
    items: dict[str, int] = field(default_factory=dict[str, int])
    answers: list[int] = field(default_factory=list[int])
    responses: dict[str, _Response] = field(default_factory=dict[str, _Response])
    heard: list[tuple[int, str]] = field(default_factory=list[tuple[int, str]])
    tools: dict[str, tuple[int, int | None]] = field(default_factory=dict[str, tuple[int, int | None]])
    round_trips: list[int] = field(default_factory=list[int])
    round_trips_by: str = ""
    held_ms: list[float] = field(default_factory=list[float])
    codec: str = ""
    speaker_ms: int | None = None
    recording: Recording | None = None

    def take(self, record: TraceRecord) -> None:
        self.begun = True
        match record.kind:
            case "connection":
                self._connection(record)
            case "sent":
                self._sent(record)
            case "received":
                self._received(record)
            case "audio" | "note":
                self._beside(record)
            case "playout" if record.name == "started":
                heard_ns = record.at_ns - samples_to_ns(int(record.data.get("heard", 0)))
                self.heard.append((heard_ns, str(record.data.get("response_id"))))
            case "tool":
                self._tool(record)
            case _:
                pass

    def found(self) -> TracedLatency:
        turns = [turn for turn in self.turns if turn.item_id not in self.deleted]
        answered: list[TurnMoments] = []
        for number, turn in enumerate(turns):
            until_ns = turns[number + 1].decided_ns if number + 1 < len(turns) else None
            moments = self._answered(turn, until_ns)
            if moments is not None:
                answered.append(moments)
        return TracedLatency(
            transport=self.transport,
            spoken=len(turns),
            answered=tuple(answered),
            round_trips_ns=tuple(self.round_trips),
            round_trips_by=self.round_trips_by,
            answers_ns=tuple(self.answers),
            held_ms=tuple(self.held_ms),
            codec=self.codec,
            speaker_ms=self.speaker_ms,
            recording=self.recording,
        )

    # --- one record after the other -----------------------------------------------------------------------------------

    def _connection(self, record: TraceRecord) -> None:
        data = record.data
        if record.name == "opened":
            self.transport = str(data.get("transport", ""))
            self.line += 1
        elif record.name == "path":
            if "round_trip_ms" in data:
                self.round_trips.append(round(data["round_trip_ms"] * NS_PER_MS))
                self.round_trips_by = str(data.get("by", ""))
            if "held_ms" in data:
                self.held_ms.append(float(data["held_ms"]))
                self.codec = str(data.get("codec", ""))

    def _beside(self, record: TraceRecord) -> None:
        data = record.data
        match record.kind, record.name:
            case "audio", "microphone":
                self.positions.append(
                    Position(
                        line=self.line,
                        samples=data["samples"],
                        frame_samples=data["frame_samples"],
                        captured_ns=data["captured_ns"],
                        given_ns=data["given_ns"],
                        sent_ns=record.at_ns,
                    )
                )
            case "note", "speaker":
                self.speaker_ms = int(data["latency_ms"])
            case "note", "recording" if data.get("at_ns"):
                self.recording = Recording(str(data["file"]), int(data["at_ns"]), both=True)
            case "note", "microphone" if data.get("file") and self.recording is None:
                self.recording = Recording(str(data["file"]), record.at_ns, both=False)
            case _:
                pass

    def _sent(self, record: TraceRecord) -> None:
        data, at_ns = record.data, record.at_ns
        match record.name:
            case "input_audio_buffer.commit":
                self.commit_ns = at_ns
            case "response.create":
                request = _metadata(data.get("response")).get("bareline_request")
                self.asked[str(request or data.get("event_id", ""))] = at_ns
            case "conversation.item.create":
                self.items[str(_object(data.get("item")).get("id"))] = at_ns
            case "conversation.item.delete":
                self.deleted.add(str(data.get("item_id")))
            case _:
                pass

    def _received(self, record: TraceRecord) -> None:
        data, at_ns = record.data, record.at_ns
        match record.name:
            case "session.created" | "session.updated":
                self._session(_object(data.get("session")))
            case name if name == _STOPPED:
                self.stopped[str(data.get("item_id"))] = (at_ns, int(data.get("audio_end_ms", 0)))
            case name if name == _COMMITTED:
                self._committed(str(data.get("item_id")), at_ns)
            case "conversation.item.added":
                sent_ns = self.items.pop(str(_object(data.get("item")).get("id")), None)
                if sent_ns is not None:
                    self.answers.append(at_ns - sent_ns)
            case _:
                self._output(record)

    def _output(self, record: TraceRecord) -> None:
        data, at_ns = record.data, record.at_ns
        told = _object(data.get("response"))
        response = self.responses.get(str(data.get("response_id") or told.get("id")))
        if record.name == "response.created":
            self._created(told, at_ns)
        elif response is not None and record.name == "response.done":
            response.done_ns = at_ns
        elif response is not None and record.name in _FIRST_AUDIO and response.audio_ns is None:
            response.audio_ns = at_ns

    def _session(self, session: dict[str, Any]) -> None:
        heard = _object(_object(session.get("audio")).get("input"))
        if "turn_detection" not in heard:
            return
        detection = _object(heard["turn_detection"])
        silence_ms = detection.get("silence_duration_ms")
        self.silence_ms = silence_ms if isinstance(silence_ms, int) else None
        kind = detection.get("type")
        self.detection = kind if kind in ("server_vad", "semantic_vad") else "this side"

    def _committed(self, item_id: str, at_ns: int) -> None:
        stopped = self.stopped.get(item_id)
        if stopped is not None:
            judged_ns = self._captured_ns(stopped[1])
            turn = _Turn(item_id, stopped[0], self.detection, self.silence_ms, judged_ns)
        else:
            turn = _Turn(item_id, self.commit_ns or at_ns, "this side", None, None)
        self.commit_ns = None
        self.turns.append(turn)

    def _created(self, response: dict[str, Any], at_ns: int) -> None:
        response_id = str(response.get("id"))
        asked_ns = self.asked.pop(str(_metadata(response).get("bareline_request")), None)
        if asked_ns is not None:
            self.answers.append(at_ns - asked_ns)
        self.responses[response_id] = _Response(response_id, at_ns, asked_ns)

    def _tool(self, record: TraceRecord) -> None:
        data, at_ns = record.data, record.at_ns
        call_id, state = str(data.get("call_id")), data.get("state")
        if state == "requested":
            self.tools[call_id] = (at_ns, None)
            response = self.responses.get(str(data.get("response_id")))
            if response is not None:
                response.called_ns = at_ns
        elif state in _TOOL_ENDS and call_id in self.tools:
            self.tools[call_id] = (self.tools[call_id][0], at_ns)

    # --- what they come to --------------------------------------------------------------------------------------------

    def _captured_ns(self, audio_ms: int) -> int | None:
        """When this position of the service's input was captured, by the nearest one that was told."""
        known = [position for position in self.positions if position.line == self.line]
        if not known or self.transport == "webrtc":
            return None
        samples = audio_ms * SAMPLES_PER_MS
        nearest = min(known, key=lambda position: abs(position.samples - samples))
        ahead = samples - nearest.samples
        return nearest.captured_ns + (samples_to_ns(ahead) if ahead >= 0 else -samples_to_ns(-ahead))

    def _answered(self, turn: _Turn, until_ns: int | None) -> TurnMoments | None:
        """The first sound after the turn, of a response that began after it, before the next one was over."""
        for heard_ns, response_id in sorted(self.heard):
            response = self.responses.get(response_id)
            if response is None or response.audio_ns is None or response.created_ns < turn.decided_ns:
                continue
            if until_ns is not None and heard_ns >= until_ns:
                return None
            return self._moments(turn, response, response.audio_ns, heard_ns)
        return None

    def _moments(self, turn: _Turn, answer: _Response, audio_ns: int, heard_ns: int) -> TurnMoments:
        judged_ns = turn.judged_ns if turn.judged_ns is not None and turn.judged_ns <= turn.decided_ns else None
        before = [position for position in self.positions if position.sent_ns <= turn.decided_ns]
        return TurnMoments(
            item_id=turn.item_id,
            detection=turn.detection,
            silence_ms=turn.silence_ms,
            judged_ns=judged_ns,
            decided_ns=turn.decided_ns,
            exchanges=tuple(self._exchanges(turn, answer, audio_ns)),
            tools=tuple(
                (max(begin_ns, turn.decided_ns), min(audio_ns, audio_ns if end_ns is None else end_ns))
                for begin_ns, end_ns in self.tools.values()
                if begin_ns < audio_ns and (end_ns is None or end_ns > turn.decided_ns)
            ),
            audio_ns=audio_ns,
            heard_ns=heard_ns,
            position=before[-1] if before else None,
        )

    def _exchanges(self, turn: _Turn, answer: _Response, audio_ns: int) -> list[Exchange]:
        found: list[Exchange] = []
        for response in self.responses.values():
            if not turn.decided_ns <= response.created_ns < audio_ns:
                continue
            asked = response.asked_ns is not None and response.asked_ns >= turn.decided_ns
            begin_ns = response.asked_ns if asked and response.asked_ns is not None else turn.decided_ns
            ends = [audio_ns] if response is answer else [response.called_ns, response.done_ns]
            end_ns = min(audio_ns, next((end for end in ends if end is not None), audio_ns))
            found.append(Exchange(begin_ns, end_ns, asked))
        return found


def _object(value: object) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def _metadata(value: object) -> dict[str, Any]:
    return _object(_object(value).get("metadata"))
