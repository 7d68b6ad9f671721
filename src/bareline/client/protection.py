"""Which speech of the assistant must not be interrupted by the user?"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager

from bareline.client.call_events import CallEvent, ErrorHappened
from bareline.client.local_ears import LocalEars
from bareline.clock import now_ns
from bareline.media.frames import AudioFrame
from bareline.protocol.sequencer import RequestNote
from bareline.turns.contract import TurnDecision
from bareline.units import ms_to_ns

__all__ = ["Protection"]

_BEGINS_WITHIN_NS = ms_to_ns(1_000)
"""After a response is done its audio has begun to come, or there is none."""


class Protection:
    """Spans, and responses until they are heard to their end.

    ``holds`` tells whether audio of a response is played or waits; ``changed`` is called when protection begins or
    ends, so that the service is told where it interrupts by itself. Follows ``ears``.
    """

    def __init__(
        self,
        ears: LocalEars,
        *,
        holds: Callable[[str], bool],
        changed: Callable[[], None],
        emit: Callable[[CallEvent], None],
    ) -> None:
        self._holds = holds
        self._changed = changed
        self._emit = emit
        self._spans = 0
        self._asked: set[str] = set()
        self._generating: set[str] = set()
        self._done: dict[str, int] = {}
        self._was = False
        ears.follow(self)

    @property
    def active(self) -> bool:
        """Whether what is said now must not be interrupted."""
        return bool(self._spans or self._generating) or any(self._lasts(response_id) for response_id in self._done)

    @property
    def wanted(self) -> bool:
        """Whether it is, or is about to be."""
        return bool(self._asked) or self.active

    @contextmanager
    def span(self) -> Generator[None]:
        """Protect whatever is said meanwhile."""
        self._spans += 1
        self.look()
        try:
            yield
        finally:
            self._spans -= 1
            self.look()

    def ask(self, request: Callable[[Callable[[RequestNote], None]], str]) -> None:
        """Protect the response that ``request`` asks for; it gets whom to tell, and returns the request's id."""
        self._asked.add("")  # the service has to know before it is asked
        self.look()
        self._asked = (self._asked | {request(self._told)}) - {""}

    def heard(self, frame: AudioFrame, decisions: Sequence[TurnDecision]) -> None:  # noqa: ARG002 - a follower's
        """Protection ends also where nothing of the answer comes: as long as a user is there, somebody looks."""
        if self._was:
            self.look()

    def look(self) -> None:
        """Something was heard to its end, or is not coming."""
        self._done = {response_id: until for response_id, until in self._done.items() if self._lasts(response_id)}
        if self.wanted != self._was:
            self._was = self.wanted
            self._changed()

    def connection_lost(self) -> None:
        """What was generated comes no more; requests are repeated."""
        for response_id in self._generating:
            self._done[response_id] = 0
        self._generating.clear()
        self.look()

    def _lasts(self, response_id: str) -> bool:
        """Whether something of it is to be heard; where audio is media, it may begin after all is generated."""
        return now_ns() < self._done[response_id] or self._holds(response_id)

    def _told(self, note: RequestNote) -> None:
        response_id = note.response.id if note.response is not None else None
        self._asked.discard(note.request_id or "")
        if note.what == "created" and response_id:
            self._generating.add(response_id)
        elif note.what == "done" and response_id:
            self._generating.discard(response_id)
            self._done[response_id] = now_ns() + _BEGINS_WITHIN_NS
        elif note.what in ("refused", "unanswered"):
            self._failed(note)
        self.look()

    def _failed(self, note: RequestNote) -> None:
        code, message = (note.error.code, note.error.message) if note.error is not None else (None, "")
        message = message or "no response came to our request"
        self._emit(ErrorHappened(at_ns=now_ns(), severity="turn", code=code, message=message))
