"""How does the assistant's audio reach the sink, and what of it was heard?

Deltas are decoded at once, wait in a bounded queue, and are written by a task of their own, so that a slow sink never
holds up events. The ledger counts each stage; the sink alone says what was heard (D4).
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

from bareline.client.journal import Journal
from bareline.client.sink_writer import FrameFilter, SinkWriter, cut_up
from bareline.client.sounding import Sounding, heard_out
from bareline.client.wire_audio import Decoder, decoder_for
from bareline.devices.contract import AudioSink
from bareline.protocol.events import AudioFormat, ResponseOutputAudioDelta
from bareline.protocol.playout import Cut, PartKey, PlayoutLedger
from bareline.units import BYTES_PER_SAMPLE, SAMPLE_RATE_HZ

__all__ = ["PLAYBACK_MAX_SAMPLES", "Playback"]

PLAYBACK_MAX_SAMPLES = 10 * 60 * SAMPLE_RATE_HZ
"""Audio that waits for the sink: ten minutes of speech, far beyond one answer. What does not fit is refused and
counted: dropping older audio would falsify the positions of all that follows."""


class Playback:
    """Feeds one sink; ``started`` and ``stopped`` as in ``Sounding``.

    Without a sink nothing is ever heard and nothing can be interrupted; audio is then for whoever follows the events.
    """

    def __init__(
        self,
        sink: AudioSink | None,
        journal: Journal,
        *,
        output_filter: FrameFilter | None = None,
        started: Callable[[PartKey, int], None],
        stopped: Callable[[PartKey, bool], None],
    ) -> None:
        self.dropped_samples = 0
        self._ledger = PlayoutLedger()
        self._journal = journal
        self._parts = Sounding(self._ledger, journal, started=started, stopped=stopped)
        self._decoders: dict[PartKey, Decoder] = {}
        self._queues: dict[PartKey | None, deque[bytes]] = {}
        self._waiting_samples = 0
        self._writer: SinkWriter[PartKey] | None = None
        if sink is not None:
            self._writer = SinkWriter(
                sink,
                self._ledger,
                output_filter=output_filter,
                next_piece=self._next_piece,
                written=lambda key, samples: self._ledger.written(*key, samples),
                after_write=self._after_write,
            )

    @property
    def ledger(self) -> PlayoutLedger:
        """The counts, as of now."""
        self._refresh()
        return self._ledger

    @property
    def has_sink(self) -> bool:
        """Whether anybody can hear."""
        return self._writer is not None

    @property
    def unheard(self) -> bool:
        """Whether audio is playing or waits to be played, paused or not."""
        return self._unheard_samples > 0

    @property
    def paused(self) -> bool:
        """Whether all audio is held back."""
        return self._writer is not None and self._writer.paused

    @property
    def sounding(self) -> tuple[PartKey, ...]:
        """The parts whose sound has begun and not ended."""
        self._look()
        return self._parts.begun

    def begun(self, response_id: str, item_id: str, content_index: int) -> None:
        """An audio part begins."""
        if self._ledger.begun(response_id, item_id, content_index):
            self._parts.opened((item_id, content_index))
            self._queues.setdefault((item_id, content_index), deque())

    def received(self, event: ResponseOutputAudioDelta, audio_format: AudioFormat | None) -> int:
        """Audio came. Returns how many samples at 24 kHz it is; 0 when it is not wanted any more."""
        key = (event.item_id, event.content_index)
        decoder = self._decoders.get(key)
        if decoder is None:
            if not self._ledger.begun(event.response_id, *key):
                return 0
            self._parts.opened(key)
            decoder = self._decoders[key] = decoder_for(audio_format)
        samples = decoder.samples(event.delta)
        if not self._ledger.received(event.response_id, *key, samples):
            return 0
        self._decoded(key, decoder.feed(event.delta))
        return samples

    def finished(self, item_id: str, content_index: int) -> None:
        """No more audio comes for this part."""
        key = (item_id, content_index)
        decoder = self._decoders.pop(key, None)
        if decoder is not None and self._ledger.wanted(*key):
            self._decoded(key, decoder.flush())
        self._ledger.finished(*key)
        self._parts.wake()
        if self._writer is not None:
            self._writer.wake()

    def response_done(self, response_id: str) -> None:
        """The response is over; no part of it can still grow, whatever its server forgot to say."""
        for key in self._parts.open:
            position = self._ledger.position(*key)
            if position is not None and position.response_id == response_id and not position.finished:
                self.finished(*key)

    def connection_lost(self) -> None:
        """Nothing more comes for what is open; what came is still played."""
        for key in self._parts.open:
            self.finished(*key)

    def duck(self, gain_db: float | None) -> None:
        """Play with ``gain_db`` (at most 0) within one device buffer; ``None``: as loud as it came."""
        if self._writer is not None:
            self._writer.duck(gain_db)

    def pause(self) -> None:
        """Hold all audio back within one device buffer; nothing is lost."""
        if self._writer is not None:
            self._writer.pause()

    def resume(self) -> None:
        """Go on with the sample after the last one heard."""
        if self._writer is not None:
            self._writer.resume()

    def interrupt(self) -> list[Cut]:
        """Silence at once; returns what was cut, empty when nothing was. Safe at any moment, any number of times.

        What comes next is played at once and as loud as it comes.
        """
        if self._writer is None:
            return []
        self._ledger.cleared(self._writer.drop())
        self._forget_queues()
        return self._cut(self._ledger.interrupt())

    def interrupt_response(self, response_id: str) -> list[Cut]:
        """Cut what one response has begun since it was interrupted; its later audio is refused."""
        return self._cut(self._ledger.interrupt(response_id)) if self._writer is not None else []

    def silence(self) -> None:
        """Drop what is not heard yet, for good."""
        self._forget_queues()
        if self._writer is not None:
            self._ledger.cleared(self._writer.drop())

    def holds(self, response_id: str) -> bool:
        """Whether audio of this response is played or waits to be played."""
        positions = (self._ledger.position(*key) for key in self._parts.open)
        return any(found.received for found in positions if found is not None and found.response_id == response_id)

    def play_clip(self, pcm: bytes) -> None:
        """Play audio of our own (PCM16, 24 kHz) after all that waits; it counts for nobody, and is cleared with all."""
        if self._writer is not None:
            self._waiting_samples += len(pcm) // BYTES_PER_SAMPLE
            pieces = self._queues.setdefault(None, deque())
            pieces += cut_up(pcm)
            self._writer.wake()

    async def run(self) -> None:
        """Write to the sink and watch what it says, until cancelled."""
        if self._writer is None:
            return
        self._journal.speaker(self._writer.latency_ms)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._writer.run())
            tasks.create_task(self._parts.watch(self._refresh))

    async def quiet(self) -> None:
        """Wait until nothing is left to be heard, or the sink is stuck."""
        await heard_out(lambda: self._unheard_samples)

    @property
    def _unheard_samples(self) -> int:
        taken_back = self._writer.waiting_samples if self._writer is not None else 0
        return self._waiting_samples + taken_back + self.ledger.unheard_samples

    def _next_piece(self) -> tuple[PartKey | None, bytes] | None:
        """Parts play one after the other in the order in which they began, however their audio comes in between."""
        while self._queues:
            key, pieces = next(iter(self._queues.items()))
            if pieces:
                pcm = pieces.popleft()
                self._waiting_samples -= len(pcm) // BYTES_PER_SAMPLE
                return key, pcm
            if key is not None and self._ledger.unfinished(*key):
                return None
            del self._queues[key]
        return None

    def _forget_queues(self) -> None:
        self._queues.clear()
        self._waiting_samples = 0

    def _after_write(self, key: PartKey | None) -> None:
        if key is not None and not self._parts.has_begun(key):
            self._parts.wake()

    def _look(self) -> None:
        self._refresh()
        self._parts.look()

    def _cut(self, cuts: list[Cut]) -> list[Cut]:
        for cut in cuts:
            key = (cut.item_id, cut.content_index)
            self._decoders.pop(key, None)
            self._waiting_samples -= sum(map(len, self._queues.pop(key, ()))) // BYTES_PER_SAMPLE
            if self._writer is not None:
                self._writer.forget(key)
            self._parts.cut(cut)
        return cuts

    def _decoded(self, key: PartKey, pcm: bytes) -> None:
        samples = len(pcm) // BYTES_PER_SAMPLE
        self._ledger.decoded(*key, samples)
        if self._writer is None or not samples:
            return
        if self._waiting_samples + samples > PLAYBACK_MAX_SAMPLES:
            self.dropped_samples += samples
            self._journal.note("playback_full", item_id=key[0], dropped_samples=samples)
            return
        self._ledger.queued(*key, samples)
        self._waiting_samples += samples
        pieces = self._queues.get(key)
        if pieces is None:
            pieces = self._queues[key] = deque()
        pieces += cut_up(pcm)
        self._writer.wake()

    def _refresh(self) -> None:
        if self._writer is not None:
            self._writer.refresh()
