"""Do all transports keep the contract of a transport?"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from websockets.asyncio.server import ServerConnection, serve

from bareline.testing.conformance.transport import TRANSPORT, MakePair
from bareline.testing.link import link_pair
from bareline.testing.virtual import run_virtual
from bareline.transports.contract import Transport, TransportInfo
from bareline.transports.faults import parse_faults
from bareline.transports.impairments import impair
from bareline.transports.memory import memory_pair
from bareline.transports.websocket import WebSocketTransport, open_websocket

Check = Callable[[MakePair], Awaitable[None]]


@asynccontextmanager
async def memory() -> AsyncIterator[tuple[Transport, Transport]]:
    ours, theirs = memory_pair()
    yield ours, theirs
    await ours.close()
    await theirs.close()


@asynccontextmanager
async def perfect_link() -> AsyncIterator[tuple[Transport, Transport]]:
    ours, theirs = link_pair()
    yield ours, theirs
    await ours.close()
    await theirs.close()


@asynccontextmanager
async def slow_link() -> AsyncIterator[tuple[Transport, Transport]]:
    ours, theirs = link_pair(parse_faults("delay=40ms~30ms,stall=100ms@10ms,slow=100mbps"), seed=5)
    yield ours, theirs
    await ours.close()
    await theirs.close()


@asynccontextmanager
async def impaired_client() -> AsyncIterator[tuple[Transport, Transport]]:
    plain, theirs = memory_pair()
    ours = impair(plain, parse_faults("delay=20ms~10ms"), side="client", seed=1)
    yield ours, theirs
    await ours.close()
    await theirs.close()


@asynccontextmanager
async def websocket() -> AsyncIterator[tuple[Transport, Transport]]:
    accepted: asyncio.Queue[ServerConnection] = asyncio.Queue()

    async def hold(connection: ServerConnection) -> None:
        accepted.put_nowait(connection)
        await connection.wait_closed()

    async with serve(hold, "127.0.0.1", 0, max_size=None, compression=None, close_timeout=0.2) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        ours = await open_websocket(f"ws://127.0.0.1:{port}/")
        theirs = WebSocketTransport(await accepted.get(), TransportInfo("websocket", "peer"))  # type: ignore[arg-type]
        yield ours, theirs
        await asyncio.gather(ours.close(), theirs.close())


@pytest.mark.parametrize("check", TRANSPORT, ids=lambda check: check.__name__)
@pytest.mark.parametrize("make", [memory, perfect_link, slow_link, impaired_client])
def test_in_virtual_time(make: MakePair, check: Check) -> None:
    run_virtual(check(make))


@pytest.mark.parametrize("check", TRANSPORT, ids=lambda check: check.__name__)
def test_on_a_loopback_socket(check: Check) -> None:
    asyncio.run(check(websocket))
