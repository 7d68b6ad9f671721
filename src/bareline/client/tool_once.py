"""How does an irreversible tool run at most once, and what is known of it when the call ends in the middle?

The store is told before the function is entered and after it ended, and before the model hears of it: whatever the
process dies of, what the store has is not less than what was done (D6).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from bareline.client.journal import Journal
from bareline.client.tool_calls import Executed, Running
from bareline.client.tool_execution import Outcome, ToolExecution
from bareline.errors import StoreError
from bareline.tools import Execution, ExecutionState, ExecutionStore
from bareline.tools.calls import CallStep
from bareline.tools.execution_memory import ExecutionMemory
from bareline.tools.phrases import Phrases
from bareline.tools.results import cancelled_text, not_recorded_text, unknown_text

__all__ = ["HANG_UP_GRACE_S", "STORE_S", "ToolOnce"]

HANG_UP_GRACE_S = 2.0
"""How long the end of a call waits for irreversible executions, so that their outcome is known."""
STORE_S = 5.0
"""How long a store may take to write."""
_STOP_S = 0.5
"""How long a cancelled tool may take to end."""

_STATES = {CallStep.ANSWER: ExecutionState.ANSWERED, CallStep.LOSE: ExecutionState.UNKNOWN}
"""Everything else is a failure: it is known that nothing happened."""

P = ParamSpec("P")
T = TypeVar("T")


class ToolOnce:
    """Runs irreversible tools. ``store``: the application's; without one, what this call did is remembered by it."""

    def __init__(
        self, execution: ToolExecution, journal: Journal, store: ExecutionStore | None, *, phrases: Phrases
    ) -> None:
        self._execution = execution
        self._journal = journal
        self._store: ExecutionStore = store if store is not None else ExecutionMemory()
        self._phrases = phrases
        self._thread: ThreadPoolExecutor | None = None

    async def run(self, run: Running) -> Outcome:
        """As ``ToolExecution.run``; does not enter a function that was entered before for the same execution.

        When it is cancelled after the function was entered, it sets ``run.hung_up`` and returns what is known then.
        """
        key = run.executed.key
        try:
            known = await self._begin(run.executed)
        except StoreError as error:
            return Outcome(CallStep.FAIL, not_recorded_text(self._phrases), str(error))
        if known is not None:
            return self._known(known)
        work = asyncio.create_task(self._execution.run(run))
        outcome = await self._finished(run, work)
        try:
            await self._end(key, _STATES.get(outcome.step, ExecutionState.FAILED), outcome.output)
        except StoreError as error:
            self._journal.decision("not_recorded", str(error), call_id=run.call.call_id, tool=run.tool.name)
        return outcome

    def close(self) -> None:
        """Let what is still to be written be written, and take nothing more; may be called twice."""
        if self._thread is not None:
            self._thread.shutdown(wait=False)

    async def _finished(self, run: Running, work: asyncio.Task[Outcome]) -> Outcome:
        try:
            return await asyncio.shield(work)
        except asyncio.CancelledError:
            run.hung_up = True
        await asyncio.wait({work}, timeout=min(HANG_UP_GRACE_S, run.tool.timeout_s))
        if not work.done():
            run.scope.cancel("the call ended")
            work.cancel()
            await asyncio.wait({work}, timeout=_STOP_S)
        if work.done() and not work.cancelled():
            return work.result()
        if run.entered:
            return Outcome(CallStep.LOSE, unknown_text(self._phrases), "the call ended")
        return Outcome(CallStep.CANCEL, cancelled_text(self._phrases), "the call ended")

    def _known(self, known: Execution) -> Outcome:
        detail = f"not run: this execution is {known.state} already"
        if known.state in {ExecutionState.BEGUN, ExecutionState.UNKNOWN}:
            return Outcome(CallStep.LOSE, unknown_text(self._phrases), detail)
        step = CallStep.ANSWER if known.state is ExecutionState.ANSWERED else CallStep.FAIL
        return Outcome(step, known.output, detail)

    async def _begin(self, executed: Executed) -> Execution | None:
        consent = executed.consent
        execution = Execution(
            key=executed.key,
            tool=executed.tool.name,
            arguments=executed.arguments.canonical,
            digest=executed.arguments.digest,
            call_id=executed.call.call_id,
            proposal_id=executed.proposal_id,
            question=executed.question,
            by=consent.by if consent else "",
            words=consent.words if consent else "",
            begun_at_ns=time.time_ns(),
        )
        try:
            return await self._ask(self._store.begin, execution)
        except (StoreError, asyncio.CancelledError):
            self._never_entered(execution.key)
            raise

    async def _end(self, key: str, state: ExecutionState, output: str) -> None:
        await self._ask(self._store.end, key, state, output, time.time_ns())

    async def _ask(self, method: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Ask the store, in its thread. Raises ``StoreError`` whatever goes wrong."""
        try:
            if isinstance(self._store, ExecutionMemory):
                return method(*args, **kwargs)
            async with asyncio.timeout(STORE_S):
                return await asyncio.get_running_loop().run_in_executor(
                    self._threads(), lambda: method(*args, **kwargs)
                )
        except TimeoutError as error:
            raise StoreError(f"the store of executions did not answer within {STORE_S:g} s") from error
        except StoreError:
            raise
        except Exception as error:  # whatever a store raises: what it does not remember is not begun
            raise StoreError(f"the store of executions failed: {type(error).__name__}: {error}") from error

    def _never_entered(self, key: str) -> None:
        """A beginning that was written too late must not look like one of a process that died."""
        if not isinstance(self._store, ExecutionMemory):
            output = cancelled_text(self._phrases)
            self._threads().submit(self._store.end, key, ExecutionState.FAILED, output, time.time_ns())

    def _threads(self) -> ThreadPoolExecutor:
        """One, so that calls of the store come one at a time and in order."""
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, thread_name_prefix="bareline-store")
        return self._thread
