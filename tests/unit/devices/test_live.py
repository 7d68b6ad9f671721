"""Do a microphone and a loudspeaker keep their word while their card shakes, loses audio or is unplugged?"""

from __future__ import annotations

import asyncio
from array import array

import pytest

from bareline.clock import now_ns
from bareline.devices.live_sink import LiveSink
from bareline.devices.live_source import LiveSource
from bareline.errors import Closed, DeviceLost
from bareline.media.frames import AudioFrame
from bareline.testing.sound_card import CardInput, CardOutput
from bareline.units import ms_to_ns, samples_to_ns

FRAME = AudioFrame(array("h", [5_000] * 480).tobytes())


def sounding(pcm: bytes) -> int:
    return sum(sample != 0 for sample in memoryview(pcm).cast("h"))


@pytest.mark.virtual
async def test_heard_is_never_more_than_what_left_the_card() -> None:
    card = CardOutput(shakes_ns=(0, ms_to_ns(4), ms_to_ns(1), ms_to_ns(9)))
    sink = LiveSink(card)
    writing = asyncio.create_task(_write(sink, 50))
    while sink.heard_samples < 24_000:
        assert sink.heard_samples <= sounding(card.left_the_card())
        await asyncio.sleep(0.0013)
    await writing
    assert sounding(card.left_the_card()) == 24_000
    await sink.close()


@pytest.mark.virtual
async def test_clear_is_silent_within_the_cards_buffer() -> None:
    card = CardOutput(buffer_blocks=3)
    sink = LiveSink(card)
    await _write(sink, 40)
    await asyncio.sleep(0.3)
    heard = sink.heard_samples
    dropped = sink.clear()
    await asyncio.sleep(1)
    assert sink.heard_samples == sounding(card.pcm) == 40 * 480 - dropped
    assert sink.heard_samples - heard <= 4 * 240
    await sink.close()


@pytest.mark.virtual
@pytest.mark.parametrize("end", [CardOutput.unplug, CardOutput.freeze])
async def test_a_loudspeaker_that_goes_away_ends_the_writing_in_words(end) -> None:
    card = CardOutput()
    sink = LiveSink(card)
    writing = asyncio.create_task(_write(sink, 200))
    await asyncio.sleep(0.5)
    end(card)
    with pytest.raises(DeviceLost, match="the loudspeaker Virtual has stopped: was it unplugged"):
        async with asyncio.timeout(6):
            await writing
    assert sink.heard_samples <= sounding(card.left_the_card())
    with pytest.raises(DeviceLost):
        await sink.drain()
    await sink.close()
    with pytest.raises(Closed):
        await sink.write(FRAME)


@pytest.mark.virtual
@pytest.mark.parametrize("end", [CardInput.unplug, CardInput.freeze])
async def test_a_microphone_that_goes_away_gives_what_it_heard_and_then_ends_in_words(end) -> None:
    card = CardInput()
    source = LiveSource(card)
    first = await source.read()
    assert first is not None
    end(card)
    reading = asyncio.create_task(_read_on(source))
    await asyncio.wait([reading], timeout=6)
    with pytest.raises(DeviceLost, match="the microphone Virtual has stopped"):
        reading.result()
    await source.close()
    assert await source.read() is None
    assert card.closed


@pytest.mark.virtual
@pytest.mark.parametrize(("rate_hz", "channels"), [(24_000, 1), (24_000, 2), (48_000, 2), (44_100, 1)])
async def test_audio_lost_in_the_card_is_a_jump_and_time_is_kept(rate_hz: int, channels: int) -> None:
    card = CardInput(rate_hz=rate_hz, channels=channels)
    source = LiveSource(card)
    began_ns = now_ns()
    for turn in range(40):
        if turn == 20:
            card.lose(7)
        frame = await source.read()
        assert frame is not None
        late_ns = now_ns() - began_ns - samples_to_ns(frame.end_sample)
        assert -1 <= late_ns <= ms_to_ns(33 if frame.samples == 480 else 110)  # cut short by what came after the loss
        assert abs(frame.at_ns - began_ns - samples_to_ns(frame.first_sample)) <= ms_to_ns(1)
    assert abs(source.lost_samples - 7 * 240) <= 1
    await source.close()


@pytest.mark.virtual
async def test_nothing_is_kept_from_before_the_first_read() -> None:
    source = LiveSource(CardInput())
    await asyncio.sleep(1)
    frame = await source.read()
    assert frame is not None
    assert frame.first_sample == 0
    assert memoryview(frame.pcm).cast("h")[0] == 24_000
    await source.close()


@pytest.mark.virtual
async def test_a_read_that_waits_ends_with_close() -> None:
    card = CardInput()
    source = LiveSource(card)
    reading = asyncio.create_task(source.read())
    await asyncio.sleep(0)
    await source.close()
    assert await reading is None


async def _write(sink: LiveSink, count: int) -> None:
    for _ in range(count):
        await sink.write(FRAME)


async def _read_on(source: LiveSource) -> None:
    while await source.read() is not None:
        pass
