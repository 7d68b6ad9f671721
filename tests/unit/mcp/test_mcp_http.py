"""Are the tools of a server at an address tools as all others?"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

import bareline
from bareline import Toolbox
from bareline.errors import ConfigurationError, Permanent, Temporary
from bareline.mcp.connection import Connection
from bareline.mcp.values import HttpEndpoint
from bareline.testing.mcp_program import mcp_at_address
from bareline.tools import ToolContext

pytest.importorskip("mcp", reason="the optional part 'mcp' is not installed")

PROGRAM = Path(__file__).parents[2] / "data" / "mcp" / "server.py"


def run(work: Coroutine[Any, Any, Any]) -> Any:
    async def bounded() -> Any:
        async with asyncio.timeout(45):
            return await work

    return asyncio.run(bounded())


async def call(box: Toolbox, name: str, /, **arguments: Any) -> Any:
    chosen = box.get(name)
    assert chosen is not None
    return await chosen.function(**arguments, **{chosen.context or "": ToolContext(name, "call_1", "key")})


def test_tools_are_called_at_their_address_and_the_list_is_followed() -> None:
    told = asyncio.Event()

    async def work(url: str) -> tuple[Any, Toolbox]:
        async with bareline.mcp_http(url, changed=lambda _: told.set()) as server:
            answer = await call(server.tools, "add", a=2, b=3)
            await call(server.tools, "learn")
            await told.wait()
            return answer, server.tools

    with mcp_at_address(PROGRAM) as url:
        answer, box = run(work(url))
    assert answer == 5
    assert "greet" in box


@pytest.mark.slow
def test_a_server_that_began_anew_is_asked_again_and_one_that_is_away_is_temporary() -> None:
    async def work() -> tuple[Any, str]:
        with mcp_at_address(PROGRAM) as url:
            port = int(url.split(":")[2].split("/")[0])
            server = bareline.mcp_http(url)
            await server.__aenter__()
        try:
            with mcp_at_address(PROGRAM, port=port):
                answer = await call(server.tools, "add", a=2, b=3)
            with pytest.raises(Temporary) as away:
                await call(server.tools, "add", a=2, b=3)
            return answer, str(away.value)
        finally:
            await server.close()

    answer, away = run(work())
    assert answer == 5
    assert away == "the server of 'add' cannot be reached"


def test_a_server_that_ends_while_it_deletes_leaves_the_outcome_unknown() -> None:
    async def work(url: str) -> None:
        async with bareline.mcp_http(url) as server:
            await call(server.tools, "crash_deleting")

    with mcp_at_address(PROGRAM) as url, pytest.raises(Permanent, match="not known whether it took effect"):
        run(work(url))


def test_headers_go_with_every_request_and_a_refusal_is_said() -> None:
    seen: list[str | None] = []

    class Guard(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            seen.append(self.headers["Authorization"])
            self.send_response(401)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (the library's name)
            """Nothing is to be printed."""

    guard = HTTPServer(("127.0.0.1", 0), Guard)
    thread = Thread(target=guard.serve_forever)
    thread.start()

    async def work() -> None:
        url = f"http://127.0.0.1:{guard.server_port}/mcp?key=secret"
        async with bareline.mcp_http(url, headers={"Authorization": "Bearer secret-token"}):
            raise AssertionError

    try:
        with pytest.raises(ConfigurationError, match="cannot be used") as caught:
            run(work())
    finally:
        guard.shutdown()
        guard.server_close()
        thread.join()
    assert seen == ["Bearer secret-token"]
    assert "secret-token" not in str(caught.value)


def test_what_is_no_address_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="begins with http"):
        bareline.mcp_http("ftp://127.0.0.1/mcp")


def test_a_connection_closed_twice_leaves_no_task() -> None:
    async def work(url: str) -> None:
        before = asyncio.all_tasks()
        connection = Connection(HttpEndpoint(url))
        await connection.open()
        assert len(await connection.list_tools(at_most=2)) == 2
        await connection.close()
        await connection.close()
        assert asyncio.all_tasks() == before

    with mcp_at_address(PROGRAM) as url:
        run(work(url))
