"""Where does the user's audio come from when there is no microphone?"""

from __future__ import annotations

import asyncio
import math
from array import array
from collections.abc import AsyncIterable, AsyncIterator, Generator
from pathlib import Path

from bareline.devices.paced_source import PacedSource
from bareline.devices.wav_file import AudioFile
from bareline.errors import Closed, ConfigurationError
from bareline.media.formats import PcmFormat
from bareline.media.frames import AudioFrame
from bareline.media.samples import to_bytes
from bareline.units import BYTES_PER_SAMPLE, SAMPLE_RATE_HZ, ms_to_samples

__all__ = ["FileSource", "IterSource", "QueueSource", "SilenceSource", "ToneSource"]


class FileSource(PacedSource):
    """Plays a WAV file, or raw samples when ``raw`` gives their format; see ``PacedSource`` for the rest.

    ``loop`` begins again at the end. The beginning is read at once: raises ``ConfigurationError`` when there is no such
    file, ``AudioFormatError`` when it is not WAV or cannot be converted.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        raw: PcmFormat | None = None,
        loop: bool = False,
        trailing_silence_ms: int = 0,
        realtime: bool = True,
    ) -> None:
        self.file = AudioFile(path, raw=raw)
        super().__init__(
            _Pieces(_repeated(self.file, loop=loop)), trailing_silence_ms=trailing_silence_ms, realtime=realtime
        )


class IterSource(PacedSource):
    """Plays what an async iterator gives: PCM16 at 24 kHz as bytes (split anywhere) or as frames.

    The iterator's own pace is waited for; in real time it is not read further ahead than one frame.
    """

    def __init__(
        self, audio: AsyncIterable[bytes | AudioFrame], *, trailing_silence_ms: int = 0, realtime: bool = True
    ) -> None:
        super().__init__(_Iterated(audio), trailing_silence_ms=trailing_silence_ms, realtime=realtime)


class ToneSource(PacedSource):
    """A sine of ``hz`` at ``dbfs`` (its peak), for ``duration_ms`` or for ever."""

    def __init__(
        self, hz: float = 440.0, *, dbfs: float = -12.0, duration_ms: int | None = None, realtime: bool = True
    ) -> None:
        if not 0 < hz < SAMPLE_RATE_HZ / 2:
            raise ConfigurationError(f"a tone of {hz} Hz cannot be made at {SAMPLE_RATE_HZ} Hz")
        super().__init__(_Tone(hz, 32767 * 10 ** (dbfs / 20), duration_ms), realtime=realtime)


class SilenceSource(PacedSource):
    """Digital silence, for ``duration_ms`` or for ever."""

    def __init__(self, *, duration_ms: int | None = None, realtime: bool = True) -> None:
        super().__init__(_Tone(0.0, 0.0, duration_ms), realtime=realtime)


class QueueSource(PacedSource):
    """Plays what the application pushes; silence while there is nothing, as a live microphone would.

    At most ``QUEUE_MS`` of audio wait; ``push`` waits for room. What is pushed is heard from the next frame on.
    """

    QUEUE_MS = 60_000

    def __init__(self) -> None:
        self._queue = _Queue(ms_to_samples(self.QUEUE_MS) * BYTES_PER_SAMPLE)
        super().__init__(self._queue)

    async def push(self, audio: bytes | AudioFrame) -> None:
        """Add PCM16 at 24 kHz to what is to be played. Raises ``Closed`` after ``end`` or ``close``."""
        await self._queue.push(audio.pcm if isinstance(audio, AudioFrame) else AudioFrame(audio).pcm)

    @property
    def queued_samples(self) -> int:
        """How many pushed samples were not read yet."""
        return self._queue.waiting // BYTES_PER_SAMPLE

    def clear(self) -> int:
        """Drop what was pushed and not read yet; how many samples."""
        return self._queue.clear() // BYTES_PER_SAMPLE

    def end(self) -> None:
        """The source ends once what was pushed has been read."""
        self._queue.end()

    async def close(self) -> None:
        """End at once."""
        self._queue.clear()
        self._queue.end()
        await super().close()


class _Iterated:
    """Samples of an async iterator; a pending step survives a cancelled ``take``."""

    def __init__(self, audio: AsyncIterable[bytes | AudioFrame]) -> None:
        self._audio: AsyncIterator[bytes | AudioFrame] = aiter(audio)
        self._step: asyncio.Task[bytes | None] | None = None
        self._held = bytearray()
        self._over = False

    async def take(self, size: int) -> bytes:
        while len(self._held) < size and not self._over:
            self._step = self._step or asyncio.create_task(self._next())
            await asyncio.wait([self._step])
            if self._over:
                break
            piece, self._step = self._step.result(), None
            self._over = piece is None
            self._held += piece or b""
        taken = bytes(self._held[: size - size % BYTES_PER_SAMPLE])
        del self._held[:size]
        return taken

    async def _next(self) -> bytes | None:
        piece = await anext(self._audio, None)
        return piece.pcm if isinstance(piece, AudioFrame) else piece

    async def close(self) -> None:
        self._over = True
        self._held.clear()
        if self._step is not None:
            self._step.cancel()
            await asyncio.wait([self._step])


class _Pieces:
    """Samples of a generator; the first piece is drawn at once, so that what is wrong with it is known at once."""

    def __init__(self, pieces: Generator[bytes]) -> None:
        self._pieces = pieces
        self._held = bytearray(next(pieces, b""))

    async def take(self, size: int) -> bytes:
        while len(self._held) < size and (piece := next(self._pieces, None)) is not None:
            self._held += piece
        taken = bytes(self._held[:size])
        del self._held[:size]
        return taken

    async def close(self) -> None:
        self._held.clear()
        self._pieces.close()


class _Tone:
    def __init__(self, hz: float, amplitude: float, duration_ms: int | None) -> None:
        self._turn = 2 * math.pi * hz / SAMPLE_RATE_HZ
        self._amplitude = amplitude
        self._next = 0
        self._end = None if duration_ms is None else ms_to_samples(duration_ms)

    async def take(self, size: int) -> bytes:
        end = self._next + size // BYTES_PER_SAMPLE
        if self._end is not None:
            end = min(end, self._end)
        span = range(self._next, end)
        self._next = max(end, self._next)
        if not self._amplitude:
            return bytes(len(span) * BYTES_PER_SAMPLE)
        return to_bytes(array("h", [round(self._amplitude * math.sin(self._turn * n)) for n in span]))

    async def close(self) -> None:
        self._end = self._next


class _Queue:
    def __init__(self, limit_bytes: int) -> None:
        self._limit = limit_bytes
        self._held = bytearray()
        self._room = asyncio.Event()
        self._ended = False

    @property
    def waiting(self) -> int:
        return len(self._held)

    async def push(self, pcm: bytes) -> None:
        while pcm:
            if self._ended:
                raise Closed("the source was ended")
            room = self._limit - len(self._held)
            self._held += pcm[:room]
            pcm = pcm[room:]
            if pcm:
                self._room.clear()
                await self._room.wait()

    async def take(self, size: int) -> bytes:
        taken = bytes(self._held[:size])
        del self._held[:size]
        self._room.set()
        return taken if self._ended else taken + bytes(size - len(taken))

    def clear(self) -> int:
        dropped = len(self._held)
        self._held.clear()
        self._room.set()
        return dropped

    def end(self) -> None:
        self._ended = True
        self._room.set()

    async def close(self) -> None:
        self.clear()


def _repeated(file: AudioFile, *, loop: bool) -> Generator[bytes]:
    while True:
        heard = 0
        for piece in file:
            heard += len(piece)
            yield piece
        if not loop or not heard:
            return
