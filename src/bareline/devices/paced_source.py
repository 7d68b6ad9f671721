"""How do samples become frames that come when a microphone would give them?"""

from __future__ import annotations

import asyncio
from typing import Protocol

from bareline.clock import now_ns
from bareline.devices.pacing import sleep_until
from bareline.media.frames import AudioFrame
from bareline.units import BYTES_PER_SAMPLE, ms_to_samples, samples_to_ns

__all__ = ["FRAME_SAMPLES", "PacedSource", "Samples"]

FRAME_SAMPLES = ms_to_samples(20)


class Samples(Protocol):
    """Gives PCM16 bytes on demand."""

    async def take(self, size: int) -> bytes:
        """``size`` bytes; fewer only at the end, none after it. Safe to cancel."""
        ...

    async def close(self) -> None:
        """No more is needed; may be called twice."""
        ...


class PacedSource:
    """An ``AudioSource`` over ``Samples``: frames of 20 ms, the last one shorter.

    With ``realtime`` a frame is given when its last sample has passed, by absolute deadlines from the first ``read`` on
    (no drift); otherwise at once, with the times it would have had. ``trailing_silence_ms`` follow the audio, so that a
    turn detector hears the end of speech.
    """

    def __init__(self, audio: Samples, *, trailing_silence_ms: int = 0, realtime: bool = True) -> None:
        self._audio = audio
        self._realtime = realtime
        self._silence = ms_to_samples(trailing_silence_ms) * BYTES_PER_SAMPLE
        self._start_ns: int | None = None
        self._next_sample = 0
        self._frame: AudioFrame | None = None
        self._closed = False

    async def read(self) -> AudioFrame | None:
        """The next frame; None once the audio is over or the source closed."""
        if self._start_ns is None:
            self._start_ns = now_ns()
        if self._frame is None and not self._closed:
            self._frame = await self._make(self._start_ns)
        frame = self._frame
        if frame is None:
            return None
        if self._realtime:
            await sleep_until(self._start_ns + samples_to_ns(frame.end_sample))
        else:
            await asyncio.sleep(0)
        if self._closed:
            return None
        # Only now is the frame given away: a read that was cancelled while waiting lost nothing.
        self._frame = None
        self._next_sample = frame.end_sample
        return frame

    async def close(self) -> None:
        """Stop."""
        self._closed = True
        self._frame = None
        await self._audio.close()

    async def _make(self, start_ns: int) -> AudioFrame | None:
        size = FRAME_SAMPLES * BYTES_PER_SAMPLE
        pcm = await self._audio.take(size)
        silence = min(self._silence, size - len(pcm))
        self._silence -= silence
        pcm += bytes(silence)
        return AudioFrame(pcm, self._next_sample, start_ns + samples_to_ns(self._next_sample)) if pcm else None
