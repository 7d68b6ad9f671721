"""What is asked for when a WebRTC call is set up, and what comes of each answer? (real HTTP and media on 127.0.0.1)"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest

pytest.importorskip("aiortc")

from aiohttp import web

import bareline as bl
from bareline.errors import ConfigurationError, ConnectFailed
from bareline.protocol.signalling import CallRequest, parse_call
from bareline.transports.webrtc.answering import answer_webrtc
from bareline.transports.webrtc.transport import WebRtcTransport

_HERE = bl.WebRtcSettings(addresses=["127.0.0.1"])


@dataclass
class Service:
    """Answers offers over real HTTP with real peers; ``asked`` are the requests and ``headers`` theirs."""

    url: str = ""
    asked: list[CallRequest] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    query: str = ""
    peers: list[WebRtcTransport] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.Response:
        self.headers.append(dict(request.headers))
        self.query = request.query_string
        call = parse_call(request.headers["Content-Type"], await request.read())
        assert isinstance(call, CallRequest)
        self.asked.append(call)
        sdp, peer = await answer_webrtc(call.sdp, settings=_HERE)
        self.peers.append(peer)
        location = {"Location": "/v1/realtime/calls/rtc_u2_1"}
        return web.Response(status=201, text=sdp, content_type="text/plain", headers=location)


@contextlib.asynccontextmanager
async def a_service(answer: Any = None) -> AsyncIterator[Service]:
    service = Service()
    app = web.Application()
    app.router.add_post("/v1/realtime/calls", answer or service.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    service.url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
    try:
        yield service
    finally:
        for peer in service.peers:
            await peer.close()
        await runner.cleanup()


def asked_by(**options: Any) -> Service:
    """One call set up and hung up with these options of ``connect``."""

    async def main() -> Service:
        async with a_service() as service:
            async with bl.connect(transport="webrtc", base_url=service.url, **options) as line:
                assert line.info.kind == "webrtc"
                assert line.call_id == "rtc_u2_1"
                assert line.stats() is not None
            return service

    return asyncio.run(main())


def test_model_and_session_go_with_the_offer() -> None:
    service = asked_by(
        model="gpt-realtime",
        api_key="sk-1",
        session=bl.events.RealtimeSessionConfig(instructions="Be brief."),
        query={"a": "b c"},
        headers={"X-Mine": "1"},
    )
    session = service.asked[0].session
    assert isinstance(session, bl.events.RealtimeSessionConfig)
    assert (session.model, session.instructions) == ("gpt-realtime", "Be brief.")
    assert (service.headers[0]["Authorization"], service.headers[0]["X-Mine"]) == ("Bearer sk-1", "1")
    assert service.headers[0]["Accept"] == "application/sdp"
    assert service.query == "a=b c"


def test_the_session_is_not_sent_again() -> None:
    async def main() -> None:
        session = bl.events.RealtimeSessionConfig(instructions="Be brief.")
        async with (
            a_service() as service,
            bl.connect(transport="webrtc", base_url=service.url, session=session) as line,
        ):
            await line.send(bl.events.ResponseCreate())
            assert b"response.create" in await service.peers[0].receive()

    asyncio.run(main())


def test_the_default_model_is_named_for_a_server_key() -> None:
    session = asked_by().asked[0].session
    assert isinstance(session, bl.events.RealtimeSessionConfig)
    assert session.model == "gpt-realtime-2.1"


def test_a_client_secret_brings_its_own_session() -> None:
    service = asked_by(api_key="ek_1")
    assert service.asked[0].session is None
    assert service.headers[0]["Content-Type"] == "application/sdp"


def test_a_model_named_with_a_secret_is_asked_for() -> None:
    session = asked_by(api_key="ek_1", model="gpt-realtime").asked[0].session
    assert isinstance(session, bl.events.RealtimeSessionConfig)
    assert session.model == "gpt-realtime"


def test_a_model_of_the_session_wins() -> None:
    config = bl.events.RealtimeSessionConfig(model="gpt-realtime")
    assert asked_by(session=config, model="another").asked[0].session == config


def test_a_transcription_is_asked_for_by_its_session() -> None:
    assert isinstance(asked_by(intent="transcription").asked[0].session, bl.events.TranscriptionSessionConfig)


def test_a_server_on_this_machine_is_reached_by_loopback_alone() -> None:
    offer = asked_by().asked[0].sdp
    candidates = [line.split()[4] for line in offer.splitlines() if line.startswith("a=candidate")]
    assert candidates == ["127.0.0.1"]


def test_named_addresses_win() -> None:
    offer = asked_by(webrtc=bl.WebRtcSettings(addresses=["127.0.0.2"])).asked[0].sdp
    assert " 127.0.0.2 " in offer
    assert " 127.0.0.1 " not in offer.partition("m=")[2]


def test_a_sideband_is_a_websocket() -> None:
    async def main() -> None:
        with pytest.raises(ConfigurationError, match="a sideband"):
            await bl.connect(transport="webrtc", call_id="rtc_1", api_key="sk-1")

    asyncio.run(main())


@pytest.mark.parametrize(
    ("key", "status", "body", "words"),
    [
        ("sk-1", 401, '{"error":{"message":"Incorrect API key provided: ...","code":"invalid_api_key"}}', "set OPENAI"),
        ("ek_1", 401, '{"error":{"message":"Incorrect API key provided: ..."}}', "most likely it has expired"),
        ("sk-1", 400, '{"error":{"message":"sk-secret1234 is wrong"}}', r"\(sk-... is wrong\)"),
        ("sk-1", 503, "busy", "try again"),
        ("sk-1", 200, "<html>", "without an SDP answer"),
        ("sk-1", 201, "v=0\r\ns=-\r\n", "cannot be used"),
    ],
)
def test_what_is_no_answer_fails_at_the_offer(key: str, status: int, body: str, words: str) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=status, text=body)

    async def main() -> None:
        async with a_service(answer) as service:
            with pytest.raises(ConnectFailed, match=words) as caught:
                await bl.connect(transport="webrtc", base_url=service.url, api_key=key)
            assert caught.value.stage == "offer"
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(main())


def test_a_server_that_is_not_there_fails_before_the_offer() -> None:
    async def main() -> None:
        with pytest.raises(ConnectFailed, match="nothing listens") as caught:
            await bl.connect(transport="webrtc", base_url="http://127.0.0.1:1/v1")
        assert caught.value.stage == "tcp"

    asyncio.run(main())
