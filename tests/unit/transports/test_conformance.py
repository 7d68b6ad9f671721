"""Do the transports keep every requirement of the contract?"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from websockets.asyncio.server import ServerConnection, serve

from bareline.testing.conformance.transport import TRANSPORT, MakePair
from bareline.testing.virtual import run_virtual
from bareline.transports.contract import Transport, TransportInfo
from bareline.transports.memory import memory_pair
from bareline.transports.websocket import open_websocket

Requirement = Callable[[MakePair], Awaitable[None]]


@asynccontextmanager
async def memory() -> AsyncIterator[tuple[Transport, Transport]]:
    near, far = memory_pair()
    yield near, far
    await near.close()
    await far.close()


class Peer:
    """The far end of a real socket, plain ``websockets``."""

    def __init__(self, connection: ServerConnection) -> None:
        self._connection = connection
        self.info = TransportInfo("websocket", "peer")

    async def send(self, message: bytes) -> None:
        await self._connection.send(message, text=True)

    async def receive(self) -> bytes:
        return await self._connection.recv(decode=False)

    async def close(self, code: int = 1000, reason: str = "") -> None:
        await self._connection.close(code, reason)


@asynccontextmanager
async def websocket() -> AsyncIterator[tuple[Transport, Transport]]:
    arrived: asyncio.Future[ServerConnection] = asyncio.get_running_loop().create_future()

    async def accept(connection: ServerConnection) -> None:
        arrived.set_result(connection)
        await connection.wait_closed()

    async with serve(accept, "127.0.0.1", 0, compression=None, max_size=None, close_timeout=0.2) as server:
        port = server.sockets[0].getsockname()[1]
        ours = await open_websocket(f"ws://127.0.0.1:{port}/v1/realtime")
        yield ours, Peer(await arrived)
        await ours.close()


@pytest.mark.parametrize("requirement", TRANSPORT, ids=lambda r: r.__name__)
def test_memory(requirement: Requirement) -> None:
    run_virtual(requirement(memory))


@pytest.mark.parametrize("requirement", TRANSPORT, ids=lambda r: r.__name__)
def test_websocket(requirement: Requirement) -> None:
    asyncio.run(requirement(websocket))
