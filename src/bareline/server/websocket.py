"""How does an aiohttp WebSocket become a transport?"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress

from aiohttp import WSMsgType, web

from bareline.errors import Closed, ConnectionLost
from bareline.protocol.limits import MESSAGE_MAX_BYTES
from bareline.server.connection import BinaryMessage
from bareline.transports.contract import TransportInfo

__all__ = ["CLOSE_WITHIN_S", "PING_EVERY_S", "WebSocketTransport", "accept"]

PING_EVERY_S = 20
"""As the service does (REALTIME.md section 2)."""
_SILENT_AFTER_S = 25
"""Longer than the time between pings: an answered ping keeps the connection, an unanswered one ends it."""
CLOSE_WITHIN_S = 2
"""How long the client may take to answer a close."""
_UNSENT_MAX_BYTES = 256 * 1024
"""What may wait in the socket's buffer before ``send`` waits."""
_LOOK_AGAIN_S = 0.005
_NEVER_DRAIN = 1 << 62
"""aiohttp would let all senders wait for one future, which is cancelled for all when one of them is: we wait
ourselves."""
_NO_GOODBYE = 1006
_REASON_MAX_BYTES = 123
"""What fits into a close frame beside the code (RFC 6455, 5.5.1)."""


class WebSocketTransport:
    """The server's end of one connection; a ``Transport``."""

    def __init__(self, socket: web.WebSocketResponse, request: web.Request) -> None:
        self._socket = socket
        self._request = request
        self._closed = False
        self._lost: ConnectionLost | None = None
        self.info = TransportInfo(kind="websocket", address=request.remote or "unknown")

    async def send(self, message: bytes) -> None:
        self._check()
        try:
            await self._socket.send_frame(message, WSMsgType.TEXT)
        except ConnectionError as error:
            raise self._failed(_NO_GOODBYE, str(error)) from error
        while self._unsent_bytes() > _UNSENT_MAX_BYTES:
            await asyncio.sleep(_LOOK_AGAIN_S)
            self._check()

    async def receive(self) -> bytes:
        self._check()
        message = await self._socket.receive()
        if message.type is WSMsgType.TEXT:
            return message.data
        if message.type is WSMsgType.BINARY:
            return BinaryMessage(message.data)
        raise self._failed(self._socket.close_code or _NO_GOODBYE, str(message.extra or ""))

    async def close(self, code: int = 1000, reason: str = "") -> None:
        if self._closed:
            return
        self._closed = True
        with suppress(ConnectionError):
            await self._socket.close(code=code, message=_fitting(reason), drain=False)
        if self._socket.close_code == _NO_GOODBYE:
            self.abort()

    def abort(self) -> None:
        """End the connection without a goodbye."""
        if self._request.transport is not None:
            self._request.transport.abort()

    def _unsent_bytes(self) -> int:
        transport = self._request.transport
        return 0 if transport is None else transport.get_write_buffer_size()

    def _check(self) -> None:
        if self._closed:
            raise Closed("the connection was closed by the server")
        if self._lost is not None:
            raise self._lost

    def _failed(self, code: int, reason: str) -> Closed | ConnectionLost:
        if self._closed:
            return Closed("the connection was closed by the server")
        self._lost = ConnectionLost("the client is gone", code=code, reason=reason)
        return self._lost


@asynccontextmanager
async def accept(request: web.Request) -> AsyncGenerator[tuple[web.WebSocketResponse, WebSocketTransport]]:
    """Upgrade, ping while in use, and close at the end.

    Selects the subprotocol ``realtime`` when it is offered; without compression (D2).
    """
    socket = web.WebSocketResponse(
        timeout=CLOSE_WITHIN_S,
        protocols=("realtime",),
        compress=False,
        heartbeat=_SILENT_AFTER_S,
        max_msg_size=MESSAGE_MAX_BYTES,
        writer_limit=_NEVER_DRAIN,
        decode_text=False,
    )
    await socket.prepare(request)
    transport = WebSocketTransport(socket, request)
    pings = asyncio.create_task(_ping(socket))
    try:
        yield socket, transport
    finally:
        pings.cancel()
        await transport.close()
        await asyncio.wait([pings])


async def _ping(socket: web.WebSocketResponse) -> None:
    while not socket.closed:
        await asyncio.sleep(PING_EVERY_S)
        try:
            await socket.ping()
        except ConnectionError:
            return


def _fitting(reason: str) -> bytes:
    return reason.encode()[:_REASON_MAX_BYTES].decode(errors="ignore").encode()
