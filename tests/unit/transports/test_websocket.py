"""Does the WebSocket transport keep the contract over real sockets, and say why it cannot connect?"""

from __future__ import annotations

import asyncio
import http
import socket
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.datastructures import Headers
from websockets.http11 import Request, Response

from bareline.errors import Closed, ConfigurationError, ConnectFailed, ConnectionLost
from bareline.transports.websocket import WebSocketTransport, open_websocket


@asynccontextmanager
async def server(answer: Callable[[ServerConnection], Awaitable[None]], **options: object):
    async with serve(answer, "127.0.0.1", 0, **options) as running:
        port = running.sockets[0].getsockname()[1]
        yield f"ws://127.0.0.1:{port}/v1/realtime"


async def echo(connection: ServerConnection) -> None:
    async for message in connection:
        assert isinstance(message, str)  # text frames only: REALTIME.md section 2
        await connection.send(message)


def test_messages_come_back_whole_and_in_order() -> None:
    async def main() -> None:
        async with server(echo) as url:
            transport = await open_websocket(url + "?model=m", headers={"X-Test": "1"})
            sent = [b'{"n":%d,"text":"\xc3\xa4"}' % n for n in range(20)]
            for message in sent:
                await transport.send(message)
            assert [await transport.receive() for _ in sent] == sent
            assert transport.info.kind == "websocket"
            assert "model" not in transport.info.address
            await transport.close()
            await transport.close()
            with pytest.raises(Closed):
                await transport.receive()
            with pytest.raises(Closed):
                await transport.send(b"{}")

        await asyncio.sleep(0)
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(main())


def test_the_round_trip_is_that_of_the_last_ping(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bareline.transports.websocket.PING_INTERVAL_S", 0.02)

    async def main() -> None:
        async with server(echo) as url, asyncio.timeout(5):
            transport = await open_websocket(url)
            assert transport.round_trip_ns is None
            while transport.round_trip_ns is None:  # noqa: ASYNC110 (nobody tells of it)
                await asyncio.sleep(0.01)
            assert 0 < transport.round_trip_ns < 5_000_000_000
            await transport.close()

    asyncio.run(main())


def test_cancelled_receive_loses_no_message() -> None:
    async def main() -> None:
        async with server(echo) as url:
            transport = await open_websocket(url)
            for _ in range(20):
                receiving = asyncio.create_task(transport.receive())
                await asyncio.sleep(0)
                await transport.send(b"1")
                await asyncio.sleep(0)
                receiving.cancel()
                try:
                    got = await receiving
                except asyncio.CancelledError:
                    got = await transport.receive()
                assert got == b"1"
            await transport.close()

    asyncio.run(main())


def test_close_by_the_service_carries_code_and_reason() -> None:
    async def refuse(connection: ServerConnection) -> None:
        await connection.send('{"type":"error"}')
        await connection.close(3000, "invalid_request_error.invalid_api_key")

    async def main() -> None:
        async with server(refuse) as url:
            transport = await open_websocket(url)
            assert await transport.receive() == b'{"type":"error"}'
            for _ in range(2):
                with pytest.raises(ConnectionLost, match="3000") as lost:
                    await transport.receive()
                assert (lost.value.code, lost.value.reason) == (3000, "invalid_request_error.invalid_api_key")
            with pytest.raises(ConnectionLost):
                await transport.send(b"{}")
            await transport.close()

    asyncio.run(main())


def test_broken_connection_is_1006() -> None:
    async def vanish(connection: ServerConnection) -> None:
        connection.transport.abort()

    async def main() -> None:
        async with server(vanish) as url:
            transport = await open_websocket(url)
            with pytest.raises(ConnectionLost) as lost:
                await transport.receive()
            assert lost.value.code == 1006
            await transport.close()

    asyncio.run(main())


def test_own_close_ends_a_waiting_receive() -> None:
    async def main() -> None:
        async with server(echo) as url:
            transport = await open_websocket(url)
            receiving = asyncio.create_task(transport.receive())
            await asyncio.sleep(0)
            await transport.close()
            with pytest.raises(Closed):
                await receiving

    asyncio.run(main())


def test_message_beyond_the_limit_ends_the_connection_with_1009() -> None:
    async def flood(connection: ServerConnection) -> None:
        await connection.send("x" * 2000)
        await connection.wait_closed()

    async def main() -> None:
        async with server(flood) as url:
            transport = await open_websocket(url, max_message_bytes=1000)
            with pytest.raises(ConnectionLost) as lost:
                await transport.receive()
            assert lost.value.code == 1009
            await transport.close()

    asyncio.run(main())


@pytest.mark.slow
def test_slow_server_slows_the_sender_down() -> None:
    async def never_read(connection: ServerConnection) -> None:
        await connection.wait_closed()

    async def main() -> None:
        async with server(never_read, max_queue=1, close_timeout=0.1) as url:
            transport = await open_websocket(url)
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.3):
                    await _send_for_ever(transport)
            await transport.close()

    asyncio.run(main())


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (401, b'{"error":{"message":"Incorrect API key provided"}}', "Incorrect API key provided.*OPENAI_API_KEY"),
        (403, b"", "may not use this model"),
        (404, b"nothing here", r"nothing here.*/v1"),
        (503, b"[1]", "try again"),
        (418, b"", "not a realtime endpoint"),
    ],
)
def test_refused_upgrade_says_what_to_do(status: int, body: bytes, expected: str) -> None:
    def refuse(connection: ServerConnection, request: Request) -> Response:
        return Response(status, http.HTTPStatus(status).phrase, Headers({"Content-Length": str(len(body))}), body)

    async def main() -> None:
        async with server(echo, process_request=refuse) as url:
            with pytest.raises(ConnectFailed, match=expected) as failed:
                await open_websocket(url)
            assert (failed.value.stage, failed.value.status) == ("handshake", status)

    asyncio.run(main())


def test_nothing_listening_is_a_tcp_failure() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        with pytest.raises(ConnectFailed, match=f"nothing listens at 127.0.0.1:{port}") as failed:
            asyncio.run(open_websocket(f"ws://127.0.0.1:{port}/v1"))
    assert failed.value.stage == "tcp"


def test_server_that_never_answers_is_a_timeout() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        port = silent.getsockname()[1]
        with pytest.raises(ConnectFailed, match=r"within 0.2 s"):
            asyncio.run(open_websocket(f"ws://127.0.0.1:{port}/v1", open_timeout_s=0.2))


def test_server_without_tls_is_a_tls_failure() -> None:
    async def main() -> None:
        async with server(echo) as url:
            with pytest.raises(ConnectFailed) as failed:
                await open_websocket(url.replace("ws:", "wss:"))
            assert failed.value.stage in {"tls", "handshake"}

    asyncio.run(main())


def test_server_that_speaks_something_else_is_a_handshake_failure() -> None:
    async def main() -> None:
        async def babble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readline()
            writer.write(b"SSH-2.0-x\r\n\r\n")
            writer.close()

        running = await asyncio.start_server(babble, "127.0.0.1", 0)
        port = running.sockets[0].getsockname()[1]
        async with running:
            with pytest.raises(ConnectFailed) as failed:
                await open_websocket(f"ws://127.0.0.1:{port}/")
        assert failed.value.stage == "handshake"

    asyncio.run(main())


def test_address_of_another_kind_is_refused_without_showing_secrets() -> None:
    with pytest.raises(ConfigurationError, match="is not the address") as refused:
        asyncio.run(open_websocket("http://user:secret@host/?key=secret"))
    assert "secret" not in str(refused.value)


async def _send_for_ever(transport: WebSocketTransport) -> None:
    while True:
        await transport.send(b"x" * 100_000)
