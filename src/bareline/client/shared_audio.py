"""How do several consumers hear the one audio stream of a media transport, with nothing in the background?"""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator

from bareline.client.audio_tap import TAP_MAX_SAMPLES, OutputAudio
from bareline.client.one_reader import OneReader
from bareline.errors import Closed
from bareline.media.frames import AudioFrame
from bareline.transports.contract import MediaTransport

__all__ = ["SharedAudio"]


class SharedAudio:
    """Gives every frame to everybody who follows; a frame is received when somebody asks for one.

    Who follows slowly loses the oldest frames beyond ``TAP_MAX_SAMPLES``, counted in ``dropped_samples``.
    """

    def __init__(self, transport: MediaTransport) -> None:
        self.dropped_samples = 0
        self._transport = transport
        self._followers: list[_Follower] = []
        self._reader = OneReader()

    def follow(self) -> AsyncIterator[OutputAudio]:
        """Frames from now on; ends after our close, raises ``ConnectionLost``."""
        follower = _Follower()
        self._followers.append(follower)
        return self._frames(follower)

    async def _frames(self, follower: _Follower) -> AsyncIterator[OutputAudio]:
        try:
            while True:
                while not follower.frames:
                    await self._read_until(follower)
                yield OutputAudio(follower.take())
        except Closed:
            return
        finally:
            self._followers.remove(follower)

    async def _read_until(self, follower: _Follower) -> None:
        """Receive one frame, unless another one's reading brings it first."""
        if not await self._reader.may_read(follower.frames):
            return
        with self._reader:
            frame = await self._transport.receive_audio()
        for each in self._followers:
            self.dropped_samples += each.put(frame)


class _Follower:
    def __init__(self) -> None:
        self.frames: deque[AudioFrame] = deque()
        self._samples = 0

    def put(self, frame: AudioFrame) -> int:
        """Keep a frame; how many samples had to go for it."""
        self.frames.append(frame)
        self._samples += frame.samples
        dropped = 0
        while self._samples > TAP_MAX_SAMPLES:
            dropped += self.take().samples
        return dropped

    def take(self) -> AudioFrame:
        frame = self.frames.popleft()
        self._samples -= frame.samples
        return frame
