"""Do all sources and sinks keep their contracts?"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from bareline.devices import (
    CallbackSink,
    FileSource,
    IterSource,
    NullSink,
    QueueSource,
    SilenceSource,
    ToneSource,
    WavSink,
)
from bareline.devices.contract import AudioSource
from bareline.devices.echo_control import EchoControl
from bareline.devices.live_sink import LiveSink
from bareline.devices.live_source import LiveSource
from bareline.media.frames import AudioFrame
from bareline.testing.caller import Pause, Say, SimulatedCaller
from bareline.testing.conformance.devices import SINK, SOURCE, MakeSink, MakeSource
from bareline.testing.sound_card import CardInput, CardOutput
from bareline.testing.tones import ToneSynthesis
from bareline.testing.virtual import run_virtual

CheckSource = Callable[[MakeSource], Awaitable[None]]
CheckSink = Callable[[MakeSink], Awaitable[None]]


async def pieces() -> AsyncIterator[bytes]:
    for size in (1, 999, 4_800, 2, 30_000, 20_002):
        yield bytes(range(256)) * (size // 256 + 1)


def caller() -> SimulatedCaller:
    return SimulatedCaller(ToneSynthesis(), voice="low", script=[Pause(100), Say("one two three"), Pause(300)], seed=4)


def pushed() -> QueueSource:
    source = QueueSource()
    source._queue._held += b"\x01\x02" * 30_001  # what `push` does, for a loop that does not run yet
    source.end()
    return source


class ForSomeTime:
    """A live source that is over after ``count`` frames, as the kit needs it."""

    def __init__(self, source: AudioSource, count: int = 60) -> None:
        self._source = source
        self._left = count

    async def read(self) -> AudioFrame | None:
        frame = await self._source.read() if self._left else None
        self._left -= frame is not None
        return frame

    async def close(self) -> None:
        self._left = 0
        await self._source.close()


SOURCES: dict[str, MakeSource] = {
    "tone": lambda: ToneSource(300, duration_ms=1_234),
    "silence": lambda: SilenceSource(duration_ms=1_001),
    "iterator": lambda: IterSource(pieces(), trailing_silence_ms=100),
    "queue": pushed,
    "caller": caller,
    "a microphone": lambda: ForSomeTime(LiveSource(CardInput())),
    "a microphone without echo": lambda: EchoControl(ForSomeTime(LiveSource(CardInput())), NullSink()).microphone,
    "odd frames without echo": lambda: EchoControl(caller(), NullSink(), mode="half").microphone,
    "a stereo microphone of 48 kHz": lambda: ForSomeTime(LiveSource(CardInput(rate_hz=48_000, channels=2))),
}
SINKS: dict[str, MakeSink] = {
    "null": NullSink,
    "null with a device buffer": lambda: NullSink(device_ms=60),
    "callback": lambda: CallbackSink(lambda _: None, device_ms=20),
    "a loudspeaker": lambda: LiveSink(CardOutput()),
    "a stereo loudspeaker of 44.1 kHz whose clock shakes": lambda: LiveSink(
        CardOutput(rate_hz=44_100, channels=2, buffer_blocks=3, shakes_ns=(0, 3_000_000, -2_000_000, 700_000))
    ),
    "a loudspeaker with echo control": lambda: EchoControl(SilenceSource(), LiveSink(CardOutput())).speaker,
    "the caller's ear": lambda: caller().listen_to(NullSink()),
}


@pytest.mark.parametrize("check", SOURCE, ids=lambda check: check.__name__)
@pytest.mark.parametrize("make", SOURCES.values(), ids=SOURCES.keys())
def test_sources(make: MakeSource, check: CheckSource) -> None:
    run_virtual(check(make))


@pytest.mark.parametrize("check", SOURCE, ids=lambda check: check.__name__)
def test_files(check: CheckSource, tmp_path: Path) -> None:
    path = tmp_path / "speech.wav"

    async def write() -> None:
        sink = WavSink(path)
        source = ToneSource(200, duration_ms=1_500, realtime=False)
        while (frame := await source.read()) is not None:
            await sink.write(frame)
        await sink.drain()
        await sink.close()

    run_virtual(write())
    run_virtual(check(lambda: FileSource(path, trailing_silence_ms=50)))


@pytest.mark.parametrize("check", SINK, ids=lambda check: check.__name__)
@pytest.mark.parametrize("make", SINKS.values(), ids=SINKS.keys())
def test_sinks(make: MakeSink, check: CheckSink) -> None:
    run_virtual(check(make))


@pytest.mark.parametrize("check", SINK, ids=lambda check: check.__name__)
def test_wav_sinks(check: CheckSink, tmp_path: Path) -> None:
    numbers = iter(range(10))
    run_virtual(check(lambda: WavSink(tmp_path / f"{next(numbers)}.wav")))
