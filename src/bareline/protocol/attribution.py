"""To which response does each frame of a media stream belong?

RTP names no item and no response (D4). What there is: the server says when it begins and ends to play a response
(``output_audio_buffer.*``, REALTIME.md 3), and the stream shows where it paused. Event and audio travel on different
ways, so either may come first. A server that pauses between responses tells by its pauses, to the sample; where one
sends silence without end, the beginning of sound near the event counts.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from bareline.protocol.limits import LEDGER_MAX_PARTS
from bareline.units import NS_PER_S, ms_to_ns, ms_to_samples

__all__ = ["Attribution", "Stretch"]

_IN_FLIGHT_SAMPLES = ms_to_samples(100)
"""So much of a response may still arrive after the event that says it is over."""
_ARRIVED_NS = ms_to_ns(200)
"""So long after that event, what comes after a pause is something else."""
_ONSET_SAMPLES = ms_to_samples(200)
"""Sound after so long a silence is a beginning, in a stream that nobody has claimed; so long a jump may be one too."""
_IDLE_SAMPLES = ms_to_samples(1000)
"""Unclaimed silence beyond this is a server that never pauses; it is not played."""
_LATE_NS = 4 * NS_PER_S
"""So late may an event come after the audio it is about: it was lost and sent again."""
_LATE_UNWANTED_NS = ms_to_ns(500)
"""So late may the first audio of an interrupted response come; what begins later is another one."""
_BURST_NS = ms_to_ns(30)
"""Two events that come closer than this were held up together."""


@dataclass(slots=True, eq=False)
class Stretch:
    """Frames in a row that belong together. ``response_id`` is ``None`` until it is known.

    ``paused``: the stream paused before it; ``resumed``: it was taken for more of the response before that pause.
    ``ended``: the server has said that its response is over; ``late_samples`` of silence have come since without a
    sound. ``lost_samples`` is for whoever plays: so much was dropped
    before anybody heard it.
    """

    number: int
    response_id: str | None
    paused: bool
    resumed: bool = False
    ended: bool = False
    samples: int = 0
    silent_samples: int = 0
    late_samples: int = 0
    lost_samples: int = 0
    sounds: bool = False
    last_ns: int = 0

    def grow(self, samples: int, now_ns: int, *, loud: bool) -> None:
        """Add a frame."""
        self.samples += samples
        self.last_ns = now_ns
        self.silent_samples = 0 if loud else self.silent_samples + samples
        self.sounds = self.sounds or loud
        self.late_samples = self.late_samples + samples if self.ended and not loud else 0

    @property
    def idle(self) -> bool:
        """Silence that nobody has claimed, for so long that it will hardly be claimed."""
        return self.response_id is None and self.silent_samples >= _IDLE_SAMPLES


class Attribution:
    """Follows one stream and the events about it. All times are those of arrival.

    ``stretches`` are in the order of the stream; the oldest are forgotten.
    """

    def __init__(self) -> None:
        self.stretches: deque[Stretch] = deque()
        self._claimed: dict[str, list[Stretch]] = {}
        self._playing: str | None = None
        self._awaited: str | None = None
        self._ended: tuple[str | None, int] = (None, -_LATE_NS)
        self._unwanted: dict[str, None] = {}
        self._muted: Literal["", "stretch", "response"] = ""
        self._muted_silence = 0
        self._skipped_samples = 0
        self._next_begins = False
        self._end_sample: int | None = None
        self._count = 0
        self._before = 0

    @property
    def playing(self) -> str | None:
        """The response that the server says it is playing."""
        return self._playing

    def of(self, response_id: str) -> Sequence[Stretch]:
        """The stretches of one response."""
        return self._claimed.get(response_id, ())

    def frame(self, first_sample: int, samples: int, *, loud: bool, now_ns: int) -> Stretch | None:
        """Where this frame belongs; ``None`` when it is not to be played.

        ``loud``: it is not silence. Frames come in order; a jump of ``first_sample`` is a pause.
        """
        paused = first_sample != self._end_sample
        self._skipped_samples = first_sample - (self._end_sample or 0)
        self._end_sample = first_sample + samples
        if self._muted and not self._ends_muting(samples, paused=paused, loud=loud, now_ns=now_ns):
            return None
        fresh, self._muted = bool(self._muted), ""
        stretch = self._stretch(paused=paused, loud=loud, fresh=fresh, now_ns=now_ns)
        if stretch.response_id in self._unwanted:
            self._muted = "stretch"
            return None
        stretch.grow(samples, now_ns, loud=loud)
        return None if stretch.idle else stretch

    def started(self, response_id: str, now_ns: int) -> bool:
        """The server began to play a response. False when it is not wanted any more."""
        if self._playing is not None and self._playing != response_id:
            self.ended(self._playing, now_ns)
        self._playing, self._awaited = response_id, None
        taken = list(self._unclaimed(now_ns)) or self._taken_for_more(now_ns)
        for stretch in taken:
            self._claim(stretch, response_id)
            stretch.resumed = stretch is not taken[-1]
        self._next_begins = not taken
        unwanted = response_id in self._unwanted
        self._muted = "response" if unwanted else ""
        return not unwanted

    def ended(self, response_id: str, now_ns: int) -> None:
        """The server has played a response to its end, or dropped the rest of it."""
        if self._playing == response_id:
            self._playing = None
            self._ended = (response_id, now_ns)
            self._awaited = None if self.of(response_id) else response_id
            self._muted = "stretch" if self._muted else ""
            self._next_begins = False
        for stretch in self.of(response_id):
            stretch.ended = True

    def interrupted(self) -> None:
        """Nothing of what is being played is wanted any more."""
        last = self.stretches[-1] if self.stretches else None
        if self._playing is not None:
            self.unwanted(self._playing)
        elif last is not None and not last.idle:
            self._muted = "stretch"

    def unwanted(self, response_id: str) -> None:
        """Nothing more of this response is wanted."""
        self._unwanted[response_id] = None
        if len(self._unwanted) > LEDGER_MAX_PARTS:
            del self._unwanted[next(iter(self._unwanted))]
        if self._playing == response_id:
            self._muted = self._muted or "stretch"

    def restarted(self, now_ns: int) -> None:
        """Another stream follows, of a new connection."""
        if self._playing is not None:
            self.ended(self._playing, now_ns)
        self._end_sample = self._awaited = None
        self._before = self._count
        self._muted = ""

    def _ends_muting(self, samples: int, *, paused: bool, loud: bool, now_ns: int) -> bool:
        """Whether this frame is not of the unwanted audio any more: after a pause, or silence from the server.

        A jump alone says little: a jitter buffer that catches up leaves audio out.
        """
        if self._muted == "response" or self._playing is not None:
            self._muted_silence = 0
            return False
        self._muted_silence = 0 if loud else self._muted_silence + samples
        arrived = now_ns - self._ended[1] >= _ARRIVED_NS
        return (paused and arrived) or self._muted_silence > _ONSET_SAMPLES

    def _stretch(self, *, paused: bool, loud: bool, fresh: bool, now_ns: int) -> Stretch:
        last = self.stretches[-1] if self.stretches else None
        if last is None or paused:
            self._settle()
            return self._begin(self._expected(now_ns), paused=True)
        if fresh:
            return self._begin(None)
        if self._next_begins:
            return self._begin(self._playing)
        onset = last.response_id is None and loud and last.silent_samples >= _ONSET_SAMPLES
        over = last.ended and not loud and last.late_samples >= _IN_FLIGHT_SAMPLES
        return self._begin(None) if onset or over else last

    def _begin(self, response_id: str | None, *, paused: bool = False) -> Stretch:
        last = self.stretches[-1] if self.stretches else None
        known = last is not None and last.response_id == response_id
        resumed = paused and response_id is not None and known and self._skipped_samples >= _ONSET_SAMPLES
        self._count += 1
        self._next_begins = False
        begun = Stretch(self._count, None, paused, resumed)
        self.stretches.append(begun)
        if response_id is not None:
            self._claim(begun, response_id)
        if len(self.stretches) > LEDGER_MAX_PARTS:
            self._unclaim(self.stretches.popleft())
        return begun

    def _claim(self, stretch: Stretch, response_id: str) -> None:
        self._unclaim(stretch)
        stretch.response_id = response_id
        self._claimed.setdefault(response_id, []).append(stretch)

    def _unclaim(self, stretch: Stretch) -> None:
        claimed = self._claimed.get(stretch.response_id or "", [])
        if stretch in claimed:
            claimed.remove(stretch)
            if not claimed:
                del self._claimed[stretch.response_id or ""]

    def _expected(self, now_ns: int) -> str | None:
        """The response that a pause is followed by, if it was named already: not one that was interrupted before.

        All that is said about a short one may come before its first sound.
        """
        if self._playing is not None or self._awaited is None:
            return None if self._playing in self._unwanted else self._playing
        awaited, self._awaited = self._awaited, None
        limit_ns = _LATE_UNWANTED_NS if awaited in self._unwanted else _LATE_NS
        return awaited if now_ns - self._ended[1] <= limit_ns else None

    def _settle(self) -> None:
        """What was taken for a beginning without a pause, and is over at once, was the end of what came before."""
        if len(self.stretches) < 2:
            return
        last, before = self.stretches[-1], self.stretches[-2]
        if not last.paused and last.response_id and before.response_id and last.samples <= _IN_FLIGHT_SAMPLES:
            self._claim(last, before.response_id)

    def _unclaimed(self, now_ns: int) -> Iterator[Stretch]:
        """Recent audio that may be of what the server has just told of, the latest first."""
        for stretch in reversed(self.stretches):
            unnamed = stretch.response_id is None and stretch.number > self._before
            recent = unnamed and now_ns - stretch.last_ns <= _LATE_NS
            if not recent or stretch.idle or not (stretch.sounds or stretch.paused):
                return
            yield stretch

    def _taken_for_more(self, now_ns: int) -> list[Stretch]:
        """The end of one response and the beginning of the next were told late and together."""
        last = self.stretches[-1] if self.stretches else None
        response_id, ended_ns = self._ended
        together = now_ns - ended_ns <= _BURST_NS
        return [last] if last and last.resumed and last.response_id == response_id and together else []
