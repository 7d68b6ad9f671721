"""How does the assistant's audio reach the sink where it comes as media, and what of it was heard?

Frames come when they are to be played, from a task of the connection; they wait in a bounded queue and are written by a
task of their own. A pause of the stream adds nothing to the sink. The ledger finds out which response a frame belongs
to; the sink alone says what was heard (D4).
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

from bareline.client.journal import Journal
from bareline.client.sink_writer import FrameFilter, SinkWriter, cut_up
from bareline.client.sounding import Sounding, heard_out
from bareline.clock import now_ns
from bareline.devices.contract import AudioSink
from bareline.media.frames import AudioFrame
from bareline.media.samples import samples_of
from bareline.protocol.media_playout import MediaLedger
from bareline.protocol.playout import Cut, PartKey
from bareline.units import BYTES_PER_SAMPLE, NS_PER_S, SAMPLE_RATE_HZ, ms_to_samples, samples_to_ns

__all__ = ["LEAD_SAMPLES", "MEDIA_QUEUE_MAX_SAMPLES", "MediaPlayback"]

MEDIA_QUEUE_MAX_SAMPLES = 10 * SAMPLE_RATE_HZ
"""What waits for a sink that has stopped taking audio: ten seconds; what does not fit is dropped and counted."""
LEAD_SAMPLES = ms_to_samples(20)
"""After a pause, so much is gathered before the sink gets the first of it: frames that come just in time would starve
it whenever one is a few milliseconds late."""
_LOUD_PEAK = 200
"""A frame whose peak is below this (-44 dBFS) is silence."""


class MediaPlayback:
    """Feeds one sink; ``started`` and ``stopped`` as in ``Sounding``, ``chars`` as in ``MediaLedger``.

    Without a sink nothing is ever heard and nothing can be interrupted.
    """

    def __init__(
        self,
        sink: AudioSink | None,
        journal: Journal,
        *,
        chars: Callable[[PartKey], int],
        output_filter: FrameFilter | None = None,
        started: Callable[[PartKey, int], None],
        stopped: Callable[[PartKey, bool], None],
    ) -> None:
        self.dropped_samples = 0
        self._ledger = MediaLedger(chars)
        self._journal = journal
        self._parts = Sounding(self._ledger, journal, started=started, stopped=stopped)
        self._queue: deque[tuple[int | None, bytes]] = deque()
        self._waiting_samples = 0
        self._last: int | None = None
        self._gather_until_ns: int | None = None
        self._writer: SinkWriter[int] | None = None
        if sink is not None:
            self._writer = SinkWriter(
                sink,
                self._ledger,
                output_filter=output_filter,
                next_piece=self._next_piece,
                written=self._ledger.written,
                after_write=self._after_write,
            )

    @property
    def ledger(self) -> MediaLedger:
        """The counts, as of now."""
        self._refresh()
        return self._ledger

    @property
    def has_sink(self) -> bool:
        """Whether anybody can hear."""
        return self._writer is not None

    @property
    def unheard(self) -> bool:
        """Whether audio is playing, here or at the server, or waits to be played."""
        return self.has_sink and (self._ledger.playing is not None or self._unheard_samples > 0)

    @property
    def paused(self) -> bool:
        """Whether all audio is held back."""
        return self._writer is not None and self._writer.paused

    @property
    def sounding(self) -> tuple[PartKey, ...]:
        """The parts whose sound has begun and not ended."""
        self._look()
        return self._parts.begun

    def chars(self, samples: int) -> int:
        """About so many characters are said in these samples, as this call's voice speaks."""
        return self._ledger.rate.chars(samples)

    def begun(self, response_id: str, item_id: str, content_index: int) -> None:
        """An audio part begins; its audio may come much later."""
        self._ledger.begun(response_id, item_id, content_index)
        if self._ledger.playing == response_id:
            self._open(response_id)

    def finished(self, item_id: str, content_index: int) -> None:
        """The part is generated; when it was played is told otherwise."""

    def response_done(self, response_id: str) -> None:
        """The response is generated; when it was played is told otherwise."""

    def given_up(self, response_id: str) -> None:
        """The response was cancelled or has failed: what of it is not being played will not come."""
        self._ledger.abandoned(response_id)

    def connection_lost(self) -> None:
        """Nothing more comes for what there is; what came is still played."""
        self._ledger.restarted(now_ns())
        self._wake()

    def play(self, frame: AudioFrame) -> None:
        """A frame of the stream, to be played next."""
        if self._writer is None or not frame.samples:
            return
        loud = _is_loud(frame.pcm)
        stretch = self._ledger.received(frame.first_sample, frame.samples, loud=loud, now_ns=now_ns())
        if stretch is None:
            return
        if self._waiting_samples + frame.samples > MEDIA_QUEUE_MAX_SAMPLES:
            self.dropped_samples += frame.samples
            self._journal.note("playback_full", dropped_samples=frame.samples)
            return
        self._ledger.queued(stretch, frame.samples)
        self._queue.append((stretch, frame.pcm))
        self._waiting_samples += frame.samples
        self._writer.wake()

    def buffer_started(self, response_id: str) -> None:
        """The server began to play a response."""
        if self._ledger.started(response_id, now_ns()):
            self._open(response_id)
        else:  # its first frames came before its name
            self._silence_sink(response_id)

    def buffer_stopped(self, response_id: str) -> None:
        """The server has played a response to its end."""
        self._ledger.stopped(response_id, now_ns())
        self._wake()

    def buffer_cleared(self, response_id: str) -> None:
        """The server dropped what it had not played of a response."""
        self._ledger.dropped(response_id, now_ns())
        self._wake()

    def duck(self, gain_db: float | None) -> None:
        """Play with ``gain_db`` (at most 0) within one device buffer; ``None``: as loud as it came."""
        if self._writer is not None:
            self._writer.duck(gain_db)

    def pause(self) -> None:
        """Hold all audio back within one device buffer; nothing is lost, up to ``MEDIA_QUEUE_MAX_SAMPLES``.

        The server plays on meanwhile, and takes for heard what waits here.
        """
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
        return self._silence_sink()

    def interrupt_response(self, response_id: str) -> list[Cut]:
        """Cut what is known of one response; its later audio is not played."""
        return self._cut(self._ledger.interrupt(response_id)) if self._writer is not None else []

    def clear(self, response_id: str) -> list[Cut]:
        """The server has dropped what it had not played of a response: silence here too. Returns what was cut."""
        return self._silence_sink(response_id)

    def silence(self) -> None:
        """Drop what is not heard yet, for good."""
        self._forget_queue()
        if self._writer is not None:
            self._ledger.cleared(self._writer.drop())

    def holds(self, response_id: str) -> bool:
        """Whether audio of this response is played or waits to be played, here or at the server."""
        positions = (self._ledger.position(*key) for key in self._parts.open)
        known = any(found.received for found in positions if found is not None and found.response_id == response_id)
        return known or self._ledger.playing == response_id or self._ledger.waits(response_id)

    def play_clip(self, pcm: bytes) -> None:
        """Play audio of our own (PCM16, 24 kHz) after all that waits; it counts for nobody, and is cleared with all."""
        if self._writer is not None:
            self._queue.extend((None, piece) for piece in cut_up(pcm))
            self._waiting_samples += len(pcm) // BYTES_PER_SAMPLE
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
        """Wait until nothing that has come is left to be heard, or the sink is stuck."""
        await heard_out(lambda: self._unheard_samples)

    @property
    def _unheard_samples(self) -> int:
        taken_back = self._writer.waiting_samples if self._writer is not None else 0
        return self._waiting_samples + taken_back + self.ledger.unheard_samples

    def _open(self, response_id: str) -> None:
        for key in self._ledger.keys(response_id):
            self._parts.opened(key)
        self._parts.wake()

    def _wake(self) -> None:
        self._parts.wake()
        if self._writer is not None:
            self._writer.wake()

    def _next_piece(self) -> tuple[int | None, bytes] | None:
        """The next frame to write; the first one after a pause of the stream waits for more."""
        if not self._queue:
            return None
        stretch, pcm = self._queue[0]
        if stretch != self._last and not self.ledger.unheard_samples and not self._gathered():
            return None
        self._gather_until_ns, self._last = None, stretch
        self._queue.popleft()
        self._waiting_samples -= len(pcm) // BYTES_PER_SAMPLE
        return stretch, pcm

    def _gathered(self) -> bool:
        """Whether there is enough to begin with, or has been no more for long enough."""
        if self._gather_until_ns is None:
            self._gather_until_ns = now_ns() + samples_to_ns(LEAD_SAMPLES)
            asyncio.get_running_loop().call_later(samples_to_ns(LEAD_SAMPLES) / NS_PER_S, self._wake)
        return self._waiting_samples > LEAD_SAMPLES or now_ns() >= self._gather_until_ns

    def _after_write(self, key: int | None) -> None:  # noqa: ARG002 (which one is known of events only)
        if len(self._parts.open) != len(self._parts.begun):
            self._parts.wake()

    def _look(self) -> None:
        self._refresh()
        self._parts.look()

    def _silence_sink(self, response_id: str | None = None) -> list[Cut]:
        """Silence first; then what was heard until then decides what was cut, of one response or of all."""
        if self._writer is None:
            return []
        self._forget_queue()
        dropped = self._writer.drop()
        cuts = self._ledger.interrupt(response_id)
        self._ledger.cleared(dropped)
        return self._cut(cuts)

    def _forget_queue(self) -> None:
        self._queue.clear()
        self._waiting_samples = 0
        self._gather_until_ns = None

    def _cut(self, cuts: list[Cut]) -> list[Cut]:
        for cut in cuts:
            self._parts.cut(cut)
        return cuts

    def _refresh(self) -> None:
        if self._writer is not None:
            self._writer.refresh()


def _is_loud(pcm: bytes) -> bool:
    samples = samples_of(pcm)
    return max(samples) >= _LOUD_PEAK or min(samples) <= -_LOUD_PEAK
