"""How does a loudspeaker become a sink whose word on what was heard can be relied on?"""

from __future__ import annotations

import asyncio
import importlib.util
import threading

from bareline.clock import now_ns
from bareline.devices.device_stream import OutputStream
from bareline.devices.output_queue import OutputQueue
from bareline.errors import Closed, DeviceLost
from bareline.media.formats import PcmFormat
from bareline.media.frames import AudioFrame
from bareline.units import NS_PER_S, SAMPLE_RATE_HZ, ms_to_ns, ms_to_samples, samples_to_ns

__all__ = ["LiveSink"]

_LOOK_NS = ms_to_ns(5)


class LiveSink:
    """An ``AudioSink`` over the open stream of a device, which it closes.

    ``write`` waits while more than ``QUEUE_MS`` wait for the device. ``reserve_ms`` is gathered before audio begins, so
    that a network's unevenness is not heard. ``write`` and ``drain`` raise ``DeviceLost`` when the device has stopped,
    or has asked for nothing for ``STALL_MS``.
    """

    QUEUE_MS = 1_000
    STALL_MS = 5_000

    def __init__(self, stream: OutputStream, *, reserve_ms: int = 20) -> None:
        self._stream = stream
        card = PcmFormat(stream.rate_hz, stream.channels)
        fast = card.rate_hz != SAMPLE_RATE_HZ and importlib.util.find_spec("numpy") is not None
        self._queue = OutputQueue(card, reserve_ms=reserve_ms, fast=fast)
        self._lock = threading.Lock()
        self._asked_ns: int | None = None
        self._clears = 0
        self._ended = False
        self._closed = False
        stream.start(self._fill, self._end)

    @property
    def device(self) -> str:
        """Which device it is, and how it was opened."""
        channels = {1: "mono", 2: "stereo"}.get(self._stream.channels, f"{self._stream.channels} channels")
        return f"{self._stream.name}, {self._stream.rate_hz} Hz, {channels}"

    @property
    def underruns(self) -> int:
        """How often the device had to play before it was given something."""
        return self._stream.underruns

    @property
    def starved(self) -> int:
        """How often the sink ran out of audio in the middle of it: writes came too late."""
        return self._queue.starved

    @property
    def latency_ms(self) -> int:
        """Length of the device's own buffer, as the device says."""
        return self._stream.latency_ns // ms_to_ns(1)

    @property
    def written_samples(self) -> int:
        """All samples accepted so far, dropped ones included."""
        return self._queue.written

    @property
    def heard_samples(self) -> int:
        """Samples heard so far, by the device's own clock."""
        with self._lock:
            if not self._closed:
                self._queue.advance(now_ns())
            return self._queue.heard

    @property
    def likely_heard_samples(self) -> int:
        """Samples heard so far, most likely: even where the device's word shakes, and with no promise to round down.

        For echo cancellers, which must know when each sample is heard.
        """
        with self._lock:
            if not self._closed:
                self._queue.advance(now_ns())
            return self._queue.likely_heard(now_ns())

    async def write(self, frame: AudioFrame) -> None:
        """Queue a frame; waits while the queue is full. Raises ``Closed`` after ``close``, ``DeviceLost``."""
        limit, clears = ms_to_samples(self.QUEUE_MS), self._clears
        while self._usable() and (excess := self._queue.waiting_samples - limit) > 0:
            await _pass(samples_to_ns(excess))
        if self._closed:
            raise Closed("the sink was closed")
        if clears == self._clears:
            with self._lock:
                self._queue.write(frame.pcm, now_ns())

    def clear(self) -> int:
        """Drop everything that the device was not given yet, and what waits to be written.

        Returns how many of the written samples.
        """
        self._clears += 1
        with self._lock:
            return self._queue.clear()

    async def drain(self) -> None:
        """Wait until everything written was heard or dropped. Raises ``DeviceLost``."""
        while self._queue.written > self.heard_samples and self._usable():
            unheard = self._queue.unheard_samples
            if not unheard:
                return
            await _pass(samples_to_ns(unheard))

    async def close(self) -> None:
        """Stop and free the device; what was not heard is dropped."""
        if self._closed:
            return
        with self._lock:
            self._queue.advance(now_ns())
            self._closed = True
            self._queue.drop()
        await asyncio.to_thread(self._stream.close)

    def _usable(self) -> bool:
        """False when closed. Raises ``DeviceLost``."""
        if self._closed:
            return False
        if self._asked_ns is None:
            self._asked_ns = now_ns()
        if self._ended or now_ns() - self._asked_ns > ms_to_ns(self.STALL_MS):
            raise DeviceLost(f"the {self._stream.name} has stopped: was it unplugged or switched off?")
        return True

    def _fill(self, frames: int, starts_ns: int, asked_ns: int) -> bytes:
        with self._lock:
            self._asked_ns = asked_ns
            return self._queue.fill(frames, starts_ns, asked_ns)

    def _end(self) -> None:
        self._ended = True


async def _pass(length_ns: int) -> None:
    """The device tells nobody when it goes on: look again when it can have played that much."""
    await asyncio.sleep(max(_LOOK_NS, length_ns) / NS_PER_S)
