"""How does a microphone or loudspeaker behave in virtual time: shaking clocks, lost audio, unplugging?

Streams for ``LiveSink`` and ``LiveSource`` that know the truth, which a real card keeps to itself.
"""

from __future__ import annotations

import asyncio
from array import array
from collections.abc import Callable, Iterable
from itertools import cycle

from bareline.clock import now_ns
from bareline.devices.device_stream import CaptureBlock, FillBlock
from bareline.media.samples import to_bytes
from bareline.units import NS_PER_S, SAMPLE_RATE_HZ, ms_to_ns

__all__ = ["Card", "CardInput", "CardOutput"]

_BLOCK_MS = 10


class Card:
    """Does something every 10 ms of the running loop's clock, until it is closed or unplugged.

    ``drift_ppm``: by how much it is faster than that clock.
    """

    def __init__(self, name: str, rate_hz: int, channels: int, drift_ppm: float = 0.0) -> None:
        self.name = name
        self.rate_hz = rate_hz
        self.channels = channels
        self.block_frames = rate_hz * _BLOCK_MS // 1000
        self.latency_ns = ms_to_ns(_BLOCK_MS)
        self.closed = False
        self._block_ns = round(ms_to_ns(_BLOCK_MS) / (1 + drift_ppm / 1e6))
        self._next: asyncio.TimerHandle | None = None
        self._ended: Callable[[], None] | None = None

    def close(self) -> None:
        """Stop."""
        self.closed = True
        self.freeze()

    def freeze(self) -> None:
        """Ask for nothing and say nothing any more, as some cards do when they are unplugged."""
        if self._next is not None:
            self._next.cancel()

    def unplug(self) -> None:
        """Stop, and say so."""
        self.freeze()
        if self._ended is not None:
            self._ended()

    def begin(self, block: Callable[[int], None], ended: Callable[[], None]) -> None:
        """Call ``block`` with the time it is, every 10 ms from now on."""
        self._ended = ended
        self._turn(block, now_ns())

    def _turn(self, block: Callable[[int], None], due_ns: int) -> None:
        due_ns += self._block_ns
        self._next = asyncio.get_running_loop().call_at(due_ns / NS_PER_S, self._give, block, due_ns)

    def _give(self, block: Callable[[int], None], due_ns: int) -> None:
        self._turn(block, due_ns)
        block(due_ns)


class CardOutput(Card):
    """A loudspeaker that holds ``buffer_blocks`` blocks of 10 ms.

    ``shakes_ns``: by how much its word on when a block is heard is wrong, block by block. ``pcm`` is what it was given
    from its first block on, which is heard at ``began_ns``.
    """

    def __init__(
        self,
        *,
        rate_hz: int = SAMPLE_RATE_HZ,
        channels: int = 1,
        buffer_blocks: int = 2,
        shakes_ns: Iterable[int] = (0,),
        drift_ppm: float = 0.0,
        name: str = "loudspeaker Virtual",
    ) -> None:
        super().__init__(name, rate_hz, channels, drift_ppm)
        self.underruns = 0
        self.latency_ns = buffer_blocks * ms_to_ns(_BLOCK_MS)
        self.began_ns = 0
        self.pcm = bytearray()
        self._shakes_ns = cycle(shakes_ns)
        self._fill: FillBlock | None = None

    def start(self, fill: FillBlock, ended: Callable[[], None]) -> None:
        """Ask ``fill`` for blocks from now on."""
        self._fill = fill
        self.begin(self._block, ended)

    def left_the_card(self) -> bytes:
        """What was really played until now, whole device frames."""
        return bytes(self.pcm[: max(0, self._frame_at(now_ns())) * self.channels * 2])

    def played(self, at_ns: int, frames: int) -> bytes:
        """What is really played from ``at_ns`` on; silence before its first block, and after the last it was given."""
        first = self._frame_at(at_ns)
        size, frame_bytes = frames * self.channels * 2, self.channels * 2
        before = min(size, max(0, -first) * frame_bytes) if self.began_ns else size
        begin = max(0, first) * frame_bytes
        return (bytes(before) + self.pcm[begin : begin + size - before]).ljust(size, b"\0")

    def _frame_at(self, at_ns: int) -> int:
        block_frames, since_ns = self.block_frames, at_ns - self.began_ns
        return since_ns * block_frames // self._block_ns

    def _block(self, at_ns: int) -> None:
        starts_ns = at_ns + self.latency_ns
        self.began_ns = self.began_ns or starts_ns
        if self._fill is not None:
            self.pcm += self._fill(self.block_frames, starts_ns + next(self._shakes_ns), at_ns)


class CardInput(Card):
    """A microphone that hears its own frames being counted: frame n is n modulo 30 000, on every channel."""

    def __init__(self, *, rate_hz: int = SAMPLE_RATE_HZ, channels: int = 1, name: str = "microphone Virtual") -> None:
        super().__init__(name, rate_hz, channels)
        self._capture: CaptureBlock | None = None
        self._frame = 0
        self._losing = 0
        self._overflowed = False

    def start(self, capture: CaptureBlock, ended: Callable[[], None]) -> None:
        """Give blocks to ``capture`` from now on."""
        self._capture = capture
        self.begin(self._block, ended)

    def lose(self, blocks: int) -> None:
        """The next blocks are lost in the card."""
        self._losing += blocks

    def _block(self, at_ns: int) -> None:
        frames = range(self._frame, self._frame + self.block_frames)
        self._frame = frames.stop
        if self._losing:
            self._losing -= 1
            self._overflowed = True
            return
        counted = array("h", [n % 30_000 for n in frames for _ in range(self.channels)])
        if self._capture is not None:
            self._capture(to_bytes(counted), at_ns - ms_to_ns(_BLOCK_MS), self._overflowed)
        self._overflowed = False
