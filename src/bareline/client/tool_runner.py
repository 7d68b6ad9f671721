"""Which tool calls are under way, and how do their results reach the model?

Every call runs in a task of its own and is answered when it settles; when all calls of a response are answered and the
response is over, exactly one response is asked for (REALTIME.md 10.8). An interruption cancels none of them: what was
done has to be known.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Literal

from bareline.client.call_events import CallEvent, ToolCalled, ToolSettled
from bareline.client.journal import Journal
from bareline.client.tool_execution import Outcome, execute
from bareline.clock import now_ns
from bareline.protocol import events as ev
from bareline.tools import CallState, CallStep, Consent, Spoken, Tool, Toolbox, ToolContext, next_state
from bareline.tools.arguments import Arguments, InvalidArguments
from bareline.tools.results import invalid_text, status_text
from bareline.units import ns_to_ms

__all__ = ["FILLER_AFTER_S", "THREADS_MAX", "Executed", "ToolCall", "ToolRunner"]

THREADS_MAX = 8
"""Plain (not async) functions that run at once; more wait for a thread."""
FILLER_AFTER_S = 1.5
"""How long a tool runs before its filler is said; a faster one needs none."""
_RESPONSES_REMEMBERED = 64

Answer = Callable[["ToolCall", str], None]
"""Gives a call's output to the model."""


@dataclass(slots=True)
class ToolCall:
    """One function call of the model and where it stands."""

    call_id: str
    name: str
    arguments: str
    response_id: str
    at_ns: int
    state: CallState = CallState.REQUESTED


@dataclass(frozen=True, slots=True)
class Executed:
    """One execution: the call that asked for it, and the consent, if the tool asks for one."""

    call: ToolCall
    tool: Tool
    arguments: Arguments
    consent: Consent | None = None


@dataclass(slots=True)
class _Batch:
    """The calls of one response that have no answer yet."""

    waiting: set[str] = field(default_factory=set[str])
    over: bool = False


class ToolRunner:
    """Runs the tools of a toolbox for one call.

    ``post`` sends an event, ``respond`` asks for a response, ``spawn`` starts a task that the call owns, ``emit`` tells
    the application, ``cover`` says a filler if nobody else is speaking. ``app`` is what the application gave for its
    tools.
    """

    def __init__(
        self,
        toolbox: Toolbox,
        journal: Journal,
        *,
        app: object,
        post: Callable[[ev.ClientEvent], object],
        respond: Callable[[str], None],
        spawn: Callable[[Coroutine[Any, Any, None]], object],
        emit: Callable[[CallEvent], None],
        cover: Callable[[str], None],
    ) -> None:
        self.toolbox = toolbox
        self._journal = journal
        self._app = app
        self._post = post
        self._respond = respond
        self._spawn = spawn
        self._emit = emit
        self._cover = cover
        self._batches: OrderedDict[str, _Batch] = OrderedDict()
        self._known: OrderedDict[str, None] = OrderedDict()
        self._threads: ThreadPoolExecutor | None = None
        self.propose: Callable[[ToolCall, Tool, Arguments], None] | None = None

    @property
    def busy(self) -> bool:
        """Whether a call has no answer yet."""
        return any(batch.waiting for batch in self._batches.values())

    def requested(self, item: ev.FunctionCall, response_id: str) -> ToolCall | None:
        """Take a finished function call of the model, once; the call to be decided on."""
        if item.call_id is None or item.call_id in self._known:
            return None
        self._known[item.call_id] = None
        call = ToolCall(item.call_id, item.name, item.arguments, response_id, now_ns())
        self._batch(response_id).waiting.add(call.call_id)
        self._journal.tool(call.name, call.call_id, call.state, arguments=call.arguments, response_id=response_id)
        return call

    def run(self, call: ToolCall) -> None:
        """Decide on a call of the toolbox and start it, propose it, or refuse it."""
        self._emit(ToolCalled(at_ns=call.at_ns, call_id=call.call_id, name=call.name, arguments=call.arguments))
        tool = self.toolbox.get(call.name)
        if tool is None:
            known = [entry.name for entry in self.toolbox]
            words = f"there is no tool '{call.name}'"
            self._refuse(call, status_text("error", kind="unknown_tool", message=words, tools=known))
            return
        arguments = tool.parse(call.arguments)
        if isinstance(arguments, InvalidArguments):
            self._refuse(call, invalid_text(call.name, arguments))
        elif tool.consent and self.propose is not None:
            self.propose(call, tool, arguments)
        else:
            self.start(Executed(call, tool, arguments), CallStep.START, self.answer)

    def start(self, executed: Executed, step: CallStep, answer: Answer) -> None:
        """Run it in a task of its own; ``answer`` gets the output."""
        self.step(executed.call, step)
        self._spawn(self._run(executed, answer))
        if executed.tool.filler.stages:
            self._spawn(self._fill(executed.call, executed.tool))

    def step(self, call: ToolCall, step: CallStep, **data: Any) -> None:
        """The call goes on by a row of the table."""
        call.state = next_state(call.state, step)
        self._journal.tool(call.name, call.call_id, call.state, **data)

    def settle(
        self,
        call: ToolCall,
        step: CallStep,
        output: str,
        consent: Literal["user", "application"] | None = None,
        **data: Any,
    ) -> None:
        """The call comes to its end."""
        self.step(call, step, output=output, **data)
        self._emit(
            ToolSettled(
                at_ns=now_ns(),
                call_id=call.call_id,
                name=call.name,
                arguments=call.arguments,
                state=call.state,
                output=output,
                duration_ms=ns_to_ms(now_ns() - call.at_ns),
                consent=consent,
            )
        )

    def answer(self, call: ToolCall, output: str) -> None:
        """Give the output to the model, and ask for a response when nothing else of that response is open."""
        self._post(ev.ConversationItemCreate(item=ev.FunctionCallOutput(call_id=call.call_id, output=output)))
        batch = self._batches.get(call.response_id)
        if batch is not None:
            batch.waiting.discard(call.call_id)
            self._finish(call.response_id, batch)

    def response_done(self, response_id: str) -> None:
        """The response is over: no more calls of it come."""
        batch = self._batches.get(response_id)
        if batch is not None:
            batch.over = True
            self._finish(response_id, batch)

    def connection_lost(self) -> None:
        """The responses under way are over, whatever they still had to say."""
        for response_id in list(self._batches):
            self.response_done(response_id)

    def close(self) -> None:
        """Start no more threads; may be called twice."""
        if self._threads is not None:
            self._threads.shutdown(wait=False, cancel_futures=True)

    async def _run(self, executed: Executed, answer: Answer) -> None:
        call, tool = executed.call, executed.tool
        consent = executed.consent
        proposal_id = consent.proposal_id if consent else None
        key = tool.idempotency_key(call.call_id, proposal_id, executed.arguments)
        context = ToolContext(tool.name, call.call_id, key, proposal_id, self._app)
        try:
            outcome = await execute(tool, executed.arguments, context, self._executor())
        except asyncio.CancelledError:
            end = CallStep.CANCEL if tool.effect == "read" else CallStep.LOSE
            self.settle(call, end, "", consent.by if consent else None, detail="the call ended")
            raise
        self._settled(executed, outcome)
        answer(call, outcome.output)

    async def _fill(self, call: ToolCall, tool: Tool) -> None:
        await asyncio.sleep(FILLER_AFTER_S)
        first = tool.filler.stages[0].what
        if call.state is CallState.RUNNING and isinstance(first, Spoken):
            self._journal.decision("filler", "the tool takes long", call_id=call.call_id)
            self._cover(first.texts[0])

    def _settled(self, executed: Executed, outcome: Outcome) -> None:
        detail = {"detail": outcome.detail} if outcome.detail else {}
        by = executed.consent.by if executed.consent else None
        self.settle(executed.call, outcome.step, outcome.output, by, **detail)

    def _refuse(self, call: ToolCall, output: str) -> None:
        self.settle(call, CallStep.FAIL, output)
        self.answer(call, output)

    def _finish(self, response_id: str, batch: _Batch) -> None:
        if batch.over and not batch.waiting:
            del self._batches[response_id]
            self._respond("tools_answered")

    def _batch(self, response_id: str) -> _Batch:
        while len(self._known) > _RESPONSES_REMEMBERED:
            self._known.popitem(last=False)
        return self._batches.setdefault(response_id, _Batch())

    def _executor(self) -> ThreadPoolExecutor:
        if self._threads is None:
            self._threads = ThreadPoolExecutor(THREADS_MAX, thread_name_prefix="bareline-tool")
        return self._threads
