"""Does a trace with its recording become labels that a person only has to correct?"""

from __future__ import annotations

from pathlib import Path

import pytest

from bareline.devices.recorded_microphone import RecordedMicrophone
from bareline.errors import ConfigurationError
from bareline.lab.label_turns import label_trace, render_draft
from bareline.lab.turn_corpus.voices import DEVELOPMENT_VOICES, speak
from bareline.media.frames import AudioFrame
from bareline.media.samples import to_bytes
from bareline.observe.record import TraceRecord
from bareline.observe.recorder import Recorder, Records
from bareline.testing.turns.memory import frames_of
from bareline.testing.turns.recordings import read_folder
from bareline.units import ms_to_ns

BEGIN = to_bytes(speak("my brother,", DEVELOPMENT_VOICES[0]))
END = to_bytes(speak("wanted to keep the old piano.", DEVELOPMENT_VOICES[0]))
SHORT = to_bytes(speak("yeah.", DEVELOPMENT_VOICES[1]))
START_NS = 5_000_000_000


def silence(ms: int) -> bytes:
    return bytes(48 * ms)


@pytest.fixture(scope="module")
def call(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sentence with a pause of 700 ms; then the assistant speaks, and the user says "yeah"."""
    folder = tmp_path_factory.mktemp("call")
    said = [silence(1_000), BEGIN, silence(700), END, silence(2_000), SHORT, silence(2_500)]
    pcm = b"".join(said)
    answer_ms = len(b"".join(said[:4])) // 48 + 500
    with Recorder(folder / "trace.jsonl", at_ns=START_NS) as trace:
        with RecordedMicrophone(folder / "microphone.wav", trace) as microphone:
            for frame in frames_of(pcm):
                moved = AudioFrame(frame.pcm, frame.first_sample, frame.at_ns + START_NS)
                assert microphone(moved) is moved
        item = {"item_id": "item_1"}
        _tell(trace, "received", "input_audio_buffer.committed", answer_ms - 200, item)
        transcribed = "conversation.item.input_audio_transcription.completed"
        _tell(trace, "received", transcribed, answer_ms, {**item, "transcript": "my brother"})
        answer = {"item_id": "item_2", "content_index": 0}
        _tell(trace, "playout", "started", answer_ms, answer)
        _tell(trace, "received", "response.output_audio_transcript.done", answer_ms, {**answer, "transcript": "Fine."})
        _tell(trace, "playout", "finished", answer_ms + 4_000, answer)
    return folder / "trace.jsonl"


def _tell(trace: Recorder, kind: str, name: str, at_ms: int, data: dict[str, object]) -> None:
    trace.observe(TraceRecord(at_ns=START_NS + ms_to_ns(at_ms), kind=kind, name=name, data=data))


def test_speech_pauses_and_the_assistants_voice_are_found(call: Path, tmp_path: Path) -> None:
    draft = label_trace(call, tmp_path, name="first")
    (read,) = read_folder(tmp_path)
    labels = read.make().labels
    assert labels == draft.recording.labels
    (turn,) = labels.turns
    assert abs(turn.from_ms - 1_000) <= 40
    assert turn.text == "my brother"
    (pause,) = [pause for pause in turn.pauses if pause.to_ms - pause.from_ms > 500]
    assert abs(pause.to_ms - pause.from_ms - 700) <= 80
    (sound,) = labels.sounds
    assert sound.kind == "backchannel"
    (span,) = labels.playing
    assert (span.saying, span.to_ms - span.from_ms) == ("Fine.", 4_000)


def test_what_is_uncertain_is_said(call: Path, tmp_path: Path) -> None:
    text = render_draft(label_trace(call, tmp_path))
    assert "a backchannel, or an interruption it ignored?" in text
    assert "could the turn have been over (complete)?" in text
    assert "assistant      Fine." in text


def test_without_a_recording_one_is_asked_for(tmp_path: Path) -> None:
    trace = tmp_path / "trace.jsonl"
    with Recorder(trace, at_ns=0) as recorder:
        recorder.observe(
            TraceRecord(at_ns=9, kind="sent", name="input_audio_buffer.append", data={"audio": {"bytes": 960}})
        )
    with pytest.raises(ConfigurationError, match="--audio"):
        label_trace(trace, tmp_path)


def test_a_trace_that_does_not_tell_when_the_microphone_began_is_refused(tmp_path: Path) -> None:
    trace = tmp_path / "trace.jsonl"
    with Recorder(trace, at_ns=0):
        pass
    with pytest.raises(ConfigurationError, match="when the microphone began"):
        label_trace(trace, tmp_path)


def test_missing_frames_become_silence(tmp_path: Path) -> None:
    told = Records()
    with RecordedMicrophone(tmp_path / "m.wav", told) as microphone:
        microphone(AudioFrame(b"\x01\x00" * 480, 0, 7))
        microphone(AudioFrame(b"\x02\x00" * 480, 960, 7))
        microphone.close()
        microphone(AudioFrame(b"\x03\x00" * 480, 1_440, 7))
    assert (tmp_path / "m.wav").read_bytes()[44:] == b"\x01\x00" * 480 + bytes(960) + b"\x02\x00" * 480
    assert [(record.name, record.at_ns, record.data) for record in told.records] == [
        ("microphone", 7, {"file": "m.wav"})
    ]
