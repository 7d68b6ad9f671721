"""What are the arguments about, in words that the user knows?

Before a question is asked, the rule's ``describe`` may look the object up. It is the application's code: it runs beside
the events, for a bounded time, and what it raises by accident is traced and told to nobody.
"""

from __future__ import annotations

import asyncio
import functools
import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from bareline.client.tool_threads import Entry, ToolThreads
from bareline.errors import NotFound, Temporary, ToolError
from bareline.tools import ToolContext
from bareline.tools.arguments import Arguments
from bareline.tools.consent_policy import Describe
from bareline.tools.spoken import spoken

__all__ = ["LOOKUP_S", "Found", "Lookups"]

LOOKUP_S = 2.0
"""How long a look-up may take; then the question is asked plainly, as the user waits for it."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a look-up gave. ``words``: the object; ``error``: why there is none; ``trouble``: what went wrong inside."""

    words: str | None = None
    error: ToolError | None = None
    trouble: str = ""


class Lookups:
    """Runs the look-ups of one call: async ones here, others in threads of its own."""

    def __init__(self) -> None:
        self._threads = ToolThreads()

    async def look_up(self, describe: Describe, arguments: Arguments, context: ToolContext) -> Found:
        """What these arguments are about. Raises nothing but its own cancellation."""
        run = functools.partial(describe, **_given(describe, arguments.values, context))
        limit = asyncio.timeout(LOOKUP_S)
        try:
            async with limit:
                found = await self._value(run, describe)
        except Exception as error:  # noqa: BLE001 (the application's code; the question is asked without it)
            return _failed(error, late=limit.expired())
        if found is None:
            return Found(error=_nothing(context.tool, arguments))
        return Found(words=found if isinstance(found, str) else spoken(found))

    def close(self) -> None:
        """Start no more; may be called twice."""
        self._threads.close()

    async def _value(self, run: Callable[[], Any], describe: Describe) -> Any:
        if inspect.iscoroutinefunction(describe):
            return await run()
        value: Awaitable[Any] | Any = await self._threads.run(run, Entry(), _unheard)
        return await value if inspect.isawaitable(value) else value


def _given(describe: Describe, values: dict[str, Any], context: ToolContext) -> dict[str, Any]:
    """Of the arguments, and the context, those that it takes."""
    try:
        parameters = inspect.signature(describe).parameters
    except (TypeError, ValueError):  # something built in
        return dict(values)
    takes_all = any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in parameters.values())
    given = {name: value for name, value in values.items() if takes_all or name in parameters}
    return {"context": context, **given} if "context" in parameters else given


def _failed(error: Exception, *, late: bool) -> Found:
    """A failure on purpose is the answer; what may pass, and what nobody foresaw, leaves the question plain."""
    if late:
        return Found(trouble=f"no answer within {LOOKUP_S:g} s")
    if isinstance(error, ToolError) and not isinstance(error, Temporary):
        return Found(error=error)
    return Found(trouble=f"{type(error).__name__}: {error}")


def _nothing(tool: str, arguments: Arguments) -> NotFound:
    names = [value for value in arguments.values.values() if isinstance(value, str) and value]
    wanted = names[0] if len(names) == 1 else None
    return NotFound(f"{tool}: there is nothing that fits {arguments.canonical}", wanted=wanted)


def _unheard(work: asyncio.Future[Any]) -> None:
    """A look-up that came too late; what it raised is taken, so that nobody misses it."""
    if not work.cancelled():
        work.exception()
