"""How do a real client and a real server talk with no I/O, no event loop and no clock?

``EndpointPair`` joins a ``ClientEndpoint`` and a ``ServerEndpoint`` by a ``SeededLink`` and moves simulated time from
one event to the next: messages arriving, deadlines, whatever was planned with ``at``. It plays the pump and the backend
too: a ``Plan`` says what a response generates and when, silence decides turns.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence

from bareline.ids import SeededIds
from bareline.protocol.actions import (
    Action,
    CloseConnection,
    InputAppended,
    InputCleared,
    InputCommitted,
    McpCallRequested,
    McpCallStopped,
    McpListRequested,
    OutputAppended,
    OutputDropped,
    ResponseRequested,
    ResponseStopped,
    SessionChanged,
)
from bareline.protocol.client_endpoint import ClientEndpoint, Received
from bareline.protocol.events import ClientEvent
from bareline.protocol.generation import Completed, Failed, Incomplete, Outcome, Output, ResponseRequest
from bareline.protocol.server_endpoint import ServerEndpoint
from bareline.testing.link import SeededLink
from bareline.testing.silence_turns import SilenceTurns

__all__ = ["EndpointPair", "Plan", "TranscriptPlan"]

Plan = Callable[[ResponseRequest], Sequence[tuple[int, Output | Outcome]]]
"""What a response generates: outputs and at last an outcome, each with the nanoseconds since the one before."""
TranscriptPlan = Callable[[str], Sequence[tuple[int, str | None]]]
"""Increments of the transcript of an item, each with the nanoseconds since the one before; ``None``: it failed."""

_OPENED_UNIX_S = 1_700_000_000


class EndpointPair:
    """Two endpoints and a link between them, in simulated time that starts at 0.

    ``on_event`` is called with everything the client receives. ``steps`` counts what happened so far; ``run`` raises
    ``AssertionError`` beyond ``max_steps``, since then the two talk for ever.
    """

    def __init__(
        self,
        plan: Plan,
        *,
        link: SeededLink | None = None,
        client: ClientEndpoint | None = None,
        server: ServerEndpoint | None = None,
        transcripts: TranscriptPlan | None = None,
        on_event: Callable[[Received], None] | None = None,
        seed: int = 0,
        max_steps: int = 1_000_000,
    ) -> None:
        self.client = client or ClientEndpoint(checks=True)
        self.server = server or ServerEndpoint(ids=SeededIds(seed), model="gpt-realtime", opened_unix_s=_OPENED_UNIX_S)
        self.link = link or SeededLink(seed=seed)
        self.now_ns = 0
        self.steps = 0
        self.closed: CloseConnection | None = None
        self._plan = plan
        self._transcripts = transcripts
        self._on_event = on_event
        self._turns = SilenceTurns(self.server)
        self._max_steps = max_steps
        self._calls: list[tuple[int, int, Callable[[], None]]] = []
        self._generating: set[str] = set()
        self.server.open(0)
        self._settle()

    def at(self, time_ns: int, call: Callable[[], None]) -> None:
        """Do something at a time, or now if that is over."""
        self.steps += 1
        heapq.heappush(self._calls, (max(time_ns, self.now_ns), self.steps, call))

    def after(self, delay_ns: int, call: Callable[[], None]) -> None:
        """Do something in a while."""
        self.at(self.now_ns + delay_ns, call)

    def send(self, event: ClientEvent) -> None:
        """The client says ``event`` now. Raises ``LocalProtocolError`` as the client's checks do."""
        self.client.send(event, self.now_ns)
        self._settle()

    def run(self, *, until_ns: int | None = None) -> None:
        """Let time pass until nothing is under way any more, or until a time.

        The end of the session is not waited for without ``until_ns``.
        """
        while (next_ns := self._next_ns(until_ns)) is not None:
            self.now_ns = max(self.now_ns, next_ns)
            self._step()
            self._settle()
        if until_ns is not None:
            self.now_ns = max(self.now_ns, until_ns)

    @property
    def generating(self) -> frozenset[str]:
        """Ids of the responses that the backend is generating."""
        return frozenset(self._generating)

    def _next_ns(self, until_ns: int | None) -> int | None:
        times = [self.link.deadline(), self._calls[0][0] if self._calls else None]
        if until_ns is not None:
            times += [self.server.deadline(), self.client.deadline()]
        soonest = min((time for time in times if time is not None), default=None)
        return None if soonest is None or (until_ns is not None and soonest > until_ns) else soonest

    def _step(self) -> None:
        self.steps += 1
        if self.steps > self._max_steps:
            raise AssertionError(f"more than {self._max_steps} steps: the two talk for ever")
        self.client.tick(self.now_ns)
        self.server.tick(self.now_ns)
        while (message := self.link.receive("up", self.now_ns)) is not None:
            self.server.receive(message, self.now_ns)
            self._settle()
        while (message := self.link.receive("down", self.now_ns)) is not None:
            self.client.receive(message, self.now_ns)
            self._settle()
        while self._calls and self._calls[0][0] <= self.now_ns:
            heapq.heappop(self._calls)[2]()
            self._settle()

    def _settle(self) -> None:
        """Carry out what the endpoints ask for, until they ask for nothing."""
        for message in self.client.outgoing():
            self.link.send("up", message, self.now_ns)
        for received in self.client.events():
            if self._on_event is not None:
                self._on_event(received)
        actions = list(self.server.events())
        while actions:
            for action in actions:
                self._act(action)
            actions = list(self.server.events())
        for message in self.server.outgoing():
            self.link.send("down", message, self.now_ns)

    def _act(self, action: Action) -> None:
        match action:
            case SessionChanged() | InputAppended() | InputCleared() | InputCommitted():
                self._act_on_input(action)
            case ResponseRequested():
                self._generate(action.request)
            case ResponseStopped():
                self._generating.discard(action.response_id)
            case OutputAppended() | OutputDropped() | McpListRequested() | McpCallRequested() | McpCallStopped():
                pass  # a pair of endpoints has neither media nor servers
            case CloseConnection():
                self.closed = action

    def _act_on_input(self, action: SessionChanged | InputAppended | InputCleared | InputCommitted) -> None:
        match action:
            case SessionChanged():
                self._turns.configure(action.session)
            case InputAppended():
                self._turns.hear(action, self.now_ns)
            case InputCleared():
                self._turns.forget()
            case InputCommitted():
                if action.transcribe:
                    self._transcribe(action.item_id)

    def _generate(self, request: ResponseRequest) -> None:
        self._generating.add(request.response_id)
        time_ns = self.now_ns
        for delay_ns, output in (*self._plan(request), (0, Completed())):
            time_ns += delay_ns
            self.at(time_ns, lambda output=output: self._produce(request.response_id, output))

    def _produce(self, response_id: str, output: Output | Outcome) -> None:
        if response_id not in self._generating:
            return
        if isinstance(output, Completed | Incomplete | Failed):
            self._generating.discard(response_id)
            self.server.finish(response_id, output, self.now_ns)
        else:
            self.server.produce(response_id, output, self.now_ns)

    def _transcribe(self, item_id: str) -> None:
        time_ns = self.now_ns
        for delay_ns, delta in self._transcripts(item_id) if self._transcripts else ():
            time_ns += delay_ns
            self.at(time_ns, lambda delta=delta: self._hear(item_id, delta))
        self.at(time_ns, lambda: self.server.transcribed(item_id, self.now_ns))

    def _hear(self, item_id: str, delta: str | None) -> None:
        if delta is None:
            self.server.transcription_failed(item_id, "nothing was understood", self.now_ns)
        else:
            self.server.transcript_delta(item_id, delta, self.now_ns)
