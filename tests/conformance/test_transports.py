"""Do all transports keep the contract of a transport?"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from bareline.server.websocket import accept
from bareline.testing.conformance.transport import MEDIA_TRANSPORT, TRANSPORT, MakeMediaPair, MakePair
from bareline.testing.link import link_pair
from bareline.testing.media_link import media_link_pair
from bareline.testing.virtual import run_virtual
from bareline.testing.webrtc_pair import webrtc_pair
from bareline.transports.contract import MediaTransport, Transport
from bareline.transports.faults import parse_faults
from bareline.transports.impairments import impair
from bareline.transports.memory import memory_media_pair, memory_pair
from bareline.transports.webrtc.transport import WebRtcTransport
from bareline.transports.websocket import open_websocket

MediaCheck = Callable[[MakeMediaPair], Awaitable[None]]
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
async def media_link() -> AsyncIterator[tuple[MediaTransport, MediaTransport]]:
    ours, theirs = media_link_pair()
    yield ours, theirs
    await ours.close()
    await theirs.close()


@asynccontextmanager
async def slow_media_link() -> AsyncIterator[tuple[MediaTransport, MediaTransport]]:
    late = parse_faults("delay=40ms~30ms,stall=100ms@10ms")
    ours, theirs = media_link_pair(late, audio_faults=late, seed=5)
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
async def client_socket() -> AsyncIterator[tuple[Transport, Transport]]:
    """The client's WebSocket, and the server's as its peer."""
    accepted: asyncio.Queue[Transport] = asyncio.Queue()
    over = asyncio.Event()

    async def hold(request: web.Request) -> web.StreamResponse:
        async with accept(request) as (socket, transport):
            accepted.put_nowait(transport)
            await over.wait()
        return socket

    app = web.Application()
    app.router.add_get("/", hold)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    ours = await open_websocket(f"ws://127.0.0.1:{runner.addresses[0][1]}/")
    theirs = await accepted.get()
    yield ours, theirs
    over.set()
    await asyncio.gather(ours.close(), theirs.close())
    await runner.cleanup()


@asynccontextmanager
async def server_socket() -> AsyncIterator[tuple[Transport, Transport]]:
    async with client_socket() as (client, server):
        yield server, client


@asynccontextmanager
async def memory_media() -> AsyncIterator[tuple[MediaTransport, MediaTransport]]:
    ours, theirs = memory_media_pair()
    yield ours, theirs
    await ours.close()
    await theirs.close()


@asynccontextmanager
async def webrtc_server() -> AsyncIterator[tuple[WebRtcTransport, WebRtcTransport]]:
    """The answering side of a real connection over UDP; its peer is the offering side."""
    async with webrtc_pair() as (client, server):
        yield server, client


@pytest.mark.parametrize("check", TRANSPORT, ids=lambda check: check.__name__)
@pytest.mark.parametrize("make", [memory, memory_media, perfect_link, slow_link, slow_media_link, impaired_client])
def test_in_virtual_time(make: MakePair, check: Check) -> None:
    run_virtual(check(make))


LONG_WAITS = {"a_full_backlog_makes_send_wait_until_close"}
LOOPBACK = [
    pytest.param(check, id=check.__name__, marks=[pytest.mark.slow] if check.__name__ in LONG_WAITS else [])
    for check in TRANSPORT
]


@pytest.mark.parametrize("check", LOOPBACK)
@pytest.mark.parametrize(
    "make",
    [
        client_socket,
        pytest.param(server_socket, marks=pytest.mark.slow),
        webrtc_pair,
        pytest.param(webrtc_server, marks=pytest.mark.slow),
    ],
)
def test_on_a_loopback_socket(make: MakePair, check: Check) -> None:
    asyncio.run(check(make))


@pytest.mark.parametrize("check", MEDIA_TRANSPORT, ids=lambda check: check.__name__)
@pytest.mark.parametrize("make", [memory_media, media_link, slow_media_link])
def test_media_in_virtual_time(make: MakeMediaPair, check: MediaCheck) -> None:
    run_virtual(check(make))


@pytest.mark.parametrize("check", MEDIA_TRANSPORT, ids=lambda check: check.__name__)
@pytest.mark.parametrize("make", [webrtc_pair, webrtc_server])
def test_media_on_loopback_udp(make: MakeMediaPair, check: MediaCheck) -> None:
    asyncio.run(check(make))
