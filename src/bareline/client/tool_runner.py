"""Which tool calls are under way, and how does each come to its one end?

Every call runs in a task of its own and is answered when it settles. An interruption cancels those whose tool allows it
(``Tool.interrupted``); the others finish and report: what was done has to be known.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Coroutine
from typing import Any
from weakref import WeakValueDictionary

from bareline.client.call_events import CallEvent, ToolCalled, ToolSettled
from bareline.client.journal import Journal
from bareline.client.spare_task import SpareTask
from bareline.client.tool_batches import ToolBatches
from bareline.client.tool_calls import Answer, Executed, Running, ToolCall
from bareline.client.tool_execution import Outcome, ToolExecution
from bareline.client.tool_once import ToolOnce
from bareline.client.tool_progress import Progress
from bareline.client.tool_settings import FillerHook, ToolSettings
from bareline.client.tool_threads import ToolThreads
from bareline.clock import now_ns
from bareline.protocol import events as ev
from bareline.tools import CallStep, ConsentBy, Tool, Toolbox, ToolContext, next_state
from bareline.tools.arguments import Arguments, InvalidArguments
from bareline.tools.results import cancelled_text, invalid_text, unknown_tool_text
from bareline.units import ns_to_ms

__all__ = ["Executed", "FillerHook", "ToolCall", "ToolRunner", "ToolSettings"]

_CALLS_REMEMBERED = 256
"""Calls of which a repetition is recognised."""


class ToolRunner:
    """Runs the tools of a toolbox for one call.

    ``post`` sends an event, ``respond`` asks for a response, ``spawn`` starts a task that the call owns, ``emit`` tells
    the application, ``filler`` covers the time that tools take, ``limit_bytes`` gives the largest message that the
    connection carries. ``propose`` takes the calls that need consent; ``outcome_given`` hears the key of every
    irreversible execution whose outcome was handed to the model.
    """

    def __init__(
        self,
        toolbox: Toolbox,
        journal: Journal,
        settings: ToolSettings,
        *,
        post: Callable[[ev.ClientEvent], object],
        respond: Callable[[str], None],
        spawn: Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]],
        emit: Callable[[CallEvent], None],
        filler: FillerHook,
        limit_bytes: Callable[[], int],
    ) -> None:
        self.toolbox = toolbox
        self.propose: Callable[[ToolCall, Tool, Arguments], None] | None = None
        self.outcome_given: Callable[[str], None] | None = None
        self._journal = journal
        self._settings = settings
        self._spawn = spawn
        self._spare = SpareTask(self._run, spawn)
        self._emit = emit
        self._filler = filler
        self._limit_bytes = limit_bytes
        self._batches = ToolBatches(post=post, respond=respond)
        self._threads = ToolThreads()
        self._execution = ToolExecution(
            journal, self._threads, context=self._context, chance=settings.chance.random, phrases=settings.phrases
        )
        self._once = ToolOnce(self._execution, journal, settings.store, phrases=settings.phrases)
        self._known: OrderedDict[str, None] = OrderedDict()
        self._foreseen: tuple[Tool, str, Arguments | InvalidArguments] | None = None
        self._open: dict[str, ToolCall] = {}
        self._runs: dict[str, Running] = {}
        self._rooms: WeakValueDictionary[tuple[str, int], asyncio.Semaphore] = WeakValueDictionary()

    @property
    def busy(self) -> bool:
        """Whether a call has no answer yet."""
        return self._batches.busy

    def foresee(self, name: str, arguments: str) -> None:
        """The arguments of a call are all there, and it is whole or cut off: read them while that is on its way."""
        tool = self.toolbox.get(name)
        if tool is not None:
            self._foreseen = tool, arguments, tool.parse(arguments)

    def requested(self, item: ev.FunctionCall, response_id: str, at_ns: int) -> ToolCall | None:
        """Take a finished function call of the model, once; the call to be decided on. ``at_ns``: when it was read."""
        if item.call_id is None or item.call_id in self._known:
            return None
        self._known[item.call_id] = None
        while len(self._known) > _CALLS_REMEMBERED:
            self._known.popitem(last=False)
        call = ToolCall(item.call_id, item.name, item.arguments, response_id, at_ns)
        self._open[call.call_id] = call
        self._batches.expect(call)
        self._journal.tool(call.name, call.call_id, call.state, arguments=call.arguments, response_id=response_id)
        return call

    def run(self, call: ToolCall) -> None:
        """Decide on a call of the toolbox and start it, propose it, or refuse it."""
        tool = self.toolbox.get(call.name)
        if tool is None:
            self._tell(call)
            known = [entry.name for entry in self.toolbox]
            self._refuse(call, unknown_tool_text(call.name, known, self._settings.phrases))
            return
        arguments = self._arguments(tool, call.arguments)
        if isinstance(arguments, InvalidArguments):
            self._tell(call)
            self._refuse(call, invalid_text(call.name, arguments, self._settings.phrases))
        elif tool.consent and self.propose is not None:
            self._tell(call)
            self.propose(call, tool, arguments)
        else:
            self.start(Executed(call, tool, arguments), CallStep.START)

    def start(self, executed: Executed, step: CallStep, answer: Answer | None = None) -> None:
        """Run it in a task of its own; ``answer`` gets the output instead of the model."""
        call = executed.call
        call.state = next_state(call.state, step)  # no end, so nothing else of ``step``
        self._journal.tool(call.name, call.call_id, call.state)
        run = self._runs[call.call_id] = Running(executed, answer)
        run.task = self._spare.begin(run) if answer is None else self._spawn(self._run(run))
        asyncio.get_running_loop().call_soon(self._began, run)  # has its turn after the task: the function comes first

    def step(self, call: ToolCall, step: CallStep, **data: Any) -> None:
        """The call goes on by a row of the table."""
        call.state = next_state(call.state, step)
        if call.ended:
            self._open.pop(call.call_id, None)
        self._journal.tool(call.name, call.call_id, call.state, **data)

    def settle(
        self,
        call: ToolCall,
        step: CallStep,
        output: str,
        consent: ConsentBy | None = None,
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
        self._batches.give(call, output)
        self._batches.given(call)

    async def again(self, executed: Executed) -> Outcome:
        """Carry out once more what an earlier process began, with the same key: for tools that honour it.

        Nothing is recorded and nobody is answered: that is the caller's.
        """
        run = Running(executed, began=True)  # nothing is told of it
        return await self._in_room(run, self._execution)

    def interrupted(self, by: str) -> bool:
        """Stop what an interruption stops; whether there was anything. Its output asks for no response."""
        stopped = [run for run in self._runs.values() if run.tool.interrupted == "cancel" and not run.irreversible]

        def stop() -> None:
            for run in stopped:
                self._stop(run, f"interrupted by the {by}")

        self._batches.quietly(stop)
        return bool(stopped)

    def response_done(self, response_id: str) -> None:
        """The response is over: no more calls of it come."""
        self._batches.response_done(response_id)

    def connection_lost(self) -> None:
        """The responses under way are over, whatever they still had to say."""
        self._batches.connection_lost()

    def close(self) -> None:
        """Settle what is left: every call taken comes to one end. May be called twice."""
        self._threads.close()
        self._once.close()
        for call in list(self._open.values()):
            if call.told:
                self.settle(call, CallStep.CANCEL, "", detail="the call ended")
            else:
                self.step(call, CallStep.CANCEL, detail="the call ended")

    def _arguments(self, tool: Tool, text: str) -> Arguments | InvalidArguments:
        foreseen, self._foreseen = self._foreseen, None
        if foreseen is not None and foreseen[0] is tool and foreseen[1] == text:
            return foreseen[2]
        return tool.parse(text)

    def _began(self, run: Running) -> None:
        """What the function does not wait for; done once, before anything else is told of this execution."""
        if run.began:
            return
        run.began = True
        if run.limit is not None:  # it did not end at once
            run.limit.reschedule(asyncio.get_running_loop().time() + run.tool.timeout_s)
        self._filler.began(run.call, run.tool)
        if not run.call.told:
            self._tell(run.call)
        if run.answer is None:  # not for what the application starts, whose context variables are for this run alone
            self._spare.refill()

    async def _run(self, run: Running) -> None:
        tool = run.executed.tool
        try:
            execution = self._once if tool.effect == "irreversible" else self._execution
            outcome = await (execution.run(run) if tool.concurrency is None else self._in_room(run, execution))
        except asyncio.CancelledError:
            if not run.call.ended:
                run.scope.cancel("the call ended")
                lost = run.entered and run.tool.effect != "read"
                self._finished(run, Outcome(CallStep.LOSE if lost else CallStep.CANCEL, "", "the call ended"))
            raise
        if run.call.ended:
            self._journal.decision("late_result_dropped", "it answered", call_id=run.call.call_id, tool=run.tool.name)
            return
        outcome = outcome.fitting(self._limit_bytes(), self._settings.phrases)
        if run.hung_up:
            self._finished(run, outcome)
            return
        self._answered(run, outcome)
        if run.irreversible and self.outcome_given is not None:
            self.outcome_given(run.executed.key)

    def _answered(self, run: Running, outcome: Outcome) -> None:
        """The model waits for the output: it goes out before all else is brought up to date."""
        if run.answer is not None:
            self._finished(run, outcome)
            run.answer(run.call, outcome.output)
            return
        try:
            self._batches.give(run.call, outcome.output)
        finally:
            self._finished(run, outcome)
        self._batches.given(run.call)

    def _stop(self, run: Running, why: str) -> None:
        outcome = Outcome(CallStep.CANCEL, cancelled_text(self._settings.phrases), why)
        run.scope.cancel(why)
        if run.task is not None:
            run.task.cancel()
        self._finished(run, outcome)
        answer = run.answer or self.answer
        answer(run.call, outcome.output)

    def _finished(self, run: Running, outcome: Outcome) -> None:
        """Where every execution ends, once."""
        self._began(run)
        call, consent = run.call, run.executed.consent
        del self._runs[call.call_id]
        self._filler.ended(call.call_id, whole=outcome.step is not CallStep.CANCEL)
        data: dict[str, Any] = {"detail": outcome.detail} if outcome.detail else {}
        if run.attempts > 1:
            data["attempts"] = run.attempts
        self.settle(call, outcome.step, outcome.output, consent.by if consent else None, **data)

    def _context(self, run: Running) -> ToolContext:
        executed, settings = run.executed, self._settings
        return ToolContext(
            run.tool.name,
            run.call.call_id,
            executed.key,
            executed.proposal_id,
            settings.app,
            settings.call,
            Progress(lambda words: self._progressed(run, words)),
            run.scope,
            run.attempts,
        )

    def _progressed(self, run: Running, words: str) -> None:
        if not run.call.ended:
            self._began(run)
            self._filler.progressed(run.call.call_id, words)

    async def _in_room(self, run: Running, execution: ToolExecution | ToolOnce) -> Outcome:
        """So many executions of a tool at once; more wait here."""
        tool = run.tool
        if tool.concurrency is None:
            return await execution.run(run)
        async with self._rooms.setdefault((tool.name, tool.concurrency), asyncio.Semaphore(tool.concurrency)):
            return await execution.run(run)

    def _tell(self, call: ToolCall) -> None:
        call.told = True
        self._emit(ToolCalled(at_ns=call.at_ns, call_id=call.call_id, name=call.name, arguments=call.arguments))

    def _refuse(self, call: ToolCall, output: str) -> None:
        self.settle(call, CallStep.FAIL, output)
        self.answer(call, output)
