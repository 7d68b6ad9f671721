"""Does a transport keep its contract?

``make`` opens a fresh pair as an async context manager: the transport under test and its peer, which only has to send,
receive and close. Runs on any event loop; real sockets take real time, a fraction of a second for each requirement.
``TRANSPORT`` is for every transport, ``MEDIA_TRANSPORT`` in addition for those that carry audio.
"""

from __future__ import annotations

import asyncio
import math
from array import array
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, suppress
from itertools import pairwise

from bareline.errors import Closed, ConnectionLost
from bareline.media.frames import AudioFrame
from bareline.testing.conformance.requirement import raises, require, within
from bareline.transports.contract import MediaTransport, Transport
from bareline.units import SAMPLE_RATE_HZ, ms_to_samples

__all__ = ["MEDIA_TRANSPORT", "TRANSPORT", "MakeMediaPair", "MakePair"]

MakePair = Callable[[], AbstractAsyncContextManager[tuple[Transport, Transport]]]
MakeMediaPair = Callable[[], AbstractAsyncContextManager[tuple[MediaTransport, MediaTransport]]]

_BACKLOG_MAX_BYTES = 256 * 1024 * 1024
"""A backlog of more than this is no bound."""

_CLOSE_MAX_S = 5.0
"""A close that takes longer is a hang."""


async def messages_arrive_whole_once_and_in_order(make: MakePair) -> None:
    """Both ways, small and large, with any UTF-8."""
    messages = [f'{{"n": {number}, "text": "grüße \\u0000 🎧"}}'.encode() for number in range(100)]
    messages[50] = b'"' + b"x" * 1_000_000 + b'"'
    async with make() as (ours, theirs):
        for sender, receiver in ((ours, theirs), (theirs, ours)):
            sending = asyncio.create_task(_send_all(sender, messages))
            received = [await receiver.receive() for _ in messages]
            await sending
            require(received == messages, "messages arrive whole, once and in order")


async def a_cancelled_receive_loses_no_message(make: MakePair) -> None:
    """Receivers are cancelled before, while and after a message comes."""
    async with make() as (ours, theirs):
        received: list[bytes] = []
        for number in range(20):
            waiting = asyncio.create_task(ours.receive())
            await asyncio.sleep(0)
            await theirs.send(b"%d" % number)
            await asyncio.sleep(0.002 * (number % 3))
            waiting.cancel()
            with suppress(asyncio.CancelledError):
                received.append(await waiting)
        async with within(5, "every message arrives"):
            while len(received) < 20:
                received.append(await ours.receive())
        require(received == [b"%d" % n for n in range(20)], f"a cancelled receive loses nothing, but got {received}")


async def cancellation_is_not_swallowed(make: MakePair) -> None:
    """A cancelled ``receive`` ends with ``CancelledError``."""
    async with make() as (ours, _):
        waiting = asyncio.create_task(ours.receive())
        await asyncio.sleep(0.01)
        waiting.cancel()
        await asyncio.wait([waiting], timeout=5)
        require(waiting.cancelled(), "a cancelled receive ends as cancelled")


async def the_other_sides_close_is_connection_lost_with_code(make: MakePair) -> None:
    """After everything that was sent before it; and again at every later call."""
    async with make() as (ours, theirs):
        await theirs.send(b"last words")
        closing = asyncio.create_task(theirs.close(4321, "enough"))
        require(await ours.receive() == b"last words", "what was sent before a close arrives")
        for call in (ours.receive, ours.receive, lambda: ours.send(b"too late")):
            lost = await raises(call(), ConnectionLost, "the other side's close raises ConnectionLost, each time")
            require((lost.code, lost.reason) == (4321, "enough"), f"with its code and reason, not {lost.code}")
        await closing


async def our_close_is_closed(make: MakePair) -> None:
    """``send`` and ``receive`` after our own ``close`` raise ``Closed``; ``close`` again is fine."""
    async with make() as (ours, _):
        await ours.close()
        await ours.close(1001, "again")
        await raises(ours.receive(), Closed, "receive after close raises Closed")
        await raises(ours.send(b"x"), Closed, "send after close raises Closed")


async def close_wakes_who_waits_to_receive(make: MakePair) -> None:
    """From another task."""
    async with make() as (ours, _):
        waiting = [asyncio.create_task(_receive(ours))]
        await asyncio.sleep(0.01)
        await asyncio.gather(ours.close(), ours.close())
        for task in waiting:
            await raises(task, Closed, "a waiting receive gets Closed")


async def a_full_backlog_makes_send_wait_until_close(make: MakePair) -> None:
    """Nobody receives: after a bounded number of messages ``send`` waits, and ``close`` ends the wait soon."""
    async with make() as (ours, _):
        filling = asyncio.create_task(_fill(ours))
        await asyncio.sleep(0.5)
        require(not filling.done(), "past a bounded backlog send waits")
        async with within(_CLOSE_MAX_S, "close returns soon"):
            await ours.close()
        await raises(filling, Closed, "a waiting send gets Closed")


async def closing_leaves_no_task(make: MakePair) -> None:
    """When both sides are closed, no task is left."""
    before = asyncio.all_tasks()
    async with make() as (ours, theirs):
        await ours.send(b"x")
        await theirs.receive()
        await asyncio.gather(ours.close(), theirs.close())
    await asyncio.sleep(0.05)
    left = asyncio.all_tasks() - before
    require(not left, f"close leaves no task behind, but {left}")


async def info_names_what_is_connected(make: MakePair) -> None:
    """A kind and an address."""
    async with make() as (ours, _):
        require(bool(ours.info.kind and ours.info.address), "info has kind and address")


TRANSPORT: tuple[Callable[[MakePair], Awaitable[None]], ...] = (
    messages_arrive_whole_once_and_in_order,
    a_cancelled_receive_loses_no_message,
    cancellation_is_not_swallowed,
    the_other_sides_close_is_connection_lost_with_code,
    our_close_is_closed,
    close_wakes_who_waits_to_receive,
    a_full_backlog_makes_send_wait_until_close,
    closing_leaves_no_task,
    info_names_what_is_connected,
)


async def frames_arrive_in_order_and_without_gaps(make: MakeMediaPair) -> None:
    """Both ways: what was sent in one stretch is received as one stretch, of the same length."""
    async with make() as (ours, theirs):
        for sender, receiver in ((ours, theirs), (theirs, ours)):
            frames = await _through(sender, receiver, _stretch(0, frames=25))
            gaps = [later.first_sample - earlier.end_sample for earlier, later in pairwise(frames)]
            require(not any(gaps), f"frames follow each other, but there are gaps of {gaps} samples")
            missing = 25 * _FRAME_SAMPLES - sum(frame.samples for frame in frames)
            require(missing == 0, f"as many samples arrive as were sent, but {missing} are missing")


async def a_pause_is_a_jump_of_the_same_size(make: MakeMediaPair) -> None:
    """Nothing is sent for the time between."""
    pause = ms_to_samples(700)
    second = _stretch(10 * _FRAME_SAMPLES + pause, frames=10)
    async with make() as (ours, theirs):
        frames = await _through(ours, theirs, [*_stretch(0, frames=10), *second])
        jumps = [later.first_sample - earlier.end_sample for earlier, later in pairwise(frames)]
        require([jump for jump in jumps if jump] == [pause], f"one jump of {pause} samples, not {jumps}")


async def send_audio_never_waits(make: MakeMediaPair) -> None:
    """Nobody receives, and the sender does not even let the loop run."""
    async with make() as (ours, _):
        async with within(5, "send_audio returns, whoever receives"):
            for frame in _stretch(0, frames=600):
                await ours.send_audio(frame)
        await ours.send(b"still there")


async def a_cancelled_receive_audio_loses_nothing(make: MakeMediaPair) -> None:
    """Receivers are cancelled again and again while audio comes."""
    async with make() as (ours, theirs):
        received: list[AudioFrame] = []
        for frame in _stretch(0, frames=20):
            waiting = asyncio.create_task(ours.receive_audio())
            await asyncio.sleep(0)
            await theirs.send_audio(frame)
            await asyncio.sleep(0.02)
            waiting.cancel()
            with suppress(asyncio.CancelledError):
                received.append(await waiting)
        async with within(5, "every frame arrives"):
            while sum(frame.samples for frame in received) < 20 * _FRAME_SAMPLES:
                received.append(await ours.receive_audio())
        require([frame.first_sample for frame in received] == sorted({f.first_sample for f in received}), "in order")


async def close_wakes_who_waits_for_audio(make: MakeMediaPair) -> None:
    """With ``Closed`` on this side and ``ConnectionLost`` on the other; later calls get the same."""
    async with make() as (ours, theirs):
        here, there = (asyncio.create_task(_receive_audio(side)) for side in (ours, theirs))
        await asyncio.sleep(0.01)
        await ours.close(4000, "enough")
        frame = _stretch(0, frames=1)[0]
        for call in (here, ours.receive_audio(), ours.send_audio(frame)):
            await raises(call, Closed, "our close raises Closed")
        for call in (there, theirs.receive_audio(), theirs.send_audio(frame)):
            lost = await raises(call, ConnectionLost, "the other side's close raises ConnectionLost")
            require((lost.code, lost.reason) == (4000, "enough"), f"with its code and reason, not {lost.code}")


async def audio_leaves_no_task(make: MakeMediaPair) -> None:
    """When both sides are closed in the middle of a stream."""
    before = asyncio.all_tasks()
    async with make() as (ours, theirs):
        await _through(ours, theirs, _stretch(0, frames=5))
        await asyncio.gather(ours.close(), theirs.close())
    await asyncio.sleep(0.05)
    left = asyncio.all_tasks() - before
    require(not left, f"close leaves no task behind, but {left}")


MEDIA_TRANSPORT: tuple[Callable[[MakeMediaPair], Awaitable[None]], ...] = (
    frames_arrive_in_order_and_without_gaps,
    a_pause_is_a_jump_of_the_same_size,
    send_audio_never_waits,
    a_cancelled_receive_audio_loses_nothing,
    close_wakes_who_waits_for_audio,
    audio_leaves_no_task,
)


_FRAME_SAMPLES = ms_to_samples(20)


def _stretch(first_sample: int, *, frames: int) -> list[AudioFrame]:
    """A tone of 500 Hz, which repeats with each frame of 20 ms."""
    wave = array("h", (int(8000 * math.sin(2 * math.pi * 500 * n / SAMPLE_RATE_HZ)) for n in range(_FRAME_SAMPLES)))
    return [AudioFrame(wave.tobytes(), first_sample + place * _FRAME_SAMPLES) for place in range(frames)]


async def _through(sender: MediaTransport, receiver: MediaTransport, frames: list[AudioFrame]) -> list[AudioFrame]:
    """Send at the pace of the audio, and give what arrives until all of it has, or nothing more does."""
    wanted, received = sum(frame.samples for frame in frames), list[AudioFrame]()

    async def collect() -> None:
        while sum(frame.samples for frame in received) < wanted:
            received.append(await receiver.receive_audio())

    collecting = asyncio.create_task(collect())
    for frame in frames:
        await sender.send_audio(frame)
        await asyncio.sleep(frame.samples / SAMPLE_RATE_HZ)
    with suppress(TimeoutError):
        await asyncio.wait_for(collecting, 1)
    return received


async def _receive_audio(transport: MediaTransport) -> AudioFrame:
    return await transport.receive_audio()


async def _send_all(transport: Transport, messages: list[bytes]) -> None:
    for message in messages:
        await transport.send(message)


async def _receive(transport: Transport) -> bytes:
    return await transport.receive()


async def _fill(transport: Transport) -> None:
    message = b"x" * 262_144
    for _ in range(_BACKLOG_MAX_BYTES // len(message)):
        await transport.send(message)
