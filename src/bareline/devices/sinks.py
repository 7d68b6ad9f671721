"""Where is the assistant heard when there is no loudspeaker?"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from bareline.clock import now_ns
from bareline.devices.pacing import wait_until
from bareline.devices.playout import HeardStretch, Playout
from bareline.errors import Closed
from bareline.media.frames import AudioFrame
from bareline.units import ms_to_ns, ms_to_samples

__all__ = ["CallbackSink", "NullSink"]


class NullSink:
    """Plays to nobody, in real time of the running loop's clock; ``heard_samples`` is exact.

    ``device_ms`` is the device's own buffer: audio is heard that much later, and what is in it cannot be cleared any
    more. ``queue_ms`` is the sink's queue: ``write`` waits while more than that is still to be heard.
    """

    QUEUE_MS = 1_000

    def __init__(self, *, device_ms: int = 0, queue_ms: int = QUEUE_MS) -> None:
        self._playout = Playout(ms_to_ns(device_ms))
        self._queue_samples = ms_to_samples(device_ms + queue_ms)
        self._news = asyncio.Event()
        self._clears = 0
        self._closed = False

    async def write(self, frame: AudioFrame) -> None:
        """Queue a frame; waits while the queue is full. Raises ``Closed`` after ``close``."""
        clears = self._clears
        if self._playout.unheard > self._queue_samples:  # as of the last look, which is more than now
            await self._wait(self._queue_samples)
        if self._closed:
            raise Closed("the sink was closed")
        if clears == self._clears:
            self._take(frame)

    def clear(self) -> int:
        """Drop everything that the device does not hold, and what waits to be written.

        Returns how many of the written samples.
        """
        self._clears += 1
        self._update()
        dropped = self._playout.clear(now_ns())
        self._news.set()
        return dropped

    @property
    def written_samples(self) -> int:
        """All samples accepted so far, dropped ones included."""
        return self._playout.written

    @property
    def heard_samples(self) -> int:
        """Samples heard so far."""
        self._update()
        return self._playout.heard

    async def drain(self) -> None:
        """Wait until everything written was heard or dropped."""
        await self._wait(0)

    async def close(self) -> None:
        """Stop; what was not heard is dropped."""
        if not self._closed:
            self._update()
            self._closed = True
            self._playout.drop()
            self._news.set()

    async def _wait(self, left_samples: int) -> None:
        """Until no more than ``left_samples`` are still to be heard."""
        while not self._closed:
            self._update()
            due_ns = self._playout.heard_at_ns(left_samples)
            if not due_ns or due_ns <= now_ns():
                return
            self._news.clear()
            await wait_until(due_ns, self._news)

    def _take(self, frame: AudioFrame) -> None:
        """A frame is in the queue."""
        self._playout.write(frame.samples, now_ns())

    def _update(self) -> None:
        if not self._closed:
            self._heard(self._playout.advance(now_ns()))

    def _heard(self, stretches: list[HeardStretch]) -> None:
        """What was heard since the last time; nobody listens here."""


class CallbackSink(NullSink):
    """Hands every frame to ``play`` as soon as it is written: for telephony, or a device with an interface of its own.

    What was heard is reckoned as for ``NullSink``: in real time from the writing on, ``device_ms`` later. ``play`` may
    be a function or a coroutine function; ``cleared`` is called when playing has to stop at once.
    """

    def __init__(
        self,
        play: Callable[[AudioFrame], Awaitable[None] | None],
        *,
        cleared: Callable[[], None] | None = None,
        device_ms: int = 0,
        queue_ms: int = NullSink.QUEUE_MS,
    ) -> None:
        super().__init__(device_ms=device_ms, queue_ms=queue_ms)
        self._play = play
        self._cleared = cleared

    async def write(self, frame: AudioFrame) -> None:
        """Queue a frame and hand it on."""
        written = self.written_samples
        await super().write(frame)
        if self.written_samples == written:  # cleared while it waited
            return
        playing = self._play(frame)
        if playing is not None:
            await playing

    def clear(self) -> int:
        """Drop everything that the device does not hold, and say so."""
        dropped = super().clear()
        if self._cleared is not None:
            self._cleared()
        return dropped
