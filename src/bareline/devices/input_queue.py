"""How do the blocks that a sound card captures become frames, and where do they show what was lost?

No clock; ``add`` belongs to the card's thread and ``next_frame`` to the reader's, and neither waits for the other.
"""

from __future__ import annotations

from collections import deque
from contextlib import suppress
from dataclasses import dataclass

from bareline.media.convert import PcmDecoder
from bareline.media.formats import PcmFormat
from bareline.media.frames import AudioFrame
from bareline.media.resample import resampled_length
from bareline.units import BYTES_PER_SAMPLE, NS_PER_S, SAMPLE_RATE_HZ, ms_to_samples, samples_to_ns

__all__ = ["InputQueue"]

_FRAME_BYTES = ms_to_samples(20) * BYTES_PER_SAMPLE


@dataclass(frozen=True, slots=True)
class _Block:
    """``pcm`` in the card's format; ``first_frame`` numbers its first one, lost ones counted."""

    pcm: bytes
    first_frame: int
    starts_ns: int


class InputQueue:
    """Blocks in the card's format in, frames of 20 ms at 24 kHz out.

    At most ``limit_ms`` wait; the oldest block makes room, and so does audio that the card itself lost: the next frame
    begins where it would have begun without the loss, and the one before it may be short. ``lost_samples`` counts.
    """

    def __init__(self, card: PcmFormat, *, limit_ms: int, fast: bool | None = None) -> None:
        self.lost_samples = 0
        self._card = card
        self._limit_frames = limit_ms * card.rate_hz // 1000
        self._blocks: deque[_Block] = deque()
        # The card's side.
        self._captured_frames = 0
        self._next_ns: int | None = None
        # The reader's side.
        self._decoder = PcmDecoder(card, fast=fast)
        self._held: _Block | None = None
        self._read_frames = 0
        self._pcm = bytearray()
        self._next_sample = 0
        self._anchor = (0, 0)

    def add(self, pcm: bytes, starts_ns: int, overflowed: bool) -> None:
        """Take a block; ``overflowed``: the card lost audio before it."""
        frames = len(pcm) // self._card.frame_bytes
        if overflowed and self._next_ns is not None:
            gap = (starts_ns - self._next_ns) * self._card.rate_hz // NS_PER_S
            self._captured_frames += max(gap, frames)
        self._blocks.append(_Block(pcm, self._captured_frames, starts_ns))
        self._captured_frames += frames
        self._next_ns = starts_ns + frames * NS_PER_S // self._card.rate_hz
        with suppress(IndexError):  # the reader took the last one meanwhile
            while self._captured_frames - self._blocks[0].first_frame > self._limit_frames:
                self._blocks.popleft()

    def next_frame(self) -> AudioFrame | None:
        """The next frame, if it is complete or cut short by a loss."""
        while len(self._pcm) < _FRAME_BYTES:
            block = self._next_block()
            if block is None:
                return None
            if block.first_frame != self._read_frames:
                self._pcm += self._decoder.flush()
                if self._pcm:
                    self._held = block
                    break
                self._jump(block.first_frame)
            self._decode(block)
        return self._cut()

    def _next_block(self) -> _Block | None:
        block, self._held = self._held, None
        if block is None:
            with suppress(IndexError):
                return self._blocks.popleft()
        return block

    def _jump(self, first_frame: int) -> None:
        first_sample = max(self._next_sample, resampled_length(first_frame, self._card.rate_hz, SAMPLE_RATE_HZ))
        self.lost_samples += first_sample - self._next_sample
        self._next_sample = first_sample
        self._read_frames = first_frame

    def _decode(self, block: _Block) -> None:
        self._anchor = (resampled_length(block.first_frame, self._card.rate_hz, SAMPLE_RATE_HZ), block.starts_ns)
        self._pcm += self._decoder.feed(block.pcm)
        self._read_frames += len(block.pcm) // self._card.frame_bytes

    def _cut(self) -> AudioFrame:
        pcm = bytes(self._pcm[:_FRAME_BYTES])
        del self._pcm[:_FRAME_BYTES]
        sample, at_ns = self._anchor
        frame = AudioFrame(pcm, self._next_sample, at_ns + samples_to_ns(self._next_sample - sample))
        self._next_sample = frame.end_sample
        return frame
