"""How is one connection to an MCP server held, so that calls, cancellations and its end do not get in each other's way?

The package's connections live in cancel scopes that must be left in the task in which they were entered: each
connection has a task of its own, and everybody else only waits for what it brings.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack, suppress
from typing import TYPE_CHECKING, Any, TypeVar, cast

from bareline.errors import MissingExtra
from bareline.mcp.stderr import StderrTail
from bareline.mcp.values import Endpoint, ListedTool, ServerGone, ToolReply

if TYPE_CHECKING:
    from bareline.mcp.sdk import ClientSession

__all__ = ["CLOSE_WITHIN_S", "OPEN_WITHIN_S", "Connection"]

OPEN_WITHIN_S = 10.0
"""How long a server may take to start and to say what it is."""
CLOSE_WITHIN_S = 6.0
"""How long a server may take to end: a program has two seconds, then it gets a signal, two later the last one."""
_NOTES_MAX = 256
"""Cancellations on their way to the server; more are not told."""

_log = logging.getLogger(__name__)

T = TypeVar("T")


class Connection:
    """One open session with an MCP server.

    ``stderr`` takes what a program says there. ``tools_changed`` is called when the server's list is another one.
    """

    def __init__(
        self, endpoint: Endpoint, *, stderr: StderrTail | None = None, tools_changed: Callable[[], None] = lambda: None
    ) -> None:
        self._endpoint = endpoint
        self._stderr = stderr
        self._tools_changed = tools_changed
        self._forgotten: asyncio.Queue[tuple[int, str] | None] = asyncio.Queue(_NOTES_MAX)
        self._over = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._session: ClientSession

    @property
    def over(self) -> bool:
        """Whether it is known that nothing more comes from it."""
        return self._over.is_set()

    async def open(self, within_s: float = OPEN_WITHIN_S) -> None:
        """Connect. Raises ``ServerGone`` when it cannot be done in time, and ``MissingExtra``."""
        try:
            from bareline.mcp import sdk
        except ImportError as error:
            raise MissingExtra("MCP", "mcp") from error
        ready: asyncio.Future[sdk.ClientSession] = asyncio.get_running_loop().create_future()
        self._task = asyncio.create_task(self._run(ready), name=f"mcp {self._endpoint}")
        try:
            async with asyncio.timeout(within_s):
                self._session = await ready
        except TimeoutError:
            await self._end()
            raise ServerGone(f"no answer within {within_s:g} s") from None
        except BaseException:
            await self._end()
            raise

    async def list_tools(self, *, at_most: int) -> list[ListedTool]:
        """All tools of the server. Raises ``ServerGone`` and ``ServerRefused``."""
        from bareline.mcp import sdk

        return await self._unless_over(sdk.list_tools(self._session, at_most=at_most))

    async def call(
        self, name: str, arguments: dict[str, Any], progress: Callable[[str], None] | None = None
    ) -> ToolReply:
        """Call a tool. A call that is cancelled is cancelled at the server. Raises as ``list_tools``."""
        from bareline.mcp import sdk

        begun: list[int] = []
        asked = sdk.ask(self._session, name, arguments, began=begun.append, said=progress)
        try:
            return await self._unless_over(asked)
        except asyncio.CancelledError:
            with suppress(asyncio.QueueFull):
                for request_id in begun:
                    self._forgotten.put_nowait((request_id, "nobody waits for it any more"))
            raise

    async def close(self) -> None:
        """End the session, and the program if it is one. May be called twice."""
        self._end_soon()
        if self._task is not None:
            await asyncio.wait([self._task], timeout=CLOSE_WITHIN_S)
            await self._end()

    def _end_soon(self) -> None:
        """Nothing more comes from it; its task ends by itself."""
        self._over.set()
        with suppress(asyncio.QueueFull):
            self._forgotten.put_nowait(None)

    async def _end(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def _run(self, ready: asyncio.Future[ClientSession]) -> None:
        from bareline.mcp import sdk

        reason: BaseException | None = None
        try:
            async with AsyncExitStack() as stack:
                errors = stack.enter_context(await self._stderr.open()) if self._stderr is not None else None
                opening = sdk.open_session(
                    self._endpoint, errors=errors, tools_changed=self._tools_changed, lost=self._end_soon
                )
                session = await stack.enter_async_context(opening)
                if not ready.done():
                    ready.set_result(session)
                while (forgotten := await self._forgotten.get()) is not None:
                    await sdk.forget(session, *forgotten)
        except Exception as error:  # noqa: BLE001 (whatever ends a connection is its end, and no error of ours)
            reason = _first(error)
            _log.debug("the MCP server %s is gone: %r", self._endpoint, reason)
        finally:
            self._over.set()
            if not ready.done():
                ready.set_exception(ServerGone(str(reason) or type(reason).__name__))
                ready.exception()  # whoever waited may have given up

    async def _unless_over(self, work: Coroutine[Any, Any, T]) -> T:
        """The result of ``work``, unless the connection ends first: the package leaves its callers waiting then."""
        asked, over = asyncio.create_task(work), asyncio.create_task(self._over.wait())
        try:
            await asyncio.wait([asked, over], return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (asked, over):
                task.cancel()
            await asyncio.wait([asked, over])
        if asked.cancelled():
            raise ServerGone("the connection ended", sent=True)
        if isinstance(asked.exception(), ServerGone):
            self._end_soon()
        return asked.result()


def _first(error: BaseException) -> BaseException:
    """The cause inside the groups that task groups make of it."""
    if isinstance(error, BaseExceptionGroup):
        return _first(cast("BaseExceptionGroup[BaseException]", error).exceptions[0])
    return error
