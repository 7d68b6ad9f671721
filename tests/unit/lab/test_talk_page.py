"""Does the talk page's server keep the key and the tools, and let nobody else call?"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

import bareline as bl
from bareline import events as ev
from bareline.client.address import Address
from bareline.client.connect import OPENERS, Opening
from bareline.clock import now_ns
from bareline.errors import ConfigurationError
from bareline.lab import browser_calls
from bareline.lab.browser_calls import BrowserCalls
from bareline.lab.talk_page import Introduction, TalkPage
from bareline.server import app
from bareline.server.faults import read_faults
from bareline.transports.contract import Transport
from bareline.transports.faults import parse_faults
from bareline.transports.impairments import FaultSchedule, ImpairedTransport
from bareline.transports.webrtc.opening import CallAnswer, open_webrtc
from bareline.transports.webrtc.settings import WebRtcSettings

INTRODUCTION = Introduction(
    server="the built-in server", model="gpt-realtime", models=["gpt-realtime"], voice="marin", voices=["marin"]
)
KEY = "sk-that-nobody-sees"
OFFER = (Path(__file__).parents[2] / "data" / "sdp" / "chromium-offer.sdp").read_text()


@asynccontextmanager
async def served(calls: BrowserCalls | None = None) -> AsyncIterator[tuple[TalkPage, aiohttp.ClientSession]]:
    calls = calls or BrowserCalls(Address("http://127.0.0.1:9/v1", KEY))
    async with TalkPage(calls, INTRODUCTION) as page, aiohttp.ClientSession(page.url) as browser:
        yield page, browser


@asynccontextmanager
async def beside(service: bl.RealtimeServer, tools: bl.Toolbox | None = None) -> AsyncIterator[aiohttp.ClientSession]:
    """The page's server, which calls this service."""
    async with served(BrowserCalls(Address(service.url, KEY), tools or bl.Toolbox())) as (_, browser):
        yield browser


def test_the_page_is_whole_and_holds_nothing_from_elsewhere() -> None:
    async def main() -> None:
        async with served() as (_, browser):
            files: dict[str, str] = {}
            wanted = {""}
            while missing := wanted - set(files):
                for name in missing:
                    files[name] = await (await browser.get(f"/{name}", raise_for_status=True)).text()
                    wanted |= set(re.findall(r'(?:(?:src|href)="|from "\./|addModule\(")([^"#]+)"', files[name]))
            outside = re.compile(r"https?://(?!www\.w3\.org/|127\.0\.0\.1|localhost)\w")
            assert [name for name, text in files.items() if outside.search(text)] == []
            assert len(files) >= 14

    asyncio.run(main())


def test_scripts_of_others_cannot_run_in_it() -> None:
    async def main() -> None:
        async with served() as (_, browser):
            answer = await browser.get("/")
            policy = answer.headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy
            assert "unsafe" not in policy
            assert "frame-ancestors 'none'" in policy
            assert (await browser.get("/main.js")).content_type == "text/javascript"

    asyncio.run(main())


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://["},
        {"Host": "evil.example"},
        {"Host": "evil.example:80"},
        {"Host": "["},
    ],
)
def test_other_sites_may_ask_for_nothing(headers) -> None:
    async def main() -> None:
        async with served() as (_, browser):
            assert (await browser.get("/settings", headers=headers)).status == 403
            assert (await browser.post("/calls", headers=headers, json={})).status == 403

    asyncio.run(main())


@pytest.mark.parametrize("body", [b"", b"[]", b'{"sdp": 1}', b'{"sdp": "v=0", "model": "m", "voice": "v", "key": "k"}'])
def test_what_is_no_offer_is_refused_in_words(body) -> None:
    async def main() -> None:
        async with served() as (_, browser):
            answer = await browser.post("/calls", data=body, headers={"Content-Type": "application/json"})
            assert answer.status == 400
            assert (await answer.json())["title"] == "That was no offer."
            form = await browser.post("/calls", data=body)  # what a form of another site could send
            assert form.status == 415

    asyncio.run(main())


def test_a_service_that_is_not_there_is_told_and_the_key_is_not() -> None:
    async def main() -> None:
        async with served() as (_, browser):
            answer = await browser.post("/calls", json={"sdp": "v=0", "model": "gpt-realtime", "voice": "marin"})
            text = await answer.text()
            assert answer.status == 502
            assert "The service cannot be reached." in text
            assert KEY not in text

    asyncio.run(main())


def test_a_refused_key_is_told_and_not_shown() -> None:
    async def main() -> None:
        async with bl.RealtimeServer(bl.RulesBackend(), api_key="sk-right") as service, beside(service) as browser:
            answer = await browser.post("/calls", json={"sdp": "v=0", "model": "gpt-realtime", "voice": "marin"})
            assert (await answer.json())["title"] == "The key was refused."
            assert KEY not in await answer.text()

    asyncio.run(main())


def test_a_port_that_is_taken_is_told() -> None:
    async def main() -> None:
        async with served() as (page, _):
            with pytest.raises(ConfigurationError, match=f"port {page.port}: Address already in use; choose another"):
                await TalkPage(page.calls, INTRODUCTION, page.port).__aenter__()

    asyncio.run(main())


def test_the_tools_of_a_call_run_here_and_end_with_it() -> None:
    """The caller sees the tool's call and its result, and sends neither."""
    ran: list[str] = []
    tools = bl.Toolbox()

    @tools.tool
    def get_time() -> dict[str, str]:
        """Tell the time of day. Use when they ask "what is the time"."""
        ran.append("get_time")
        return {"time": "12:34"}

    async def main() -> None:
        async with bl.RealtimeServer(bl.RulesBackend()) as service:
            async with beside(service, tools) as browser:
                line, call_id = await called(browser)
                outputs, words = await asked(line, "What is the time?")
                assert ran == ["get_time"]
                assert outputs == ['{"time":"12:34"}']
                assert "12:34" in words
                assert (await browser.post(f"/calls/{call_id}/hangup")).status == 204
                with pytest.raises(bl.errors.ConnectionLost):
                    await asyncio.wait_for(until_over(line), 5)
                await line.close()
            assert not [task for task in asyncio.all_tasks() if task.get_name().startswith("sideband")]

    asyncio.run(main())


def test_a_call_whose_tools_cannot_run_any_more_is_hung_up(monkeypatch: pytest.MonkeyPatch) -> None:
    async def open_breaking(opening: Opening) -> Transport:
        faults = FaultSchedule(parse_faults("abort@300ms"), seed=1, started_ns=now_ns())
        return ImpairedTransport(await open_websocket_of(opening), faults, side="client")

    async def main(faults: str) -> None:
        async with (
            bl.RealtimeServer(bl.RulesBackend(), faults=read_faults(faults)) as service,
            beside(service) as browser,
        ):
            line, _ = await called(browser)
            with pytest.raises(bl.errors.ConnectionLost):
                await asyncio.wait_for(until_over(line), 5)
            await line.close()

    open_websocket_of = OPENERS["websocket"]
    monkeypatch.setattr(browser_calls, "_LEAVING_S", 0.1)
    asyncio.run(main("refuse=503@connection:2"))  # the sideband, which comes after the offer
    monkeypatch.setitem(OPENERS, "websocket", open_breaking)
    asyncio.run(main(""))


def test_an_answer_that_names_no_call_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        async with bl.RealtimeServer(bl.RulesBackend()) as service, beside(service) as browser:
            answer = await browser.post("/calls", json={"sdp": OFFER, "model": "gpt-realtime", "voice": "marin"})
            assert answer.status == 502
            assert (await answer.json())["title"] == "The service named no call."

    monkeypatch.setattr(app, "call_location", lambda _: "")
    asyncio.run(main())


def test_a_call_that_begins_while_the_page_ends_is_hung_up_too() -> None:
    async def main() -> None:
        leaving: list[asyncio.Task[None]] = []

        def leave(kind: str, whose: str, text: str) -> str:
            if not leaving:
                leaving.append(asyncio.create_task(page.__aexit__(None, None, None)))
            return text

        settings = WebRtcSettings(addresses=["127.0.0.1"], sdp_hook=leave)
        async with (
            bl.RealtimeServer(bl.RulesBackend(), webrtc=settings) as service,
            served(BrowserCalls(Address(service.url, KEY))) as (page, browser),
        ):
            offer = {"sdp": OFFER, "model": "gpt-realtime", "voice": "cedar"}
            assert (await browser.post("/calls", json=offer)).status == 201
            await asyncio.gather(*leaving)
            assert not [task for task in asyncio.all_tasks() if task.get_name().startswith("sideband")]

    asyncio.run(main())


def test_calls_of_others_cannot_be_hung_up_here() -> None:
    async def main() -> None:
        async with (
            bl.RealtimeServer(bl.RulesBackend()) as service,
            beside(service) as browser,
            bl.connect(transport="webrtc", base_url=service.url) as line,
        ):
            await browser.post(f"/calls/{line.call_id}/hangup")
            await line.send(ev.InputAudioBufferClear())
            assert isinstance(await asyncio.wait_for(line.receive(), 5), ev.SessionCreated)
            assert isinstance(await asyncio.wait_for(line.receive(), 5), ev.InputAudioBufferCleared)

    asyncio.run(main())


async def until_over(line: bl.Line) -> None:
    """Raises when the call is over."""
    async for _ in line:
        pass


async def called(browser: aiohttp.ClientSession) -> tuple[bl.Line, str]:
    """A call as the page makes it."""

    async def exchange(offer: str) -> CallAnswer:
        opened = await browser.post("/calls", json={"sdp": offer, "model": "gpt-realtime", "voice": "cedar"})
        answer = await opened.json()
        return CallAnswer(answer["sdp"], answer["call_id"])

    settings = WebRtcSettings(addresses=["127.0.0.1"])
    transport = await open_webrtc(exchange, settings=settings, open_timeout_s=10, address="the page")
    return bl.Line(transport), transport.call_id or ""


async def asked(line: bl.Line, question: str) -> tuple[list[str], str]:
    """Outputs of tools that others sent, and the words of the answer."""
    outputs: list[str] = []
    while True:
        match await asyncio.wait_for(line.receive(), 10):
            case ev.SessionUpdated():
                item = ev.Message(role="user", content=[ev.InputText(text=question)])
                await line.send(ev.ConversationItemCreate(item=item))
                await line.send(ev.ResponseCreate(response=ev.ResponseConfig(output_modalities=["text"])))
            case ev.ConversationItemAdded(item=ev.FunctionCallOutput(output=output)):
                outputs.append(output)
            case ev.ResponseOutputTextDone(text=text) | ev.ResponseOutputAudioTranscriptDone(transcript=text):
                return outputs, text
            case _:
                pass
