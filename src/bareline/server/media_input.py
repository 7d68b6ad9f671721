"""How does the user's audio become one stream without gaps, although nothing may arrive for a while?

Senders pause (a muted track, DTX) and paths break; turn detection must still see time pass. So a pause in the frames is
filled with silence, and while nothing arrives at all, silence comes by the clock.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import suppress

from bareline.clock import now_ns
from bareline.media.frames import AudioFrame
from bareline.transports.contract import MediaTransport
from bareline.units import BYTES_PER_SAMPLE, NS_PER_S, ms_to_ns, ms_to_samples, ns_to_samples

__all__ = ["FILL_MAX_MS", "QUIET_AFTER_MS", "listen_to"]

FILL_MAX_MS = 3_000
"""The longest pause in the frames' own count that is filled; longer ones are cut to it."""
QUIET_AFTER_MS = 200
"""When nothing has arrived for so long, the stream goes on as silence."""
_LOOK_AGAIN_MS = 20
_STEP_MS = 100
"""How much silence comes at a time."""


async def listen_to(transport: MediaTransport) -> AsyncGenerator[bytes]:
    """The audio of the other side as PCM16 at 24 kHz, for ever; raises what ``receive_audio`` raises."""
    stream = _Stream(now_ns())
    due_ns = now_ns() + ms_to_ns(QUIET_AFTER_MS)
    while True:
        frame = await _frame_by(due_ns, transport)
        if frame is None:
            due_ns += ms_to_ns(_STEP_MS)
            yield stream.silence_until(now_ns())
        else:
            due_ns = now_ns() + ms_to_ns(QUIET_AFTER_MS)
            pause = stream.pause_before(frame.first_sample)
            stream.heard(frame.end_sample, now_ns())
            yield pause + frame.pcm


async def _frame_by(due_ns: int, transport: MediaTransport) -> AudioFrame | None:
    """The next frame; ``None`` when none came in time.

    A loop that was held up finds the deadline over before it has looked at what arrived: it looks once more.
    """
    for more_ms in (0, _LOOK_AGAIN_MS):
        until_ns = max(due_ns, now_ns() + ms_to_ns(more_ms))
        with suppress(TimeoutError):
            async with asyncio.timeout_at(until_ns / NS_PER_S):
                return await transport.receive_audio()
    return None


class _Stream:
    """Where the stream stands: in the other side's samples (None before its first frame), and on the clock."""

    def __init__(self, began_ns: int) -> None:
        self._end: int | None = None
        self._at_ns = began_ns

    def silence_until(self, at_ns: int) -> bytes:
        """Nothing came until now."""
        samples = ns_to_samples(at_ns - self._at_ns)
        self._at_ns = at_ns
        if self._end is not None:
            self._end += samples
        return bytes(samples * BYTES_PER_SAMPLE)

    def pause_before(self, first_sample: int) -> bytes:
        """What of the pause before this sample was not filled yet."""
        gap = 0 if self._end is None else max(0, first_sample - self._end)
        return bytes(min(gap, ms_to_samples(FILL_MAX_MS)) * BYTES_PER_SAMPLE)

    def heard(self, end_sample: int, at_ns: int) -> None:
        """A frame came."""
        self._end = end_sample
        self._at_ns = at_ns
