"""How does a client's WebSocket carry whole messages?

Over ``websockets`` without compression: audio in base64 does not shrink enough to pay for it. Frames are taken and
given as bytes, so that no text is decoded twice. Why this library: ``docs/design/websocket-client.md``.
"""

from __future__ import annotations

import asyncio
import ssl as ssl_module
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn, cast

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus, InvalidURI
from websockets.typing import Subprotocol

from bareline.errors import Closed, ConfigurationError, ConnectFailed, ConnectionLost
from bareline.protocol.limits import MESSAGE_MAX_BYTES
from bareline.protocol.severity import close_severity
from bareline.transports.addresses import is_loopback, without_secrets
from bareline.transports.connect_errors import explain_network, explain_status
from bareline.transports.contract import TransportInfo
from bareline.transports.frame_lane import LaneConnection
from bareline.units import seconds_to_ns

__all__ = ["CLOSE_TIMEOUT_S", "PING_INTERVAL_S", "PING_TIMEOUT_S", "WebSocketTransport", "open_websocket"]

PING_INTERVAL_S = 20.0
"""How often we ask whether the other side is there; the service asks us as often (REALTIME.md section 2)."""
PING_TIMEOUT_S = 20.0
CLOSE_TIMEOUT_S = 2.0
"""How long a close waits for the other side; then the connection is dropped."""


async def open_websocket(
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    subprotocols: Sequence[str] = (),
    open_timeout_s: float = 10.0,
    max_message_bytes: int = MESSAGE_MAX_BYTES,
    ssl: ssl_module.SSLContext | None = None,
) -> WebSocketTransport:
    """Connect to ``url`` (ws or wss; TLS follows from it, ``ssl`` replaces the default context).

    Raises ``ConnectFailed`` with the stage and a likely cause, and ``ConfigurationError`` for an address that is none.
    """
    address = without_secrets(url)

    class Connection(LaneConnection):
        limit_bytes = max_message_bytes

    tls: dict[str, Any] = {} if ssl is None else {"ssl": ssl}
    try:
        connecting = connect(
            url,
            additional_headers=headers,
            subprotocols=[Subprotocol(name) for name in subprotocols] or None,
            compression=None,
            proxy=None if is_loopback(address) else True,
            open_timeout=open_timeout_s,
            ping_interval=PING_INTERVAL_S,
            ping_timeout=PING_TIMEOUT_S,
            close_timeout=CLOSE_TIMEOUT_S,
            max_size=max_message_bytes,
            create_connection=Connection,
            **tls,
        )
        connection = cast("LaneConnection", await connecting)
    except InvalidURI as error:
        raise ConfigurationError(f"{address!r} is not the address of a WebSocket") from error
    except InvalidStatus as error:
        status = error.response.status_code
        explanation = explain_status(address, status, bytes(error.response.body or b""), headers)
        raise ConnectFailed(explanation, stage="handshake", status=status) from error
    except InvalidHandshake as error:
        raise ConnectFailed(f"{address} does not answer like a WebSocket: {error}", stage="handshake") from error
    except OSError as error:
        stage, explanation = explain_network(address, error, open_timeout_s)
        raise ConnectFailed(explanation, stage=stage) from error
    return WebSocketTransport(connection, TransportInfo("websocket", address))


class WebSocketTransport:
    """One open client connection; keeps the contract of ``Transport``. Made by ``open_websocket``."""

    def __init__(self, connection: LaneConnection, info: TransportInfo) -> None:
        self._connection = connection
        self._info = info
        self._closed = False

    @property
    def info(self) -> TransportInfo:
        return self._info

    @property
    def round_trip_ns(self) -> int | None:
        """Of the last ping; ``None`` before the first one was answered."""
        return seconds_to_ns(self._connection.latency) or None

    async def send(self, message: bytes) -> None:
        if self._connection.give_at_once(message):
            return
        try:
            await self._connection.send(message, text=True)
        except ConnectionClosed as error:
            self._raise_ended(error)

    def send_at_once(self, message: bytes) -> bool:
        return self._connection.give_at_once(message)

    async def receive(self) -> bytes:
        try:
            return await self._connection.take()
        except ConnectionClosed as error:
            self._raise_ended(error)

    async def forward(self, take: Callable[[bytes], bool | None]) -> NoReturn:
        try:
            await self._connection.forward(take)
        except ConnectionClosed as error:
            self._raise_ended(error)

    async def close(self, code: int = 1000, reason: str = "") -> None:
        self._closed = True
        self._connection.drop_unread()
        try:
            async with asyncio.timeout(CLOSE_TIMEOUT_S):
                await self._connection.close(code, reason)
        except TimeoutError:  # the other side does not even read
            self._connection.transport.abort()
            await self._connection.wait_closed()
        except asyncio.CancelledError:
            self._connection.transport.abort()
            raise

    def _raise_ended(self, error: ConnectionClosed) -> NoReturn:
        if self._closed:
            raise Closed("the connection was closed by this side") from error
        frame = error.rcvd or error.sent
        code, reason = (frame.code, frame.reason) if frame else (1006, "")
        who = "closed by the other side" if error.rcvd else "lost"
        words = f"the connection to {self._info.address} was {who}: {code} {reason}".rstrip()
        if code >= 3000:  # turned away by the service itself
            words = f"{words}. {close_severity(code, reason).advice}".rstrip(" .")
        raise ConnectionLost(words, code=code, reason=reason) from error
