"""How does one run the server, in a process of its own or inside another program?

``async with RealtimeServer(backend) as server: connect(base_url=server.url)``. One port for HTTP and WebSocket; every
session is a pump with its own authority.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import ssl
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from bareline.errors import ConfigurationError, MissingExtra
from bareline.ids import RandomIds, SeededIds
from bareline.protocol.limits import SESSION_LIMIT_NS
from bareline.protocol.server_endpoint import ServerEndpoint, ServerOptions
from bareline.server.backend import Backend
from bareline.server.client_secrets import ClientSecrets
from bareline.server.door import Door, SessionPlan
from bareline.server.faults import FailingBackend, Faults
from bareline.server.models import Models
from bareline.server.session import AHEAD_S, SessionPump
from bareline.speech.silero import SileroVad
from bareline.transports.contract import Transport
from bareline.transports.impairments import impair
from bareline.turns.contract import VoiceActivity
from bareline.units import NS_PER_S, seconds_to_ns

if TYPE_CHECKING:
    from aiohttp import web

__all__ = ["STOP_WITHIN_S", "RealtimeServer"]

STOP_WITHIN_S = 10
"""How long open sessions may take to end when the server stops."""

_log = logging.getLogger(__name__)


class RealtimeServer:
    """A Realtime server on ``host:port`` (0: any free port) with one backend, which it closes at its end.

    ``api_key`` None accepts every key; ``models`` says which model names are accepted. ``seed`` makes ids and what the
    backend draws reproducible. ``faults`` befall every connection and response. ``options`` decides what the
    specification leaves open. ``ahead_s`` bounds how far audio is sent ahead of its playback. ``tls`` is a certificate
    and its key, which some clients insist on. ``voice_activity`` makes a detector per session that needs one.

    Starting raises ``ConfigurationError`` when the address or the certificate cannot be used, and ``MissingExtra``
    without aiohttp. One start and one stop.
    """

    def __init__(
        self,
        backend: Backend,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        api_key: str | None = None,
        models: Models | None = None,
        seed: int | None = None,
        session_limit_s: float = SESSION_LIMIT_NS / NS_PER_S,
        ahead_s: float = AHEAD_S,
        options: ServerOptions | None = None,
        faults: Faults | None = None,
        tls: tuple[Path, Path] | None = None,
        voice_activity: Callable[[], VoiceActivity] = SileroVad,
    ) -> None:
        self._faults = faults or Faults()
        self._backend = FailingBackend(backend, self._faults) if self._faults.responses else backend
        self._host = host
        self._port = port
        self._seed = seed
        self._session_limit_ns = seconds_to_ns(self._faults.expire_s or session_limit_s)
        self._ahead_s = ahead_s
        self._options = options or ServerOptions()
        self._tls = tls
        self._voice_activity = voice_activity
        self._ids = RandomIds() if seed is None else SeededIds(seed)
        self._door = Door(
            ids=self._ids,
            models=models or Models(),
            secrets=ClientSecrets(self._ids),
            unix_s=_unix_s,
            api_key=api_key,
        )
        self._sessions = 0
        self._pumps: dict[SessionPump, asyncio.Event] = {}
        self._runner: web.AppRunner | None = None
        self._site: web.TCPSite

    @property
    def url(self) -> str:
        """The base URL, as SDKs take it: ``http://host:port/v1``."""
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"{'https' if self._tls else 'http'}://{host}:{self._port}/v1"

    @property
    def open_sessions(self) -> int:
        """How many sessions are open."""
        return len(self._pumps)

    async def start(self) -> None:
        """Accept connections."""
        try:
            from aiohttp import web

            from bareline.server.app import make_app
        except ImportError as error:
            raise MissingExtra("The server", "server") from error
        context = _tls_context(*self._tls) if self._tls else None
        app = make_app(self._door, self._serve_session, options=self._options, status_for=self._faults.status_for)
        runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=1.0)
        await runner.setup()
        site = web.TCPSite(runner, self._host, self._port, ssl_context=context)
        try:
            await site.start()
        except OSError as error:
            await runner.cleanup()
            raise ConfigurationError(f"cannot listen on {self._host}:{self._port}: {_reason(error)}") from error
        self._runner, self._site = runner, site
        self._port = runner.addresses[0][1]

    async def stop(self) -> None:
        """End every session with what is to be sent, close the port and the backend; may be called twice."""
        runner, self._runner = self._runner, None
        if runner is None:
            return
        await self._site.stop()
        for pump in tuple(self._pumps):
            pump.stop()
        over = [asyncio.create_task(over.wait()) for over in self._pumps.values()]
        if over:
            _, late = await asyncio.wait(over, timeout=STOP_WITHIN_S)
            for task in late:
                task.cancel()
        await runner.cleanup()
        await self._backend.close()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def _serve_session(self, transport: Transport, plan: SessionPlan) -> None:
        """One admitted session to its end."""
        seed = (self._seed or 0) + self._sessions
        self._sessions += 1
        if self._faults.connection:
            transport = impair(transport, self._faults.connection, side="server", seed=seed)
        endpoint = ServerEndpoint(
            ids=self._ids if self._seed is None else SeededIds(seed),
            model=plan.model,
            opened_unix_s=_unix_s(),
            session_limit_ns=self._session_limit_ns,
            intent=plan.intent,
            initial=plan.initial,
            options=self._options,
        )
        pump = SessionPump(
            transport, self._backend, endpoint, voice_activity=self._voice_activity, seed=seed, ahead_s=self._ahead_s
        )
        self._pumps[pump] = asyncio.Event()
        address = transport.info.address  # a closed connection has none
        _log.info("session opened: %s %s from %s", plan.intent, plan.model, address)
        try:
            await pump.run()
        finally:
            self._pumps.pop(pump).set()
            _log.info("session closed: %s", address)


def _tls_context(certificate: Path, key: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(certificate, key)
    except OSError as error:  # ssl.SSLError is one
        raise ConfigurationError(f"cannot use the certificate {certificate} with {key}: {error}") from error
    return context


def _reason(error: OSError) -> str:
    """In the system's words; asyncio repeats the address in its own."""
    if error.errno is None or isinstance(error, socket.gaierror):
        return str(error.strerror or error)
    return os.strerror(error.errno)


def _unix_s() -> int:
    return int(time.time())
