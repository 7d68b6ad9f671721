"""Does a trace survive writing, reading, crashing and flooding?"""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from bareline.errors import TraceError
from bareline.observe import recorder as recorder_module
from bareline.observe.record import TraceRecord
from bareline.observe.recorder import Recorder, read_trace
from bareline.units import NS_PER_S
from bareline.version import __version__


def note(number: int) -> TraceRecord:
    return TraceRecord(at_ns=number, kind="note", name="n", data={"number": number})


def test_what_is_written_is_read_back_in_order(tmp_path: Path) -> None:
    path = tmp_path / "trace.jsonl"
    with Recorder(path, at_ns=5, header={"transport": "memory"}) as recorder:
        for number in range(1000):
            recorder.observe(note(number))
    header, clock, *notes = read_trace(path)
    assert header.kind == "header"
    expected = {"format": "bareline-trace", "version": 1, "bareline": __version__, "transport": "memory"}
    assert header.data == expected
    assert (clock.kind, clock.name, clock.at_ns) == ("clock", "unix", 5)
    assert abs(clock.data["unix_ns"] - time.time_ns()) < 60 * NS_PER_S
    assert notes == [note(number) for number in range(1000)]


def test_a_crash_in_the_last_line_loses_only_that_line(tmp_path: Path) -> None:
    path = tmp_path / "trace.jsonl"
    with Recorder(path, at_ns=0, header={}) as recorder:
        recorder.observe(note(1))
    path.write_bytes(path.read_bytes() + b'{"at_ns": 2, "ki')
    assert [record.kind for record in read_trace(path)] == ["header", "clock", "note"]


def test_a_broken_line_in_the_middle_is_named(tmp_path: Path) -> None:
    path = tmp_path / "trace.jsonl"
    path.write_bytes(b'nonsense\n{"at_ns":1,"kind":"note"}\n')
    with pytest.raises(TraceError, match="line 1"):
        list(read_trace(path))


def test_missing_places_are_said(tmp_path: Path) -> None:
    with pytest.raises(TraceError, match="cannot be written"):
        Recorder(tmp_path / "no" / "such" / "t.jsonl", at_ns=0, header={})
    with pytest.raises(TraceError, match="cannot be read"):
        list(read_trace(tmp_path / "absent.jsonl"))


def test_a_flood_is_counted_and_never_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorder_module, "QUEUE_MAX_RECORDS", 2)
    monkeypatch.setattr(recorder_module.Recorder, "_write", lambda _: None)
    recorder = Recorder(tmp_path / "t.jsonl", at_ns=0, header={})
    for number in range(5):
        recorder.observe(note(number))
    assert recorder.dropped == 5
    recorder.close()
    recorder.close()
    last = list(read_trace(tmp_path / "t.jsonl"))[-1]
    assert (last.name, last.data) == ("records_dropped", {"count": 5})


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_disturbs_nobody_and_is_told() -> None:
    recorder = Recorder("/dev/full", at_ns=0)
    recorder.observe(note(1))
    recorder.close()
    assert recorder.failure is not None
    assert recorder.failure.strerror == "No space left on device"
    assert recorder.dropped >= 3


def test_what_was_observed_is_in_the_file_before_the_end(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    with Recorder(path, at_ns=0, header={}) as recorder:
        for number in range(1001):
            recorder.observe(note(number))
        waited_s = 0.0
        while path.read_bytes().count(b"\n") < 1003 and waited_s < 10:
            time.sleep(recorder_module.WRITE_PERIOD_S)
            waited_s += recorder_module.WRITE_PERIOD_S
        assert [record.at_ns for record in read_trace(path)] == [0, 0, *range(1001)]
