"""What of a session's output is handed out next, frame by frame, at the pace at which it is heard?

The output buffer of a session whose server plays (WebRTC): backends generate far ahead, this gives out 20 ms at a time
and says what of it was given out. The path's own delay behind that is not counted. Source: REALTIME.md 3.6 and 10.6.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Iterator
from dataclasses import dataclass, field

from bareline.clock import now_ns
from bareline.media.frames import AudioFrame
from bareline.server.playout_clock import PlayoutClock
from bareline.units import BYTES_PER_SAMPLE, ms_to_ns, ms_to_samples, ns_to_samples, samples_to_ms, seconds_to_ns

__all__ = ["CATCH_UP_MS", "FRAME_MS", "OUTPUT_MAX_BYTES", "Drained", "Due", "Playout", "PlayoutStep", "Started"]

FRAME_MS = 20
"""How much is handed out at a time: one RTP packet."""
CATCH_UP_MS = 60
"""How late frames may be and still be sent, in one burst; what is later moves on, as a pause."""
OUTPUT_MAX_BYTES = 4 * 1024 * 1024
"""What responses that are not yet played may hold together, 87 seconds; their generators wait beyond."""

_FRAME_NS = ms_to_ns(FRAME_MS)
_FRAME_BYTES = ms_to_samples(FRAME_MS) * BYTES_PER_SAMPLE


@dataclass(frozen=True, slots=True)
class Started:
    """The first frame of this response comes next."""

    response_id: str


@dataclass(frozen=True, slots=True)
class Due:
    """Hand out ``frame`` now; with it ``played_ms`` of the response were, rounded down, padding not counted."""

    response_id: str
    frame: AudioFrame
    played_ms: int


@dataclass(frozen=True, slots=True)
class Drained:
    """The last frame of this response has been heard, apart from the path's delay."""

    response_id: str


PlayoutStep = Started | Due | Drained


class Playout:
    """The output buffer of one session: responses one after the other, in the order of their first audio.

    ``first_sample`` of the frames counts from the making of this object along the clock, so that pauses are jumps, also
    those that come from a stalled loop. ``ahead_s`` bounds what one response may hold. Make it in a running loop.
    """

    def __init__(self, clock: PlayoutClock, *, ahead_s: float) -> None:
        self._clock = clock
        self._ahead_bytes = ns_to_samples(seconds_to_ns(ahead_s)) * BYTES_PER_SAMPLE
        self._origin_ns = clock.next_ns()
        self._queue: deque[_Queued] = deque()
        self._changed = asyncio.Event()
        self._taken = asyncio.Event()

    def append(self, response_id: str, audio: bytes) -> None:
        """More audio of a response (PCM16, 24 kHz); its first makes it wait for its turn."""
        queued = self._find(response_id)
        if queued is None:
            queued = _Queued(response_id)
            self._queue.append(queued)
        queued.audio += audio
        self._changed.set()

    def end(self, response_id: str) -> None:
        """Nothing more comes of this response."""
        queued = self._find(response_id)
        if queued is not None:
            queued.ended = True
            self._changed.set()

    def drop(self, response_id: str) -> None:
        """Hand out no more of what there is of this response."""
        queued = self._find(response_id)
        if queued is not None:
            self._queue.remove(queued)
            self._taken.set()

    def holds(self, response_id: str) -> bool:
        """Is it waiting to be played, or being played?"""
        return self._find(response_id) is not None

    async def room(self, response_id: str) -> None:
        """Wait while this response is too far ahead, or others are in front of it and all hold too much."""
        while self._is_full_for(response_id):
            self._taken.clear()
            await self._taken.wait()

    async def steps(self) -> AsyncGenerator[PlayoutStep]:
        """What is to be done, each at its time, for ever; one reader."""
        due_ns = 0
        while True:
            if not self._ready:
                while not self._ready:
                    self._changed.clear()
                    await self._changed.wait()
                due_ns = max(due_ns, self._clock.next_ns())
            await self._clock.until(due_ns)
            due_ns = _in_reach(due_ns)
            for step in self._steps_at(due_ns):
                if isinstance(step, Due):
                    due_ns += _FRAME_NS
                yield step

    @property
    def _ready(self) -> bool:
        return bool(self._queue) and self._queue[0].ready

    def _steps_at(self, due_ns: int) -> Iterator[PlayoutStep]:
        """Up to the next frame; looks anew after each step, since the buffer may have been dropped meanwhile."""
        while self._ready:
            head = self._queue[0]
            if not head.audio:
                self._queue.popleft()
                yield Drained(head.response_id)
            elif not head.started:
                head.started = True
                yield Started(head.response_id)
            else:
                yield self._take(head, due_ns)
                return

    def _take(self, head: _Queued, due_ns: int) -> Due:
        pcm = bytes(head.audio[:_FRAME_BYTES])
        del head.audio[:_FRAME_BYTES]
        head.played_samples += len(pcm) // BYTES_PER_SAMPLE
        self._taken.set()
        frame = AudioFrame(
            pcm.ljust(_FRAME_BYTES, b"\0"), first_sample=ns_to_samples(due_ns - self._origin_ns), at_ns=due_ns
        )
        return Due(head.response_id, frame, samples_to_ms(head.played_samples))

    def _find(self, response_id: str) -> _Queued | None:
        return next((queued for queued in self._queue if queued.response_id == response_id), None)

    def _is_full_for(self, response_id: str) -> bool:
        """The one being played is never held up by those behind it."""
        own = self._find(response_id)
        if own is not None and len(own.audio) >= self._ahead_bytes:
            return True
        first = not self._queue or own is self._queue[0]
        return not first and sum(len(queued.audio) for queued in self._queue) >= OUTPUT_MAX_BYTES


@dataclass(slots=True, eq=False)
class _Queued:
    response_id: str
    audio: bytearray = field(default_factory=bytearray)
    started: bool = False
    ended: bool = False
    played_samples: int = 0

    @property
    def ready(self) -> bool:
        """A whole frame, or what is left: a frame that was padded too early would tear the speech."""
        return self.ended or len(self.audio) >= _FRAME_BYTES


def _in_reach(due_ns: int) -> int:
    """The deadline itself, or the first after it that is not too late by now."""
    late_ns = now_ns() - due_ns - ms_to_ns(CATCH_UP_MS)
    return due_ns if late_ns <= 0 else due_ns + -(-late_ns // _FRAME_NS) * _FRAME_NS
