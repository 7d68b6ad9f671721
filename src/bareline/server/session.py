"""Who carries out what the authority of one session asks: with a real transport, real audio and a backend?

The pump decides nothing about the protocol. It tells the ``ServerEndpoint`` what arrived, what was said, generated,
played and recognised, and when; sends what the endpoint wants sent; and runs the actions it yields. Time is the loop's,
so the same pump runs over a socket and in virtual time.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Any

from bareline.clock import now_ns
from bareline.errors import Closed
from bareline.protocol.actions import (
    Action,
    CloseConnection,
    InputAppended,
    InputCleared,
    InputCommitted,
    McpCallRequested,
    McpCallStopped,
    McpListRequested,
    OutputAppended,
    OutputDropped,
    ResponseRequested,
    ResponseStopped,
    SessionChanged,
)
from bareline.protocol.refusal import Refusal
from bareline.protocol.server_endpoint import ServerEndpoint
from bareline.server.backend import Backend, BackendSession
from bareline.server.connection import BinaryMessage, Connection
from bareline.server.fanout import Fanout
from bareline.server.generating import Generating
from bareline.server.idle import IdleClock
from bareline.server.listening import Listening
from bareline.server.mcp_hosts import McpHosts
from bareline.server.outbox import READ_BELOW_BYTES
from bareline.server.playing import Playing
from bareline.server.playout import Playout
from bareline.server.playout_clock import PlayoutClock
from bareline.server.remote_tools import RemoteTools
from bareline.transports.contract import MediaTransport, Transport
from bareline.turns.contract import VoiceActivity
from bareline.units import NS_PER_S

__all__ = ["AHEAD_S", "SessionPump"]

AHEAD_S = 30.0
"""How far generated audio may run ahead of its playback."""
_BROKEN = (1011, "The server had an error while processing your request.")

_log = logging.getLogger(__name__)


class SessionPump:
    """One session from its opening to the end of its main connection.

    ``endpoint`` is the authority of this session and nobody else drives it; where it is one of ``media``, so must the
    transport be (``TypeError``). ``channel`` False: that transport carries audio alone, and the session is steered by
    sidebands. ``voice_activity`` makes the ears when the first audio is to be judged; ``seed`` is handed to the
    backend; ``ahead_s`` bounds how far generated audio runs ahead of playback; ``clock`` paces what the server plays,
    for many sessions at once; ``mcp_hosts`` says which MCP servers may be called for it.

    ``run`` returns when the session is over, however it ended, with the transport closed and no task left; ``stop``
    asks it to end; ``attach`` lets a sideband take part.
    """

    def __init__(
        self,
        transport: Transport,
        backend: Backend,
        endpoint: ServerEndpoint,
        *,
        voice_activity: Callable[[], VoiceActivity],
        seed: int = 0,
        ahead_s: float = AHEAD_S,
        clock: PlayoutClock | None = None,
        channel: bool = True,
        mcp_hosts: McpHosts | None = None,
    ) -> None:
        self._media = _media(transport) if endpoint.media else None
        self._backend = backend
        self._endpoint = endpoint
        self._voice_activity = voice_activity
        self._seed = seed
        self._ahead_s = ahead_s
        self._clock = clock or PlayoutClock()
        self._mcp_hosts = mcp_hosts or McpHosts()
        self._main = self._connection(transport)
        self._fanout = Fanout(self._main if channel else None, errors_to=endpoint.options.errors_to)
        self._idle = IdleClock()
        self._deadline_ns: int | None = None
        self._deadline_moved = asyncio.Event()
        self._goodbye: tuple[int, str] | None = None
        self._opened = asyncio.Event()
        self._finished = asyncio.Event()
        self._playing: Playing | None = None
        self._mind: BackendSession
        self._listening: Listening
        self._generating: Generating
        self._remote: RemoteTools
        self._tasks: asyncio.TaskGroup

    async def run(self) -> None:
        """Serve the session to its end."""
        try:
            self._mind = await self._backend.open(seed=self._seed)
            try:
                async with asyncio.TaskGroup() as self._tasks:
                    self._remote = RemoteTools(self._endpoint, self._tasks, self._mcp_hosts, self._settle)
                    try:
                        await self._serve()
                    finally:
                        self._remote.cancel_all()
                        await self._remote.close()
            finally:
                self._main.over.set()  # also when it broke: nobody attaches any more
                await self._mind.close()
        except Exception:  # noqa: BLE001 - whatever a backend raises ends its session alone
            _log.exception("a session ended by an error of its backend")
            self._goodbye = _BROKEN
        finally:
            self._finished.set()
            self._opened.set()
            await self._main.transport.close(*self._last_words)

    def stop(self, code: int = 1001, reason: str = "The server is shutting down.") -> None:
        """End the session: what is to be sent leaves, then all connections are closed."""
        if not self._main.over.is_set():
            self._goodbye = (code, reason)
            self._main.end(self._goodbye)

    async def attach(self, transport: Transport) -> bool:
        """Let a sideband take part until it or the session is over, and close it. Waits until the session is open.

        The sideband is told what is said from now on, and what it says counts as if the main connection said it. False,
        at once, when there are as many sidebands as there may be; ``Closed`` after the session's end.
        """
        await self._opened.wait()
        if self._main.over.is_set() or self._finished.is_set():
            raise Closed("the session is over")
        if self._fanout.full:
            return False
        sideband = self._connection(transport)
        self._fanout.join(sideband)
        serving = self._tasks.create_task(sideband.serve())
        try:
            await asyncio.wait([serving])
            if not sideband.over.is_set():  # the session broke
                await self._finished.wait()
        finally:
            sideband.over.set()
            self._fanout.leave(sideband)
            await transport.close(*(sideband.goodbye or self._last_words))
        return True

    @property
    def _last_words(self) -> tuple[int, str]:
        return self._goodbye or (1000, "")

    def _connection(self, transport: Transport) -> Connection:
        return Connection(transport, take=self._take, refuse=self._refuse)

    async def _serve(self) -> None:
        playout = Playout(self._clock, ahead_s=self._ahead_s) if self._media else None
        self._listening = Listening(
            self._mind, self._endpoint, voice_activity=self._voice_activity, idle=self._idle, settle=self._settle
        )
        self._generating = Generating(
            self._mind,
            self._endpoint,
            self._tasks,
            outbox=self._main.outbox,
            playout=playout,
            ahead_s=self._ahead_s,
            idle=self._idle,
            settle=self._settle,
        )
        if self._media is not None and playout is not None:
            self._playing = Playing(
                self._media, playout, self._endpoint, heard=self._generating.heard, settle=self._settle
            )
        self._endpoint.open(now_ns())
        self._settle()
        self._opened.set()
        self._tasks.create_task(self._main.serve())
        async with self._working():
            await self._main.over.wait()
        self._generating.cancel_all()
        self._fanout.end(self._last_words)

    @asynccontextmanager
    async def _working(self) -> AsyncGenerator[None]:
        workers = [self._tasks.create_task(self._watch())]
        if self._media is not None and self._playing is not None:
            workers.append(self._tasks.create_task(self._to_its_end(self._listening.run(self._media))))
            workers.append(self._tasks.create_task(self._to_its_end(self._playing.run())))
        try:
            yield
        finally:
            for task in workers:
                task.cancel()

    # --- what comes in, what goes out, and time -----------------------------------------------------------------------

    async def _take(self, connection: Connection, message: bytes) -> None:
        if isinstance(message, BinaryMessage):
            self._endpoint.receive_binary(now_ns())
        else:
            self._endpoint.receive(message, now_ns())
        self._settle(connection)
        await self._listening.catch_up()
        await connection.outbox.below(READ_BELOW_BYTES)
        await self._generating.room()
        await self._remote.room()

    def _refuse(self, connection: Connection, refusal: Refusal) -> None:
        self._endpoint.refuse(refusal, now_ns())
        self._settle(connection)

    async def _to_its_end(self, work: Coroutine[Any, Any, None]) -> None:
        """Until the connection is over, which is then the end of the session."""
        with self._main.ending():
            await work

    async def _watch(self) -> None:
        """Wake the authority at its deadline, and when the user has been silent for too long."""
        while True:
            self._deadline_moved.clear()
            due_ns = self._deadline_ns
            with suppress(TimeoutError):
                async with asyncio.timeout_at(None if due_ns is None else due_ns / NS_PER_S):
                    await self._deadline_moved.wait()
                    continue
            if self._idle.due(now_ns()):
                self._listening.time_out()
            self._endpoint.tick(now_ns())
            self._settle()

    # --- what the authority asks for ----------------------------------------------------------------------------------

    def _settle(self, cause: Connection | None = None) -> None:
        """Carry out all actions, queue all messages, and note the next deadline. After every call of the endpoint."""
        while actions := tuple(self._endpoint.events()):
            for action in actions:
                self._act(action)
        for message in self._endpoint.outgoing():
            self._fanout.put(message, cause)
        due = [at for at in (self._endpoint.deadline(), self._idle.deadline_ns) if at is not None]
        if min(due, default=None) != self._deadline_ns:
            self._deadline_ns = min(due, default=None)
            self._deadline_moved.set()

    def _act(self, action: Action) -> None:
        match action:
            case SessionChanged(session=session):
                self._listening.configure(session)
                self._mind.configure(session)
            case InputAppended() | InputCleared() | InputCommitted():
                self._listening.act(action)
                if isinstance(action, InputCommitted) and action.transcribe:
                    self._generating.transcribe(action.item_id)
            case ResponseRequested(request=request):
                self._generating.begin(request)
            case ResponseStopped(response_id=response_id, reason=reason):
                self._generating.stop(response_id, reason)
            case McpListRequested() | McpCallRequested() | McpCallStopped():
                self._remote.act(action)
            case OutputAppended() | OutputDropped():
                if self._playing is not None:  # pragma: no branch  (others are not asked to play)
                    self._playing.act(action)
            case CloseConnection(code=code, reason=reason):
                self.stop(code, reason)


def _media(transport: Transport) -> MediaTransport:
    if not isinstance(transport, MediaTransport):
        raise TypeError(f"a session of media needs a transport that carries audio, not {type(transport).__name__}")
    return transport
