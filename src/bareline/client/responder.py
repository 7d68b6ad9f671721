"""When is a response asked for, and what became of each request?

Drives the ``ResponseSequencer`` (D5): one at a time, none while the user speaks, none twice for the same context.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Collection

from bareline.client.call_events import CallEvent, ErrorHappened
from bareline.client.journal import Journal
from bareline.clock import now_ns
from bareline.ids import IdSource
from bareline.protocol import events as ev
from bareline.protocol.sequencer import OBSERVED, RequestNote, ResponseSequencer
from bareline.units import NS_PER_S

__all__ = ["Responder", "Told"]

Told = Callable[[RequestNote], None]
"""Gets what becomes of one request; must not ask for anything itself."""
_TOLD_MAX = 64


class Responder:
    """Asks for responses. ``all_told``: whether the server has acknowledged every item of ours."""

    def __init__(
        self,
        ids: IdSource,
        journal: Journal,
        *,
        post: Callable[[ev.ClientEvent], object],
        emit: Callable[[CallEvent], None],
        all_told: Callable[[], bool],
    ) -> None:
        self._sequencer = ResponseSequencer(ids)
        self._journal = journal
        self._post = post
        self._emit = emit
        self._all_told = all_told
        self._plain: set[str] = set()
        self._told: OrderedDict[str, Told] = OrderedDict()
        self._retried = False
        self._connected = False
        self._kept: int | None = None
        self._news = asyncio.Event()

    @property
    def idle(self) -> bool:
        """Nothing is generated, asked for or waiting."""
        return self._sequencer.idle

    def answering(self, besides: Collection[str] = ()) -> bool:
        """Whether an answer is generated, asked for or to be expected, ``besides`` these responses."""
        return self._sequencer.answering(besides)

    def request(self, config: ev.ResponseConfig | None = None, reason: str = "", told: Told | None = None) -> str:
        """Ask for a response; it waits its turn, and one that means the same as a waiting one is that one.

        ``told`` hears what becomes of it instead of the application. Returns the request's id.
        """
        request_id = self._sequencer.request(config, reason)
        if config is None:
            self._plain.add(request_id)
        if told is not None:
            self._told[request_id] = told
            if len(self._told) > _TOLD_MAX:
                self._told.popitem(last=False)
        self._flush()
        return request_id

    def ask(self, reason: str) -> None:
        """Ask for a plain response to all that was said and done."""
        self.request(reason=reason)

    def say(self, text: str, *, remember: bool = True, told: Told | None = None) -> str:
        """Let the assistant say this text; with ``remember=False`` beside the conversation. The rest as ``request``."""
        return self.request(
            ev.ResponseConfig(
                instructions=f"Say exactly the following text: {text}",
                tool_choice="none",
                conversation=ev.UNSET if remember else "none",
                input=ev.UNSET if remember else [],  # what is to be said is all there is to know
            ),
            reason="say",
            told=told,
        )

    def withdraw(self, request_id: str) -> None:
        """Cancel one request, wherever it stands."""
        self._sequencer.cancel(request_id)
        self._flush()

    def cancel(self) -> None:
        """Cancel what is generated in the conversation, and what was just asked for."""
        self._sequencer.cancel()
        self._flush()

    def take(self, event: ev.ServerEvent) -> bool:
        """Follow one server event. True for an error that is settled here."""
        if not isinstance(event, OBSERVED):
            return False
        settled = self._sequencer.observe(event, now_ns())
        self._flush()
        return settled

    def withdraw_waiting(self) -> None:
        """Take back what was asked for in the conversation and not sent yet."""
        self._sequencer.withdraw_waiting()
        self._flush()

    def retry(self) -> bool:
        """Ask once more after the model failed; not twice in a row."""
        if self._retried:
            return False
        self._retried = True
        self.request(reason="retry")
        return True

    def user_speaks(self, *, speaks: bool) -> None:
        """Whether the user has the floor, as this side judges it; the server's events tell its own judgement."""
        self._sequencer.user_speaks(speaks=speaks)
        self._flush()

    def connection_lost(self) -> None:
        """Nobody is there to be asked: requests wait for the next connection, however long that takes."""
        self._connected = False
        self._news.set()

    def reconnected(self) -> None:
        """The session is a new one: what was asked for is asked again."""
        self._connected = True
        self._sequencer.reconnected()
        self._flush()

    async def run(self) -> None:
        """Keep the sequencer's deadlines, until cancelled."""
        while True:
            self._news.clear()
            self._kept = deadline = self._sequencer.deadline() if self._connected else None
            try:
                async with asyncio.timeout(None if deadline is None else max(0, deadline - now_ns()) / NS_PER_S):
                    await self._news.wait()
            except TimeoutError:
                self._sequencer.tick(now_ns())
                self._flush()

    def _flush(self) -> None:
        for note in self._sequencer.notes():
            self._note(note)
        for event in self._sequencer.outgoing(now_ns()) if self._connected else ():
            self._post(event)
        if self._sequencer.deadline() != self._kept:  # most events change nothing, and waking a task costs more
            self._news.set()

    def _note(self, note: RequestNote) -> None:
        told = self._told.get(note.request_id or "")
        if told is not None:
            self._tell(note, told)
            return
        match note.what:
            case "created":
                self._created(note)
            case "done":
                self._retried = self._retried and (note.response is None or note.response.status != "completed")
            case "refused" | "unanswered":
                error = note.error or ev.ErrorDetail(type="timeout", message="no response came to our request")
                self._journal.error("turn_lost", error.code, error.message, request_id=note.request_id)
                self._emit(ErrorHappened(at_ns=now_ns(), severity="turn", code=error.code, message=error.message))
            case "withdrawn" | "lost" | "orphan":
                self._journal.decision("request", note.what, request_id=note.request_id)
        if note.request_id is not None:
            self._plain.discard(note.request_id)

    def _tell(self, note: RequestNote, told: Told) -> None:
        if note.what in ("done", "refused", "lost"):
            self._told.pop(note.request_id or "", None)
        if note.what in ("refused", "unanswered"):
            code = note.error.code if note.error is not None else None
            self._journal.decision("request", note.what, request_id=note.request_id, code=code)
        told(note)

    def _created(self, note: RequestNote) -> None:
        """A response that the server began by itself sees all that was told: it is the answer we were waiting for."""
        in_band = note.response is not None and note.response.conversation_id is not None
        if note.request_id is None and in_band and self._all_told():
            for request_id in list(self._plain):
                self._plain.discard(request_id)
                self._sequencer.cancel(request_id)
