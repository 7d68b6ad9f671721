"""How does a client ask one question over HTTP, without a library of its own?

The standard library's client on a thread of its own, so that nothing is waited for that was given up. It is imported
when the first question is asked. Proxies of the environment are honoured as by ``urllib``, except for this machine.
"""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import socket
import ssl as ssl_module
import threading
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, unquote, urlsplit

from bareline.errors import ConfigurationError, ConnectFailed
from bareline.transports.addresses import is_loopback, without_secrets
from bareline.transports.connect_errors import explain_network

__all__ = ["REPLY_MAX_BYTES", "Reply", "post"]

REPLY_MAX_BYTES = 1024 * 1024
"""Of the body of a reply; an answer or a session needs a few thousand."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What was answered; the names of ``headers`` are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


async def post(
    url: str, body: bytes, *, headers: Mapping[str, str], timeout_s: float, ssl: ssl_module.SSLContext | None = None
) -> Reply:
    """POST ``body`` and give the reply, whatever its status; redirections are not followed.

    Safe to cancel: the connection is dropped then. Raises ``ConnectFailed`` (stage dns, tcp, tls, handshake) and
    ``ConfigurationError`` for headers that cannot be sent and proxies that are not understood.
    """
    request = _Request(url, body, headers, timeout_s, ssl)
    try:
        async with asyncio.timeout(timeout_s):
            return await _on_a_thread(request)
    except OSError as error:
        stage, explanation = explain_network(request.address, error, timeout_s)
        if isinstance(error, TimeoutError) and request.sent:
            stage, explanation = "handshake", f"{request.address} took the question and said nothing in {timeout_s:g} s"
        raise ConnectFailed(explanation + request.way, stage=stage) from error
    except http.client.HTTPException as error:
        told = str(error) or type(error).__name__
        raise ConnectFailed(f"{request.address} does not answer like HTTP: {told}", stage="handshake") from error
    except UnicodeError as error:
        raise ConfigurationError(f"{request.address} names no host that can be asked for") from error
    finally:
        request.abandon()


class _Request:
    """One question; ``run`` blocks, ``abandon`` may be called from another thread at any time."""

    def __init__(
        self, url: str, body: bytes, headers: Mapping[str, str], timeout_s: float, ssl: ssl_module.SSLContext | None
    ) -> None:
        self.address = without_secrets(url)
        self._body = body
        self._headers = _checked(headers)
        self._socket: socket.socket | None = None
        self._abandoned = False
        parts = urlsplit(url)
        self._target = parts._replace(scheme="", netloc="", fragment="").geturl() or "/"
        proxy = None if is_loopback(self.address) else _proxy_for(parts)
        self.way = f" (through the proxy {without_secrets(proxy.geturl())})" if proxy is not None else ""
        self._connection = _connection(parts, proxy, timeout_s, ssl)
        if proxy is not None and parts.scheme == "http":
            self._target = parts._replace(netloc=_host_of(parts), fragment="").geturl()
            self._headers |= _proxy_credentials(proxy)

    def run(self) -> Reply:
        connection = self._connection
        try:
            connection.connect()
            if self._abandoned:
                raise ConnectionAbortedError("given up before anything was asked")
            connection.request("POST", self._target, self._body, self._headers)
            self._socket = connection.sock
            with connection.getresponse() as response:
                body = response.read(REPLY_MAX_BYTES + 1)
                if len(body) > REPLY_MAX_BYTES:
                    raise ConnectFailed(f"{self.address} answers more than {REPLY_MAX_BYTES} bytes", stage="handshake")
                if response.length:
                    raise http.client.IncompleteRead(body, response.length)
                return Reply(response.status, {name.lower(): value for name, value in response.getheaders()}, body)
        finally:
            connection.close()

    @property
    def sent(self) -> bool:
        """Whether the other side has the question."""
        return self._socket is not None

    def abandon(self) -> None:
        """Wake the thread, if it still waits. One that still looks for the other side asks nothing when it is found."""
        self._abandoned = True
        waiting = self._socket or self._connection.sock
        if waiting is not None:
            with contextlib.suppress(OSError):
                waiting.shutdown(socket.SHUT_RDWR)


async def _on_a_thread(request: _Request) -> Reply:
    """Not on the loop's executor: that one's threads are waited for when the loop ends."""
    loop = asyncio.get_running_loop()
    replied: asyncio.Future[Reply] = loop.create_future()

    def settle(reply: Reply | BaseException) -> None:
        if replied.done():
            return
        if isinstance(reply, Reply):
            replied.set_result(reply)
        else:
            replied.set_exception(reply)

    def run() -> None:
        try:
            reply = request.run()
        except BaseException as error:  # noqa: BLE001 - it is raised where somebody waits
            reply = error
        with contextlib.suppress(RuntimeError):  # the loop is gone: nobody waits
            loop.call_soon_threadsafe(settle, reply)

    threading.Thread(target=run, name="bareline-http", daemon=True).start()
    return await replied


def _checked(headers: Mapping[str, str]) -> dict[str, str]:
    """``headers``; a wrong one is named without its value, which may be a key."""
    for name, value in headers.items():
        if not (name.isascii() and name.isprintable() and value.isascii() and value.isprintable()):
            raise ConfigurationError(f"the header {name!r} holds characters that cannot be sent, a line break perhaps")
    return dict(headers)


def _connection(
    url: SplitResult, proxy: SplitResult | None, timeout_s: float, ssl: ssl_module.SSLContext | None
) -> http.client.HTTPConnection:
    first = url if proxy is None else proxy
    host, port = first.hostname or "", first.port or (80 if proxy is not None else None)
    if url.scheme == "http":
        return http.client.HTTPConnection(host, port, timeout=timeout_s)
    connection = http.client.HTTPSConnection(host, port, timeout=timeout_s, context=ssl)
    if proxy is not None:
        connection.set_tunnel(url.hostname or "", url.port, _proxy_credentials(proxy))
    return connection


def _proxy_for(url: SplitResult) -> SplitResult | None:
    """The proxy that the environment names for ``url``."""
    from urllib.request import getproxies, proxy_bypass

    named = getproxies().get(url.scheme)
    if not named or proxy_bypass(_host_of(url)):
        return None
    words = f"the proxy for {url.scheme}:// must be an address like http://proxy:3128"
    try:
        proxy = urlsplit(named if "://" in named else f"http://{named}")
        known = proxy.scheme == "http" and bool(proxy.hostname) and proxy.port != 0
    except ValueError:
        raise ConfigurationError(f"{words}; that of the environment is not understood") from None
    if not known:
        raise ConfigurationError(f"{words}; {without_secrets(proxy.geturl())} is not understood")
    return proxy


def _proxy_credentials(proxy: SplitResult) -> dict[str, str]:
    if proxy.username is None:
        return {}
    pair = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
    return {"Proxy-Authorization": f"Basic {b64encode(pair.encode()).decode()}"}


def _host_of(url: SplitResult) -> str:
    return url.netloc.rpartition("@")[2]
