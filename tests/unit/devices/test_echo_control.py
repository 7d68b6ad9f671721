"""Does the microphone stop hearing the loudspeaker, and still hear the user?"""

from __future__ import annotations

import asyncio
import random
import sys
from array import array
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from bareline.devices.audio_processing import AudioProcessing
from bareline.devices.contract import EchoAware
from bareline.devices.echo_control import EchoControl, EchoMode, EchoState
from bareline.devices.sinks import CallbackSink, NullSink
from bareline.devices.sources import IterSource
from bareline.errors import AudioFormatError, MissingExtra
from bareline.media.frames import AudioFrame
from bareline.media.levels import rms_dbfs
from bareline.testing.echo_path import Echoes, EchoPath
from bareline.testing.echo_room import EchoRoom
from bareline.units import ms_to_ns

FRAME_BYTES = 960


def voice(seed: int, seconds: float, syllable: int) -> bytes:
    """Noise in syllables, each with a sound and a loudness of its own; at about -26 dBFS while it sounds."""
    chance = random.Random(seed)
    samples = array("h")
    while len(samples) < seconds * 24_000:
        level, smoothing, value = chance.uniform(1_500, 5_000), chance.uniform(0.2, 0.9), 0.0
        for at in range(syllable):
            value += smoothing * (chance.uniform(-1, 1) - value)
            samples.append(round(level * value * min(1.0, (syllable - at) / 1_200)))
        samples.extend([0] * 1_200)
    return samples.tobytes()


AGENT, USER = voice(1, 6.0, 3_600), voice(2, 1.0, 6_100)
LOUD = array("h", (3 * sample for sample in array("h", USER))).tobytes()


@dataclass
class Session:
    """What came of listening to ``AGENT``."""

    heard: bytes = b""
    left: bytes = b""
    changes: list[bool] = field(default_factory=list)
    state: EchoState | None = None
    thresholds: list[float] = field(default_factory=list)
    shares: list[float | None] = field(default_factory=list)

    def dbfs(self, begin_s: float, end_s: float) -> tuple[float, float]:
        """Of what was heard and what is left."""
        begin, end = 2 * round(begin_s * 24_000), 2 * round(end_s * 24_000)
        return rms_dbfs(self.heard[begin:end]), rms_dbfs(self.left[begin:end])


async def listen(
    room: EchoRoom, mode: EchoMode = "auto", *, said_at_s: float | None = None, user: bytes = USER, seconds: float = 5.5
) -> Session:
    session = Session()
    echo = EchoControl(
        room.microphone, room.speaker, mode=mode, changed=lambda state: session.changes.append(state.half_duplex)
    )
    talking = asyncio.create_task(talk(echo))
    left = bytearray()
    while len(left) < seconds * 48_000:
        frame = await echo.microphone.read()
        assert frame is not None
        assert frame.first_sample == len(left) // 2
        left += frame.pcm
        session.thresholds.append(echo.threshold)
        assert isinstance(echo.microphone, EchoAware)
        session.shares.append(echo.microphone.echo_share)
        if said_at_s is not None and len(left) >= said_at_s * 48_000:
            room.say(user)
            said_at_s = None
    talking.cancel()
    await asyncio.wait([talking])
    session.heard, session.left, session.state = room.heard[: len(left)], bytes(left), echo.state
    await echo.microphone.close()
    await echo.speaker.close()
    return session


async def talk(echo: EchoControl) -> None:
    await asyncio.sleep(0.3)
    for start in range(0, len(AGENT), FRAME_BYTES):
        await echo.speaker.write(AudioFrame(AGENT[start : start + FRAME_BYTES]))


@pytest.mark.virtual
async def test_the_echo_goes_and_the_user_stays() -> None:
    session = await listen(EchoRoom(EchoPath(), drift_ppm=50.0), said_at_s=4.0)
    heard, left = session.dbfs(2.5, 4.0)
    assert heard - left > 25
    heard, left = session.dbfs(4.1, 4.9)
    assert heard - left < 12
    assert session.changes == []
    assert session.state is not None
    assert session.state.delay_ms == pytest.approx(30, abs=4)
    assert None not in session.shares[205:245]
    assert max(session.shares[205:245]) < 0.5
    assert "dB less)" in str(session.state)
    assert (session.thresholds[0], session.thresholds[60], session.thresholds[-1]) == (0.5, 0.5, 0.4)


@pytest.mark.virtual
async def test_without_an_echo_nothing_is_taken_away() -> None:
    session = await listen(EchoRoom(EchoPath(level_db=-70)), said_at_s=6.9, seconds=8.0)
    heard, left = session.dbfs(7.0, 7.8)
    assert heard - left < 1
    assert str(session.state) == "no echo is heard"
    assert set(session.shares) == {None}


@pytest.mark.virtual
async def test_an_echo_before_its_time_is_found_and_cancelled() -> None:
    session = await listen(EchoRoom(EchoPath(delay_ms=5), said_late_ns=ms_to_ns(60)))
    heard, left = session.dbfs(4.5, 5.5)
    assert heard - left > 20
    assert session.state is not None
    assert session.state.delay_ms is not None
    assert session.state.delay_ms < -40


@pytest.mark.virtual
async def test_half_duplex_hears_the_user_when_the_assistant_is_silent_or_much_less_loud() -> None:
    room = EchoRoom(EchoPath(level_db=-12))
    session = await listen(room, "half", said_at_s=4.0, user=LOUD)
    assert session.dbfs(1.0, 4.0)[1] < -90
    heard, left = session.dbfs(4.2, 4.9)
    assert heard - left < 4
    assert session.state is not None
    assert session.state.half_duplex
    assert session.changes == []


@pytest.mark.virtual
async def test_half_duplex_ends_where_there_is_no_echo() -> None:
    session = await listen(EchoRoom(EchoPath(level_db=-70)), "half", said_at_s=4.0)
    assert session.changes == [False]
    heard, left = session.dbfs(4.0, 5.0)
    assert left == heard


@pytest.mark.virtual
async def test_where_cancelling_does_not_hold_half_duplex_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    # A canceller that is given nothing of the far end cancels nothing: as with a second loudspeaker in the room.
    monkeypatch.setattr(AudioProcessing, "far", lambda _self, _pcm: None)
    session = await listen(EchoRoom(EchoPath()))
    assert session.changes == [True]
    assert session.dbfs(4.0, 5.5)[1] < -60
    session = await listen(EchoRoom(EchoPath()), "cancel")
    assert session.changes == []
    assert set(session.shares[:20]) == {None}
    assert sum(share is not None and share > 0.6 for share in session.shares[150:]) > len(session.shares[150:]) / 2
    assert session.dbfs(4.0, 5.5)[1] > -40
    assert session.thresholds[-1] == 0.7


@pytest.mark.virtual
async def test_a_sink_that_takes_a_frame_while_it_is_cleared_keeps_its_place() -> None:
    heard = bytearray()
    waiting = asyncio.Event()

    async def play(frame: AudioFrame) -> None:
        heard.extend(frame.pcm)
        await waiting.wait()

    echo = EchoControl(IterSource(silence()), CallbackSink(play), mode="half")
    writing = asyncio.create_task(echo.speaker.write(AudioFrame(bytes(FRAME_BYTES))))
    await asyncio.sleep(0.005)
    assert echo.speaker.clear() == 360
    waiting.set()
    await writing
    assert echo.speaker.written_samples == 480
    await asyncio.sleep(0.1)
    assert echo.speaker.heard_samples == 120
    await echo.speaker.drain()
    await echo.speaker.close()


async def silence():
    yield bytes(48_000)


@pytest.mark.virtual
async def test_frames_of_any_length_keep_their_places_and_their_audio() -> None:
    async def pieces():
        for size in (2, 998, 480, 4_802):
            yield bytes(range(250)) * (size // 250 + 1)

    plain, whole = IterSource(pieces()), bytearray()
    echo = EchoControl(IterSource(pieces()), NullSink(), mode="half").microphone
    while (frame := await echo.read()) is not None:
        assert frame.first_sample == len(whole) // 2
        whole += frame.pcm
    expected = bytearray()
    while (frame := await plain.read()) is not None:
        expected += frame.pcm
    assert whole == expected


@pytest.mark.parametrize("split", [1, 240, 777])
def test_any_split_of_a_room_sounds_alike(split: int) -> None:
    path = EchoPath(noise_dbfs=-200, overdrive=1.0)
    whole, cut = Echoes(path).feed(AGENT[:24_000]), bytearray()
    echoes = Echoes(path)
    for start in range(0, 24_000, 2 * split * 16):
        cut += echoes.feed(AGENT[start : min(24_000, start + 2 * split * 16)])
    assert max(abs(one - other) for one, other in zip(array("h", whole), array("h", cut), strict=True)) <= 1


def test_blocks_of_another_length_are_refused() -> None:
    with pytest.raises(AudioFormatError, match="240 samples, not 480"):
        AudioProcessing(echo=True).far(bytes(960))


@pytest.mark.virtual
async def test_without_the_extra_half_duplex_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "livekit.rtc.apm", None)
    make: Callable[..., EchoControl] = EchoControl
    with pytest.raises(MissingExtra, match=r"bareline\[devices\]"):
        make(IterSource(silence()), NullSink())
    make(IterSource(silence()), NullSink(), mode="half")
