"""What became of running one tool: an answer, a failure, a time-out, or nobody knows?"""

from __future__ import annotations

import asyncio
import contextvars
import functools
import inspect
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any

from bareline.errors import ToolError
from bareline.tools import Tool, ToolContext
from bareline.tools.arguments import Arguments
from bareline.tools.calls import CallStep
from bareline.tools.results import error_text, result_text, status_text

__all__ = ["Outcome", "execute"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """``step``: how the run ended. ``output``: what the model is told. ``detail``: for the trace alone."""

    step: CallStep
    output: str
    detail: str = ""


async def execute(tool: Tool, arguments: Arguments, context: ToolContext, threads: Executor) -> Outcome:
    """Run the tool: async ones here, others in a thread. Never raises but when it is cancelled itself."""
    given = dict(arguments.values)
    if tool.context is not None:
        given[tool.context] = context
    limit = asyncio.timeout(tool.timeout_s)
    try:
        async with limit:
            return Outcome(CallStep.ANSWER, result_text(await _value(tool, given, threads)))
    except Exception as error:  # noqa: BLE001 (whatever a tool raises is its result, and ends nothing else)
        if limit.expired():
            return _too_late(tool)
        detail = "" if isinstance(error, ToolError) else f"{type(error).__name__}: {error}"
        return Outcome(CallStep.FAIL, error_text(error), detail)


async def _value(tool: Tool, given: dict[str, Any], threads: Executor) -> Any:
    if tool.is_async:
        return await tool.function(**given)
    run = functools.partial(contextvars.copy_context().run, tool.function, **given)
    value = await asyncio.get_running_loop().run_in_executor(threads, run)
    return await value if inspect.isawaitable(value) else value


def _too_late(tool: Tool) -> Outcome:
    """What may have happened is not called failed: the model would do it again."""
    if tool.effect == "irreversible":
        words = "It did not answer in time, and it is not known whether it took effect. Do not repeat it; say so."
        return Outcome(CallStep.LOSE, status_text("unknown", message=words, say="I cannot tell whether that worked."))
    words = f"no answer within {tool.timeout_s:g} s"
    return Outcome(
        CallStep.TIME_OUT, status_text("error", kind="timed_out", message=words, say="That is taking too long.")
    )
