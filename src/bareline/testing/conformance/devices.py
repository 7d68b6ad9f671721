"""Do microphones, loudspeakers and their stand-ins keep their contracts?

A source under test must end by itself after a second or more of audio, and give the same audio every time it is made.
Both kits run on any event loop.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable

from bareline.clock import now_ns
from bareline.devices.contract import AudioSink, AudioSource
from bareline.media.frames import AudioFrame
from bareline.testing.conformance.requirement import ContractBroken, require
from bareline.units import BYTES_PER_SAMPLE, ms_to_ns, ms_to_samples, samples_to_ns

__all__ = ["SINK", "SOURCE", "MakeSink", "MakeSource"]

MakeSource = Callable[[], AudioSource]
MakeSink = Callable[[], AudioSink]

_FRAME = bytes(ms_to_samples(20) * BYTES_PER_SAMPLE)
_TEN_MINUTES = 30_000
"""Of frames; no sink's queue is longer."""
_LATE_NS = ms_to_ns(150)
"""How much later than real time a device's news may come."""


# --- sources ----------------------------------------------------------------------------------------------------------


async def frames_come_in_order_without_gaps(make: MakeSource) -> None:
    """Each frame begins where the one before it ended; none is empty."""
    source = make()
    expected = 0
    for frame in await _read_all(source):
        require(frame.first_sample == expected, f"frames have no gaps: {frame.first_sample} after {expected}")
        require(frame.samples > 0, "no frame is empty")
        expected = frame.end_sample
    await source.close()


async def frames_come_in_real_time(make: MakeSource) -> None:
    """No frame comes before its last sample could be captured, and none much later."""
    source = make()
    began_ns = now_ns()
    while (frame := await source.read()) is not None:
        ahead_ns = began_ns + samples_to_ns(frame.end_sample) - now_ns()
        require(ahead_ns <= ms_to_ns(21), f"frames are paced in real time, not {ahead_ns} ns ahead")
        require(ahead_ns >= -_LATE_NS, f"frames are paced in real time, not {-ahead_ns} ns late")
    await source.close()


async def a_cancelled_read_loses_nothing(make: MakeSource) -> None:
    """Reads cut short by a timeout give the same audio in the end."""
    whole = b"".join(frame.pcm for frame in await _read_all(make()))
    source, pieces = make(), list[bytes]()
    for wait_ms in itertools.cycle((3, 0, 31, 11)):
        try:
            async with asyncio.timeout(wait_ms / 1000):
                frame = await source.read()
        except TimeoutError:
            continue
        if frame is None:
            break
        pieces.append(frame.pcm)
    require(b"".join(pieces) == whole, "a cancelled read loses no audio")
    await source.close()


async def after_the_end_it_stays_ended(make: MakeSource) -> None:
    """``None``, and ever after; ``close`` may be called twice."""
    source = make()
    await _read_all(source)
    for _ in range(3):
        require(await source.read() is None, "a source that has ended stays ended")
    await source.close()
    await source.close()
    require(await source.read() is None, "a closed source has ended")


async def closing_early_leaves_no_task(make: MakeSource) -> None:
    """In the middle of the audio."""
    before = asyncio.all_tasks()
    source = make()
    await source.read()
    await source.close()
    await source.close()
    await asyncio.sleep(0)
    left = asyncio.all_tasks() - before
    require(not left, f"close leaves no task behind, but {left}")


SOURCE: tuple[Callable[[MakeSource], Awaitable[None]], ...] = (
    frames_come_in_order_without_gaps,
    frames_come_in_real_time,
    a_cancelled_read_loses_nothing,
    after_the_end_it_stays_ended,
    closing_early_leaves_no_task,
)


# --- sinks ------------------------------------------------------------------------------------------------------------


async def heard_grows_to_what_was_written_in_real_time(make: MakeSink) -> None:
    """It never decreases, never exceeds what was written, and a second of audio takes a second."""
    sink = make()
    before = sink.heard_samples
    began_ns = now_ns()
    writing = asyncio.create_task(_write(sink, 50))
    last = before
    while not writing.done() or sink.heard_samples < sink.written_samples:
        heard = sink.heard_samples
        require(heard >= last, f"heard never decreases: {heard} after {last}")
        require(heard <= sink.written_samples, f"heard {heard} never exceeds what was written {sink.written_samples}")
        last = heard
        await asyncio.sleep(0.005)
        require(now_ns() - began_ns < ms_to_ns(5_000), "what was written is heard in the end")
    await writing
    took_ns = now_ns() - began_ns
    require(took_ns >= ms_to_ns(990), f"a second of audio takes a second, not {took_ns} ns")
    require(sink.heard_samples - before == ms_to_samples(1000), "all that was written is heard, exactly")
    await sink.close()


async def drain_waits_until_all_was_heard(make: MakeSink) -> None:
    """And returns at once when there is nothing."""
    sink = make()
    await sink.drain()
    await _write(sink, 10)
    await sink.drain()
    require(sink.heard_samples == sink.written_samples, "after drain everything was heard")
    await sink.close()


async def what_is_cleared_is_never_heard(make: MakeSink) -> None:
    """``clear`` says how much is dropped; that much is not counted, then or later."""
    sink = make()
    require(sink.clear() == 0, "nothing to clear gives 0")
    await _write(sink, 25)
    await asyncio.sleep(0.2)
    heard = sink.heard_samples
    dropped = sink.clear()
    require(0 < dropped <= sink.written_samples - heard, f"clear drops what was not heard: {dropped}")
    await asyncio.sleep(1)
    require(
        sink.heard_samples == sink.written_samples - dropped,
        f"of {sink.written_samples} samples {dropped} were dropped, but {sink.heard_samples} heard",
    )
    await sink.drain()
    await sink.close()


async def what_waits_is_cleared_too(make: MakeSink) -> None:
    """A write that waits for room returns when the sink is cleared, and counts for nothing."""
    sink = make()
    cleared = asyncio.Event()
    writing = asyncio.create_task(_write_until(cleared, sink))
    await asyncio.sleep(0.1)
    sink.clear()
    cleared.set()
    written = sink.written_samples
    await asyncio.wait_for(writing, 5)
    require(sink.written_samples == written, "what a write waited with is dropped when the sink is cleared")
    await sink.write(AudioFrame(_FRAME))
    require(sink.written_samples == written + ms_to_samples(20), "what is written after clear is taken")
    await sink.drain()
    await sink.close()


async def a_starved_sink_counts_nothing(make: MakeSink) -> None:
    """Silence between two stretches is not heard audio, and does not make the second one faster."""
    sink = make()
    await _write(sink, 5)
    await asyncio.sleep(1)
    require(sink.heard_samples == ms_to_samples(100), "a starved sink counts nothing")
    await _write(sink, 5)
    await asyncio.sleep(0.05)
    require(sink.heard_samples < ms_to_samples(160), "audio after a pause takes its time again")
    await sink.drain()
    require(sink.heard_samples == ms_to_samples(200), "audio after a pause is heard whole")
    await sink.close()


async def a_full_queue_makes_write_wait(make: MakeSink) -> None:
    """An hour of audio is not taken at once."""
    sink = make()
    writing = asyncio.create_task(_write(sink, 180_000))
    await asyncio.sleep(0.5)
    require(not writing.done(), "write waits while the queue is full")
    require(sink.written_samples < 60 * 24_000 * 10, "the queue is bounded to less than ten minutes")
    writing.cancel()
    await asyncio.wait([writing])
    await sink.close()


async def closing_drops_the_rest_and_leaves_no_task(make: MakeSink) -> None:
    """Twice is fine; nothing is counted any more."""
    before = asyncio.all_tasks()
    sink = make()
    await _write(sink, 25)
    await asyncio.sleep(0.1)
    await sink.close()
    heard = sink.heard_samples
    await sink.close()
    await asyncio.sleep(0.5)
    require(sink.heard_samples == heard, "nothing is heard after close")
    left = asyncio.all_tasks() - before
    require(not left, f"close leaves no task behind, but {left}")


SINK: tuple[Callable[[MakeSink], Awaitable[None]], ...] = (
    heard_grows_to_what_was_written_in_real_time,
    drain_waits_until_all_was_heard,
    what_is_cleared_is_never_heard,
    what_waits_is_cleared_too,
    a_starved_sink_counts_nothing,
    a_full_queue_makes_write_wait,
    closing_drops_the_rest_and_leaves_no_task,
)


async def _read_all(source: AudioSource) -> list[AudioFrame]:
    read: list[AudioFrame] = []
    while (frame := await source.read()) is not None:
        read.append(frame)
        if frame.end_sample > 60 * 24_000:
            raise ContractBroken("the source under test must end within a minute of audio")
    return read


async def _write_until(cleared: asyncio.Event, sink: AudioSink) -> None:
    """Keep the queue full; the last frame is one that waited when the sink was cleared."""
    for _ in range(_TEN_MINUTES):
        if cleared.is_set():
            return
        await sink.write(AudioFrame(_FRAME))


async def _write(sink: AudioSink, count: int) -> None:
    for _ in range(count):
        await sink.write(AudioFrame(_FRAME))
