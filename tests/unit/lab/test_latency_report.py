"""Is a call's latency found in its parts where the truth is known, by events and by waveforms?

A call is made up from a seed: every moment is drawn, the trace and the recording are written from it, and what is
measured is held against what was drawn.
"""

from __future__ import annotations

import math
import random
from array import array
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import pytest

from bareline.errors import AudioFormatError, TraceError
from bareline.lab.latency_report import LatencyReport, measure_latency
from bareline.media.formats import PcmFormat
from bareline.media.wav import wav_header
from bareline.observe.latency import OPUS_LOOK_AHEAD_MS, PARTS
from bareline.observe.record import TraceRecord
from bareline.units import NS_PER_MS

RATE_HZ = 8_000
FRAME_MS, TURN_MS, TURNS = 20, 3_000, 5
SILENCE_MS = 500
START_NS = 7_000_000_000_000


@dataclass
class Truth:
    """One turn as it was drawn, ms; times from the first sample of the microphone on."""

    mouth: float
    ear: float
    heard: float
    late: float
    silent: float
    parts: dict[str, float]


@dataclass
class MadeUp:
    """A call, written to a folder."""

    seed: int
    folder: Path
    transport: str = "websocket"
    detection: str = "server_vad"
    records: list[TraceRecord] = field(default_factory=list)
    truths: list[Truth] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        self.trip = self.chance.uniform(5, 80)
        self.speech: list[tuple[float, float]] = []
        self.answers: list[tuple[float, float]] = []
        detection = {"type": self.detection}
        if self.detection == "server_vad":
            detection["silence_duration_ms"] = SILENCE_MS
        self.note(-50, "header", "trace", format="bareline-trace", version=1)
        self.note(-40, "connection", "opened", transport=self.transport)
        session = {"audio": {"input": {"turn_detection": detection}}}
        self.note(-30, "received", "session.updated", session=session)
        self.note(-20, "connection", "path", round_trip_ms=self.trip, by="ping")
        self.note(-10, "connection", "path", round_trip_ms=self.trip * 3, by="ping")
        for frame in range(0, TURNS * TURN_MS // FRAME_MS, 5):
            end = (frame + 1) * FRAME_MS
            at = {"captured_ns": self.ns(end), "given_ns": self.ns(end + 2)}
            self.note(end + 3, "audio", "microphone", samples=end * 24, frame_samples=FRAME_MS * 24, **at)
        for number in range(TURNS):
            self.turn(number)
        self.note(TURNS * TURN_MS, "note", "recording", file="call.wav", at_ns=START_NS)

    def ns(self, ms: float) -> int:
        return START_NS + round(ms * NS_PER_MS)

    def note(self, ms: float, kind: str, name: str, **data: object) -> None:
        self.records.append(TraceRecord(at_ns=self.ns(ms), kind=kind, name=name, data=data))

    def turn(self, number: int) -> None:
        draw, item = self.chance.uniform, f"item_{number}"
        began = number * TURN_MS + 300
        late, silent, served = self.chance.randint(40, 150), draw(0, 60), draw(0, 15)
        mouth = began + self.chance.randint(500, 900)
        judged = mouth + late + SILENCE_MS
        frame_end = math.ceil(judged / FRAME_MS) * FRAME_MS
        decided = frame_end + 3 + self.trip + served
        self.note(decided, "received", "input_audio_buffer.speech_stopped", item_id=item, audio_end_ms=judged)
        self.note(decided, "received", "input_audio_buffer.committed", item_id=item)
        decision, model, tools, requests, at = draw(0, 5), 0.0, 0.0, 0, decided
        for step in ("call", "answer") if number % 2 else ("answer",):
            at += decision if step == "call" or not number % 2 else 0
            self.ask(at, f"{item}_{step}")
            worked = draw(50, 300)
            at, model, requests = at + self.trip + worked, model + worked, requests + 1
            if step == "call":
                tools = draw(5, 200)
                self.tool(at, tools, f"{item}_{step}")
                at += tools
        heard_after = draw(1, 40)
        self.answer(at, heard_after, f"{item}_answer")
        heard = at + heard_after
        self.speech.append((began, mouth))
        self.answers.append((heard + silent, heard + silent + 700))
        media = self.transport == "webrtc"
        parts = {
            "capture": frame_end - judged + 2,
            "encode": 1 + OPUS_LOOK_AHEAD_MS * media,
            "network_up": self.trip / 2,
            "vad_wait": judged - mouth + served - OPUS_LOOK_AHEAD_MS * media,
            "decision": decision,
            "model": model,
            "tools": tools,
            "network_down": self.trip / 2 + requests * self.trip,
            "jitter_buffer": heard_after if media else 0.0,
            "playout": 0.0 if media else heard_after,
        }
        self.truths.append(Truth(mouth, heard + silent, heard, late, silent, parts))

    def ask(self, at: float, name: str) -> None:
        metadata = {"metadata": {"bareline_request": f"req_{name}"}}
        self.note(at, "sent", "response.create", response=metadata)
        self.note(at + self.trip + 1, "received", "response.created", response={"id": name, **metadata})

    def tool(self, at: float, lasts: float, name: str) -> None:
        call = f"call_{name}"
        self.note(at, "tool", "list_tasks", call_id=call, state="requested", response_id=name)
        self.note(at + 1, "received", "response.done", response={"id": name})
        self.note(at + lasts, "tool", "list_tasks", call_id=call, state="answered")

    def answer(self, at: float, heard_after: float, name: str) -> None:
        event = "output_audio_buffer.started" if self.transport == "webrtc" else "response.output_audio.delta"
        self.note(at, "received", event, response_id=name)
        self.note(at + heard_after + 10, "playout", "started", response_id=name, heard=240)

    def write(self) -> Path:
        ordered = sorted(self.records, key=lambda record: record.at_ns)
        (self.folder / "trace.jsonl").write_bytes(msgspec.json.Encoder().encode_lines(ordered))
        left, right = (self.sound(spans) for spans in (self.speech, self.answers))
        mixed = array("h", bytes(4 * len(left)))
        mixed[::2], mixed[1::2] = left, right
        both = mixed.tobytes()
        header = wav_header(PcmFormat(rate_hz=RATE_HZ, channels=2), len(both))
        (self.folder / "call.wav").write_bytes(header + both)
        return self.folder

    def sound(self, spans: list[tuple[float, float]]) -> array[int]:
        length = TURNS * TURN_MS * RATE_HZ // 1000
        samples = array("h", array("b", self.chance.randbytes(length)))  # noise
        for first, last in ((round(a * RATE_HZ / 1000), round(b * RATE_HZ / 1000)) for a, b in spans):
            tone = array("h", ([6_000] * 11 + [-6_000] * 11) * (last // 22 + 1))
            samples[first:last] = tone[: last - first]
        return samples


@pytest.mark.parametrize("transport", ["websocket", "webrtc"])
@pytest.mark.parametrize("seed", [1, 2])
def test_the_parts_are_what_was_drawn_and_sum_to_the_waveforms_measure(
    seed: int, transport: str, tmp_path: Path
) -> None:
    call = MadeUp(seed, tmp_path, transport)
    report = measure_latency(call.write())
    assert (report.transport, report.spoken, len(report.turns)) == (transport, TURNS, TURNS)
    frame_unknown_ms = FRAME_MS / 2 if transport == "webrtc" else 0
    for turn, truth in zip(report.turns, call.truths, strict=True):
        assert tuple(turn.parts) == PARTS
        for name, drawn in truth.parts.items():
            loose = frame_unknown_ms if name in ("capture", "vad_wait") else 0
            assert turn.parts[name] == pytest.approx(drawn, abs=0.5 + loose), name
        assert sum(turn.parts.values()) == pytest.approx(truth.heard - truth.mouth, abs=1)
        assert turn.sum_ms == pytest.approx(truth.heard - truth.mouth, abs=0.5)
        assert turn.by_waveform_ms == pytest.approx(truth.ear - truth.mouth, abs=0.5)
        assert turn.silent_start_ms == pytest.approx(truth.silent, abs=0.5)
        assert turn.detector_late_ms == pytest.approx(truth.late, abs=0.5 + (frame_unknown_ms and 25))
        assert turn.agrees is True


def test_the_trace_alone_takes_the_set_silence_for_the_wait(tmp_path: Path) -> None:
    call = MadeUp(3, tmp_path)
    folder = call.write()
    (folder / "call.wav").unlink()
    report = measure_latency(folder / "trace.jsonl")
    assert report.recording == "none: call.wav is not beside the trace"
    for turn, truth in zip(report.turns, call.truths, strict=True):
        assert turn.sum_ms == turn.by_events_ms == pytest.approx(truth.heard - truth.mouth - truth.late, abs=0.5)
        assert (turn.by_waveform_ms, turn.agrees, turn.mouth) == (None, None, "trace")
    assert {source.part for source in report.sources if source.basis == "assumed"} == {"vad_wait", "jitter_buffer"}


def test_where_no_set_silence_ends_turns_only_a_recording_knows_when_the_user_ended(tmp_path: Path) -> None:
    call = MadeUp(4, tmp_path, detection="semantic_vad")
    folder = call.write()
    known = measure_latency(folder)
    assert known.by_events_ms is None
    assert [turn.sum_ms for turn in known.turns] == pytest.approx([t.heard - t.mouth for t in call.truths], abs=0.5)
    (folder / "call.wav").unlink()
    unknown = measure_latency(folder)
    assert unknown.sum_ms is None
    assert all("vad_wait" not in turn.parts and "model" in turn.parts for turn in unknown.turns)


def test_an_answer_without_a_sound_and_a_late_detector_are_named(tmp_path: Path) -> None:
    call = MadeUp(5, tmp_path)
    call.answers[0] = (call.answers[0][0] + 400, call.answers[0][1])
    call.answers[1] = (0, 0)
    call.speech[2] = (call.speech[2][0], call.speech[2][1] - 300)
    report = measure_latency(call.write())
    assert [turn.agrees for turn in report.turns] == [False, False, False, True, True]
    assert report.turns[1].silent_start_ms is None
    assert report.turns[2].detector_late_ms == pytest.approx(call.truths[2].late + 300, abs=0.5)


def test_media_heard_before_it_is_announced_was_not_held(tmp_path: Path) -> None:
    call = MadeUp(11, tmp_path, "webrtc")
    early = next(each for each in call.records if each.name == "output_audio_buffer.started")
    call.records.remove(early)
    call.records.append(msgspec.structs.replace(early, at_ns=early.at_ns + 100 * NS_PER_MS))
    drawn = call.truths[0].parts
    found = measure_latency(call.write()).turns[0].parts
    assert found["jitter_buffer"] == found["playout"] == 0
    assert found["model"] == pytest.approx(drawn["model"] + drawn["jitter_buffer"], abs=0.5)


def test_a_turn_that_was_taken_back_and_one_that_was_not_answered_do_not_count(tmp_path: Path) -> None:
    call = MadeUp(6, tmp_path)
    call.note(1, "sent", "conversation.item.delete", item_id="item_0")
    call.records = [each for each in call.records if each.data.get("response_id") != "item_2_answer"]
    report = measure_latency(call.write())
    assert report.spoken == TURNS - 1
    assert len(report.turns) == TURNS - 2


def test_without_a_measured_round_trip_requests_bound_it(tmp_path: Path) -> None:
    call = MadeUp(7, tmp_path)
    call.records = [each for each in call.records if each.name != "path"]
    trip = measure_latency(call.write()).round_trip
    assert trip.at_most
    assert trip.ms == pytest.approx(call.trip + 1, abs=0.01)


def _error(folder: Path, content: bytes) -> str:
    (folder / "trace.jsonl").write_bytes(content)
    with pytest.raises(TraceError) as failure:
        measure_latency(folder)
    return str(failure.value)


def test_what_is_no_trace_of_a_spoken_call_is_refused(tmp_path: Path) -> None:
    header = b'{"at_ns":1,"kind":"header","name":"trace","data":{"format":"bareline-trace"}}\n'
    spoken = b'{"at_ns":2,"kind":"received","name":"input_audio_buffer.committed","data":{"item_id":"a"}}\n'
    assert "empty" in _error(tmp_path, b"")
    assert "header" in _error(tmp_path, b'{"at_ns":1,"kind":"note"}\n')
    assert "line 1" in _error(tmp_path, b'{"some":"json"}\n\n')
    assert "no turn was spoken" in _error(tmp_path, header)
    assert "answered aloud" in _error(tmp_path, header + spoken)
    with pytest.raises(TraceError, match="cannot be read"):
        measure_latency(tmp_path / "nothing.jsonl")


def test_a_recording_that_is_none_is_refused(tmp_path: Path) -> None:
    folder = MadeUp(8, tmp_path).write()
    (folder / "call.wav").write_bytes(b"not a recording")
    with pytest.raises(AudioFormatError, match="not a WAV file"):
        measure_latency(folder)
    mono = bytes(2 * RATE_HZ)
    (folder / "call.wav").write_bytes(wav_header(PcmFormat(rate_hz=RATE_HZ, channels=1), len(mono)) + mono)
    with pytest.raises(AudioFormatError, match="user left, assistant right"):
        measure_latency(folder)


def test_a_recording_cannot_be_laid_beside_a_trace_that_does_not_say_when_it_began(tmp_path: Path) -> None:
    call = MadeUp(9, tmp_path)
    call.records = [each for each in call.records if each.name != "recording"]
    folder = call.write()
    assert measure_latency(folder).recording == "none: the trace names none"
    with pytest.raises(TraceError, match="when a recording began"):
        measure_latency(folder, folder / "call.wav")


def test_a_recording_of_the_microphone_alone_tells_when_the_user_ended(tmp_path: Path) -> None:
    call = MadeUp(12, tmp_path, detection="semantic_vad")
    call.records = [each for each in call.records if each.name != "recording"]
    call.note(0, "note", "microphone", file="call.wav")
    folder = call.write()
    (folder / "call.wav").unlink()
    mono = call.sound(call.speech).tobytes()
    (folder / "mic.wav").write_bytes(wav_header(PcmFormat(rate_hz=RATE_HZ, channels=1), len(mono)) + mono)
    report = measure_latency(folder, folder / "mic.wav")
    assert report.by_waveform_ms is None
    assert [turn.sum_ms for turn in report.turns] == pytest.approx([t.heard - t.mouth for t in call.truths], abs=0.5)
    assert all(turn.agrees for turn in report.turns)


def test_a_user_who_speaks_at_the_decision_has_no_end_by_the_recording(tmp_path: Path) -> None:
    call = MadeUp(13, tmp_path)
    call.speech[0] = (call.speech[0][0], call.speech[0][1] + 1_200)
    turn = measure_latency(call.write()).turns[0]
    assert (turn.mouth, turn.agrees) == ("trace", False)


def test_a_turn_ended_by_this_side_begins_with_its_commit(tmp_path: Path) -> None:
    call = MadeUp(14, tmp_path)
    stops = [each for each in call.records if each.name == "input_audio_buffer.speech_stopped"]
    for stop in stops:
        call.records.remove(stop)
        call.records.append(
            TraceRecord(at_ns=stop.at_ns - NS_PER_MS, kind="sent", name="input_audio_buffer.commit", data={})
        )
    report = measure_latency(call.write())
    assert {turn.detection for turn in report.turns} == {"this side"}
    assert [turn.sum_ms for turn in report.turns] == pytest.approx([t.heard - t.mouth for t in call.truths], abs=0.5)


def test_a_loudspeakers_own_buffer_is_playout(tmp_path: Path) -> None:
    call = MadeUp(15, tmp_path, "webrtc")
    call.note(-5, "note", "speaker", latency_ms=1)
    report = measure_latency(call.write())
    assert all(turn.parts["playout"] == 1 for turn in report.turns)
    assert next(each.basis for each in report.sources if each.part == "playout") == "measured"


def test_a_trace_without_positions_assumes_half_a_frame(tmp_path: Path) -> None:
    call = MadeUp(16, tmp_path)
    call.records = [each for each in call.records if each.kind != "audio"]
    report = measure_latency(call.write())
    assert report.parts["capture"].median == 10
    assert next(each.basis for each in report.sources if each.part == "capture") == "assumed"
    assert report.by_events_ms is not None


def test_the_report_can_be_written_as_json(tmp_path: Path) -> None:
    report = measure_latency(MadeUp(10, tmp_path).write())
    assert msgspec.json.decode(msgspec.json.encode(report), type=LatencyReport) == report
