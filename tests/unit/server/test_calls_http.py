"""What does the server answer to offers, hang-ups and sidebands over HTTP? (real sockets on 127.0.0.1)"""

from __future__ import annotations

import asyncio
import io
import json
import subprocess
import sys
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from bareline.ids import SeededIds
from bareline.protocol.limits import SDP_MAX_BYTES
from bareline.server import calls as calls_module
from bareline.server.door import SessionPlan
from bareline.server.faults import read_faults
from bareline.server.serve import RealtimeServer
from bareline.transports.webrtc.settings import WebRtcSettings

pytest.importorskip("aiortc", reason="WebRTC needs the extra 'webrtc'")

KEY = {"Authorization": "Bearer sk-any"}
SDP = {"Content-Type": "application/sdp"}
FIXTURES = Path(__file__).parents[2] / "data" / "sdp"
OFFER = (FIXTURES / "chromium-offer.sdp").read_text()


@asynccontextmanager
async def serving(kit, **options):
    async with RealtimeServer(kit.Mind(), **options) as server, aiohttp.ClientSession() as http:
        yield server, http
    left = asyncio.all_tasks() - {asyncio.current_task()}
    assert not left, left


async def post(http, server, data, *, headers=SDP, query: str = "", key=KEY):
    async with http.post(f"{server.url}/realtime/calls{query}", data=data, headers=key | headers) as reply:
        return reply.status, reply.headers, await reply.text()


def code(body: str) -> str:
    return json.loads(body)["error"]["code"]


def form(**parts):
    """As the SDKs write it, with the types of the parts; ``None`` leaves the type away, as a browser's FormData."""
    with aiohttp.MultipartWriter("form-data") as writer:
        for name, (value, content_type) in parts.items():
            part = writer.append(value, {"Content-Type": content_type} if content_type else {})
            part.set_content_disposition("form-data", name=name)
            if content_type is None:
                del part.headers["Content-Type"]
    return writer


@pytest.mark.parametrize("types", [("application/sdp", "application/json"), (None, None)])
def test_an_offer_with_a_session(kit, types) -> None:
    async def main() -> None:
        async with serving(kit) as (server, http):
            session = json.dumps({"type": "realtime", "model": "gpt-realtime", "instructions": "Be brief."})
            writer = form(sdp=(OFFER, types[0]), session=(session, types[1]))
            status, headers, answer = await post(http, server, writer, headers={})
            assert (status, headers.getall("Content-Type")) == (201, ["application/sdp; charset=utf-8"])
            assert answer.startswith("v=0")

    asyncio.run(main())


def test_a_raw_offer_from_a_page_with_a_client_secret(kit) -> None:
    async def main() -> None:
        async with serving(kit) as (server, http):
            session = {"type": "realtime", "model": "gpt-realtime"}
            async with http.post(
                f"{server.url}/realtime/client_secrets", json={"session": session}, headers=KEY
            ) as made:
                secret = {"Authorization": f"Bearer {(await made.json())['value']}"}
            origin = {"Origin": "http://example.org"}
            status, headers, answer = await post(http, server, OFFER, headers=SDP | origin, key=secret)
            assert (status, answer[:3]) == (201, "v=0")
            assert headers["Access-Control-Allow-Origin"] == "*"
            asked = origin | {"Access-Control-Request-Headers": "authorization, x-openai-agents-sdk"}
            async with http.options(f"{server.url}/realtime/calls", headers=asked) as reply:
                assert "x-openai-agents-sdk" in reply.headers["Access-Control-Allow-Headers"]

    asyncio.run(main())


@pytest.mark.parametrize(
    ("data", "headers", "query", "expected"),
    [
        ("v=0\r\nthis is no offer", SDP, "", (400, "invalid_offer")),
        ("hello", SDP, "", (400, "invalid_value")),
        (b"v=0\xff", SDP, "", (400, "invalid_value")),
        (OFFER, {"Content-Type": "application/json"}, "", (415, "unsupported_content_type")),
        (OFFER, {"Content-Type": "multipart/form-data"}, "", (400, "invalid_multipart_form_data")),
        (OFFER, SDP, "?model=gpt-4", (400, "invalid_model")),
        (OFFER + "a=x\r\n" * (SDP_MAX_BYTES // 5), SDP, "", (413, "request_too_large")),
        (b"v=0\r\n" + b"a=x\r\n" * 1_000_000, SDP, "", (413, "request_too_large")),
    ],
)
def test_refused_offers(kit, data, headers, query, expected) -> None:
    async def main() -> None:
        async with serving(kit) as (server, http):
            body = io.BytesIO(data) if isinstance(data, bytes) else data
            status, _, body = await post(http, server, body, headers=headers, query=query)
            assert (status, code(body)) == expected

    asyncio.run(main())


def test_refused_forms_and_keys(kit) -> None:
    async def main() -> None:
        async with serving(kit, api_key="sk-mine") as (server, http):
            mine = {"Authorization": "Bearer sk-mine"}
            status, _, body = await post(http, server, OFFER)
            assert (status, code(body)) == (401, "invalid_api_key")
            for parts, expected in (
                ({"session": ("{}", None)}, "missing_required_parameter"),
                ({"sdp": (OFFER, None), "more": ("1", None)}, "unknown_parameter"),
                ({"sdp": (OFFER, None), "session": ("{", None)}, "invalid_json"),
                ({"sdp": (OFFER, None), "session": ('{"type": "realtime", "colour": 1}', None)}, "unknown_parameter"),
            ):
                status, _, body = await post(http, server, form(**parts), headers={}, key=mine)
                assert (status, code(body)) == (400, expected)

    asyncio.run(main())


def test_a_call_that_never_opens_ends_and_leaves_nothing(kit) -> None:
    async def main() -> None:
        async with serving(kit, open_within_s=0.3) as (server, http):
            _, headers, _ = await post(http, server, OFFER)
            call_id = headers["Location"].rpartition("/")[2]
            url = f"{server.url}/realtime?call_id={call_id}"
            async with http.ws_connect(url, headers=KEY) as sideband:
                event = json.loads((await sideband.receive(timeout=5)).data)
                assert event["error"]["code"] == "call_id_not_found"
            async with http.post(f"{server.url}/realtime/calls/{call_id}/hangup", headers=KEY) as reply:
                assert reply.status == 404
            assert server.open_sessions == 0

    asyncio.run(main())


def test_a_call_that_has_not_opened_is_hung_up_and_stopped(kit) -> None:
    async def main() -> None:
        async with serving(kit) as (server, http):
            _, headers, _ = await post(http, server, OFFER)
            url = f"{server.url.removesuffix('/v1')}{headers['Location']}/hangup"
            async with http.post(url, headers=KEY) as reply:
                assert reply.status == 200
            async with http.post(url, headers={}) as reply:
                assert (reply.status, code(await reply.text())) == (401, "invalid_api_key")
            await post(http, server, OFFER)

    asyncio.run(main())


def test_an_offer_that_is_being_answered_when_the_server_stops_begins_no_call(kit) -> None:
    stopping: list[asyncio.Task[None]] = []

    async def main() -> None:
        def stop(kind: str, whose: str, text: str) -> str:
            stopping.append(asyncio.create_task(server.stop()))
            return text

        async with serving(kit, webrtc=WebRtcSettings(addresses=["127.0.0.1"], sdp_hook=stop)) as (server, http):
            status, _, body = await post(http, server, OFFER)
            assert (status, code(body)) == (500, "server_error")
            await asyncio.gather(*stopping)

    asyncio.run(main())


def test_there_is_a_bound_on_calls(kit, monkeypatch) -> None:
    async def main() -> None:
        async with serving(kit) as (server, http):
            assert (await post(http, server, OFFER))[0] == 201
            status, _, body = await post(http, server, OFFER)
            assert (status, code(body)) == (429, "too_many_calls")

    monkeypatch.setattr(calls_module, "CALLS_MAX", 1)
    asyncio.run(main())


def test_offers_that_come_together_are_bounded_too(monkeypatch) -> None:
    async def serve(transport, plan, *, channel, begun) -> None:
        raise AssertionError("nobody connects")

    async def main() -> None:
        calls = calls_module.Calls(
            serve,
            ids=SeededIds(1),
            settings=WebRtcSettings(addresses=["127.0.0.1"]),
            hangup_close_code=1000,
            open_within_s=5,
        )
        plan = SessionPlan(intent="realtime", model="gpt-realtime")
        one, other = await asyncio.gather(*(calls.answer(OFFER, plan, address="here") for _ in range(2)))
        assert isinstance(one, calls_module.AnsweredCall)
        assert getattr(other, "code", None) == "too_many_calls"
        await calls.stop()

    monkeypatch.setattr(calls_module, "CALLS_MAX", 1)
    asyncio.run(main())


def test_a_fault_refuses_an_offer(kit) -> None:
    async def main() -> None:
        async with serving(kit, faults=read_faults("refuse=429@connection:1")) as (server, http):
            assert [(await post(http, server, OFFER))[0] for _ in range(2)] == [429, 201]

    asyncio.run(main())


def test_settings_that_cannot_be_are_the_server_s_fault(kit) -> None:
    from bareline.transports.webrtc.settings import WebRtcSettings

    async def main() -> None:
        async with serving(kit, webrtc=WebRtcSettings(addresses=["nowhere"])) as (server, http):
            status, _, body = await post(http, server, OFFER)
            assert (status, code(body)) == (500, "server_error")

    asyncio.run(main())


_WITHOUT_WEBRTC = """
import asyncio, sys
import aiohttp
from bareline.server.serve import RealtimeServer
from bareline.server.backends.rules import RulesBackend

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"aiortc", "aioice"}:
            raise ImportError(name)

sys.meta_path.insert(0, Missing())

async def main():
    async with RealtimeServer(RulesBackend.with_speech()) as server, aiohttp.ClientSession() as http:
        headers = {"Authorization": "Bearer sk", "Content-Type": "application/sdp"}
        async with http.post(server.url + "/realtime/calls", data=sys.stdin.read(), headers=headers) as reply:
            print(reply.status, (await reply.json())["error"]["message"])

asyncio.run(main())
"""


def test_without_webrtc_it_says_how_to_get_it() -> None:
    command = [sys.executable, "-c", _WITHOUT_WEBRTC]
    ran = subprocess.run(command, input=OFFER, capture_output=True, text=True, timeout=50, check=True)
    assert ran.stdout.startswith("501 "), ran.stdout
    assert "pip install 'bareline[webrtc]'" in ran.stdout
