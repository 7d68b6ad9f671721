"""How does a microphone become a source of frames?"""

from __future__ import annotations

import asyncio
import importlib.util
from contextlib import suppress

from bareline.devices.device_stream import InputStream
from bareline.devices.input_queue import InputQueue
from bareline.errors import DeviceLost
from bareline.media.formats import PcmFormat
from bareline.media.frames import AudioFrame
from bareline.units import SAMPLE_RATE_HZ, ms_to_ns

__all__ = ["LiveSource"]


class LiveSource:
    """An ``AudioSource`` over the open stream of a device, which it closes.

    It listens from the first ``read`` on. At most ``QUEUE_MS`` wait to be read; what does not fit is lost, the oldest
    first, as is what the device lost: the next frame then begins later than the one before it ended. ``read`` raises
    ``DeviceLost`` when the device has stopped, or has given nothing for ``STALL_MS``.
    """

    QUEUE_MS = 2_000
    STALL_MS = 5_000

    def __init__(self, stream: InputStream) -> None:
        self._stream = stream
        card = PcmFormat(stream.rate_hz, stream.channels)
        fast = card.rate_hz != SAMPLE_RATE_HZ and importlib.util.find_spec("numpy") is not None
        self._queue = InputQueue(card, limit_ms=self.QUEUE_MS, fast=fast)
        self._news = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ended = False
        self._closed = False
        stream.start(self._capture, self._end)

    @property
    def device(self) -> str:
        """Which device it is, and how it was opened."""
        channels = {1: "mono", 2: "stereo"}.get(self._stream.channels, f"{self._stream.channels} channels")
        return f"{self._stream.name}, {self._stream.rate_hz} Hz, {channels}"

    @property
    def lost_samples(self) -> int:
        """Samples that were captured and lost, as far as the frames read show it."""
        return self._queue.lost_samples

    @property
    def latency_ms(self) -> int:
        """Length of the device's own buffer, as the device says."""
        return self._stream.latency_ns // ms_to_ns(1)

    async def read(self) -> AudioFrame | None:
        """The next frame; None once closed. Raises ``DeviceLost``."""
        self._loop = asyncio.get_running_loop()
        while not self._closed:
            self._news.clear()
            frame = self._queue.next_frame()
            if frame is not None:
                return frame
            if self._ended or not await self._heard_more():
                raise DeviceLost(f"the {self._stream.name} has stopped: was it unplugged or switched off?")
        return None

    async def close(self) -> None:
        """Stop and free the device."""
        if not self._closed:
            self._closed = True
            self._news.set()
            await asyncio.to_thread(self._stream.close)

    async def _heard_more(self) -> bool:
        with suppress(TimeoutError):
            async with asyncio.timeout(self.STALL_MS / 1000):
                return await self._news.wait()
        return False

    def _capture(self, pcm: bytes, starts_ns: int, overflowed: bool) -> None:
        if self._loop is not None:
            self._queue.add(pcm, starts_ns, overflowed)
            self._wake(self._loop)

    def _end(self) -> None:
        self._ended = True
        if self._loop is not None:
            self._wake(self._loop)

    def _wake(self, loop: asyncio.AbstractEventLoop) -> None:
        with suppress(RuntimeError):  # the loop is closed: nobody reads any more
            loop.call_soon_threadsafe(self._news.set)
