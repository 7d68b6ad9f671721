"""What do HTTP and WebSocket clients see of a running server? (real sockets on 127.0.0.1)"""

from __future__ import annotations

import asyncio
import json
import logging
import subprocess
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import pytest
import websockets
from websockets.asyncio.client import connect

from bareline.errors import ConfigurationError
from bareline.protocol.generation import TextDelta
from bareline.protocol.limits import MESSAGE_MAX_BYTES
from bareline.server.faults import read_faults
from bareline.server.serve import RealtimeServer

KEY = {"Authorization": "Bearer sk-any"}
MODEL = "?model=gpt-realtime-2.1"


@asynccontextmanager
async def serving(kit, mind=None, **options):
    async with (
        RealtimeServer(mind or kit.Mind(), **options) as server,
        aiohttp.ClientSession(raise_for_status=False) as http,
    ):
        yield server, http


def socket_url(server: RealtimeServer, query: str = MODEL) -> str:
    return server.url.replace("http", "ws", 1) + "/realtime" + query


async def events_to_the_end(socket) -> tuple[list[dict], int, str]:
    """All events, and the close code and reason."""
    events = []
    with pytest.raises(websockets.ConnectionClosed) as closed:
        await read_into(events, socket)
    return events, closed.value.rcvd.code, closed.value.rcvd.reason


async def read_into(events: list[dict], socket) -> None:
    while True:
        events.append(json.loads(await asyncio.wait_for(socket.recv(), 5)))


@pytest.mark.parametrize(
    ("query", "headers", "code", "close"),
    [
        ("?model=gpt-4", KEY, "invalid_model", 4000),
        ("", KEY, "missing_model", 4000),
        (MODEL, {}, "invalid_api_key", 3000),
        (MODEL, {"Authorization": "Bearer ek_expired"}, "invalid_api_key", 3000),
        (MODEL, KEY | {"OpenAI-Beta": "realtime=v1"}, "beta_api_shape_disabled", 4000),
        ("?call_id=rtc_u2_x", KEY, "call_id_not_found", 4000),
    ],
)
def test_refusals_come_after_the_upgrade(kit, query, headers, code, close) -> None:
    async def main() -> None:
        async with (
            serving(kit) as (server, _),
            connect(socket_url(server, query), additional_headers=headers) as socket,
        ):
            (event,), closed, reason = await events_to_the_end(socket)
            assert event["type"] == "error"
            assert event["error"]["code"] == code
            assert (closed, reason) == (close, f"invalid_request_error.{code}")

    asyncio.run(main())


def test_only_the_set_key_is_accepted(kit) -> None:
    async def main() -> None:
        async with serving(kit, api_key="sk-mine") as (server, http):
            async with connect(socket_url(server), additional_headers=KEY) as socket:
                assert (await events_to_the_end(socket))[1] == 3000
            async with connect(socket_url(server), additional_headers={"Authorization": "Bearer sk-mine"}) as socket:
                assert json.loads(await socket.recv())["type"] == "session.created"
            async with http.get(f"{server.url}/models", headers=KEY) as answer:
                assert (answer.status, (await answer.json())["error"]["code"]) == (401, "invalid_api_key")

    asyncio.run(main())


def test_a_key_of_any_bytes_is_refused_like_any_other(kit) -> None:
    async def main() -> None:
        async with serving(kit, api_key="sk-mine") as (server, _):
            reader, writer = await asyncio.open_connection("127.0.0.1", urlsplit(server.url).port)
            writer.write(b"GET /v1/models HTTP/1.1\r\nHost: here\r\nConnection: close\r\n")
            writer.write(b"Authorization: Bearer sk-long-enough-\xff\xfe\xfd\r\n\r\n")
            head, _, body = (await reader.read()).partition(b"\r\n\r\n")
            writer.close()
            assert head.startswith(b"HTTP/1.1 401 ")
            assert json.loads(body)["error"]["code"] == "invalid_api_key"

    asyncio.run(main())


@pytest.mark.parametrize(
    ("offered", "selected"),
    [
        (["realtime", "openai-insecure-api-key.sk-any"], "realtime"),
        (["openai-insecure-api-key.sk-any", "openai-agents-sdk.0.20.0", "realtime"], "realtime"),
        (["openai-insecure-api-key.sk-any"], None),
        (None, None),
    ],
)
def test_the_subprotocol_is_selected_only_when_offered_and_the_key_in_it_counts(kit, caplog, offered, selected) -> None:
    async def main() -> None:
        headers = {} if offered else KEY
        async with (
            serving(kit) as (server, _),
            connect(socket_url(server), subprotocols=offered, additional_headers=headers) as socket,
        ):
            assert socket.subprotocol == selected
            assert json.loads(await socket.recv())["type"] == "session.created"

    with caplog.at_level(logging.DEBUG):
        asyncio.run(main())
    server_side = [record.getMessage() for record in caplog.records if not record.name.startswith("websockets")]
    assert not [line for line in server_side if "sk-any" in line]


def test_no_extension_is_negotiated(kit) -> None:
    async def main() -> None:
        async with serving(kit) as (server, _), connect(socket_url(server), additional_headers=KEY) as socket:
            assert "Sec-WebSocket-Extensions" not in socket.response.headers

    asyncio.run(main())


def test_a_message_beyond_all_limits_closes_with_1009_and_a_binary_one_does_not(kit) -> None:
    async def main() -> None:
        async with serving(kit) as (server, _), connect(socket_url(server), additional_headers=KEY) as socket:
            await socket.recv()
            await socket.send(b"\x00\x01")
            assert json.loads(await socket.recv())["error"]["code"] == "invalid_event"
            await socket.send('{"type": "\udcff'.encode("utf-8", "surrogateescape"), text=True)
            assert json.loads(await socket.recv())["error"]["code"] == "invalid_json"
            with suppress(websockets.ConnectionClosed):  # it may be closed before all is written
                await socket.send("x" * (MESSAGE_MAX_BYTES + 1))
            assert (await events_to_the_end(socket))[1] == 1009

    asyncio.run(main())


def test_client_secrets_are_minted_and_open_sessions(kit) -> None:
    async def main() -> None:
        async with serving(kit) as (server, http):
            path = f"{server.url}/realtime/client_secrets"
            asked = {
                "expires_after": {"anchor": "created_at", "seconds": 60},
                "session": {"type": "realtime", "model": "gpt-realtime", "audio": {"output": {"voice": "cedar"}}},
            }
            async with http.post(path, json=asked, headers=KEY) as answer:
                assert answer.status == 200
                secret = await answer.json()
            assert secret["value"].startswith("ek_")
            session = secret["session"]
            assert (session["object"], session["expires_at"]) == ("realtime.session", 0)
            assert session["audio"]["output"]["voice"] == "cedar"
            assert session["audio"]["input"]["turn_detection"]["silence_duration_ms"] == 200
            for _ in range(2):
                own = {"Authorization": f"Bearer {secret['value']}"}
                async with connect(socket_url(server, ""), additional_headers=own) as socket:
                    created = json.loads(await socket.recv())["session"]
                assert (created["model"], created["audio"]["output"]["voice"]) == ("gpt-realtime", "cedar")
            async with http.post(path, json=asked, headers=own) as answer:
                assert answer.status == 401

    asyncio.run(main())


@pytest.mark.parametrize(
    ("body", "code", "param"),
    [
        ('{"session": {"type": "realtime", "foo": 1}}', "unknown_parameter", "session.foo"),
        ('{"session": {"model": "gpt-realtime"}}', "missing_required_parameter", "session.type"),
        ('{"session": {"type": "realtime", "model": "gpt-4"}}', "invalid_model", "model"),
        ("{not json", "invalid_json", None),
    ],
)
def test_wrong_requests_for_secrets_are_refused_in_the_service_s_words(kit, body, code, param) -> None:
    async def main() -> None:
        async with serving(kit) as (server, http):
            async with http.post(f"{server.url}/realtime/client_secrets", data=body, headers=KEY) as answer:
                error = (await answer.json())["error"]
            assert answer.status == 400
            assert (error["code"], error["param"], error["type"]) == (code, param, "invalid_request_error")

    asyncio.run(main())


@pytest.mark.parametrize("seconds", [9, 7201])
def test_a_secret_lives_between_ten_seconds_and_two_hours(kit, seconds) -> None:
    async def main() -> None:
        async with serving(kit) as (server, http):
            body = {"expires_after": {"anchor": "created_at", "seconds": seconds}}
            async with http.post(f"{server.url}/realtime/client_secrets", json=body, headers=KEY) as answer:
                assert (answer.status, (await answer.json())["error"]["param"]) == (400, "expires_after.seconds")

    asyncio.run(main())


def test_models_health_and_everything_else(kit) -> None:
    async def main() -> None:
        async with serving(kit) as (server, http):
            async with http.get(f"{server.url}/models", headers=KEY) as answer:
                names = [model["id"] for model in (await answer.json())["data"]]
            assert "gpt-realtime-2.1" in names
            async with http.get(f"{server.url}/models/{names[0]}", headers=KEY) as answer:
                assert (await answer.json())["object"] == "model"
            async with http.get(f"{server.url}/models/gpt-4", headers=KEY) as answer:
                assert (answer.status, (await answer.json())["error"]["code"]) == (404, "model_not_found")
            async with http.get(server.url.removesuffix("/v1") + "/healthz") as answer:
                assert (answer.status, await answer.json()) == (200, {"status": "ok"})
            async with http.post(f"{server.url}/chat/completions", headers=KEY) as answer:
                assert (answer.status, (await answer.json())["error"]["code"]) == (404, "unknown_url")
            async with http.get(f"{server.url}/realtime{MODEL}", headers=KEY) as answer:
                assert (answer.status, (await answer.json())["error"]["code"]) == (426, "upgrade_required")

    asyncio.run(main())


def test_browsers_may_call_from_anywhere(kit) -> None:
    async def main() -> None:
        async with serving(kit) as (server, http):
            async with http.options(f"{server.url}/realtime/client_secrets") as answer:
                assert answer.status == 204
                assert "authorization" in answer.headers["Access-Control-Allow-Headers"]
            async with http.get(f"{server.url}/models") as answer:
                assert answer.headers["Access-Control-Allow-Origin"] == "*"
                assert "Location" in answer.headers["Access-Control-Expose-Headers"]
                assert answer.headers["X-Request-Id"].startswith("req_")

    asyncio.run(main())


@pytest.mark.parametrize(
    ("asked", "is_allowed"),
    [
        ("authorization,openai-organization,x-stainless-os", True),
        ("x-stainless-os, x-stainless-lang", True),
        ("", False),
        ("x-stainless-os; <b>", False),
        ("x" * 2049, False),
    ],
)
def test_a_page_may_send_the_headers_that_it_asks_for(kit, asked: str, is_allowed: bool) -> None:
    async def main() -> None:
        async with serving(kit) as (server, http):
            headers = {"Access-Control-Request-Headers": asked}
            async with http.options(f"{server.url}/realtime/client_secrets", headers=headers) as answer:
                allowed = answer.headers["Access-Control-Allow-Headers"]
                assert "authorization, content-type" in allowed
                assert allowed.endswith(f", {asked}") == is_allowed
                assert answer.headers["Vary"] == "Access-Control-Request-Headers"

    asyncio.run(main())


def test_a_stopping_server_closes_every_session_with_1001_and_its_backend(kit) -> None:
    async def main() -> None:
        mind = kit.Mind()
        server = RealtimeServer(mind)
        await server.start()
        sockets = [await connect(socket_url(server), additional_headers=KEY) for _ in range(3)]
        for socket in sockets:
            await socket.recv()
        assert server.open_sessions == 3
        await server.stop()
        await server.stop()
        assert [(await events_to_the_end(socket))[1] for socket in sockets] == [1001] * 3
        assert mind.closed
        assert server.open_sessions == 0

    asyncio.run(main())


def test_sessions_do_not_disturb_each_other(kit) -> None:
    async def named(request):
        await asyncio.sleep(0.01)
        yield TextDelta(text=request.instructions)

    async def one(server: RealtimeServer, name: str) -> str:
        async with connect(socket_url(server), additional_headers=KEY) as socket:
            session = {"type": "realtime", "output_modalities": ["text"], "instructions": name}
            await socket.send(json.dumps({"type": "session.update", "session": session}))
            await socket.send(json.dumps({"type": "response.create"}))
            async for message in socket:
                event = json.loads(message)
                if event["type"] == "response.done":
                    return event["response"]["output"][0]["content"][0]["text"]
        raise AssertionError("closed before the response was done")

    async def main() -> None:
        async with serving(kit, kit.Mind(named)) as (server, _):
            names = [f"caller {number}" for number in range(20)]
            assert await asyncio.gather(*(one(server, name) for name in names)) == names

    asyncio.run(main())


def test_a_seed_gives_the_same_ids_again(kit) -> None:
    async def created(seed: int | None) -> str:
        async with (
            serving(kit, seed=seed) as (server, _),
            connect(socket_url(server), additional_headers=KEY) as socket,
        ):
            return json.loads(await socket.recv())["session"]["id"]

    async def main() -> None:
        assert await created(7) == await created(7)
        assert await created(None) != await created(None)

    asyncio.run(main())


def test_an_address_in_use_is_a_configuration_error(kit) -> None:
    async def main() -> None:
        async with serving(kit) as (server, _):
            port = int(server.url.rpartition(":")[2].removesuffix("/v1"))
            with pytest.raises(ConfigurationError, match=f"cannot listen on 127.0.0.1:{port}: "):
                await RealtimeServer(kit.Mind(), port=port).start()

    asyncio.run(main())


def test_faults_of_connections_and_of_the_service(kit) -> None:
    async def main() -> None:
        faults = read_faults("refuse=429@connection:1,close=1011@50ms,error=quota@response:1")
        async with serving(kit, faults=faults) as (server, _):
            with pytest.raises(websockets.InvalidStatus) as refused:
                await connect(socket_url(server), additional_headers=KEY)
            assert refused.value.response.status_code == 429
            async with connect(socket_url(server), additional_headers=KEY) as socket:
                await socket.send(json.dumps({"type": "response.create"}))
                events, code, _ = await events_to_the_end(socket)
            (done,) = [event for event in events if event["type"] == "response.done"]
            assert done["response"]["status_details"]["error"]["code"] == "insufficient_quota"
            assert code == 1011

    asyncio.run(main())


@pytest.fixture(scope="module")
def certificate(tmp_path_factory) -> tuple[Path, Path]:
    """A self-signed certificate for 127.0.0.1."""
    folder = tmp_path_factory.mktemp("tls")
    command = (
        "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1"
    )
    subprocess.run(
        [*command.split(), "-keyout", "key.pem", "-out", "cert.pem"], cwd=folder, check=True, capture_output=True
    )
    return folder / "cert.pem", folder / "key.pem"


def test_https_and_wss_on_the_same_port(kit, certificate) -> None:
    import ssl

    async def main() -> None:
        trust = ssl.create_default_context(cafile=certificate[0])
        async with serving(kit, tls=certificate) as (server, http):
            assert server.url.startswith("https://")
            async with http.get(f"{server.url}/models", headers=KEY, ssl=trust) as answer:
                assert answer.status == 200
            async with connect(socket_url(server), additional_headers=KEY, ssl=trust) as socket:
                assert json.loads(await socket.recv())["type"] == "session.created"

    asyncio.run(main())


def test_an_unusable_certificate_is_a_configuration_error(kit, tmp_path) -> None:
    async def main() -> None:
        missing = tmp_path / "none.pem"
        with pytest.raises(ConfigurationError, match="cannot use the certificate"):
            await RealtimeServer(kit.Mind(), tls=(missing, missing)).start()

    asyncio.run(main())


def test_an_aborted_connection_ends_without_a_goodbye(kit) -> None:
    async def main() -> None:
        async with (
            serving(kit, faults=read_faults("abort@50ms")) as (server, _),
            connect(socket_url(server), additional_headers=KEY) as socket,
        ):
            with pytest.raises(websockets.ConnectionClosedError) as closed:
                await read_into([], socket)
            assert closed.value.rcvd is None

    asyncio.run(main())


def test_what_was_said_before_the_end_arrives_over_a_slow_line(kit) -> None:
    async def main() -> None:
        async with serving(kit, faults=read_faults("delay=200ms,expire@100ms")) as (server, _):
            async with connect(socket_url(server), additional_headers=KEY) as socket:
                events, code, _ = await events_to_the_end(socket)
            assert [event["type"] for event in events] == ["session.created", "error"]
            assert (events[-1]["error"]["code"], code) == ("session_expired", 1001)

    asyncio.run(main())
