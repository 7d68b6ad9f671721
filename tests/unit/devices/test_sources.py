"""Sources in virtual time: paced without drift, complete, safe to cancel."""

from __future__ import annotations

import asyncio
import math
from array import array
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bareline.clock import now_ns
from bareline.devices import AudioSource, FileSource, IterSource, QueueSource, SilenceSource, ToneSource
from bareline.devices.wav_file import WavWriter
from bareline.errors import AudioFormatError, Closed, ConfigurationError
from bareline.media.formats import PcmFormat
from bareline.media.frames import AudioFrame
from bareline.testing.virtual import run_virtual


def numbered(samples: int, first: int = 1) -> bytes:
    return array("h", [first + n % 30000 for n in range(samples)]).tobytes()


async def read_all(source: AudioSource) -> tuple[bytes, list[int]]:
    pcm, given, next_sample = b"", [], 0
    while (frame := await source.read()) is not None:
        assert frame.first_sample == next_sample
        next_sample = frame.end_sample
        pcm += frame.pcm
        given.append(now_ns())
    assert await source.read() is None
    await source.close()
    await source.close()
    assert await source.read() is None
    return pcm, given


def wav(path: Path, pcm: bytes, audio: PcmFormat | None = None) -> Path:
    with WavWriter(path, audio or PcmFormat()) as file:
        file.write(pcm)
    return path


def test_a_file_comes_in_real_time_and_whole(tmp_path: Path) -> None:
    pcm = numbered(1000)
    source = FileSource(wav(tmp_path / "a.wav", pcm), trailing_silence_ms=10)
    heard, given = run_virtual(read_all(source))
    assert heard == pcm + bytes(480)
    assert given == [20_000_000, 40_000_000, 1240 * 1_000_000 // 24]


@pytest.mark.slow
def test_an_hour_does_not_drift() -> None:
    async def scenario() -> None:
        source = SilenceSource()
        frame = None
        for _ in range(50 * 3600):
            frame = await source.read()
        assert frame is not None
        assert (now_ns(), frame.at_ns, frame.first_sample) == (
            3600 * 10**9,
            3600 * 10**9 - 20_000_000,
            3600 * 24000 - 480,
        )

    run_virtual(scenario())


def test_a_late_reader_catches_up() -> None:
    async def scenario() -> list[int]:
        source, times = SilenceSource(duration_ms=100), []
        await source.read()
        await asyncio.sleep(0.05)
        while await source.read() is not None:
            times.append(now_ns() // 1_000_000)
        return times

    assert run_virtual(scenario()) == [70, 70, 80, 100]


def test_as_fast_as_possible_keeps_the_times_it_would_have_had(tmp_path: Path) -> None:
    async def scenario() -> list[int]:
        source = FileSource(wav(tmp_path / "a.wav", numbered(1440)), realtime=False)
        times = []
        while (frame := await source.read()) is not None:
            times.append(frame.at_ns)
        assert now_ns() == 0
        return times

    assert run_virtual(scenario()) == [0, 20_000_000, 40_000_000]


def test_a_looped_file_begins_again_until_closed(tmp_path: Path) -> None:
    async def scenario() -> None:
        source = FileSource(wav(tmp_path / "a.wav", numbered(700)), loop=True)
        frames = [await source.read() for _ in range(10)]
        assert b"".join(frame.pcm for frame in frames if frame) == (numbered(700) * 7)[: 4800 * 2]
        await source.close()
        assert await source.read() is None

    run_virtual(scenario())
    empty = FileSource(wav(tmp_path / "empty.wav", b""), loop=True)
    assert run_virtual(read_all(empty)) == (b"", [])


def test_other_rates_and_channels_are_converted_and_said(tmp_path: Path) -> None:
    path = wav(tmp_path / "a.wav", bytes(4 * 4801), PcmFormat(48000, 2))
    source = FileSource(path, realtime=False)
    heard, _ = run_virtual(read_all(source))
    assert len(heard) == 2 * 2401
    assert source.file.notes == ("2 channels mixed to one by their mean", "resampled from 48000 Hz to 24000 Hz")
    raw = FileSource(path, raw=PcmFormat(48000, 2), realtime=False)
    assert len(run_virtual(read_all(raw))[0]) == 2 * 2406


def test_files_that_cannot_be_played_are_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"no such audio file: .*nothing\.wav"):
        FileSource(tmp_path / "nothing.wav")
    (tmp_path / "song.mp3").write_bytes(b"ID3\x04" + bytes(50))
    with pytest.raises(AudioFormatError, match=r"song\.mp3: not a WAV file, but MP3"):
        FileSource(tmp_path / "song.mp3")
    (tmp_path / "empty").write_bytes(b"")
    with pytest.raises(AudioFormatError, match="before its audio begins"):
        FileSource(tmp_path / "empty")
    with pytest.raises(ConfigurationError, match="cannot write"):
        WavWriter(tmp_path / "no" / "where.wav")


def test_an_iterator_of_bytes_and_frames_is_joined() -> None:
    async def pieces() -> AsyncIterator[bytes | AudioFrame]:
        data = numbered(1300)
        yield data[:3]
        yield data[3:2000]
        await asyncio.sleep(0.5)
        yield AudioFrame(data[2000:])

    async def scenario() -> None:
        heard, given = await read_all(IterSource(pieces(), trailing_silence_ms=1))
        assert heard == numbered(1300) + bytes(48)
        assert given == [20_000_000, 40_000_000, 540_000_000]

    run_virtual(scenario())


@pytest.mark.parametrize("kind", ["iterator", "queue", "tone"])
def test_reads_may_be_cancelled_at_any_moment_and_lose_nothing(kind: str) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for n in range(6):
            await asyncio.sleep(0.013)
            yield numbered(400, 400 * n + 1)

    async def scenario() -> bytes:
        queue = QueueSource()
        await queue.push(numbered(2400))
        queue.end()
        sources = {"iterator": IterSource(pieces()), "queue": queue, "tone": ToneSource(duration_ms=100)}
        source, pcm = sources[kind], b""
        while True:
            try:
                async with asyncio.timeout(0.003):
                    frame = await source.read()
            except TimeoutError:
                continue
            if frame is None:
                await source.close()
                return pcm
            pcm += frame.pcm

    expected = run_virtual(read_all(ToneSource(duration_ms=100)))[0] if kind == "tone" else numbered(2400)
    assert run_virtual(scenario()) == expected


def test_closing_an_iterator_source_stops_the_iterator() -> None:
    stopped: list[bool] = []

    async def pieces() -> AsyncIterator[bytes]:
        try:
            yield bytes(960)
            await asyncio.sleep(1000)
        finally:
            stopped.append(True)

    async def scenario() -> None:
        source = IterSource(pieces())
        await source.read()
        reading = asyncio.create_task(source.read())
        await asyncio.sleep(0.1)
        await source.close()
        assert await reading is None
        assert stopped == [True]

    run_virtual(scenario())


def test_a_queue_source_is_a_live_microphone() -> None:
    async def scenario() -> None:
        source = QueueSource()
        silent = await source.read()
        await source.push(AudioFrame(numbered(500)))
        assert source.queued_samples == 500
        first, second = await source.read(), await source.read()
        assert silent is not None
        assert first is not None
        assert second is not None
        assert silent.pcm == bytes(960)
        assert first.pcm + second.pcm == numbered(500) + bytes(460 * 2)
        assert (second.at_ns, now_ns()) == (40_000_000, 60_000_000)
        await source.push(numbered(100))
        assert source.clear() == 100
        source.end()
        assert await source.read() is None
        with pytest.raises(Closed):
            await source.push(b"12")
        await source.close()

    run_virtual(scenario())


def test_a_full_queue_makes_the_pusher_wait() -> None:
    async def scenario() -> None:
        source = QueueSource()
        pushing = asyncio.create_task(source.push(bytes(2 * 24 * (QueueSource.QUEUE_MS + 30))))
        await asyncio.sleep(0)
        assert source.queued_samples == 24 * QueueSource.QUEUE_MS
        await source.read()
        await asyncio.sleep(0)
        assert not pushing.done()
        await source.read()
        await asyncio.sleep(0)
        assert pushing.done()
        with pytest.raises(AudioFormatError):
            await source.push(b"odd")
        late = asyncio.create_task(source.push(bytes(2 * 24 * 1000)))
        await asyncio.sleep(0)
        await source.close()
        with pytest.raises(Closed):
            await late

    run_virtual(scenario())


def test_closing_wakes_a_reader_in_time_and_gives_it_nothing() -> None:
    async def scenario() -> None:
        source = SilenceSource()
        reading = asyncio.create_task(source.read())
        await asyncio.sleep(0.01)
        await source.close()
        assert await reading is None
        assert now_ns() <= 20_000_000

    run_virtual(scenario())


def test_a_tone_has_its_pitch_and_level() -> None:
    pcm, _ = run_virtual(read_all(ToneSource(1000, dbfs=-20, duration_ms=50)))
    samples = array("h", pcm)
    assert len(samples) == 1200
    assert max(samples) == pytest.approx(3276.7, abs=1)
    assert samples[6] == round(3276.7 * math.sin(math.pi / 2))
    with pytest.raises(ConfigurationError, match="12000 Hz"):
        ToneSource(12000)
