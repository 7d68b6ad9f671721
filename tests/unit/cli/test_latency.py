"""``bareline latency`` in words and as JSON, and how it ends."""

from __future__ import annotations

import io
import json
from pathlib import Path

import msgspec
import pytest

from bareline.cli.latency_view import show_latency
from bareline.cli.main import main
from bareline.cli.terminal import Terminal
from bareline.lab.latency_report import LatencyReport, MeasuredTurn, spread, spread_parts
from bareline.observe.latency import RoundTrip
from bareline.observe.record import TraceRecord

MS = 1_000_000
START_NS = 1_000 * MS


def _trace(folder: Path) -> Path:
    """One turn of 900 ms, over WebRTC: no recording, a measured round trip of 40 ms."""
    detection = {"type": "server_vad", "silence_duration_ms": 500}
    created = {"id": "r"}
    steps: list[tuple[int, str, str, dict[str, object]]] = [
        (0, "header", "trace", {"format": "bareline-trace"}),
        (1, "connection", "opened", {"transport": "webrtc"}),
        (2, "received", "session.updated", {"session": {"audio": {"input": {"turn_detection": detection}}}}),
        (3, "connection", "path", {"round_trip_ms": 40.0, "by": "ice", "codec": "opus", "held_ms": 0.0}),
        (4_000, "received", "input_audio_buffer.speech_stopped", {"item_id": "u", "audio_end_ms": 3_500}),
        (4_000, "received", "input_audio_buffer.committed", {"item_id": "u"}),
        (4_050, "received", "response.created", {"response": created}),
        (4_300, "received", "output_audio_buffer.started", {"response_id": "r"}),
        (4_343, "playout", "started", {"response_id": "r", "heard": 0}),
    ]
    path = folder / "trace.jsonl"
    records = [TraceRecord(at_ns=START_NS + ms * MS, kind=kind, name=name, data=data) for ms, kind, name, data in steps]
    path.write_bytes(msgspec.json.Encoder().encode_lines(records))
    return path


def test_a_call_in_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["latency", str(_trace(tmp_path))]) == 0
    shown = capsys.readouterr().out
    assert "webrtc, 1 of 1 spoken turns answered aloud; ms" in shown
    assert "recording: none: the trace names none" in shown
    row = next(line for line in shown.splitlines() if line.startswith("     1"))
    cells = ["10.0", "6.5", "20.0", "500.0", "0.0", "300.0", "0.0", "20.0", "43.0", "0.0", "900", "900", "-"]
    assert row.split() == ["1", *cells]
    assert "~vad wait" in shown
    assert "round trip 40.0 ms" in shown


def test_a_what_if_in_words_and_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["latency", str(_trace(tmp_path)), "--what-if", "silence=200", "--what-if", "transport=websocket"]
    assert main(arguments) == 0
    shown = capsys.readouterr().out
    assert "assumed: server_vad with silence_duration_ms 200" in shown
    assert main([*arguments, "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["latency"]["turns"][0]["sum_ms"] == 899.5
    assert report["what_if"]["turns_ms"] == [550.0]
    assert report["kept"] is True


def test_a_budget_decides_the_exit_status(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    trace = str(_trace(tmp_path))
    assert main(["latency", trace, "--budget", "950"]) == 0
    assert "Budget of 950 ms: p95 is 900 ms, kept." in capsys.readouterr().out
    assert main(["latency", trace, "--budget", "850"]) == 1
    assert main(["latency", trace, "--budget", "870", "--what-if", "rtt=10", "--json"]) == 0


def _turn(number: int, late_ms: float | None, silent_ms: float | None, mouth: str = "recording") -> MeasuredTurn:
    agrees = mouth == "recording" and silent_ms is not None and silent_ms <= 100 and (late_ms or 0) <= 250
    return MeasuredTurn(
        number=number,
        at_s=0.0,
        detection="server_vad",
        silence_ms=500,
        mouth=mouth,
        parts={"model": 100.0},
        requests=0,
        sum_ms=None if mouth == "unknown" else 700.0,
        by_events_ms=600.0,
        by_waveform_ms=None,
        detector_late_ms=late_ms,
        silent_start_ms=silent_ms,
        agrees=agrees,
    )


def test_where_events_and_waveforms_differ_is_said_turn_by_turn() -> None:
    turns = (
        _turn(1, 90.0, 12.0),
        _turn(2, 300.0, 5.0),
        _turn(3, 80.0, 400.0),
        _turn(4, 80.0, None),
        _turn(5, None, 3.0, mouth="unknown"),
    )
    report = LatencyReport(
        transport="websocket",
        spoken=5,
        recording="call.wav",
        round_trip=RoundTrip(3.0, "derived", "shortest from a request to its answer", at_most=True),
        sources=(),
        turns=turns,
        parts=spread_parts([turn.parts for turn in turns]),
        sum_ms=spread(turn.sum_ms for turn in turns),
        by_events_ms=spread(turn.by_events_ms for turn in turns),
        by_waveform_ms=None,
    )
    shown = io.StringIO()
    show_latency(Terminal(shown), report)
    for words in (
        "waveform - parts: 3 to 400 ms",
        "parts - trace: 80 to 300 ms",
        "Turn 2 is beyond the bounds: the service has the end of speech 300 ms after the recording.",
        "Turn 3 is beyond the bounds: the first sound comes 400 ms after the first sample heard.",
        "Turn 4 is beyond the bounds: no sound begins in the recording",
        "Turn 5 is beyond the bounds: the user was speaking",
        "1 of 5 turns agree within 100 ms at the ear, 250 ms at the mouth.",
        "No sum for 1 of 5 turns",
        "round trip at most 3.0 ms",
    ):
        assert words in shown.getvalue()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nothing.jsonl"], "cannot be read"),
        (["trace.jsonl", "--what-if", "silence=never"], "number of milliseconds"),
        (["trace.jsonl", "--recording", "call.wav"], "does not say when a recording began"),
    ],
)
def test_what_cannot_be_measured_is_said_in_one_line(
    arguments: list[str],
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    _trace(tmp_path)
    monkeypatch.chdir(tmp_path)
    assert main(["latency", *arguments]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("bareline latency: ")
    assert words in line


def test_a_budget_that_is_no_time_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["latency", str(_trace(tmp_path)), "--budget", "soon"])
    assert end.value.code == 2
    assert "milliseconds" in capsys.readouterr().err
