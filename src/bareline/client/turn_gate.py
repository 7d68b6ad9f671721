"""Which of the microphone's audio is sent around turns that are decided on this side?

Sans-IO. Nothing is sent before speech, and nothing of its beginning is lost.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from bareline.media.frames import AudioFrame
from bareline.units import BYTES_PER_SAMPLE, ms_to_samples

__all__ = ["PRE_ROLL_MS", "TurnGate"]

PRE_ROLL_MS = 200
"""Audio before the first sample of speech that is sent with it; on media also the time in which ``clear`` arrives."""
_TAIL_SAMPLES = ms_to_samples(100)
"""Audio after the last sample of speech that is waited for on media: more than packets and events overtake each other
by."""
_HOLD_MAX_SAMPLES = ms_to_samples(1_000)
"""How long the beginning of a turn waits for the server to say that its buffer is empty."""
_KEPT_SAMPLES = ms_to_samples(2_500)
"""How long after the first sample of speech its detection may come."""
_BACKLOG_MAX_SAMPLES = ms_to_samples(10_000)
"""Audio of turns that waits to be sent on media."""


@dataclass(slots=True)
class _Span:
    cursor: int
    speech_from: int
    end: int | None = None


class TurnGate:
    """Cuts turns out of the microphone's stream.

    Where audio travels as messages, a turn is sent from ``PRE_ROLL_MS`` before its first sample of speech to the moment
    its end is known; what was kept until its beginning was known is sent at once. On ``media`` the stream goes on at
    its pace, with silence where nothing is to be sent; a turn runs behind by what its detection took and the pre-roll,
    and ends a moment after its last sample of speech. There its speech waits for ``release`` (the server's buffer is
    empty), but no longer than a second.
    """

    def __init__(self, *, media: bool) -> None:
        self._media = media
        self._recent = bytearray()
        self._heard = 0
        self._spans: deque[_Span] = deque()
        self._free_from = 0
        self._held = 0
        self._released = True
        self._finished = 0
        self._sent = 0

    @property
    def sent_samples(self) -> int:
        """How much was sent of the turns since ``forget_sent``."""
        return self._sent

    def forget_sent(self) -> None:
        """What was sent so far does not count any more: it was committed, dropped, or lost."""
        self._sent = 0

    def push(self, frame: AudioFrame) -> None:
        """Take the next frame of the stream; its position is where it stands in it."""
        self._heard = frame.end_sample
        self._recent += frame.pcm
        oldest = min([self._heard - _KEPT_SAMPLES, *(span.cursor for span in self._spans)])
        surplus = len(self._recent) // BYTES_PER_SAMPLE - (
            self._heard - max(oldest, self._heard - _BACKLOG_MAX_SAMPLES)
        )
        if surplus > 0:
            del self._recent[: surplus * BYTES_PER_SAMPLE]

    def open(self, at_sample: int) -> None:
        """A turn began with the speech at this sample."""
        kept_from = self._heard - len(self._recent) // BYTES_PER_SAMPLE
        first = max(at_sample - ms_to_samples(PRE_ROLL_MS), self._free_from, kept_from)
        self._spans.append(_Span(first, max(first, at_sample)))
        self._released = not self._media
        self._held = 0

    def release(self) -> None:
        """The server's buffer is empty: what is sent from now on stays in it."""
        self._released = True

    def close(self, at_sample: int) -> None:
        """The turn of the last ``open`` is over; its last speech ended at this sample."""
        if self._spans and self._spans[-1].end is None:
            self._spans[-1].end = min(self._heard, at_sample + _TAIL_SAMPLES) if self._media else self._heard
        self._free_from = self._heard

    def take(self, frame: AudioFrame) -> list[AudioFrame]:
        """What to send now, after ``frame`` was pushed; on media exactly as much as the frame holds."""
        pcm = self._next(frame.samples if self._media else None)
        self._sent += len(pcm) // BYTES_PER_SAMPLE
        if not self._media:
            return [AudioFrame(pcm, frame.end_sample - len(pcm) // BYTES_PER_SAMPLE, frame.at_ns)] if pcm else []
        return [AudioFrame(pcm.ljust(len(frame.pcm), b"\0"), frame.first_sample, frame.at_ns)]

    def finished(self) -> int:
        """How many turns have been sent to their end since this was last asked."""
        finished, self._finished = self._finished, 0
        return finished

    def _next(self, room: int | None) -> bytes:
        """The next samples of the turns, at most ``room``."""
        pcm = bytearray()
        while self._spans:
            span = self._spans[0]
            limit = self._heard if span.end is None else span.end
            if self._waits(span, room):
                limit = min(limit, span.speech_from)
            if room is not None:
                limit = min(limit, span.cursor + room - len(pcm) // BYTES_PER_SAMPLE)
            if limit > span.cursor:
                pcm += self._cut(span.cursor, limit)
                span.cursor = limit
            if span.end is None or span.cursor < span.end:
                break
            self._spans.popleft()
            self._finished += 1
        return bytes(pcm)

    def _waits(self, span: _Span, room: int | None) -> bool:
        """Whether the speech itself waits for the server's buffer."""
        if self._released or room is None:
            return False
        self._held += room if span.cursor >= span.speech_from else 0
        return self._held <= _HOLD_MAX_SAMPLES

    def _cut(self, first: int, end: int) -> bytes:
        kept_from = self._heard - len(self._recent) // BYTES_PER_SAMPLE
        return bytes(
            self._recent[max(0, first - kept_from) * BYTES_PER_SAMPLE : max(0, end - kept_from) * BYTES_PER_SAMPLE]
        )
