"""Does the server's end of a WebSocket keep the contract of a transport? (real sockets on 127.0.0.1)"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from bareline.server.websocket import accept
from bareline.testing.conformance.transport import TRANSPORT
from bareline.transports.contract import Transport
from bareline.transports.websocket import open_websocket


@asynccontextmanager
async def pair() -> AsyncIterator[tuple[Transport, Transport]]:
    accepted: asyncio.Queue[Transport] = asyncio.Queue()
    over = asyncio.Event()

    async def hold(request: web.Request) -> web.StreamResponse:
        async with accept(request) as (socket, transport):
            accepted.put_nowait(transport)
            await over.wait()
        return socket

    app = web.Application()
    app.router.add_get("/", hold)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    theirs = await open_websocket(f"ws://127.0.0.1:{runner.addresses[0][1]}/")
    ours = await accepted.get()
    yield ours, theirs
    over.set()
    await asyncio.gather(ours.close(), theirs.close())
    await runner.cleanup()


@pytest.mark.slow
@pytest.mark.parametrize("check", TRANSPORT, ids=lambda check: check.__name__)
def test_the_contract(check) -> None:
    asyncio.run(check(pair))
