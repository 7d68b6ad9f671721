"""What does a sound card get to play next, and which of the samples given to it have been heard?

No thread, no clock: the card's times and counts are arguments.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from bareline.media.convert import PcmEncoder
from bareline.media.formats import PcmFormat
from bareline.units import BYTES_PER_SAMPLE, NS_PER_S, SAMPLE_RATE_HZ, ms_to_ns, ms_to_samples

__all__ = ["OutputQueue"]

_JITTER_NS = ms_to_ns(50)
"""A block that claims to be heard earlier than the block before it ends, by less than this, is a card's clock that
shakes: it is believed slowly, so that nothing is claimed too early."""
_CATCH_UP = 8
_EVEN_EARLIER, _EVEN_LATER = 2, 64
"""A card may be late in saying when a block is heard, but not early: so much of each deviation is believed."""
_STARVED_NS = ms_to_ns(300)
"""Audio that goes on within this time was meant to be heard without a gap."""


@dataclass(slots=True)
class _Run:
    """Audio played without a gap. ``fed`` and ``heard`` count samples at 24 kHz, ``frames`` those of the card."""

    fed: int = 0
    frames: int = 0
    heard: int = 0
    over: bool = False


@dataclass(frozen=True, slots=True)
class _Block:
    """``frames`` of a run that the card holds, or has played; the first is number ``first_frame`` of its run.

    ``starts_ns``: heard no earlier; ``even_ns``: most likely heard then.
    """

    run: _Run
    starts_ns: int
    even_ns: int
    first_frame: int
    frames: int


class OutputQueue:
    """PCM16 mono at 24 kHz in, blocks in the card's format out.

    A run of audio begins once more than ``reserve_ms`` wait, or have waited that long, so that writes that come as
    evenly as a network lets them are not heard in shreds. ``written`` and ``heard`` count samples at 24 kHz;
    ``starved`` how often the queue ran dry in the middle of audio.
    """

    def __init__(self, card: PcmFormat, *, reserve_ms: int, fast: bool | None = None) -> None:
        self.written = 0
        self.heard = 0
        self.starved = 0
        self._card = card
        self._encoder = PcmEncoder(card, fast=fast)
        self._reserve_samples = ms_to_samples(reserve_ms)
        self._reserve_ns = ms_to_ns(reserve_ms)
        self._dropped = 0
        self._waiting = bytearray()
        self._waits_since_ns = 0
        self._encoded = bytearray()
        self._run: _Run | None = None
        self._blocks: deque[_Block] = deque()
        self._next_ns = 0
        self._next_even_ns: int | None = None
        self._known_until_ns = 0
        self._dry_ns: int | None = None
        self._cleared = False

    @property
    def waiting_samples(self) -> int:
        """Written and not given to the card."""
        return len(self._waiting) // BYTES_PER_SAMPLE

    @property
    def unheard_samples(self) -> int:
        """Still to be heard."""
        return self.written - self._dropped - self.heard

    def write(self, pcm: bytes, now_ns: int) -> None:
        """Add samples to what is to be played."""
        if not self._waiting:
            self._waits_since_ns = now_ns
        self._waiting += pcm
        self.written += len(pcm) // BYTES_PER_SAMPLE

    def fill(self, frames: int, starts_ns: int, now_ns: int) -> bytes:
        """``frames`` frames for the card, the first of which is heard at ``starts_ns``; silence where nothing waits."""
        even_ns, starts_ns = self._even(starts_ns, frames), self._settled(starts_ns, frames)
        # While the card asks for nothing it plays no more than it was given and nobody knows whether it plays at all.
        self._known_until_ns = now_ns + 2 * self._duration_ns(frames)
        size = frames * self._card.frame_bytes
        run = self._run
        if run is None:
            if not self._enough(now_ns):
                return bytes(size)
            run = self._begin()
        self._encode(run, size)
        audio = bytes(self._encoded[:size])
        del self._encoded[:size]
        self._give(run, starts_ns, even_ns, len(audio) // self._card.frame_bytes)
        if run.over and not self._encoded:
            self._run = None
            self._dry_ns = None if self._cleared else now_ns
            self._cleared = False
        return audio.ljust(size, b"\0")

    def advance(self, now_ns: int) -> None:
        """Account for what was heard until now; rounded down to whole samples."""
        now_ns = min(now_ns, self._known_until_ns)
        while self._blocks:
            block = self._blocks[0]
            passed = min(block.frames, max(0, (now_ns - block.starts_ns) * self._card.rate_hz // NS_PER_S))
            run = block.run
            heard = min(run.fed, (block.first_frame + passed) * SAMPLE_RATE_HZ // self._card.rate_hz)
            if heard > run.heard:
                self.heard += heard - run.heard
                run.heard = heard
            if passed < block.frames:
                return
            self._blocks.popleft()

    def likely_heard(self, now_ns: int) -> int:
        """How many samples were heard until now, most likely; ``heard`` promises not to be more, this is even."""
        heard: dict[int, tuple[_Run, int]] = {}
        for block in self._blocks:
            passed = min(block.frames, (now_ns - block.even_ns) * self._card.rate_hz // NS_PER_S)
            if passed > 0:
                samples = (block.first_frame + passed) * SAMPLE_RATE_HZ // self._card.rate_hz
                heard[id(block.run)] = (block.run, min(block.run.fed, samples))
        return self.heard + sum(max(0, samples - run.heard) for run, samples in heard.values())

    def clear(self) -> int:
        """Drop what the card was not given yet; how many samples that is."""
        dropped = self.waiting_samples
        self._dropped += dropped
        self._waiting.clear()
        self._cleared = self._run is not None
        return dropped

    def drop(self) -> None:
        """Drop everything, the card's part too: it is switched off."""
        self.clear()
        self._blocks.clear()
        self._dropped = self.written - self.heard

    def _enough(self, now_ns: int) -> bool:
        if not self._waiting:
            return False
        return self.waiting_samples > self._reserve_samples or now_ns - self._waits_since_ns >= self._reserve_ns

    def _begin(self) -> _Run:
        if self._dry_ns is not None and self._waits_since_ns - self._dry_ns < _STARVED_NS:
            self.starved += 1
        self._run = run = _Run()
        return run

    def _encode(self, run: _Run, size: int) -> None:
        """Have ``size`` bytes ready, or all that there are: then the run is over."""
        while not run.over and len(self._encoded) < size:
            if not self._waiting:
                self._encoded += self._encoder.flush()
                run.over = True
                return
            missing = -(-(size - len(self._encoded)) // self._card.frame_bytes)
            taken = -(-missing * SAMPLE_RATE_HZ // self._card.rate_hz) * BYTES_PER_SAMPLE
            pcm = bytes(self._waiting[:taken])
            del self._waiting[:taken]
            run.fed += len(pcm) // BYTES_PER_SAMPLE
            self._encoded += self._encoder.feed(pcm)

    def _give(self, run: _Run, starts_ns: int, even_ns: int, frames: int) -> None:
        if frames:
            self._blocks.append(_Block(run, starts_ns, even_ns, run.frames, frames))
            run.frames += frames

    def _settled(self, starts_ns: int, frames: int) -> int:
        early_ns = self._next_ns - starts_ns
        if 0 < early_ns < _JITTER_NS:
            starts_ns = self._next_ns - early_ns // _CATCH_UP
        self._next_ns = starts_ns + self._duration_ns(frames)
        return starts_ns

    def _even(self, starts_ns: int, frames: int) -> int:
        """The same without the card's shaking; pauses too pass by the card's clock."""
        due_ns = starts_ns if self._next_even_ns is None else self._next_even_ns
        off_ns = starts_ns - due_ns
        if abs(off_ns) < _JITTER_NS:
            starts_ns = due_ns + off_ns // (_EVEN_EARLIER if off_ns < 0 else _EVEN_LATER)
        self._next_even_ns = starts_ns + self._duration_ns(frames)
        return starts_ns

    def _duration_ns(self, frames: int) -> int:
        return frames * NS_PER_S // self._card.rate_hz
