"""Sinks in virtual time: heard, cleared, starved, full, recorded."""

from __future__ import annotations

import asyncio
from array import array
from itertools import pairwise
from pathlib import Path

import pytest

from bareline.clock import now_ns
from bareline.devices import CallbackSink, NullSink, WavSink
from bareline.devices.wav_file import AudioFile
from bareline.errors import Closed
from bareline.media.frames import AudioFrame
from bareline.testing.virtual import run_virtual
from bareline.units import ns_to_samples


def frame(samples: int, value: int = 1) -> AudioFrame:
    return AudioFrame(array("h", [value] * samples).tobytes())


def test_heard_follows_time_to_the_sample() -> None:
    async def scenario() -> None:
        sink = NullSink()
        await sink.write(frame(480))
        assert sink.heard_samples == 0
        await asyncio.sleep(0.0101)
        assert sink.heard_samples == 242
        await sink.drain()
        assert (now_ns(), sink.heard_samples, sink.written_samples) == (20_000_000, 480, 480)
        await asyncio.sleep(1)
        assert sink.heard_samples == 480
        await sink.close()

    run_virtual(scenario())


def test_a_device_buffer_delays_hearing_and_survives_a_clear() -> None:
    async def scenario() -> None:
        sink = NullSink(device_ms=40)
        await sink.write(frame(4800))
        await asyncio.sleep(0.1)
        assert sink.heard_samples == 60 * 24
        assert sink.clear() == 4800 - 100 * 24
        await sink.drain()
        assert (now_ns(), sink.heard_samples) == (140_000_000, 100 * 24)
        await sink.close()

    run_virtual(scenario())


def test_write_waits_while_the_queue_is_full_and_is_dropped_by_a_clear() -> None:
    async def scenario() -> None:
        sink = NullSink(queue_ms=100)
        for _ in range(6):
            await sink.write(frame(480))
        assert now_ns() == 0
        await sink.write(frame(480))
        assert now_ns() == 20_000_000
        waiting = asyncio.create_task(sink.write(frame(480)))
        await asyncio.sleep(0.001)
        assert sink.clear() == 6 * 480 - 24
        await waiting
        assert now_ns() == 21_000_000
        assert sink.written_samples == 7 * 480
        await sink.write(frame(480))
        assert sink.written_samples == 8 * 480
        await sink.close()

    run_virtual(scenario())


def test_close_drops_wakes_writers_and_may_come_twice() -> None:
    async def scenario() -> None:
        sink = NullSink(queue_ms=0)
        await sink.write(frame(480))
        blocked = asyncio.create_task(sink.write(frame(480)))
        draining = asyncio.create_task(sink.drain())
        await asyncio.sleep(0.005)
        await sink.close()
        await sink.close()
        await draining
        with pytest.raises(Closed):
            await blocked
        await asyncio.sleep(1)
        assert (sink.heard_samples, sink.written_samples) == (120, 480)
        with pytest.raises(Closed):
            await sink.write(frame(1))

    run_virtual(scenario())


def test_a_cancelled_write_was_not_accepted() -> None:
    async def scenario() -> None:
        sink = NullSink(queue_ms=0)
        await sink.write(frame(480))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await sink.write(frame(480))
        assert sink.written_samples == 480
        await sink.close()

    run_virtual(scenario())


def test_wav_sink_records_what_was_heard_when_it_was_heard(tmp_path: Path) -> None:
    async def scenario() -> None:
        sink = WavSink(tmp_path / "heard.wav")
        await asyncio.sleep(3)
        await sink.write(frame(480, 1))
        await asyncio.sleep(0.05)
        await sink.write(frame(480, 2))
        await sink.write(frame(480, 3))
        await asyncio.sleep(0.025)
        assert sink.clear() == 360
        await asyncio.sleep(0.005)
        await sink.write(frame(48, 4))
        await sink.drain()
        await sink.close()
        await sink.close()

    run_virtual(scenario())
    expected = [1] * 480 + [0] * 720 + [2] * 480 + [3] * 120 + [0] * 120 + [4] * 48
    assert list(array("h", AudioFile(tmp_path / "heard.wav").pcm())) == expected


def test_wav_sink_under_arbitrary_timing_holds_every_heard_sample_once(tmp_path: Path) -> None:
    async def scenario() -> tuple[int, int]:
        sink = WavSink(tmp_path / "heard.wav", device_ms=7)
        begin = None
        for step in range(1, 60):
            await asyncio.sleep((step * 7919 % 31) / 1009)
            begin = now_ns() + 7_000_000 if begin is None else begin
            await sink.write(frame(step * 37 % 900 + 1, step))
            if step % 13 == 0:
                sink.clear()
        await sink.drain()
        await sink.close()
        return sink.heard_samples, ns_to_samples(now_ns() - (begin or 0))

    heard, length = run_virtual(scenario())
    recorded = array("h", AudioFile(tmp_path / "heard.wav").pcm())
    assert sum(sample != 0 for sample in recorded) == heard
    assert [s for s, after in pairwise(recorded) if s > after > 0] == []
    assert len(recorded) == pytest.approx(length, abs=1)


def test_callback_sink_hands_frames_on_at_once_and_says_when_to_stop() -> None:
    played: list[AudioFrame] = []
    stops: list[str] = []

    async def play(given: AudioFrame) -> None:
        await asyncio.sleep(0.001)
        played.append(given)

    async def scenario() -> None:
        sink = CallbackSink(play, cleared=lambda: stops.append("stop"))
        await sink.write(frame(480, 7))
        assert (now_ns(), played) == (1_000_000, [frame(480, 7)])
        assert sink.clear() == 456
        assert stops == ["stop"]
        await sink.close()
        plain = CallbackSink(played.append)
        await plain.write(frame(2))
        assert plain.clear() == 2
        await plain.close()

    run_virtual(scenario())
    assert len(played) == 2
