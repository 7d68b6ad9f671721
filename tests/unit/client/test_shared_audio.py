"""Does everybody who follows the audio of a media line get every frame, and nobody hold up another?"""

from __future__ import annotations

import asyncio

import pytest

from bareline.client.audio_tap import TAP_MAX_SAMPLES
from bareline.client.line import Line
from bareline.errors import ConnectionLost
from bareline.media.frames import AudioFrame
from bareline.testing.virtual import run_virtual
from bareline.transports.memory import memory_media_pair


async def collect(line: Line, count: int) -> list[int]:
    """The places of so many frames."""
    found: list[int] = []
    async for audio in line.audio():
        found.append(audio.frame.first_sample)
        if len(found) == count:
            break
    return found


def test_every_follower_gets_every_frame_from_its_beginning_on() -> None:
    async def main() -> None:
        near, far = memory_media_pair()
        line = Line(near)
        first = asyncio.create_task(collect(line, 4))
        second = asyncio.create_task(collect(line, 4))
        await asyncio.sleep(0)
        await far.send_audio(AudioFrame(bytes(960), 0))
        await asyncio.sleep(0.1)
        third = asyncio.create_task(collect(line, 3))
        for number in range(1, 4):
            await far.send_audio(AudioFrame(bytes(960), number * 480))
            await asyncio.sleep(0.01)
        assert await first == await second == [0, 480, 960, 1440]
        assert await third == [480, 960, 1440]
        assert line.carries_audio
        await line.close()

    run_virtual(main())


def test_a_follower_that_leaves_while_it_reads_lets_another_read_on() -> None:
    async def main() -> None:
        near, far = memory_media_pair()
        line = Line(near)
        leaving = asyncio.create_task(collect(line, 1))
        await asyncio.sleep(0)
        staying = asyncio.create_task(collect(line, 1))
        await asyncio.sleep(0)
        leaving.cancel()
        await asyncio.sleep(0)
        await far.send_audio(AudioFrame(bytes(960), 7))
        assert await staying == [7]
        await line.close()

    run_virtual(main())


def test_who_does_not_read_loses_the_oldest() -> None:
    async def main() -> None:
        near, far = memory_media_pair()
        line = Line(near)
        slow = line.audio()
        reading = asyncio.create_task(collect(line, 4))
        for number in range(4):
            await far.send_audio(AudioFrame(bytes(TAP_MAX_SAMPLES), number * TAP_MAX_SAMPLES // 2))
            await asyncio.sleep(0.01)
        await reading
        assert (await anext(slow)).frame.first_sample == TAP_MAX_SAMPLES
        await line.close()

    run_virtual(main())


@pytest.mark.parametrize("by_us", [True, False])
def test_the_end_ends_all(by_us: bool) -> None:
    async def main() -> None:
        near, far = memory_media_pair()
        line = Line(near)
        reading = [asyncio.create_task(collect(line, 1)) for _ in range(2)]
        await asyncio.sleep(0)
        await (line if by_us else far).close()
        ends = await asyncio.gather(*reading, return_exceptions=True)
        assert ends == [[], []] if by_us else all(isinstance(end, ConnectionLost) for end in ends)
        await line.close()

    run_virtual(main())
