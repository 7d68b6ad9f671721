"""How does a test, or a program without an event loop, get a server on a real port?

``ServerThread`` runs ``RealtimeServer`` on an event loop of its own in a thread: for unmodified SDKs, synchronous code
and other processes.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from types import TracebackType
from typing import Self

from bareline.server.backend import Backend
from bareline.server.serve import RealtimeServer

__all__ = ["ServerThread"]

_START_WITHIN_S = 30.0
_STOP_WITHIN_S = 30.0


class ServerThread:
    """A server from entering to leaving the context. ``make`` makes it, in its thread; a backend will do as well.

    Entering raises what starting raises, leaving what the server's end raised.
    """

    def __init__(self, make: Backend | Callable[[], RealtimeServer]) -> None:
        self._make = make if callable(make) else lambda: RealtimeServer(make)
        self._url: Future[str] = Future()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._over: asyncio.Event | None = None
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="bareline-server", daemon=True)

    @property
    def url(self) -> str:
        """The base URL, as SDKs take it: ``http://127.0.0.1:PORT/v1``."""
        return self._url.result(timeout=_START_WITHIN_S)

    def __enter__(self) -> Self:
        self._thread.start()
        self._url.result(timeout=_START_WITHIN_S)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._loop is not None and self._over is not None:
            self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(timeout=_STOP_WITHIN_S)
        if self._failure is not None and error is None:
            raise self._failure

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:  # noqa: BLE001  (told in the caller's thread)
            if self._url.done():
                self._failure = error
            else:
                self._url.set_exception(error)

    async def _serve(self) -> None:
        self._loop, self._over = asyncio.get_running_loop(), asyncio.Event()
        async with self._make() as server:
            self._url.set_result(server.url)
            await self._over.wait()
