"""Which sessions does a server hold open, and how does each begin and end?"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable

from bareline.ids import IdSource, SeededIds
from bareline.protocol.server_endpoint import ServerEndpoint, ServerOptions
from bareline.server.backend import Backend
from bareline.server.door import SessionPlan
from bareline.server.faults import Faults, ImpairedMedia
from bareline.server.mcp_hosts import McpHosts
from bareline.server.playout_clock import PlayoutClock
from bareline.server.session import SessionPump
from bareline.transports.contract import MediaTransport, Transport
from bareline.transports.impairments import impair
from bareline.turns.contract import VoiceActivity

__all__ = ["STOP_WITHIN_S", "Sessions", "unix_s"]

STOP_WITHIN_S = 10
"""How long open sessions may take to end when the server stops."""

_log = logging.getLogger(__name__)


class Sessions:
    """All sessions of one server, each a pump with its own authority, and one clock for all that is played."""

    def __init__(
        self,
        backend: Backend,
        *,
        ids: IdSource,
        seed: int | None,
        limit_ns: int,
        ahead_s: float,
        options: ServerOptions,
        faults: Faults,
        voice_activity: Callable[[], VoiceActivity],
        mcp_hosts: McpHosts,
    ) -> None:
        self._backend = backend
        self._ids = ids
        self._seed = seed
        self._limit_ns = limit_ns
        self._ahead_s = ahead_s
        self._options = options
        self._faults = faults
        self._voice_activity = voice_activity
        self._mcp_hosts = mcp_hosts
        self._clock = PlayoutClock()
        self._begun = 0
        self._open: dict[SessionPump, asyncio.Event] = {}

    def __len__(self) -> int:
        return len(self._open)

    async def serve(
        self,
        transport: Transport,
        plan: SessionPlan,
        *,
        channel: bool = True,
        begun: Callable[[SessionPump], None] = lambda _: None,
    ) -> None:
        """One admitted session to its end; ``begun`` is given its pump. ``channel``: see ``SessionPump``."""
        pump = self._pump(transport, plan, channel=channel)
        self._open[pump] = asyncio.Event()
        address = transport.info.address  # a closed connection has none
        _log.info("session opened: %s %s by %s from %s", plan.intent, plan.model, transport.info.kind, address)
        begun(pump)
        try:
            await pump.run()
        finally:
            self._open.pop(pump).set()
            _log.info("session closed: %s", address)

    async def stop(self) -> None:
        """End all with what is to be sent."""
        for pump in tuple(self._open):
            pump.stop()
        over = [asyncio.create_task(over.wait()) for over in self._open.values()]
        if over:
            _, late = await asyncio.wait(over, timeout=STOP_WITHIN_S)
            for task in late:
                task.cancel()

    def _pump(self, transport: Transport, plan: SessionPlan, *, channel: bool) -> SessionPump:
        seed = (self._seed or 0) + self._begun
        self._begun += 1
        transport = self._impaired(transport, seed)
        endpoint = ServerEndpoint(
            ids=self._ids if self._seed is None else SeededIds(seed),
            model=plan.model,
            opened_unix_s=unix_s(),
            session_limit_ns=self._limit_ns,
            intent=plan.intent,
            initial=plan.initial,
            options=self._options,
            media=isinstance(transport, MediaTransport),
        )
        return SessionPump(
            transport,
            self._backend,
            endpoint,
            voice_activity=self._voice_activity,
            seed=seed,
            ahead_s=self._ahead_s,
            clock=self._clock,
            channel=channel,
            mcp_hosts=self._mcp_hosts,
        )

    def _impaired(self, transport: Transport, seed: int) -> Transport:
        faults = self._faults.connection
        if not faults:
            return transport
        if isinstance(transport, MediaTransport):
            return ImpairedMedia(transport, faults, seed=seed)
        return impair(transport, faults, side="server", seed=seed)


def unix_s() -> int:
    """The wall clock in whole seconds."""
    return int(time.time())
