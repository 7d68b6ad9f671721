"""What of the assistant's audio did the user really hear, where it comes as media and names no item?

As ``PlayoutLedger``, with two differences. Which response a sample belongs to is found by ``Attribution``, sometimes
only after it was played. And the server decides about truncation, by what it paced out: what is cut here is not told.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from bareline.protocol.attribution import Attribution
from bareline.protocol.limits import LEDGER_MAX_PARTS
from bareline.protocol.playout import Cut, PartKey, PlayoutLedger, Position
from bareline.protocol.speech_rate import SpeechRate
from bareline.units import samples_to_ms

__all__ = ["MediaLedger"]


@dataclass(slots=True)
class _Part:
    key: PartKey
    response_id: str
    cut: bool = False


@dataclass(slots=True)
class _Spoken:
    """A response: its parts in order, whether its audio has begun, and whether it is over.

    ``settled``: all of it was heard, or cut.
    """

    keys: list[PartKey]
    began: bool = False
    ended: bool = False
    settled: bool = False


_FORGOTTEN = Position("", 0, 0, 0, 0, 0, finished=True, cut=False)
"""Of a stretch so long ago that nobody asks what was heard of it."""


class _Counts(NamedTuple):
    received: int
    queued: int
    written: int
    heard: int


class MediaLedger:
    """Counts media audio through its stages, by response, and divides it among the parts of each.

    ``chars`` tells how much text of a part is known. A response with one part is counted to the sample; among several
    the audio is divided by the length of their texts, and their positions say ``estimated``. Keeps at most
    ``LEDGER_MAX_PARTS`` parts, and as many responses that are played without one; forgets the oldest ones first.
    """

    def __init__(self, chars: Callable[[PartKey], int]) -> None:
        self.rate = SpeechRate()
        self._chars = chars
        self._stream = Attribution()
        self._stretches = PlayoutLedger()
        self._parts: dict[PartKey, _Part] = {}
        self._responses: dict[str, _Spoken] = {}

    @property
    def playing(self) -> str | None:
        """The response that the server says it is playing."""
        return self._stream.playing

    def begun(self, response_id: str, item_id: str, content_index: int = 0) -> None:
        """An audio part was announced (``response.content_part.added``)."""
        key = (item_id, content_index)
        if key not in self._parts:
            self._parts[key] = _Part(key, response_id)
            response = self._response(response_id)
            response.keys.append(key)
            response.settled = False
            if len(self._parts) > LEDGER_MAX_PARTS:
                self._forget(self._parts[next(iter(self._parts))])

    def keys(self, response_id: str) -> tuple[PartKey, ...]:
        """The audio parts of a response that were announced so far."""
        response = self._responses.get(response_id)
        return tuple(response.keys) if response else ()

    def abandoned(self, response_id: str) -> None:
        """The response was given up; if its audio has not begun, none will come."""
        response = self._responses.get(response_id)
        if response is not None and not response.began:
            response.ended = True

    def waits(self, response_id: str) -> bool:
        """Whether announced audio of a response is still to be played, behind what the server is playing."""
        response = self._responses.get(response_id)
        if response is None or response.began or response.ended or self.playing is None:
            return False
        return bool(response.keys) and not self._cut_off(response)

    def received(self, first_sample: int, samples: int, *, loud: bool, now_ns: int) -> int | None:
        """A frame came. Returns its stretch, to name it by in what follows; ``None``: do not play it."""
        stretch = self._stream.frame(first_sample, samples, loud=loud, now_ns=now_ns)
        if stretch is None:
            return None
        name = str(stretch.number)
        self._stretches.received("", name, 0, samples)
        self._stretches.decoded(name, 0, samples)
        return stretch.number

    def queued(self, stretch: int, samples: int) -> None:
        """Samples of this stretch were queued for the sink."""
        self._stretches.queued(str(stretch), 0, samples)

    def written(self, stretch: int, samples: int) -> None:
        """The sink took samples of this stretch. The order of these calls is the order of playing."""
        self._stretches.written(str(stretch), 0, samples)

    def written_other(self, samples: int) -> None:
        """The sink took samples that count for nobody."""
        self._stretches.written_other(samples)

    def heard(self, total_samples: int) -> None:
        """The sink's count of all samples heard since its beginning."""
        self._stretches.heard(total_samples)

    def cleared(self, dropped_samples: int) -> None:
        """The sink dropped the last ``dropped_samples`` written ones, and what was queued is gone.

        Tell ``heard`` first. An answer of which something is lost in this way can still be heard to its end.
        """
        self._stretches.cleared(dropped_samples)
        self._write_off()

    def taken_back(self, dropped_samples: int) -> None:
        """The sink dropped the last ``dropped_samples`` written ones, and they will be written again (a pause).

        Tell ``heard`` first.
        """
        self._stretches.taken_back(dropped_samples)

    def started(self, response_id: str, now_ns: int) -> bool:
        """``output_audio_buffer.started``. False when the response was interrupted: it is not to be played."""
        for known in self._responses.values():  # the server plays one after the other
            known.ended = known.ended or known.began
        response = self._response(response_id)
        response.began, response.ended = True, False
        return self._stream.started(response_id, now_ns)

    def stopped(self, response_id: str, now_ns: int) -> None:
        """``output_audio_buffer.stopped``: the server has played the response to its end."""
        self._stream.ended(response_id, now_ns)
        response = self._response(response_id)
        response.began = response.ended = True
        if len(response.keys) == 1 and not self._parts[response.keys[0]].cut:
            self.rate.learn(self._chars(response.keys[0]), self._counted(response_id).received)

    def dropped(self, response_id: str, now_ns: int) -> None:
        """``output_audio_buffer.cleared``: the server dropped what it had not played."""
        self._stream.ended(response_id, now_ns)
        response = self._response(response_id)
        response.began = response.ended = True

    def restarted(self, now_ns: int) -> None:
        """The connection is gone: nothing more comes for what there is, and another stream follows."""
        self._stream.restarted(now_ns)
        for response in self._responses.values():
            response.ended = True

    def interrupt(self, response_id: str | None = None) -> list[Cut]:
        """Cut every part not heard to its end, of one response or of all; each is cut once.

        ``delete`` is never set: the server judges by itself what becomes of an item that nobody heard.
        """
        if response_id is None:
            self._stream.interrupted()
        else:
            self._stream.unwanted(response_id)
        unsettled = [known for known, response in self._responses.items() if not response.settled]
        return [cut for known in unsettled if response_id in (None, known) for cut in self._cut(known)]

    def position(self, item_id: str, content_index: int = 0) -> Position | None:
        """The counts of one part; ``None`` for one that the ledger does not know."""
        part = self._parts.get((item_id, content_index))
        return None if part is None else self._positions(part.response_id)[part.key]

    def positions(self) -> dict[PartKey, Position]:
        """The counts of all known parts, in the order in which they began."""
        found: dict[PartKey, Position] = {}
        for response_id in self._responses:
            found |= self._positions(response_id)
        return {key: found[key] for key in self._parts}

    def heard_ms(self, item_id: str, content_index: int = 0) -> int:
        """Whole milliseconds heard of a part; 0 for an unknown one."""
        position = self.position(item_id, content_index)
        return 0 if position is None else samples_to_ms(position.heard)

    def received_ms(self, item_id: str, content_index: int = 0) -> int:
        """Whole milliseconds received of a part; 0 for an unknown one."""
        position = self.position(item_id, content_index)
        return 0 if position is None else samples_to_ms(position.received)

    @property
    def unheard_samples(self) -> int:
        """Samples that the sink has taken and that are still to be heard."""
        return self._stretches.unheard_samples

    def _write_off(self) -> None:
        """What was queued and is not in the sink will never be heard; the sink plays the earliest first."""
        playable = self._stretches.unheard_samples
        for stretch in self._stream.stretches:
            position = self._stretches.position(str(stretch.number)) or _FORGOTTEN
            unheard = max(0, position.queued - position.heard - stretch.lost_samples)
            stretch.lost_samples += max(0, unheard - playable)
            playable = max(0, playable - unheard)

    def _cut(self, response_id: str) -> list[Cut]:
        cuts: list[Cut] = []
        response, positions = self._responses[response_id], self._positions(response_id)
        for key, position in positions.items():
            if not position.over:
                self._parts[key].cut = True
                self._stream.unwanted(response_id)
                cuts.append(Cut(response_id, *key, samples_to_ms(position.heard), delete=False))
        response.settled = bool(cuts) or response.ended
        return cuts

    def _response(self, response_id: str) -> _Spoken:
        known = self._responses.setdefault(response_id, _Spoken([]))
        if len(self._responses) > 2 * LEDGER_MAX_PARTS:  # most of them without a part
            del self._responses[next(name for name, response in self._responses.items() if not response.keys)]
        return known

    def _forget(self, part: _Part) -> None:
        del self._parts[part.key]
        response = self._responses[part.response_id]
        response.keys.remove(part.key)
        if not response.keys:
            del self._responses[part.response_id]

    def _counted(self, response_id: str) -> _Counts:
        counts = _Counts(0, 0, 0, 0)
        for stretch in self._stream.of(response_id):
            found = self._stretches.position(str(stretch.number)) or _FORGOTTEN
            queued = max(0, found.queued - stretch.lost_samples)
            more = (found.received, queued, min(found.written, queued), found.heard)
            counts = _Counts(*(a + b for a, b in zip(counts, more, strict=True)))
        return counts

    def _positions(self, response_id: str) -> dict[PartKey, Position]:
        """What of each count falls between the beginning and the end of each part."""
        response, counts = self._responses[response_id], self._counted(response_id)
        begins, found = 0, dict[PartKey, Position]()
        for key, ends in zip(response.keys, self._ends(response, counts.received), strict=True):
            received, queued, written, heard = (max(0, min(count, ends) - begins) for count in counts)
            finished = response.ended or (key != response.keys[-1] and counts.received >= ends)
            found[key] = Position(
                response_id,
                received,
                received,
                queued,
                written,
                heard,
                finished,
                self._parts[key].cut,
                estimated=len(response.keys) > 1,
            )
            begins = ends
        return found

    def _ends(self, response: _Spoken, received: int) -> list[int]:
        """Where each part ends within the audio of its response, in samples; the last one takes the rest."""
        lengths = [self.rate.samples(max(1, self._chars(key))) for key in response.keys]
        scale = (received, sum(lengths)) if response.ended and not self._cut_off(response) else (1, 1)
        ends: list[int] = []
        for length in lengths[:-1]:
            ends.append((ends[-1] if ends else 0) + length * scale[0] // scale[1])
        return [*ends, max(received, *ends[-1:], 0)] if lengths else []

    def _cut_off(self, response: _Spoken) -> bool:
        return any(self._parts[key].cut for key in response.keys)
