"""How does one get a line to a realtime server?"""

from __future__ import annotations

import os
import ssl as ssl_module
from collections.abc import Awaitable, Callable, Generator, Mapping
from types import TracebackType
from typing import Any

from bareline.client.address import Address, resolve_address
from bareline.client.line import Line
from bareline.client.opening import Opener, Opening
from bareline.errors import ConfigurationError
from bareline.observe.record import Observer
from bareline.protocol.client_endpoint import ClientEndpoint
from bareline.protocol.events import SessionConfig, SessionUpdate
from bareline.protocol.signalling import Credentials, Target, auth_headers, key_kind, websocket_url
from bareline.transports.contract import MediaTransport, Transport
from bareline.transports.webrtc.settings import WebRtcSettings
from bareline.version import __version__

__all__ = ["DEFAULT_MODEL", "OPENERS", "Connecting", "Opener", "Opening", "connect"]

DEFAULT_MODEL = "gpt-realtime-2.1"


def connect(
    *,
    model: str | None = None,
    transport: str = "websocket",
    base_url: str | None = None,
    api_key: str | None = None,
    session: SessionConfig | None = None,
    intent: str | None = None,
    call_id: str | None = None,
    checks: bool = False,
    fold: bool = True,
    observer: Observer | None = None,
    organization: str | None = None,
    project: str | None = None,
    safety_identifier: str | None = None,
    headers: Mapping[str, str] | None = None,
    query: Mapping[str, str] | None = None,
    open_timeout_s: float = 10.0,
    ssl: ssl_module.SSLContext | None = None,
    webrtc: WebRtcSettings | None = None,
) -> Connecting:
    """Connect: ``async with connect(...) as line`` or ``line = await connect(...)``.

    ``transport`` is ``websocket`` or ``webrtc``, which ``webrtc`` settles in detail. ``base_url`` and ``api_key``
    default to ``OPENAI_BASE_URL`` and ``OPENAI_API_KEY``; ``base_url="local"`` starts the built-in server in this
    process. A key may be a server key or a client secret (``ek_…``), which may have a session and a model of its own.
    ``model`` defaults to ``DEFAULT_MODEL``. ``session`` is sent as ``session.update`` at once, or with the offer of a
    WebRTC call. ``intent="transcription"`` opens a transcription session; ``call_id`` a sideband to a running call;
    both leave ``model`` out. ``checks`` refuses locally what the protocol forbids; ``fold`` keeps
    ``line.conversation``. ``headers`` and ``query`` are added to the request and win.

    Awaiting raises ``ConfigurationError`` (nothing was tried) and ``ConnectFailed`` (stage and likely cause). On a
    WebSocket a wrong key or model mostly shows only afterwards: an ``error`` event, then a close (REALTIME.md
    section 2).
    """
    credentials = {
        "organization": organization or os.environ.get("OPENAI_ORG_ID"),
        "project": project or os.environ.get("OPENAI_PROJECT_ID"),
        "safety_identifier": safety_identifier,
    }

    def opening(address: Address) -> Opening:
        who = Credentials(key=address.api_key, **credentials)
        own = {"User-Agent": f"bareline/{__version__}", **auth_headers(who), **(headers or {})}
        own_session = transport in _SESSION_IN_OFFER and key_kind(address.api_key or "") == "ephemeral"
        target = _target(model or (None if own_session else DEFAULT_MODEL), intent, call_id)
        return Opening(address.base_url, target, own, query or {}, open_timeout_s, ssl, session, webrtc)

    async def open_line() -> Line:
        opener = _opener(transport)
        address = await resolve_address(base_url, api_key)
        connection = await _connected(opener, opening(address), address)
        server_plays = call_id is not None or isinstance(connection, MediaTransport)
        endpoint = ClientEndpoint(checks=checks, fold=fold, output_buffer=server_plays)
        line = Line(connection, endpoint=endpoint, observer=observer, after_close=address.stop)
        if session is not None and transport not in _SESSION_IN_OFFER:
            await _configure(line, session)
        return line

    return Connecting(open_line)


class Connecting:
    """A line that is not open yet: await it, or enter it."""

    def __init__(self, open_line: Callable[[], Awaitable[Line]]) -> None:
        self._open_line = open_line
        self._line: Line | None = None

    def __await__(self) -> Generator[Any, None, Line]:
        return self._open_line().__await__()

    async def __aenter__(self) -> Line:
        self._line = await self._open_line()
        return self._line

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._line is not None:
            await self._line.close()


async def _open_websocket(opening: Opening) -> Transport:
    from bareline.transports.websocket import open_websocket

    return await open_websocket(
        websocket_url(opening.base_url, opening.target, opening.query),
        headers=opening.headers,
        open_timeout_s=opening.open_timeout_s,
        ssl=opening.ssl,
    )


async def _open_webrtc(opening: Opening) -> Transport:
    from bareline.client.webrtc_opening import open_webrtc_line

    return await open_webrtc_line(opening)


OPENERS: dict[str, Opener] = {"websocket": _open_websocket, "webrtc": _open_webrtc}
"""Transport name to what opens it; a program may add its own."""
_SESSION_IN_OFFER = frozenset({"webrtc"})
"""Transports whose request for a connection carries the session, so that a client secret may do without one."""


def _opener(transport: str) -> Opener:
    opener = OPENERS.get(transport)
    if opener is not None:
        return opener
    raise ConfigurationError(f"transport={transport!r} is unknown; there is {', '.join(map(repr, OPENERS))}")


async def _connected(opener: Opener, opening: Opening, address: Address) -> Transport:
    try:
        return await opener(opening)
    except BaseException:
        if address.stop is not None:
            await address.stop()
        raise


def _target(model: str | None, intent: str | None, call_id: str | None) -> Target:
    if call_id is not None:
        return Target(call_id=call_id)
    if intent is not None:
        return Target(intent=intent)
    return Target(model=model)


async def _configure(line: Line, session: SessionConfig) -> None:
    try:
        await line.send(SessionUpdate(session=session))
    except BaseException:
        await line.close()
        raise
