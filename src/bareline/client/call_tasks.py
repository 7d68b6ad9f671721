"""Who owns the tasks of a call, and how do they all end?"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, cast

from bareline.errors import Closed

__all__ = ["CallTasks"]

Job = Callable[[], Coroutine[Any, Any, None]]


class CallTasks:
    """One task holds a group with all others; it ends when the call does, and takes them along."""

    def __init__(self) -> None:
        self._holder: asyncio.Task[None] | None = None
        self._group: asyncio.TaskGroup | None = None
        self._ending = False
        self._reason = ""
        self._failure: BaseException | None = None

    @property
    def over(self) -> bool:
        """Whether the call has ended."""
        return self._holder is not None and self._holder.done()

    async def begin(
        self,
        open_call: Callable[[], Awaitable[None]],
        jobs: Sequence[Job],
        follow: Callable[[], Awaitable[str]],
        close: Callable[[str], Awaitable[None]],
    ) -> None:
        """Open the call, start the jobs, and follow it until it ends; ``close`` runs whatever happens.

        Returns when it is open. Raises what ``open_call`` raises; ``Closed`` when it was begun before.
        """
        if self._holder is not None:
            raise Closed("a call can be entered once")
        opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._holder = asyncio.create_task(self._hold(opened, open_call, jobs, follow, close), name="bareline-call")
        try:
            await asyncio.wait([self._holder, opened], return_when=asyncio.FIRST_COMPLETED)
        except BaseException:
            await self.end("not opened")
            raise
        if not opened.done():
            opened.cancel()
            self.raise_failure()
            raise Closed("the call was hung up before it was open")

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """A task that ends with the call at the latest."""
        if self._group is None:
            work.close()
            raise Closed("the call is not open")
        try:
            return self._group.create_task(work)
        except RuntimeError as error:  # the group is ending
            work.close()
            raise Closed("the call is over") from error

    async def wait(self) -> None:
        """Until the call is over. Raises what ended it, unless that was a hang-up."""
        if self._holder is None:
            raise Closed("the call is not open")
        await asyncio.wait([self._holder])
        self.raise_failure()

    async def end(self, reason: str) -> None:
        """Cancel everything and wait for it; may be called twice, also from a task of the call itself."""
        holder = self._holder
        if holder is None or holder.done():
            return
        if not self._ending:  # cancelled again, it would not close
            self._ending = True
            self._reason = self._reason or reason
            holder.cancel()
        await asyncio.wait([holder])

    def raise_failure(self) -> None:
        """Raise what ended the call, once."""
        failure, self._failure = self._failure, None
        if failure is not None:
            raise failure

    async def _hold(
        self,
        opened: asyncio.Future[None],
        open_call: Callable[[], Awaitable[None]],
        jobs: Sequence[Job],
        follow: Callable[[], Awaitable[str]],
        close: Callable[[str], Awaitable[None]],
    ) -> None:
        try:
            async with asyncio.TaskGroup() as self._group:
                await open_call()
                for job in jobs:
                    self._group.create_task(job())
                if not opened.done():
                    opened.set_result(None)
                raise _Over(await follow())
        except asyncio.CancelledError:
            self._reason = self._reason or "cancelled"
        except BaseExceptionGroup as group:
            self._ended(_first(group))
        finally:
            self._ending = True
            await close(self._reason)

    def _ended(self, cause: BaseException) -> None:
        if isinstance(cause, _Over):
            self._reason = self._reason or cause.reason
        else:
            self._reason, self._failure = str(cause), cause


class _Over(Exception):
    def __init__(self, reason: str) -> None:
        self.reason = reason


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """The one cause, in all usual cases; a group when there are several."""
    while len(group.exceptions) == 1:
        inner = group.exceptions[0]
        if not isinstance(inner, BaseExceptionGroup):
            return inner
        group = cast("BaseExceptionGroup[BaseException]", inner)
    return group
