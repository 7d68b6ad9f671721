"""What became of running one tool: an answer, a failure, a time-out, or nobody knows?

Runs its attempts (``Tool.retry``), each with the tool's own timeout. What nobody waited for any more is traced when it
ends, and dropped.
"""

from __future__ import annotations

import asyncio
import functools
import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import msgspec

from bareline.client.journal import Journal
from bareline.client.tool_calls import Running
from bareline.client.tool_threads import Entry, ToolThreads
from bareline.clock import now_ns
from bareline.errors import ToolError
from bareline.tools import ToolContext
from bareline.tools.calls import CallStep
from bareline.tools.phrases import Phrases
from bareline.tools.results import error_text, result_text, timed_out_text, too_large_text, unknown_text
from bareline.units import NS_PER_S, ms_to_ns, ns_to_ms, seconds_to_ns

__all__ = ["Outcome", "ToolExecution"]

_ENVELOPE_BYTES = 4096
"""Of a message besides the output in it."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """``step``: how the run ended. ``output``: what the model is told. ``detail``: for the trace alone.

    ``error``: what the tool raised.
    """

    step: CallStep
    output: str
    detail: str = ""
    error: Exception | None = None

    def fitting(self, limit_bytes: int, phrases: Phrases) -> Outcome:
        """This, or what takes its place: a message that the connection does not carry would end it."""
        limit_bytes -= _ENVELOPE_BYTES
        if 6 * len(self.output) <= limit_bytes:  # no character takes more in JSON
            return self
        size_bytes = len(msgspec.json.encode(self.output))
        if size_bytes <= limit_bytes:
            return self
        detail = f"the result has {size_bytes} bytes, the connection carries {limit_bytes}"
        return Outcome(self.step, too_large_text(size_bytes, limit_bytes, phrases), detail)


class ToolExecution:
    """Runs tools. ``context`` makes what a tool may know; ``chance`` gives a number from 0 to 1 for retries' delays."""

    def __init__(
        self,
        journal: Journal,
        threads: ToolThreads,
        *,
        context: Callable[[Running], ToolContext],
        chance: Callable[[], float],
        phrases: Phrases,
    ) -> None:
        self._context = context
        self._journal = journal
        self._threads = threads
        self._chance = chance
        self._phrases = phrases

    async def run(self, run: Running) -> Outcome:
        """Async tools run here, others in a thread. Never raises but when it is cancelled itself."""
        tool, began_ns = run.executed.tool, 0
        limit_s = tool.timeout_s
        failure: Exception | None = None
        while True:
            run.attempts += 1
            limit = run.limit = asyncio.timeout(limit_s) if run.began else asyncio.Timeout(None)
            try:
                async with limit:
                    value = await self._entered(run)
                return Outcome(CallStep.ANSWER, result_text(value, phrases=self._phrases))
            except asyncio.CancelledError:
                _obey_cancellation()
                return self._failed(run, RuntimeError("the tool cancelled itself"))
            except Exception as error:  # noqa: BLE001 (whatever a tool raises is its result, and ends nothing else)
                if limit.expired():
                    run.scope.cancel("it took too long")
                    return self._too_late(run, failure if limit_s < tool.timeout_s else None)
                failure = error
            finally:
                run.limit = None
            if run.attempts == 1:  # when that was is worked out only for those that fail
                when_s = limit.when()
                began_ns = now_ns() if when_s is None else seconds_to_ns(when_s - limit_s)
            delay_ns = self._delay_ns(run, failure, now_ns() - began_ns)
            if delay_ns is None:
                return self._failed(run, failure)
            await asyncio.sleep(delay_ns / NS_PER_S)
            left_ns = began_ns + ms_to_ns(tool.retry.budget_ms) - now_ns()
            limit_s = min(tool.timeout_s, max(0, left_ns) / NS_PER_S)

    def _entered(self, run: Running) -> Awaitable[Any]:
        """What the function returns, or will; an async one is entered without a coroutine of ours around it."""
        executed = run.executed
        tool, given = executed.tool, executed.arguments.values
        if tool.context is not None:  # its key is a hash, which costs as much as all else before the function
            given = {**given, tool.context: self._context(run)}
        if tool.is_async:
            run.entered = True
            return tool.function(**given)
        return self._in_thread(run, functools.partial(tool.function, **given))

    async def _in_thread(self, run: Running, function: Callable[[], Any]) -> Any:
        entry = Entry()
        try:
            value = await self._threads.run(function, entry, functools.partial(self._late, run))
        finally:
            run.entered = run.entered or entry.entered
        return await value if inspect.isawaitable(value) else value

    def _delay_ns(self, run: Running, error: Exception, elapsed_ns: int) -> int | None:
        tool, attempt = run.tool, run.attempts
        delay_ns = tool.retry.delay_ns(
            tool.effect, error, attempt=attempt, elapsed_ns=elapsed_ns, chance=self._chance()
        )
        if delay_ns is not None:
            data: dict[str, Any] = {
                "call_id": run.call.call_id,
                "tool": tool.name,
                "attempt": attempt,
                "delay_ms": ns_to_ms(delay_ns),
            }
            self._journal.decision("retry", str(error), **data)
        return delay_ns

    def _failed(self, run: Running, error: Exception) -> Outcome:
        """What a tool says on purpose is believed; of anything else an irreversible one raised, nobody knows."""
        if isinstance(error, ToolError):
            text = error_text(error, attempts=run.attempts, phrases=self._phrases)
            return Outcome(CallStep.FAIL, text, error=error)
        detail = f"{type(error).__name__}: {error}"
        if run.irreversible and run.entered:
            return Outcome(CallStep.LOSE, unknown_text(self._phrases), detail, error)
        return Outcome(CallStep.FAIL, error_text(error, phrases=self._phrases), detail, error)

    def _too_late(self, run: Running, failure: Exception | None) -> Outcome:
        """``failure``: of the attempt before, when it was the time for all of them that was over.

        What may have happened is not called failed: the model would do it again.
        """
        if failure is not None:
            return self._failed(run, failure)
        if run.irreversible and run.entered:
            return Outcome(CallStep.LOSE, unknown_text(self._phrases), "no answer in time")
        return Outcome(CallStep.TIME_OUT, timed_out_text(run.tool.timeout_s, self._phrases))

    def _late(self, run: Running, work: asyncio.Future[Any]) -> None:
        if not work.cancelled():
            error = work.exception()
            how = f"{type(error).__name__}: {error}" if error is not None else "it answered"
            self._journal.decision("late_result_dropped", how, call_id=run.call.call_id, tool=run.tool.name)


def _obey_cancellation() -> None:
    """A tool may raise ``CancelledError`` by itself; ours goes on."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise  # noqa: PLE0704
