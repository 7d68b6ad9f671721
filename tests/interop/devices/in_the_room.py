"""What a process in the room does: keep the kits, compare what was heard with what was recorded, or say something.

Prints one JSON object. ``python in_the_room.py kits | truth | say FILE SECONDS``.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import math
import sys
from array import array

import bareline as bl
from bareline.clock import now_ns
from bareline.media.levels import rms_dbfs
from bareline.testing.conformance.devices import SINK, SOURCE
from bareline.testing.conformance.requirement import ContractBroken
from bareline.units import ns_to_ms, samples_to_ns

_TONE = array("h", [round(8_000 * math.sin(2 * math.pi * 440 * n / 24_000)) for n in range(480)]).tobytes()


class ForSomeTime:
    """A microphone that is over after a second or so, as the kit needs it."""

    def __init__(self) -> None:
        self._microphone = bl.Microphone("microphone")
        self._left = 60

    async def read(self) -> bl.AudioFrame | None:
        frame = await self._microphone.read() if self._left else None
        self._left -= frame is not None
        return frame

    async def close(self) -> None:
        self._left = 0
        await self._microphone.close()


async def kits() -> dict[str, str]:
    """The devices' kits, on real streams."""
    outcomes: dict[str, str] = {}
    checks = [(check, ForSomeTime) for check in SOURCE] + [(check, lambda: bl.Speaker("assistant")) for check in SINK]
    for check, make in checks:
        try:
            await check(make)
        except ContractBroken as error:
            outcomes[check.__name__] = str(error)
        else:
            outcomes[check.__name__] = "kept"
    return outcomes


async def truth() -> dict[str, object]:
    """Play a second, clear in the middle of another, and listen to both."""
    ear, speaker = bl.Microphone("ear"), bl.Speaker("assistant")
    frames: list[tuple[int, bl.AudioFrame]] = []
    listening = asyncio.create_task(_listen(ear, frames))
    await asyncio.sleep(1.5)
    played_ns, heard_ns = await _play_and_watch(speaker, 50)
    await speaker.drain()
    after_drain_ns = now_ns()
    await asyncio.sleep(0.5)
    first_read_ns, last_read_ns = _loud(frames)
    report: dict[str, object] = {
        "first_heard_ms": ns_to_ms(heard_ns - played_ns),
        "first_recorded_ms": ns_to_ms(first_read_ns - played_ns),
        "drained_ms": ns_to_ms(after_drain_ns - played_ns),
        "last_recorded_ms": ns_to_ms(last_read_ns - played_ns),
        "recorded_dbfs": max(rms_dbfs(frame.pcm) for _, frame in frames),
        "heard": speaker.heard_samples,
    }
    frames.clear()
    await _play_and_watch(speaker, 30)
    await asyncio.sleep(0.2)
    dropped, cleared_ns = speaker.clear(), now_ns()
    await asyncio.sleep(0.6)
    _, last_read_ns = _loud(frames)
    report |= {
        "silent_after_clear_ms": ns_to_ms(last_read_ns - cleared_ns),
        "accounted": speaker.heard_samples + dropped == speaker.written_samples,
        "jumps": sum(b.first_sample != a.end_sample for (_, a), (_, b) in itertools.pairwise(frames)),
        "starved": speaker.starved,
    }
    await ear.close()
    await speaker.close()
    await listening
    return report


async def say(path: str, after_s: float) -> dict[str, object]:
    """Be the user: play a recording where the microphone hears it."""
    speaker = bl.Speaker("user")
    await asyncio.sleep(after_s)
    source = bl.FileSource(path)
    while (frame := await source.read()) is not None:
        await speaker.write(frame)
    await speaker.drain()
    await speaker.close()
    return {"said_ms": ns_to_ms(samples_to_ns(speaker.heard_samples))}


async def _listen(ear: bl.Microphone, frames: list[tuple[int, bl.AudioFrame]]) -> None:
    while (frame := await ear.read()) is not None:
        frames.append((now_ns(), frame))


async def _play_and_watch(speaker: bl.Speaker, count: int) -> tuple[int, int]:
    """When it was given the first frame, and when its first sample was heard."""
    began_ns, before = now_ns(), speaker.heard_samples
    for _ in range(count):
        await speaker.write(bl.AudioFrame(_TONE))
    while speaker.heard_samples == before:  # noqa: ASYNC110 - a sink tells only who asks
        await asyncio.sleep(0.001)
    return began_ns, now_ns()


def _loud(frames: list[tuple[int, bl.AudioFrame]]) -> tuple[int, int]:
    """When the first and the last frame with the tone in it were read."""
    loud = [read_ns for read_ns, frame in frames if rms_dbfs(frame.pcm) > -40]
    return loud[0], loud[-1]


if __name__ == "__main__":
    command = {"kits": kits, "truth": truth}.get(sys.argv[1])
    report = asyncio.run(command() if command else say(sys.argv[2], float(sys.argv[3])))
    print(json.dumps(report))
