"""Does a server in a thread start, answer, stop, and tell what went wrong?"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from urllib.request import urlopen

import pytest

import bareline as bl
from bareline.errors import ConfigurationError
from bareline.protocol.generation import Output, ResponseRequest, TextDelta
from bareline.testing.function_backend import FunctionBackend
from bareline.testing.server_thread import ServerThread


async def answer(request: ResponseRequest) -> AsyncIterator[Output]:
    yield TextDelta(text="hello")


def test_it_serves_from_entering_to_leaving() -> None:
    with ServerThread(FunctionBackend(answer)) as server:
        with urlopen(server.url.removesuffix("/v1") + "/healthz") as answered:  # noqa: S310  (our own server)
            assert answered.status == 200

        async def call() -> str:
            async with bl.connect(base_url=server.url, api_key="any") as line:
                await line.send(bl.events.ResponseCreate())
                async for event in line:
                    if isinstance(event, bl.events.ResponseDone):
                        return str(event.response.status)
            return "never"

        assert asyncio.run(call()) == "completed"
    assert not [thread for thread in threading.enumerate() if thread.name == "bareline-server"]


def test_what_cannot_start_is_told_where_it_was_asked_for() -> None:
    with ServerThread(FunctionBackend(answer)) as first:
        port = int(first.url.split(":")[2].split("/")[0])
        with pytest.raises(ConfigurationError, match="cannot listen"):
            ServerThread(lambda: bl.RealtimeServer(FunctionBackend(answer), port=port)).__enter__()
