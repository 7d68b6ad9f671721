"""What of the assistant's audio did the user really hear, and what must be cut when they interrupt?

Output audio passes five stages (received, decoded, queued, written, heard), each a count of samples per part of an
item (D4). ``heard`` comes from the sink alone, never from a clock; it is spread over the parts in the order in which
they were written. Cuts round down, so that the model is never told of a millisecond that nobody heard.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from bareline.protocol.limits import LEDGER_MAX_PARTS
from bareline.units import samples_to_ms

__all__ = ["Cut", "PartKey", "PlayoutLedger", "Position"]

PartKey = tuple[str, int]
"""``(item_id, content_index)``."""


@dataclass(frozen=True, slots=True)
class Cut:
    """What the server must be told about one interrupted part.

    ``delete``: nothing of the item was heard, so the item goes (``conversation.item.delete``); otherwise it is
    truncated at ``audio_end_ms`` (``conversation.item.truncate``), which is at most what was received. ``response_id``
    lets the caller leave out responses that are not in the conversation (REALTIME.md 10.9).
    """

    response_id: str
    item_id: str
    content_index: int
    audio_end_ms: int
    delete: bool


@dataclass(frozen=True, slots=True)
class Position:
    """The five counts of one part, in samples at 24 kHz; each is at most the one before it.

    ``finished``: the server said that no more audio comes for it. ``cut``: it was interrupted. ``estimated``: where its
    audio begins and ends within that of its response is a guess (WebRTC, and several parts in one response).
    """

    response_id: str
    received: int
    decoded: int
    queued: int
    written: int
    heard: int
    finished: bool
    cut: bool
    estimated: bool = False

    @property
    def over(self) -> bool:
        """Whether nothing more of it will be played."""
        return self.cut or (self.finished and self.heard == self.queued)


@dataclass(slots=True)
class _Part:
    key: PartKey
    response_id: str
    received: int = 0
    decoded: int = 0
    queued: int = 0
    written: int = 0
    heard: int = 0
    finished: bool = False
    cut: bool = False
    refused: bool = False

    @property
    def heard_to_the_end(self) -> bool:
        return self.finished and self.heard == self.received and not self.refused


@dataclass(slots=True)
class _Run:
    """Samples of one part (``None``: of something else) that the sink has taken and nobody has heard yet."""

    part: _Part | None
    samples: int


class PlayoutLedger:
    """Counts output audio through its stages and says what to cut at an interruption.

    All counts are samples at 24 kHz; audio in another wire format is counted as what it becomes. A stage that overtakes
    the one before it is a ``ValueError``: a mistake of the caller. Keeps at most ``LEDGER_MAX_PARTS`` parts and forgets
    the oldest ones first.
    """

    def __init__(self) -> None:
        self._parts: dict[PartKey, _Part] = {}
        self._interrupted: dict[str, None] = {}
        self._runs: deque[_Run] = deque()
        self._heard_total = 0
        self._playable_total = 0

    def begun(self, response_id: str, item_id: str, content_index: int = 0) -> bool:
        """An audio part begins (``response.content_part.added``), so that it can be cut before any audio came.

        False when its response or item was interrupted: its audio is not wanted.
        """
        part = self._parts.get((item_id, content_index))
        if part is None:
            part = self._add((item_id, content_index), response_id)
        part.refused = part.refused or response_id in self._interrupted
        return not part.cut and not part.refused

    def received(self, response_id: str, item_id: str, content_index: int, samples: int) -> bool:
        """Audio arrived. False, and nothing is counted, when its response or item was interrupted."""
        if not self.begun(response_id, item_id, content_index):
            return False
        self._parts[item_id, content_index].received += _checked(samples)
        return True

    def decoded(self, item_id: str, content_index: int, samples: int) -> None:
        """Received audio became PCM."""
        part = self._parts[item_id, content_index]
        part.decoded = _at_most(part.received, part.decoded + _checked(samples), "decoded", "received")

    def queued(self, item_id: str, content_index: int, samples: int) -> None:
        """PCM was queued for the sink."""
        part = self._parts[item_id, content_index]
        part.queued = _at_most(part.decoded, part.queued + _checked(samples), "queued", "decoded")

    def written(self, item_id: str, content_index: int, samples: int) -> None:
        """The sink took samples of this part. The order of these calls is the order of playing."""
        part = self._parts[item_id, content_index]
        part.written = _at_most(part.queued, part.written + _checked(samples), "written", "queued")
        self._append(part, samples)

    def written_other(self, samples: int) -> None:
        """The sink took samples that belong to no item (a local clip); they take time and count for nobody."""
        self._append(None, _checked(samples))

    def finished(self, item_id: str, content_index: int = 0) -> None:
        """No more audio comes for this part (``response.output_audio.done``)."""
        part = self._parts.get((item_id, content_index))
        if part is not None:
            part.finished = True

    def heard(self, total_samples: int) -> None:
        """The sink's count of all samples heard since its beginning; never back, never beyond what was written."""
        total = min(total_samples, self._playable_total)
        left = total - self._heard_total
        if left <= 0:
            return
        self._heard_total = total
        while left:
            run = self._runs[0]
            step = min(left, run.samples)
            left -= step
            run.samples -= step
            if run.part is not None:
                run.part.heard += step
            if not run.samples:
                self._runs.popleft()

    def cleared(self, dropped_samples: int) -> None:
        """The sink dropped the last ``dropped_samples`` written ones; they will never be heard.

        Tell the sink's ``heard`` first: what it played until the clear belongs to the head of the order.
        """
        self._dropped(dropped_samples)

    def taken_back(self, dropped_samples: int) -> None:
        """The sink dropped the last ``dropped_samples`` written ones, and they will be written again (a pause).

        Tell the sink's ``heard`` first, as for ``cleared``.
        """
        for run in self._dropped(dropped_samples):
            if run.part is not None:
                run.part.written -= run.samples

    def interrupt(self, response_id: str | None = None) -> list[Cut]:
        """Cut every part not heard to its end, of one response or of all, in the order in which they began.

        Parts are cut once: a second call gives what is new (an item that began after the first call), so call it again
        when an interrupted response is done. Their later audio is refused by ``received``.
        """
        chosen = [p for p in self._parts.values() if response_id is None or p.response_id == response_id]
        for interrupted in (p.response_id for p in chosen if not p.heard_to_the_end):
            self._interrupted[interrupted] = None
        if response_id is not None:
            self._interrupted[response_id] = None
        _trim(self._interrupted)
        cuts: list[Cut] = []
        for part in chosen:
            if not part.cut and not part.heard_to_the_end:
                cuts += self._cut(part)
        return cuts

    def wanted(self, item_id: str, content_index: int = 0) -> bool:
        """Whether audio of this part should still be played."""
        part = self._parts.get((item_id, content_index))
        return part is None or not (part.cut or part.response_id in self._interrupted)

    def unfinished(self, item_id: str, content_index: int = 0) -> bool:
        """Whether more audio of this part may come."""
        part = self._parts.get((item_id, content_index))
        return part is not None and not part.finished

    def position(self, item_id: str, content_index: int = 0) -> Position | None:
        """The counts of one part; ``None`` for one that the ledger does not know."""
        part = self._parts.get((item_id, content_index))
        return None if part is None else _position(part)

    def positions(self) -> dict[PartKey, Position]:
        """The counts of all known parts, in the order in which they began."""
        return {key: _position(part) for key, part in self._parts.items()}

    def heard_ms(self, item_id: str, content_index: int = 0) -> int:
        """Whole milliseconds heard of a part; 0 for an unknown one."""
        part = self._parts.get((item_id, content_index))
        return 0 if part is None else samples_to_ms(part.heard)

    def received_ms(self, item_id: str, content_index: int = 0) -> int:
        """Whole milliseconds received of a part; 0 for an unknown one."""
        part = self._parts.get((item_id, content_index))
        return 0 if part is None else samples_to_ms(part.received)

    @property
    def hearing(self) -> PartKey | None:
        """The part whose samples are heard next; ``None`` when the sink holds none of any item."""
        return next((run.part.key for run in self._runs if run.part is not None), None)

    @property
    def unheard_samples(self) -> int:
        """Samples that the sink has taken and that are still to be heard, local clips included."""
        return self._playable_total - self._heard_total

    def _add(self, key: PartKey, response_id: str) -> _Part:
        part = self._parts[key] = _Part(key, response_id)
        if len(self._parts) > LEDGER_MAX_PARTS:
            del self._parts[next(iter(self._parts))]
        return part

    def _append(self, part: _Part | None, samples: int) -> None:
        self._playable_total += samples
        if self._runs and self._runs[-1].part is part:
            self._runs[-1].samples += samples
        elif samples:
            self._runs.append(_Run(part, samples))

    def _dropped(self, samples: int) -> list[_Run]:
        """The tail of what the sink has taken goes; returns what that was."""
        left = min(samples, self._playable_total - self._heard_total)
        self._playable_total -= left
        dropped: list[_Run] = []
        while left:
            run = self._runs[-1]
            step = min(left, run.samples)
            left -= step
            run.samples -= step
            dropped.append(_Run(run.part, step))
            if not run.samples:
                self._runs.pop()
        return dropped

    def _cut(self, part: _Part) -> list[Cut]:
        item_id, content_index = part.key
        siblings = [p for p in self._parts.values() if p.key[0] == item_id]
        deleted = any(p.cut for p in siblings)
        unheard = not any(samples_to_ms(p.heard) for p in siblings)
        part.cut = True
        if unheard and deleted:
            return []
        return [Cut(part.response_id, item_id, content_index, samples_to_ms(part.heard), unheard)]


def _position(part: _Part) -> Position:
    counts = (part.received, part.decoded, part.queued, part.written, part.heard)
    return Position(part.response_id, *counts, part.finished, part.cut)


def _checked(samples: int) -> int:
    if samples < 0:
        raise ValueError(f"a count of samples cannot be negative: {samples}")
    return samples


def _at_most(limit: int, count: int, stage: str, before: str) -> int:
    if count > limit:
        raise ValueError(f"{count} samples {stage}, but only {limit} {before}")
    return count


def _trim(known: dict[str, None]) -> None:
    while len(known) > LEDGER_MAX_PARTS:
        del known[next(iter(known))]
