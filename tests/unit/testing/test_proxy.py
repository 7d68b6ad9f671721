"""Does an unmodified TCP program meet delays, stalls, resets and silence through the proxy?"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from bareline.errors import ConfigurationError
from bareline.testing.proxy import ImpairedProxy
from bareline.transports.faults import parse_faults

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()


@asynccontextmanager
async def through(faults: str) -> AsyncIterator[tuple[ImpairedProxy, Streams]]:
    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    async with server, ImpairedProxy("127.0.0.1", server.sockets[0].getsockname()[1], parse_faults(faults)) as proxy:
        streams = await asyncio.open_connection("127.0.0.1", proxy.port)
        yield proxy, streams
        streams[1].close()


def test_without_faults_a_megabyte_passes_whole_and_the_end_too() -> None:
    async def main() -> None:
        async with through("") as (_, (reader, writer)):
            payload = bytes(range(256)) * 4096
            writer.write(payload)
            writer.write_eof()
            assert await reader.read(-1) == payload

    asyncio.run(main())


@pytest.mark.parametrize(
    ("faults", "at_least_s"), [("delay=100ms", 0.2), ("up:slow=80kbps", 0.1), ("stall=300ms@0s", 0.3)]
)
def test_what_delays_delays(faults: str, at_least_s: float) -> None:
    async def main() -> float:
        async with through(faults) as (_, (reader, writer)):
            began = time.perf_counter()
            writer.write(b"x" * 1000)
            assert await reader.readexactly(1000) == b"x" * 1000
            return time.perf_counter() - began

    assert at_least_s * 0.95 < asyncio.run(main()) < at_least_s + 1


def test_an_abort_is_a_reset() -> None:
    async def main() -> None:
        async with through("abort@100ms") as (_, (reader, _writer)):
            with pytest.raises(ConnectionResetError):
                await asyncio.wait_for(reader.read(), 5)

    asyncio.run(main())


def test_a_close_is_the_end_of_the_stream() -> None:
    async def main() -> None:
        async with through("close=1001@100ms") as (_, (reader, _writer)):
            assert await asyncio.wait_for(reader.read(), 5) == b""

    asyncio.run(main())


def test_a_cut_connection_stays_open_and_silent() -> None:
    async def main() -> None:
        async with through("cut@0s") as (_, (reader, writer)):
            writer.write(b"hello?")
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(reader.read(1), 0.3)

    asyncio.run(main())


def test_all_connections_can_be_torn_at_once() -> None:
    async def main() -> None:
        async with through("") as (proxy, (reader, writer)):
            writer.write(b"x")
            await reader.readexactly(1)
            proxy.abort_all()
            with pytest.raises(ConnectionResetError):
                await asyncio.wait_for(reader.read(), 5)
            assert proxy.accepted == 1

    asyncio.run(main())


def test_a_target_that_is_not_there_is_a_reset() -> None:
    async def main() -> None:
        async with ImpairedProxy("127.0.0.1", 1) as proxy:
            reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
            with pytest.raises(ConnectionResetError):
                await asyncio.wait_for(reader.read(), 5)
            writer.close()

    asyncio.run(main())


def test_what_tcp_cannot_do_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="TCP has no Loss"):
        ImpairedProxy("127.0.0.1", 1, parse_faults("loss=1%"))
