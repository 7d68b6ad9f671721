"""What is a path with audio beside the messages when there is no network, and every delay comes from a seed?

Messages travel as over a ``link_pair``. Frames travel beside them with delays of their own, in order: as after a jitter
buffer, which repairs what was lost.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from bareline.clock import now_ns
from bareline.media.frames import AudioFrame
from bareline.testing.link import LinkTransport, SeededLink, Wire
from bareline.transports.contract import TransportInfo
from bareline.transports.fault_schedule import FaultSchedule
from bareline.transports.faults import Direction, Fault

__all__ = ["MEDIA_LINK_FRAMES", "MediaLinkTransport", "media_link_pair"]

MEDIA_LINK_FRAMES = 500
"""Frames that one direction holds (ten seconds); the oldest are dropped and counted beyond."""


def media_link_pair(
    faults: Iterable[Fault] = (), *, audio_faults: Iterable[Fault] = (), seed: int = 0, address: str = "media link"
) -> tuple[MediaLinkTransport, MediaLinkTransport]:
    """The client's and the server's end of a link that opens now. Call inside a running loop.

    ``faults`` befall the messages, ``audio_faults`` (delays and stalls) the frames.
    """
    wire = Wire(SeededLink(faults, seed=seed, started_ns=now_ns()))
    audio = _Audio(FaultSchedule(tuple(audio_faults), seed=seed + 1, started_ns=now_ns(), ordered=True))
    info = TransportInfo("link", address)
    return (
        MediaLinkTransport(wire, "up", "down", info, audio),
        MediaLinkTransport(wire, "down", "up", info, audio),
    )


class MediaLinkTransport(LinkTransport):
    """One end of a ``media_link_pair``; keeps the contract of ``MediaTransport``."""

    def __init__(self, wire: Wire, out: Direction, inbound: Direction, info: TransportInfo, audio: _Audio) -> None:
        super().__init__(wire, out, inbound, info)
        self._audio = audio

    @property
    def dropped_frames(self) -> int:
        """Frames of the other side that nobody received in time."""
        return self._audio.dropped[self._in]

    async def send_audio(self, frame: AudioFrame) -> None:
        """Put a frame on its way; never waits."""
        self._raise_if_over()
        self._audio.send(self._out, frame)
        self._wire.tell()

    async def receive_audio(self) -> AudioFrame:
        """The next frame, when it has arrived."""
        while True:
            frame = None if self._closed else self._audio.receive(self._in)
            if frame is not None:
                return frame
            self._raise_if_over()
            times = (self._audio.next_ns(self._in), self._wire.next_ns(self._in))
            await self._wire.change(min((at for at in times if at is not None), default=None))


class _Audio:
    """The frames in flight, each with when it arrives."""

    def __init__(self, schedule: FaultSchedule) -> None:
        self.dropped: dict[Direction, int] = {"up": 0, "down": 0}
        self._schedule = schedule
        self._flying: dict[Direction, deque[tuple[int, AudioFrame]]] = {"up": deque(), "down": deque()}

    def send(self, direction: Direction, frame: AudioFrame) -> None:
        for arrives_ns in self._schedule.carry(direction, len(frame.pcm), now_ns()):
            self._flying[direction].append((arrives_ns, frame))
        if len(self._flying[direction]) > MEDIA_LINK_FRAMES:
            self._flying[direction].popleft()
            self.dropped[direction] += 1

    def receive(self, direction: Direction) -> AudioFrame | None:
        flying = self._flying[direction]
        return flying.popleft()[1] if flying and flying[0][0] <= now_ns() else None

    def next_ns(self, direction: Direction) -> int | None:
        flying = self._flying[direction]
        return flying[0][0] if flying else None
