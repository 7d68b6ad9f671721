"""How does one run the server, in a process of its own or inside another program?

``async with RealtimeServer(backend) as server: connect(base_url=server.url)``. One port for HTTP and WebSocket; every
session is a pump with its own authority.
"""

from __future__ import annotations

import ipaddress
import os
import socket
import ssl
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from bareline.errors import ConfigurationError, MissingExtra
from bareline.ids import RandomIds, SeededIds
from bareline.protocol.limits import SESSION_LIMIT_NS
from bareline.protocol.server_endpoint import ServerOptions
from bareline.server.backend import Backend
from bareline.server.calls import OPEN_WITHIN_S, Calls
from bareline.server.client_secrets import ClientSecrets
from bareline.server.door import Door
from bareline.server.faults import FailingBackend, Faults
from bareline.server.mcp_hosts import McpHosts
from bareline.server.models import Models
from bareline.server.session import AHEAD_S
from bareline.server.sessions import Sessions, unix_s
from bareline.server.warming import warm_up
from bareline.speech.silero import SileroVad
from bareline.transports.webrtc.settings import WebRtcSettings
from bareline.turns.contract import VoiceActivity
from bareline.units import NS_PER_S, seconds_to_ns

if TYPE_CHECKING:
    from aiohttp import web

__all__ = ["RealtimeServer", "addresses_for"]


class RealtimeServer:
    """A Realtime server on ``host:port`` (0: any free port) with one backend, which it closes at its end.

    ``api_key`` None accepts every key; ``models`` says which model names are accepted. ``seed`` makes ids and what the
    backend draws reproducible. ``faults`` befall every connection and response. ``options`` decides what the
    specification leaves open. ``ahead_s`` bounds how far audio is sent ahead of its playback. ``tls`` is a certificate
    and its key, which some clients insist on. ``voice_activity`` makes a detector per session that needs one.
    ``webrtc`` says how calls over WebRTC connect; by default at ``host``, or at all addresses of this machine when that
    is no single one; a call whose media has not opened after ``open_within_s`` is over. ``mcp_hosts``: the hosts (with
    a port or without) whose MCP servers sessions may have it call; ``None``: this machine; ``["*"]``: all.

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
        webrtc: WebRtcSettings | None = None,
        open_within_s: float = OPEN_WITHIN_S,
        mcp_hosts: Sequence[str] | None = None,
    ) -> None:
        self._faults = faults or Faults()
        self._backend = FailingBackend(backend, self._faults) if self._faults.responses else backend
        self._host = host
        self._port = port
        self._options = options or ServerOptions()
        self._tls = tls
        self._voice_activity = voice_activity
        ids = RandomIds() if seed is None else SeededIds(seed)
        self._door = Door(
            ids=ids, models=models or Models(), secrets=ClientSecrets(ids), unix_s=unix_s, api_key=api_key
        )
        self._sessions = Sessions(
            self._backend,
            ids=ids,
            seed=seed,
            limit_ns=seconds_to_ns(self._faults.expire_s or session_limit_s),
            ahead_s=ahead_s,
            options=self._options,
            faults=self._faults,
            voice_activity=voice_activity,
            mcp_hosts=McpHosts(None if mcp_hosts is None else tuple(mcp_hosts)),
        )
        self._calls = Calls(
            self._sessions.serve,
            ids=ids,
            settings=webrtc or WebRtcSettings(addresses=addresses_for(host)),
            hangup_close_code=self._options.hangup_close_code,
            open_within_s=open_within_s,
        )
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
        return len(self._sessions)

    async def start(self) -> None:
        """Accept connections."""
        try:
            from aiohttp import web

            from bareline.server.app import make_app
        except ImportError as error:
            raise MissingExtra("The server", "server") from error
        context = _tls_context(*self._tls) if self._tls else None
        await warm_up(self._voice_activity)
        app = make_app(
            self._door, self._sessions, self._calls, options=self._options, status_for=self._faults.status_for
        )
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
        await self._sessions.stop()
        await self._calls.stop()
        await runner.cleanup()
        await self._backend.close()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()


def addresses_for(host: str) -> list[str] | None:
    """Where media arrives: at the one address that HTTP does, or, when that is any, at all of this machine's (None)."""
    try:
        address = ipaddress.ip_address("127.0.0.1" if host == "localhost" else host)
    except ValueError:
        return None
    return None if address.is_unspecified else [str(address)]


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
