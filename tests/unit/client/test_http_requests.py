"""Are client secrets made, used and refused as they should be? (real HTTP on 127.0.0.1)"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web

import bareline as bl
from bareline.errors import CallLost, ConfigurationError, ConnectFailed, ConnectionLost, ServiceError
from bareline.protocol.generation import ResponseRequest, TextDelta
from bareline.testing.function_backend import FunctionBackend
from bareline.testing.server_thread import ServerThread


async def _say_nothing(_: ResponseRequest) -> AsyncIterator[TextDelta]:
    yield TextDelta(text="")


def serving(**options: Any) -> ServerThread:
    return ServerThread(lambda: bl.RealtimeServer(FunctionBackend(_say_nothing), **options))


@contextlib.asynccontextmanager
async def answering(path: str, answer: Callable[[web.Request], Awaitable[web.Response]]) -> AsyncIterator[str]:
    """A service that knows one address; gives its base URL."""
    app = web.Application()
    app.router.add_post(path, answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
    await runner.cleanup()


@pytest.mark.parametrize("transport", ["websocket", "webrtc"])
def test_a_secret_brings_its_session(transport: str) -> None:
    if transport == "webrtc":
        pytest.importorskip("aiortc")

    async def main(url: str) -> None:
        wanted = bl.events.RealtimeSessionConfig(instructions="Be brief.")
        secret = await bl.mint_client_secret(session=wanted, ttl=60, base_url=url, api_key="sk-mine")
        assert secret.value.startswith("ek_")
        assert 55 < secret.expires_at - time.time() <= 61
        assert isinstance(secret.session, bl.events.RealtimeSession)
        assert (secret.session.model, secret.session.instructions) == ("gpt-realtime-2.1", "Be brief.")
        assert secret.value not in repr(secret)
        async with bl.connect(base_url=url, api_key=secret.value, transport=transport) as line:
            created = await line.receive()
        assert isinstance(created, bl.events.SessionCreated)
        assert isinstance(created.session, bl.events.RealtimeSession)
        assert created.session.instructions == "Be brief."

    with serving(api_key="sk-mine") as server:
        asyncio.run(main(server.url))


def test_a_model_of_ones_own_and_a_transcription_stay_as_asked() -> None:
    async def main(url: str) -> None:
        config = bl.events.RealtimeSessionConfig(model="gpt-realtime")
        secret = await bl.mint_client_secret(session=config, base_url=url)
        assert isinstance(secret.session, bl.events.RealtimeSession)
        assert secret.session.model == "gpt-realtime"
        assert 590 < secret.expires_at - time.time() <= 601
        secret = await bl.mint_client_secret(session=bl.events.TranscriptionSessionConfig(), base_url=url)
        assert isinstance(secret.session, bl.events.TranscriptionSession)

    with serving() as server:
        asyncio.run(main(server.url))


@pytest.mark.parametrize("ttl", [-1, 9, 7201])
def test_a_lifetime_that_cannot_be_is_refused(ttl: int) -> None:
    with pytest.raises(ConfigurationError, match=f"10 to 7200 seconds, not ttl={ttl}"):
        asyncio.run(bl.mint_client_secret(ttl=ttl, api_key="sk-1"))


def test_a_secret_makes_no_other() -> None:
    with pytest.raises(ConfigurationError, match="a server key is needed"):
        asyncio.run(bl.mint_client_secret(api_key="ek_1", base_url="https://api.openai.com/v1"))


def test_a_server_of_one_connection_mints_nothing() -> None:
    with pytest.raises(ConfigurationError, match="bareline serve"):
        asyncio.run(bl.mint_client_secret(base_url="local"))


def test_a_wrong_key_is_told_with_what_to_do() -> None:
    with serving(api_key="sk-mine") as server, pytest.raises(ServiceError, match="Set OPENAI_API_KEY") as caught:
        asyncio.run(bl.mint_client_secret(base_url=server.url, api_key="sk-another-1234"))
    assert caught.value.code == "invalid_api_key"
    assert "sk-another" not in str(caught.value)


def test_a_wrong_session_is_told_with_the_culprit() -> None:
    config = bl.events.RealtimeSessionConfig(model="gpt-unknown")
    with serving() as server, pytest.raises(ServiceError, match="gpt-unknown") as caught:
        asyncio.run(bl.mint_client_secret(session=config, base_url=server.url))
    assert (caught.value.code, caught.value.param) == ("invalid_model", "model")


def test_an_address_without_the_endpoint_is_told() -> None:
    with serving() as server, pytest.raises(ConnectFailed, match="should end in /v1") as caught:
        asyncio.run(bl.mint_client_secret(base_url=server.url.removesuffix("/v1")))
    assert caught.value.status == 404


def test_the_end_users_identifier_goes_along() -> None:
    seen: list[web.Request] = []

    async def mint(request: web.Request) -> web.Response:
        seen.append(request)
        return web.json_response({"value": "ek_1", "expires_at": 5, "session": None})

    async def main() -> None:
        async with answering("/v1/realtime/client_secrets", mint) as url:
            who = {"safety_identifier": "user-hash", "organization": "org_1", "project": "proj_1"}
            secret = await bl.mint_client_secret(base_url=url, api_key="sk-1", **who)
        assert (secret.value, secret.expires_at) == ("ek_1", 5)

    asyncio.run(main())
    names = ("OpenAI-Safety-Identifier", "OpenAI-Organization", "OpenAI-Project", "Authorization")
    assert [seen[0].headers[name] for name in names] == ["user-hash", "org_1", "proj_1", "Bearer sk-1"]


def test_a_secret_that_is_not_good_is_said_to_expire() -> None:
    async def main(url: str) -> None:
        line = await bl.connect(base_url=url, api_key="ek_long_gone")
        error = await line.receive()
        assert isinstance(error, bl.events.Error)
        assert error.error.code == "invalid_api_key"
        with pytest.raises(ConnectionLost, match=r"3000 .*they expire, 10 minutes .* mint a new one") as lost:
            await line.receive()
        assert lost.value.code == 3000
        await line.close()
        with pytest.raises(CallLost, match="they expire"):
            async with bl.Call(base_url=url, api_key="ek_long_gone"):
                pass

    with serving() as server:
        asyncio.run(main(server.url))


def test_a_call_is_hung_up_by_its_name() -> None:
    pytest.importorskip("aiortc")

    async def main(url: str) -> None:
        async with bl.connect(base_url=url, transport="webrtc") as line:
            assert line.call_id is not None
            await line.receive()
            await bl.hang_up(line.call_id, base_url=url)
            with pytest.raises(ConnectionLost, match="hung up"):
                await line.receive()
            with pytest.raises(ServiceError, match="There is no call") as caught:
                await bl.hang_up(line.call_id, base_url=url)
        assert caught.value.code == "call_id_not_found"

    with serving() as server:
        asyncio.run(main(server.url))


def test_a_refused_call_says_why() -> None:
    pytest.importorskip("aiortc")

    async def main(url: str) -> None:
        with pytest.raises(ConnectFailed, match="most likely it has expired") as caught:
            await bl.connect(base_url=url, transport="webrtc", api_key="ek_long_gone")
        assert (caught.value.stage, caught.value.status) == ("offer", 401)
        with pytest.raises(ConnectFailed, match='"gpt-unknown" is not supported') as caught:
            await bl.connect(base_url=url, transport="webrtc", model="gpt-unknown")
        assert (caught.value.stage, caught.value.status) == ("offer", 400)

    with serving() as server:
        asyncio.run(main(server.url))
