"""In which order may responses be asked for, when only one at a time may be active? (D5)

Requests queue behind the active response of the default conversation; out-of-band ones run beside it. Each carries its
own id in the metadata, so that its response is recognised, also one that comes after it was given up (an orphan).
Source: REALTIME.md 10.6-10.9 and section 11.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection

from bareline.errors import LocalProtocolError
from bareline.ids import IdSource
from bareline.protocol.events import (
    ClientEvent,
    Error,
    ErrorDetail,
    InputAudioBufferCleared,
    InputAudioBufferCommitted,
    InputAudioBufferSpeechStarted,
    InputAudioBufferSpeechStopped,
    InputAudioBufferTimeoutTriggered,
    Response,
    ResponseCancel,
    ResponseConfig,
    ResponseCreated,
    ResponseDone,
    ServerEvent,
    SessionCreated,
    SessionUpdated,
)
from bareline.protocol.limits import (
    METADATA_MAX_PAIRS,
    REQUEST_ANSWER_NS,
    REQUEST_QUEUE_MAX,
    REQUEST_RETRIES_MAX,
)
from bareline.protocol.response_floor import ResponseFloor
from bareline.protocol.response_requests import REQUEST_KEY, Request, RequestNote, RequestOutcome

__all__ = ["OBSERVED", "REQUEST_KEY", "RequestNote", "ResponseSequencer"]

OBSERVED = (
    Error,
    InputAudioBufferCleared,
    InputAudioBufferCommitted,
    InputAudioBufferSpeechStarted,
    InputAudioBufferSpeechStopped,
    InputAudioBufferTimeoutTriggered,
    ResponseCreated,
    ResponseDone,
    SessionCreated,
    SessionUpdated,
)
"""The events that mean something to ``ResponseSequencer.observe``; it need not be shown others."""


class ResponseSequencer:
    """Says when which ``response.create`` and ``response.cancel`` goes out; sans-IO.

    After every ``request``, ``cancel``, ``observe`` and ``tick``, send what ``outgoing`` gives and read ``notes``; be
    back with ``tick`` at ``deadline``. In-band requests wait for the active response, for the response that the server
    starts by itself after the user's speech, and while the user speaks.
    """

    def __init__(self, ids: IdSource) -> None:
        self._ids = ids
        self._floor = ResponseFloor()
        self._waiting: deque[Request] = deque()
        self._asked: Request | None = None
        self._beside: dict[str, Request] = {}
        self._running: dict[str, Request] = {}
        self._given_up: dict[str, Request] = {}
        self._active: str | None = None
        self._cancelling: set[str] = set()
        self._echoes = False
        self._cancels: deque[ResponseCancel] = deque()
        self._beside_unsent: deque[Request] = deque()
        self._notes: deque[RequestNote] = deque()

    @property
    def active_response_id(self) -> str | None:
        """The response being generated in the default conversation."""
        return self._active

    @property
    def active_request_id(self) -> str | None:
        """The request that the active response answers; ``None`` also when the server started it by itself."""
        return self.request_of(self._active or "")

    @property
    def idle(self) -> bool:
        """Nothing is active, asked for or waiting, beside the conversation included."""
        return not (self._active or self._asked or self._waiting or self._beside or self._running)

    def answering(self, besides: Collection[str] = ()) -> bool:
        """Whether an answer in the conversation is generated, asked for or to be expected; ``besides`` these responses.

        The user's turn is over and the server is about to answer by itself: that counts.
        """
        active = self._active is not None and self._active not in besides
        return active or self._asked is not None or bool(self._waiting) or self._floor.held_until_ns is not None

    def request_of(self, response_id: str) -> str | None:
        """The request that a running response answers."""
        request = self._running.get(response_id)
        return request.id if request is not None else None

    def request(self, config: ResponseConfig | None = None, reason: str = "") -> str:
        """Ask for a response and return the request's id; ``reason`` comes back in its notes.

        A request that means the same as a waiting one becomes that one: the response will see everything that was
        said until it begins. Raises ``LocalProtocolError`` when the queue is full or the metadata has no room.
        """
        config = config or ResponseConfig()
        if isinstance(config.metadata, dict) and len(config.metadata) >= METADATA_MAX_PAIRS:
            raise LocalProtocolError(f"metadata needs one free pair of its {METADATA_MAX_PAIRS} for {REQUEST_KEY}")
        same = next((waiting for waiting in self._waiting if waiting.config == config), None)
        if same is not None:
            return same.id
        if len(self._waiting) + len(self._beside) >= REQUEST_QUEUE_MAX:
            raise LocalProtocolError(f"{REQUEST_QUEUE_MAX} responses are waiting already")
        request = Request(self._ids.new("req"), config, reason)
        if request.out_of_band:
            self._beside[request.id] = request
            self._beside_unsent.append(request)
        else:
            self._waiting.append(request)
        return request.id

    def cancel(self, request_id: str | None = None) -> None:
        """Cancel one request, wherever it stands; without an id the active response and the one just asked for.

        Waiting requests stay when no id is given. A response that begins nevertheless is cancelled as it begins.
        """
        for request in [r for r in self._waiting if r.id == request_id]:
            self._waiting.remove(request)
            self._notes.append(request.note("withdrawn"))
        asked = self._asked if request_id is None else self._beside.get(request_id, self._asked)
        if asked is not None and request_id in {None, asked.id} and not asked.withdrawn:
            asked.withdrawn = True
            self._give_up(asked, "withdrawn")
        for response_id, running in self._running.items():
            if running.id == request_id:
                self._cancel_response(response_id)
        if request_id is None and self._active is not None:
            self._cancel_response(self._active)

    def withdraw_waiting(self) -> None:
        """Drop every request that waits; what is asked for or runs goes on."""
        self._notes.extend(request.note("withdrawn") for request in self._waiting)
        self._waiting.clear()

    def observe(self, event: ServerEvent, now_ns: int) -> bool:
        """Take a server event. True for an error that is settled here and need not reach anybody."""
        match event:
            case ResponseCreated():
                self._created(event.response)
            case ResponseDone():
                self._done(event.response)
            case Error():
                return self._refused(event.error, now_ns)
            case _:
                self._floor.observe(event, now_ns)
        return False

    def user_speaks(self, *, speaks: bool) -> None:
        """Whether the user has the floor, as a turn detector on this side judges it."""
        self._floor.user_speaks_here = speaks

    def tick(self, now_ns: int) -> None:
        """Give up what has stayed unanswered for ``REQUEST_ANSWER_NS``."""
        self._floor.tick(now_ns)
        late = [r for r in (self._asked, *self._beside.values()) if r is not None and r.overdue(now_ns)]
        for request in late:
            self._settle(request)
            if not request.withdrawn:
                self._give_up(request, "unanswered")

    def deadline(self) -> int | None:
        """When ``tick`` is next needed."""
        asked = [r.sent_at_ns for r in (self._asked, *self._beside.values()) if r is not None and r.attempts]
        times = [sent + REQUEST_ANSWER_NS for sent in asked]
        if self._floor.held_until_ns is not None:
            times.append(self._floor.held_until_ns)
        return min(times, default=None)

    def outgoing(self, now_ns: int) -> list[ClientEvent]:
        """What to send now, in order; drains."""
        events: list[ClientEvent] = list(self._cancels)
        self._cancels.clear()
        events += [request.event(now_ns) for request in self._beside_unsent if request.id in self._beside]
        self._beside_unsent.clear()
        if self._waiting and self._free(now_ns):
            self._asked = self._waiting.popleft()
            events.append(self._asked.event(now_ns))
        return events

    def notes(self) -> list[RequestNote]:
        """What became of requests since the last call; drains."""
        notes = list(self._notes)
        self._notes.clear()
        return notes

    def reconnected(self) -> None:
        """The session is a new one: what was asked for is asked again, once for all that means the same.

        What was running is lost, and what was asked for beside the conversation: it was for its moment.
        """
        lost = [*self._running.values(), *self._beside.values()]
        self._notes.extend(request.note("lost") for request in lost)
        asked = self._asked
        if asked is not None and not asked.withdrawn:
            if any(waiting.config == asked.config for waiting in self._waiting):
                self._notes.append(asked.note("withdrawn"))
            else:
                self._waiting.appendleft(asked)
        self._beside.clear()
        self._beside_unsent.clear()
        self._running.clear()
        self._cancels.clear()
        self._cancelling.clear()
        self._asked = self._active = None
        self._floor.reconnected()

    def _free(self, now_ns: int) -> bool:
        return self._asked is None and self._active is None and self._floor.free(now_ns)

    def _created(self, response: Response) -> None:
        request = self._answered(response)
        in_band = not request.out_of_band if request is not None else response.conversation_id is not None
        if request is not None:
            self._settle(request)
        if in_band:
            self._active = response.id
            self._floor.response_began()
        orphan = self._given_up.get(_marker(response) or (request.id if request is not None else ""))
        ours = orphan or request
        if ours is not None and response.id is not None:
            self._running[response.id] = ours
        if orphan is not None and response.id is not None:
            self._cancel_response(response.id)
        what: RequestOutcome = "orphan" if orphan is not None else "created"
        self._notes.append(ours.note(what, response) if ours is not None else RequestNote(what, None, "", response))

    def _answered(self, response: Response) -> Request | None:
        """The outstanding request that a new response answers."""
        marker = _marker(response)
        if marker is not None:
            self._echoes = True
            outstanding = self._beside.get(marker, self._asked)
            return outstanding if outstanding is not None and outstanding.id == marker else None
        # A server that does not echo metadata: what it did not start by itself must be ours.
        return None if response.metadata or self._floor.server_answers or self._echoes else self._asked

    def _done(self, response: Response) -> None:
        request = self._answered(response) if response.metadata else None
        if request is not None:  # its created event never came
            self._settle(request)
        request = self._running.pop(response.id or "", None) or request
        self._cancelling.discard(response.id or "")
        if response.id == self._active:
            self._active = None
        if response.conversation_id is not None:
            self._floor.response_done()
        self._notes.append(request.note("done", response) if request else RequestNote("done", None, "", response))

    def _refused(self, error: ErrorDetail, now_ns: int) -> bool:
        if error.code == "response_cancel_not_active":
            return True
        busy = error.code == "conversation_already_has_active_response"
        request = self._named(error.event_id) or (self._asked if busy and error.event_id is None else None)
        if request is None:
            return busy
        self._settle(request)
        if request.withdrawn:
            return True
        if busy and request.attempts <= REQUEST_RETRIES_MAX:
            self._waiting.appendleft(request)
            if self._active is None:
                self._floor.refused(now_ns)
            return True
        self._notes.append(request.note("refused", error=error))
        return True

    def _named(self, event_id: str | None) -> Request | None:
        outstanding = (self._asked, *self._beside.values())
        return next((r for r in outstanding if r is not None and event_id is not None and r.event_id == event_id), None)

    def _settle(self, request: Request) -> None:
        """The request is no longer outstanding."""
        self._beside.pop(request.id, None)
        if self._asked is request:
            self._asked = None

    def _give_up(self, request: Request, what: RequestOutcome) -> None:
        self._given_up[request.id] = request
        if len(self._given_up) > REQUEST_QUEUE_MAX:
            del self._given_up[next(iter(self._given_up))]
        self._notes.append(request.note(what))

    def _cancel_response(self, response_id: str) -> None:
        if response_id not in self._cancelling:
            self._cancelling.add(response_id)
            self._cancels.append(ResponseCancel(response_id=response_id, event_id=f"cancel.{response_id}"))


def _marker(response: Response) -> str | None:
    return (response.metadata or {}).get(REQUEST_KEY)
