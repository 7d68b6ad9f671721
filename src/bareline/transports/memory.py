"""How do two parties in one process talk as over a connection?

A pair of bounded pipes without sockets, so that it also runs on the event loop in virtual time.
"""

from __future__ import annotations

import asyncio
from collections import deque

from bareline.errors import Closed, ConnectionLost
from bareline.media.frames import AudioFrame
from bareline.transports.contract import TransportInfo

__all__ = [
    "MEMORY_AUDIO_FRAMES",
    "MEMORY_BACKLOG",
    "MemoryMediaTransport",
    "MemoryTransport",
    "memory_media_pair",
    "memory_pair",
]

MEMORY_BACKLOG = 256
"""Messages that one direction holds; ``send`` waits beyond."""
MEMORY_AUDIO_FRAMES = 500
"""Audio frames that one direction holds (ten seconds of 20 ms); the oldest are dropped and counted beyond."""


def memory_pair(*, backlog: int = MEMORY_BACKLOG, address: str = "memory") -> tuple[MemoryTransport, MemoryTransport]:
    """Two ends of one connection in this process; what one sends, the other receives."""
    there, back = _Pipe(backlog), _Pipe(backlog)
    info = TransportInfo("memory", address)
    return MemoryTransport(there, back, info), MemoryTransport(back, there, info)


def memory_media_pair(
    *, backlog: int = MEMORY_BACKLOG, address: str = "memory"
) -> tuple[MemoryMediaTransport, MemoryMediaTransport]:
    """As ``memory_pair``, with audio beside the messages: frames arrive at once, as they are."""
    there, back = _Pipe(backlog), _Pipe(backlog)
    info = TransportInfo("memory", address)
    return MemoryMediaTransport(there, back, info), MemoryMediaTransport(back, there, info)


class MemoryTransport:
    """One end of a ``memory_pair``; keeps the contract of ``Transport``.

    Messages sent before a close still arrive; then the other end gets ``ConnectionLost`` with the code and reason.
    """

    def __init__(self, outbound: _Pipe, inbound: _Pipe, info: TransportInfo) -> None:
        self._outbound = outbound
        self._inbound = inbound
        self._info = info
        self._closed = False

    @property
    def info(self) -> TransportInfo:
        return self._info

    async def send(self, message: bytes) -> None:
        pipe = self._outbound
        while True:
            self._raise_if_closed()
            self._raise_if_lost()
            if len(pipe.messages) < pipe.backlog:
                break
            await pipe.change()
        pipe.messages.append(message)
        pipe.wake()

    async def receive(self) -> bytes:
        pipe = self._inbound
        while True:
            self._raise_if_closed()
            if pipe.messages:
                break
            self._raise_if_lost()
            await pipe.change()
        message = pipe.messages.popleft()
        pipe.wake()
        return message

    async def close(self, code: int = 1000, reason: str = "") -> None:
        if self._closed:
            return
        self._closed = True
        if self._outbound.ended is None:
            self._outbound.ended = (code, reason)
        self._outbound.wake()
        self._inbound.wake()

    def _raise_if_closed(self) -> None:
        if self._closed:
            raise Closed("the connection was closed by this side")

    def _raise_if_lost(self) -> None:
        if self._inbound.ended is not None:
            code, reason = self._inbound.ended
            raise ConnectionLost(f"the other side closed the connection ({code} {reason})", code=code, reason=reason)


class MemoryMediaTransport(MemoryTransport):
    """One end of a ``memory_media_pair``; keeps the contract of ``MediaTransport``.

    ``dropped_frames`` counts what the other side sent and nobody received in time.
    """

    @property
    def dropped_frames(self) -> int:
        """Frames of the other side that were dropped."""
        return self._inbound.dropped_frames

    async def send_audio(self, frame: AudioFrame) -> None:
        self._raise_if_closed()
        self._raise_if_lost()
        self._outbound.put_audio(frame)

    async def receive_audio(self) -> AudioFrame:
        pipe = self._inbound
        while True:
            self._raise_if_closed()
            if pipe.audio:
                return pipe.audio.popleft()
            self._raise_if_lost()
            await pipe.change()


class _Pipe:
    """One direction: its messages and audio, how it ended, and who waits for a change."""

    def __init__(self, backlog: int) -> None:
        self.backlog = backlog
        self.messages: deque[bytes] = deque()
        self.audio: deque[AudioFrame] = deque()
        self.dropped_frames = 0
        self.ended: tuple[int, str] | None = None
        self._waiting: list[asyncio.Future[None]] = []

    async def change(self) -> None:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        try:
            await future
        finally:
            self._waiting.remove(future)

    def put_audio(self, frame: AudioFrame) -> None:
        self.audio.append(frame)
        if len(self.audio) > MEMORY_AUDIO_FRAMES:
            self.audio.popleft()
            self.dropped_frames += 1
        self.wake()

    def wake(self) -> None:
        for future in self._waiting:
            if not future.done():
                future.set_result(None)
