"""Levels, quiet spans, and audio laid on a time line."""

from __future__ import annotations

import math
from array import array

import pytest

from bareline.media.levels import SILENCE_DBFS, LevelMeter, quiet_spans, rms_dbfs
from bareline.media.timeline import Track, interleave


def pcm(*samples: int) -> bytes:
    return array("h", samples).tobytes()


def test_levels_of_known_signals() -> None:
    sine = pcm(*(round(32767 * math.sin(math.pi * n / 12)) for n in range(2400)))
    assert rms_dbfs(sine) == pytest.approx(-3.01, abs=0.01)
    assert rms_dbfs(pcm(-32768) * 100) == 0.0
    assert rms_dbfs(bytes(100)) == rms_dbfs(b"") == SILENCE_DBFS


def test_a_meter_adds_up() -> None:
    meter = LevelMeter()
    for piece in (pcm(32767, -32768, 0), b"", pcm(100)):
        meter.feed(piece)
    levels = meter.levels()
    assert (levels.samples, levels.clipped, levels.peak_dbfs) == (4, 2, 0.0)
    assert levels.dc == pytest.approx(99 / 4)


def test_quiet_spans_are_found_in_steps_of_10_ms() -> None:
    loud = pcm(8000, -8000) * 1200
    audio = bytes(2 * 2400) + loud + bytes(2 * 7200) + loud + bytes(2 * 6000)
    assert quiet_spans(audio, at_least_ms=200) == [(4800, 12000), (14400, 20400)]
    assert quiet_spans(audio, at_least_ms=100) == [(0, 2400), (4800, 12000), (14400, 20400)]
    assert quiet_spans(loud) == []


def test_a_track_has_silence_where_nothing_was_put_and_mixes_what_overlaps() -> None:
    track = Track()
    track.place(2, pcm(10, 20))
    track.place(6, pcm(30000))
    track.place(6, pcm(30000, -5))
    track.place(3, pcm(1))
    assert track.pcm() == pcm(0, 0, 10, 21, 0, 0, 32767, -5)
    assert track.samples == 8


def test_interleaved_channels_end_together() -> None:
    assert interleave(pcm(1, 2, 3), pcm(-1)) == pcm(1, -1, 2, 0, 3, 0)
    assert interleave() == b""
