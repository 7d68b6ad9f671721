"""What did an earlier process leave half done, what is done about it, and who tells the user? (D6)

Before the first response the model learns of every irreversible execution that was begun and not ended, or of which
nobody was told. What a tool that honours its key began a short while ago is done again with the same key, which makes
it exactly once; of everything else it is unknown whether it happened, and said so.
"""

from __future__ import annotations

import asyncio
import dataclasses
import time
from collections.abc import Callable, Coroutine
from typing import Any

import msgspec

from bareline.client.call_events import CallEvent, ErrorHappened, ExecutionRecovered
from bareline.client.journal import Journal
from bareline.client.telling import Telling
from bareline.client.tool_runner import Executed, ToolCall, ToolRunner
from bareline.clock import now_ns
from bareline.errors import Temporary, ToolCancelled, ToolError
from bareline.protocol import events as ev
from bareline.protocol.severity import Severity
from bareline.tools import Consent, Execution, ExecutionState, ExecutionStore
from bareline.tools.arguments import InvalidArguments
from bareline.tools.calls import CallStep
from bareline.tools.phrases import Phrases
from bareline.tools.results import unknown_text
from bareline.units import NS_PER_S

__all__ = ["RECOVERED_MAX", "REPEAT_WAIT_S", "REPEAT_WITHIN_S", "Recovery"]

RECOVERED_MAX = 20
"""Executions told of in one call, the oldest first; the rest is told of in the next one."""
REPEAT_WITHIN_S = 900
"""How old an execution may be that is done again: what the user wanted long ago may not be wanted any more."""
REPEAT_WAIT_S = 3.0
"""How long the beginning of a call waits for what is done again; what takes longer is told of when it is done."""
_STORE_S = 5.0


class Recovery:
    """Finishes and tells what was left. ``post`` sends an event, ``spawn`` starts a task that the call owns."""

    def __init__(
        self,
        store: ExecutionStore,
        runner: ToolRunner,
        journal: Journal,
        telling: Telling,
        *,
        phrases: Phrases,
        post: Callable[[ev.ClientEvent], object],
        emit: Callable[[CallEvent], None],
        spawn: Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]],
    ) -> None:
        self._store = store
        self._runner = runner
        self._journal = journal
        self._telling = telling
        self._phrases = phrases
        self._post = post
        self._emit = emit
        self._spawn = spawn

    async def run(self) -> None:
        """Once, when the call is open and nothing was asked for yet. A store that fails costs the telling, no more."""
        try:
            async with asyncio.timeout(_STORE_S):
                left = await asyncio.to_thread(self._store.unfinished)
        except Exception as error:  # noqa: BLE001 (whatever a store raises; without it irreversible tools do not run)
            self._failed(error)
            return
        works: dict[asyncio.Task[None], Execution] = {}
        for execution in left[:RECOVERED_MAX]:
            again = self._again(execution)
            if execution.state is not ExecutionState.BEGUN:
                self._tell(execution)
            elif again is None:
                works[self._spawn(self._unknown(execution))] = execution
            else:
                works[self._spawn(self._repeat(execution, again))] = execution
        if works:
            _, late = await asyncio.wait(works, timeout=REPEAT_WAIT_S)
            for work in late:
                self._post(_item(_begun(works[work], "It is being finished now; you will be told how it ends.")))

    def _again(self, execution: Execution) -> Executed | None:
        """The same execution, if it may be repeated: to its tool, its arguments and its key nothing has happened."""
        tool = self._runner.toolbox.get(execution.tool)
        young = time.time_ns() - execution.begun_at_ns <= REPEAT_WITHIN_S * NS_PER_S
        if tool is None or not tool.keyed or not young or execution.state is not ExecutionState.BEGUN:
            return None
        arguments = tool.parse(execution.arguments)
        if isinstance(arguments, InvalidArguments):
            return None
        call = ToolCall(execution.call_id, execution.tool, execution.arguments, "", now_ns())
        consent = None
        if execution.proposal_id is not None:
            by = "user" if execution.by == "user" else "application"
            consent = Consent(execution.proposal_id, by, execution.words, arguments.digest)
        executed = Executed(call, tool, arguments, consent, execution.question)
        return executed if executed.key == execution.key else None

    async def _repeat(self, execution: Execution, again: Executed) -> None:
        tool = dataclasses.replace(again.tool, effect="idempotent")  # with its key it is, so it may be tried again
        outcome = await self._runner.again(msgspec.structs.replace(again, tool=tool))
        if outcome.step is CallStep.ANSWER:
            await self._end(execution, ExecutionState.ANSWERED, outcome.output)
        elif _certain(outcome.error):
            await self._end(execution, ExecutionState.FAILED, outcome.output)
        else:
            await self._unknown(execution)

    async def _unknown(self, execution: Execution) -> None:
        await self._end(execution, ExecutionState.UNKNOWN, unknown_text(self._phrases))

    async def _end(self, execution: Execution, state: ExecutionState, output: str) -> None:
        """What cannot be written is told all the same, and once more in the next call."""
        at_ns = time.time_ns()
        try:
            await asyncio.to_thread(self._store.end, execution.key, state, output, at_ns)
        except Exception as error:  # noqa: BLE001 (whatever a store raises)
            self._failed(error)
        self._tell(msgspec.structs.replace(execution, state=state, output=output, ended_at_ns=at_ns))

    def _tell(self, execution: Execution) -> None:
        self._post(_item(_ended(execution)))
        self._telling.ended(execution.key)
        why = "an earlier process left it"
        self._journal.decision(
            "execution_recovered", why, key=execution.key, tool=execution.tool, state=execution.state.value
        )
        self._emit(ExecutionRecovered(at_ns=now_ns(), execution=execution))

    def _failed(self, error: Exception) -> None:
        message = f"what an earlier process left is not known: {error or type(error).__name__}"
        self._journal.error(Severity.TURN_LOST.value, "executions_unknown", message)
        self._emit(ErrorHappened(at_ns=now_ns(), severity="turn", code="executions_unknown", message=message))


def _certain(error: Exception | None) -> bool:
    """Whether a failure of the repetition is the outcome; being out of reach says nothing about the first time."""
    return isinstance(error, ToolError) and not isinstance(error, Temporary | ToolCancelled)


def _item(text: str) -> ev.ConversationItemCreate:
    return ev.ConversationItemCreate(item=ev.Message(role="system", content=[ev.InputText(text=text)]))


def _begun(execution: Execution, outcome: str) -> str:
    asked = f' The user was asked: "{execution.question}"' if execution.question else ""
    asked += f' and said: "{execution.words}".' if asked and execution.words else "." if asked else ""
    return (
        f"From before this conversation: {execution.tool} with {execution.arguments} was begun, and the conversation "
        f"was cut off before the user was told how it ended.{asked} {outcome}"
    )


def _ended(execution: Execution) -> str:
    tell = "Tell the user so in your next answer, before anything else. Do not carry it out again unless they ask anew"
    match execution.state:
        case ExecutionState.ANSWERED:
            outcome = f"It was carried out. Its result: {execution.output} {tell}."
        case ExecutionState.FAILED:
            outcome = f"It failed and was not carried out: {execution.output} {tell}."
        case ExecutionState.BEGUN | ExecutionState.UNKNOWN:
            outcome = f"It is not known whether it took effect: {execution.output} {tell}, knowing this."
    return _begun(execution, outcome)
