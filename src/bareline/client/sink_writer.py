"""How does audio get into a sink so that it can be made quieter, held back or dropped within one device buffer?

A sink keeps up to a second. What it was given and has not sounded is remembered here; to be ducked or paused it is
taken back from the sink and written again, from the sample after the last one heard. The ledger is told of every step,
so that nothing is counted twice.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

from bareline.clock import now_ns
from bareline.devices.contract import AudioSink, LatencyAware
from bareline.errors import AudioFormatError
from bareline.media.frames import AudioFrame
from bareline.media.gain import Gain
from bareline.units import BYTES_PER_SAMPLE, SAMPLE_RATE_HZ, SAMPLES_PER_MS

__all__ = ["KEPT_MAX_SAMPLES", "FrameFilter", "SinkLedger", "SinkWriter", "cut_up"]

KEPT_MAX_SAMPLES = 10 * 60 * SAMPLE_RATE_HZ
"""Of what a sink was given, so much is remembered at most; a sink that takes more ahead cannot be paused exactly."""
_KEPT_USUALLY_SAMPLES = 2 * SAMPLE_RATE_HZ
"""Beyond this it is worth asking the sink what was heard by now."""
_WRITE_SAMPLES = 20 * SAMPLES_PER_MS

FrameFilter = Callable[[AudioFrame], AudioFrame]
"""Sees every frame of a stream and gives the one to use; it must keep the number of samples."""

Key = TypeVar("Key")
Piece = tuple[Key | None, bytes]


class SinkLedger(Protocol):
    """What a ledger is told by whoever writes to the sink; see ``PlayoutLedger``."""

    def written_other(self, samples: int) -> None:
        """The sink took samples that count for nobody."""
        ...

    def heard(self, total_samples: int) -> None:
        """The sink's count of what was heard."""
        ...

    def taken_back(self, dropped_samples: int) -> None:
        """The sink dropped what will be written again."""
        ...

    def cleared(self, dropped_samples: int) -> None:
        """The sink dropped what will not be heard."""
        ...

    @property
    def unheard_samples(self) -> int:
        """What the sink has taken and not played."""
        ...


class SinkWriter(Generic[Key]):
    """Writes to one sink what ``next_piece`` gives: PCM16 at 24 kHz and whom it counts for (``None``: nobody).

    ``next_piece`` is asked after ``wake`` and after each write; ``None``: nothing yet. ``written`` is told of what the
    sink took, ``after_write`` is called after each write. ``waiting_samples`` were taken back and not written again.
    """

    def __init__(
        self,
        sink: AudioSink,
        ledger: SinkLedger,
        *,
        output_filter: FrameFilter | None,
        next_piece: Callable[[], Piece[Key] | None],
        written: Callable[[Key, int], None],
        after_write: Callable[[Key | None], None],
    ) -> None:
        self.paused = False
        self.waiting_samples = 0
        self._sink = sink
        self._ledger = ledger
        self._filter = output_filter
        self._next_piece = next_piece
        self._written = written
        self._after_write = after_write
        self._gain = Gain()
        self._accounted = sink.written_samples
        self._heard_before = sink.heard_samples
        self._given: deque[Piece[Key]] = deque()
        self._given_samples = 0
        self._back: deque[Piece[Key]] = deque()
        self._writing: Piece[Key] | None = None
        self._news = asyncio.Event()

    @property
    def latency_ms(self) -> int | None:
        """Length of the device's own buffer, where the sink is one that knows it."""
        return self._sink.latency_ms if isinstance(self._sink, LatencyAware) else None

    def wake(self) -> None:
        """There may be another piece."""
        self._news.set()

    def refresh(self) -> None:
        """Ask the sink what was heard until now."""
        self._ledger.heard(self._sink.heard_samples - self._heard_before)

    def duck(self, gain_db: float | None) -> None:
        """``gain_db`` (at most 0) from the first sample on that can still be changed; ``None``: as loud as it came."""
        if self._gain.change(gain_db) and not self.paused:
            self._take_back()

    def pause(self) -> None:
        """Silence at once; nothing is lost."""
        if not self.paused:
            self.paused = True
            self._take_back()

    def resume(self) -> None:
        """Go on with the sample after the last one heard."""
        self.paused = False
        self._news.set()

    def drop(self) -> int:
        """Silence at once, for good: not paused, not ducked, nothing waits. Returns how many samples the sink dropped.

        The ledger knows then what was heard; that the rest is dropped is for the caller to tell.
        """
        self._disown()
        dropped = self._sink.clear()
        self.refresh()
        self._forget_given()
        self._back.clear()
        self.waiting_samples = 0
        self._gain.reset()
        self.resume()
        return dropped

    def forget(self, key: Key) -> None:
        """What was taken back of ``key`` is not wanted any more."""
        self._back = deque(piece for piece in self._back if piece[0] != key)
        self.waiting_samples = sum(map(_samples, self._back))

    async def run(self) -> None:
        """Write, until cancelled. Raises what the sink and the filter raise."""
        while True:
            self._writing = key, pcm = await self._next()
            await self._sink.write(AudioFrame(self._gain.apply(pcm), self._accounted, now_ns()))
            self._account()
            self._after_write(key)

    async def _next(self) -> Piece[Key]:
        """What was taken back goes first; it has been through the filter."""
        while True:
            if not self.paused:
                if self._back:
                    piece = self._back.popleft()
                    self.waiting_samples -= _samples(piece)
                    return piece
                if (piece := self._next_piece()) is not None:
                    return piece[0], self._filtered(piece[1])
            self._news.clear()
            await self._news.wait()

    def _filtered(self, pcm: bytes) -> bytes:
        if self._filter is None:
            return pcm
        frame = AudioFrame(pcm, self._accounted, now_ns())
        changed = self._filter(frame)
        if changed.samples != frame.samples:
            raise AudioFormatError(
                f"output_filter made {changed.samples} samples of {frame.samples}; it must keep them"
            )
        return changed.pcm

    def _take_back(self) -> None:
        """Have the sink drop what it has not played, to be written again before all else."""
        waiting = self._disown()
        dropped = self._sink.clear()
        self.refresh()
        self._ledger.taken_back(dropped)
        self._back.extendleft(waiting)
        self._back.extendleft(self._tail(dropped))
        self.waiting_samples = sum(map(_samples, self._back))
        self._forget_given()
        self._news.set()

    def _disown(self) -> list[Piece[Key]]:
        """What is being written, if the sink makes it wait: it is dropped when the sink is cleared."""
        self._account()
        waiting = [] if self._writing is None else [self._writing]
        self._writing = None
        return waiting

    def _account(self) -> None:
        """Attribute what the sink has taken since the last look to what is being written."""
        taken = self._sink.written_samples - self._accounted
        if not taken:
            return
        self._accounted += taken
        key, pcm = self._writing or (None, b"")
        self._writing = None
        if key is None:
            self._ledger.written_other(taken)
        else:
            self._written(key, taken)
        self._keep((key, pcm))

    def _keep(self, piece: Piece[Key]) -> None:
        """Remember what may have to be written again."""
        self._given.append(piece)
        self._given_samples += _samples(piece)
        if self._given_samples <= _KEPT_USUALLY_SAMPLES:
            return
        self.refresh()
        needed = min(self._ledger.unheard_samples, KEPT_MAX_SAMPLES)
        while self._given and self._given_samples - _samples(self._given[0]) >= needed:
            self._given_samples -= _samples(self._given.popleft())

    def _tail(self, samples: int) -> list[Piece[Key]]:
        """The last ``samples`` given, the last piece first."""
        tail: list[Piece[Key]] = []
        while samples > 0 and self._given:
            key, pcm = piece = self._given.pop()
            kept = max(0, _samples(piece) - samples)
            samples -= _samples(piece) - kept
            tail.append((key, pcm[kept * BYTES_PER_SAMPLE :]))
        return tail

    def _forget_given(self) -> None:
        self._given.clear()
        self._given_samples = 0


def cut_up(pcm: bytes) -> list[bytes]:
    """In pieces that are written at once."""
    step = _WRITE_SAMPLES * BYTES_PER_SAMPLE
    return [pcm] if len(pcm) <= step else [pcm[start : start + step] for start in range(0, len(pcm), step)]


def _samples(piece: tuple[object, bytes]) -> int:
    return len(piece[1]) // BYTES_PER_SAMPLE
