"""Does one HTTP question get its reply, and does every failure name its stage and a likely cause?"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from bareline.client.http import REPLY_MAX_BYTES, Reply, post
from bareline.errors import ConfigurationError, ConnectFailed

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@contextlib.asynccontextmanager
async def listening(serve: Serve) -> AsyncIterator[str]:
    """A server of raw bytes; gives host and port."""

    open_now: set[asyncio.Task[None]] = set()

    async def around(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        open_now.add(task)
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            await serve(reader, writer)
        writer.close()

    server = await asyncio.start_server(around, "127.0.0.1", 0)
    async with server:
        yield "{}:{}".format(*server.sockets[0].getsockname())
        await asyncio.gather(*open_now)


def replying(reply: bytes, heads: list[str] | None = None) -> Serve:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        if head.startswith(b"POST"):
            await reader.readuntil(b"question")
        if heads is not None:
            heads.append(head.decode())
        writer.write(reply)
        await writer.drain()

    return serve


async def asked(url: str, *, timeout_s: float = 5.0, **headers: str) -> Reply:
    return await post(url, b"question", headers=headers, timeout_s=timeout_s)


async def refusal_of(url: str, *, timeout_s: float = 5.0) -> ConnectFailed:
    with pytest.raises(ConnectFailed) as caught:
        await asked(url, timeout_s=timeout_s)
    return caught.value


def test_the_reply_whatever_its_status() -> None:
    heads: list[str] = []

    async def main() -> Reply:
        answer = b"HTTP/1.1 402 Pay\r\nLOCATION: /v1/x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nyes\r\n0\r\n\r\n"
        async with listening(replying(answer, heads)) as address:
            return await asked(f"http://{address}/v1/calls?a=b", Authorization="Bearer k")

    reply = asyncio.run(main())
    assert (reply.status, reply.headers["location"], reply.body) == (402, "/v1/x", b"yes")
    assert heads[0].startswith("POST /v1/calls?a=b HTTP/1.1\r\n")
    assert "Authorization: Bearer k\r\n" in heads[0]
    assert "Content-Length: 8\r\n" in heads[0]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"", "dropped the connection"),
        (b"SSH-2.0-sshd\r\n", "does not answer like HTTP: SSH"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", "does not answer like HTTP"),
        (b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * (REPLY_MAX_BYTES + 1), f"more than {REPLY_MAX_BYTES} bytes"),
    ],
)
def test_answers_that_are_none(answer: bytes, words: str) -> None:
    async def main() -> ConnectFailed:
        async with listening(replying(answer)) as address:
            return await refusal_of(f"http://{address}/")

    refused = asyncio.run(main())
    assert refused.stage == "handshake"
    assert words in str(refused)


@pytest.mark.parametrize(
    ("url", "stage", "words"),
    [
        ("http://127.0.0.1:1/v1", "tcp", "nothing listens at 127.0.0.1:1"),
        ("http://no.such.host.invalid/v1", "dns", "no.such.host.invalid has no address"),
    ],
)
def test_a_server_that_is_not_there(monkeypatch: pytest.MonkeyPatch, url: str, stage: str, words: str) -> None:
    monkeypatch.delenv("http_proxy", raising=False)
    refused = asyncio.run(refusal_of(url))
    assert (refused.stage, words in str(refused)) == (stage, True)


def test_plain_http_where_tls_was_expected() -> None:
    async def speak_first(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad\r\n\r\n")

    async def main() -> ConnectFailed:
        async with listening(speak_first) as address:
            return await refusal_of(f"https://{address}/")

    refused = asyncio.run(main())
    assert (refused.stage, "http:// or ws:// may be meant" in str(refused)) == ("tls", True)


def test_silence_ends_in_time_and_leaves_no_thread() -> None:
    async def hold(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()

    async def main() -> ConnectFailed:
        async with listening(hold) as address:
            return await refusal_of(f"http://user:secret@{address}/v1", timeout_s=0.2)

    refused = asyncio.run(main())
    assert (refused.stage, "said nothing in 0.2 s" in str(refused)) == ("handshake", True)
    assert "secret" not in str(refused)
    _no_thread_is_left()


def test_who_gives_up_drops_the_connection() -> None:
    async def main() -> None:
        asked_it, dropped = asyncio.Event(), asyncio.Event()

        async def hold(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"question")
            asked_it.set()
            await reader.read()
            dropped.set()

        async with listening(hold) as address:
            asking = asyncio.create_task(asked(f"http://{address}/"))
            await asked_it.wait()
            asking.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asking
            async with asyncio.timeout(5):
                await dropped.wait()

    asyncio.run(main())
    _no_thread_is_left()


def test_who_gives_up_before_the_other_side_is_found_asks_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A call that nobody waits for must not be set up."""
    looking, found = threading.Event(), threading.Event()
    look_up = socket.getaddrinfo

    def slow(*args: Any, **more: Any) -> Any:
        if threading.current_thread().name == "bareline-http":
            looking.set()
            found.wait(5)
        return look_up(*args, **more)

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    came: list[bytes] = []

    async def main() -> None:
        connected = asyncio.Event()

        async def hear(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
            connected.set()
            came.append(await reader.read(1))

        async with listening(hear) as address:
            asking = asyncio.create_task(asked(f"http://{address}/"))
            await asyncio.to_thread(looking.wait, 5)
            asking.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asking
            found.set()
            async with asyncio.timeout(5):
                await connected.wait()

    asyncio.run(main())
    assert came == [b""]
    _no_thread_is_left()


def test_a_header_that_cannot_be_sent_is_named_without_its_value() -> None:
    with pytest.raises(ConfigurationError, match="'Authorization' holds characters") as caught:
        asyncio.run(asked("http://127.0.0.1:1/", Authorization="Bearer sk-secret\nX: 1"))
    assert "sk-secret" not in str(caught.value)


def test_a_name_that_no_host_has() -> None:
    with pytest.raises(ConfigurationError, match="names no host"):
        asyncio.run(asked(f"http://{'x' * 70}.example/"))


def test_a_proxy_of_the_environment_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    heads: list[str] = []

    async def main() -> None:
        async with listening(replying(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", heads)) as address:
            monkeypatch.setenv("http_proxy", f"http://me:p%40ss@{address}")
            assert (await asked("http://service.example/v1/calls")).body == b"ok"
        async with listening(replying(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", heads)) as address:
            monkeypatch.setenv("https_proxy", address)
            refused = str(await refusal_of("https://service.example/v1/calls"))
            assert "407 Proxy Authentication Required" in refused
            assert refused.endswith(f"(through the proxy http://{address})")

    asyncio.run(main())
    assert heads[0].startswith("POST http://service.example/v1/calls HTTP/1.1\r\n")
    assert "Host: service.example\r\n" in heads[0]
    assert "Proxy-Authorization: Basic bWU6cEBzcw==\r\n" in heads[0]
    assert heads[1].startswith("CONNECT service.example:443 HTTP/1")


def test_this_machine_is_asked_without_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")

    async def main() -> Reply:
        async with listening(replying(b"HTTP/1.1 204 No\r\n\r\n")) as address:
            return await asked(f"http://{address}/")

    assert asyncio.run(main()).status == 204


def test_a_proxy_that_is_not_understood(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "socks5://me:secret@127.0.0.1:1080")
    with pytest.raises(ConfigurationError, match=r"socks5://127\.0\.0\.1:1080 is not understood"):
        asyncio.run(asked("http://service.example/"))


@pytest.mark.parametrize("proxy", ["http://me:secret@proxy:port", "http://[proxy:secret"])
def test_a_proxy_that_is_no_address(monkeypatch: pytest.MonkeyPatch, proxy: str) -> None:
    monkeypatch.setenv("http_proxy", proxy)
    with pytest.raises(ConfigurationError, match="that of the environment is not understood") as caught:
        asyncio.run(asked("http://service.example/"))
    assert "secret" not in str(caught.value)


def _no_thread_is_left() -> None:
    for thread in threading.enumerate():
        if thread.name == "bareline-http":
            thread.join(timeout=5)
            assert not thread.is_alive()
