"""Which records of a trace matter for latency, and what is kept of them?"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, cast

from bareline.observe.latency_moments import Detection, Position, Recording
from bareline.observe.record import TraceRecord
from bareline.units import NS_PER_MS, samples_to_ns

__all__ = ["LatencyReading", "ReadResponse", "ReadTurn"]

_FIRST_AUDIO = frozenset({"output_audio_buffer.started", "response.output_audio.delta"})
_TOOL_ENDS = frozenset({"answered", "failed", "timed_out", "cancelled", "unknown"})


@dataclass(slots=True)
class ReadTurn:
    """The user's audio became an item; ``decided_ns``: this side knew that the turn was over."""

    item_id: str
    decided_ns: int
    detection: Detection
    silence_ms: int | None
    line: int
    audio_end_ms: int | None


@dataclass(slots=True)
class ReadResponse:
    """A response, when this side asked for it, and when its audio, its call of a tool and its end came."""

    response_id: str
    created_ns: int
    asked_ns: int | None
    audio_ns: int | None = None
    done_ns: int | None = None
    called_ns: int | None = None


@dataclass(slots=True)
class LatencyReading:
    """What was read so far; ``take`` is told of one record after the other."""

    begun: bool = False
    transport: str = ""
    media: bool = False
    line: int = 0
    detection: Detection = "server_vad"
    silence_ms: int | None = None
    positions: list[Position] = field(default_factory=list[Position])
    stopped: dict[str, tuple[int, int]] = field(default_factory=dict[str, tuple[int, int]])
    turns: list[ReadTurn] = field(default_factory=list[ReadTurn])
    deleted: set[str] = field(default_factory=set[str])
    commit_ns: int | None = None
    asked: dict[str, int] = field(default_factory=dict[str, int])
    items: dict[str, int] = field(default_factory=dict[str, int])
    updates: list[int] = field(default_factory=list[int])
    answers: list[int] = field(default_factory=list[int])
    responses: dict[str, ReadResponse] = field(default_factory=dict[str, ReadResponse])
    heard: list[tuple[int, str]] = field(default_factory=list[tuple[int, str]])
    tools: dict[str, tuple[int, int | None]] = field(default_factory=dict[str, tuple[int, int | None]])
    round_trips: list[int] = field(default_factory=list[int])
    round_trips_by: str = ""
    codec: str = ""
    speaker_ms: int | None = None
    recording: Recording | None = None

    def take(self, record: TraceRecord) -> None:
        """Take one record."""
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
                heard_ns = record.at_ns - samples_to_ns(_whole(record.data, "heard"))
                self.heard.append((heard_ns, str(record.data.get("response_id"))))
            case "tool":
                self._tool(record)
            case _:
                pass

    def _connection(self, record: TraceRecord) -> None:
        data = record.data
        if record.name == "opened":
            self.transport = self.transport or str(data.get("transport", ""))  # a sideband is none of its own
            self.line += 1
        elif record.name == "path":
            trip_ms = data.get("round_trip_ms")
            if isinstance(trip_ms, int | float):
                self.round_trips.append(round(trip_ms * NS_PER_MS))
                self.round_trips_by = str(data.get("by", ""))
            self.codec = str(data.get("codec", self.codec))

    def _beside(self, record: TraceRecord) -> None:
        data = record.data
        match record.kind, record.name:
            case "audio", "microphone":
                self.positions.append(
                    Position(
                        line=self.line,
                        samples=_whole(data, "samples"),
                        frame_samples=max(1, _whole(data, "frame_samples")),
                        captured_ns=_whole(data, "captured_ns"),
                        given_ns=_whole(data, "given_ns"),
                        sent_ns=record.at_ns,
                    )
                )
            case "note", "speaker":
                self.speaker_ms = _whole(data, "latency_ms")
            case "note", "recording" if _whole(data, "at_ns"):
                self.recording = Recording(str(data.get("file")), _whole(data, "at_ns"), both=True)
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
            case "session.update":
                self.updates.append(at_ns)
            case "conversation.item.create":
                self.items[str(_object(data.get("item")).get("id"))] = at_ns
            case "conversation.item.delete":
                self.deleted.add(str(data.get("item_id")))
            case _:
                pass

    def _received(self, record: TraceRecord) -> None:
        data, at_ns = record.data, record.at_ns
        match record.name:
            case "session.created":
                self._session(_object(data.get("session")))
            case "session.updated":
                self._session(_object(data.get("session")))
                if self.updates:
                    self.answers.append(at_ns - self.updates.pop(0))
            case "input_audio_buffer.speech_stopped":
                self.stopped[str(data.get("item_id"))] = (at_ns, _whole(data, "audio_end_ms"))
            case "input_audio_buffer.committed":
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
        self.media = self.media or record.name == "output_audio_buffer.started"
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
            turn = ReadTurn(item_id, stopped[0], self.detection, self.silence_ms, self.line, stopped[1])
        else:
            turn = ReadTurn(item_id, self.commit_ns or at_ns, "this side", None, self.line, None)
        self.commit_ns = None
        self.turns.append(turn)

    def _created(self, response: dict[str, Any], at_ns: int) -> None:
        response_id = str(response.get("id"))
        asked_ns = self.asked.pop(str(_metadata(response).get("bareline_request")), None)
        if asked_ns is not None:
            self.answers.append(at_ns - asked_ns)
        self.responses[response_id] = ReadResponse(response_id, at_ns, asked_ns)

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


def _object(value: object) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def _metadata(value: object) -> dict[str, Any]:
    return _object(_object(value).get("metadata"))


def _whole(data: dict[str, Any], key: str) -> int:
    value = data.get(key)
    return value if isinstance(value, int) else 0
