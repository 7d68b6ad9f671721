"""A web server for browsers that talk to the model directly: it keeps the key, and it runs the tools.

``python examples/browser_server.py`` serves a small page at http://127.0.0.1:8091. The page may go either way:

- ``POST /call`` with an SDP offer: the offer is relayed with the key, and the answer comes back;
- ``POST /session``: a client secret (``ek_…``), with which the page calls the service by itself and then tells the
  call's id to ``POST /calls/{call_id}/tools``.

Sound and events flow between browser and service; the tools stay here, on a sideband. A real server asks who the user
is before it does either, and attaches tools to that user's calls only. Talks to OpenAI when OPENAI_API_KEY is set, else
to the built-in server.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import datetime as dt
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import aiohttp
import msgspec
from aiohttp import web

import bareline as bl
from bareline import events as ev
from bareline.transports.webrtc.opening import CallAnswer, open_webrtc
from bareline.transports.webrtc.settings import WebRtcSettings

MODEL = "gpt-realtime-2.1"
INSTRUCTIONS = "You answer for a museum. Keep answers short, since they are spoken."
SESSION = ev.RealtimeSessionConfig(model=MODEL, audio=ev.AudioConfig(output=ev.AudioOutputConfig(voice="marin")))
HOSTS = ("127.0.0.1", "localhost")  # yours: the name of your site
tools = bl.Toolbox()
ran: list[str] = []


@tools.tool
def get_time() -> dict[str, str]:
    """Tell the time of day. Use when they ask "what is the time"."""
    ran.append("get_time")
    return {"time": dt.datetime.now().astimezone().strftime("%H:%M")}


@web.middleware
async def own_page_only(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Other sites must not call on the key's account, whatever name they give to this address."""
    own = request.host.partition(":")[0] in HOSTS
    if not own or request.headers.get("Origin") not in (None, f"{request.scheme}://{request.host}"):
        return web.Response(status=403, text="only this server's own page may ask")
    return await handler(request)


class Desk:
    """What the web server does for its pages; ``base_url`` and ``api_key`` are the service's."""

    def __init__(self, base_url: str, api_key: str) -> None:
        self._service = {"base_url": base_url, "api_key": api_key}
        self._calls: set[asyncio.Task[None]] = set()

    def app(self) -> web.Application:
        """The requests of the page, and the page itself."""
        app = web.Application(middlewares=[own_page_only])
        app.router.add_get("/", self.page)
        app.router.add_post("/call", self.relay)
        app.router.add_post("/session", self.mint)
        app.router.add_post("/calls/{call_id}/tools", self.attend)
        app.on_cleanup.append(self.close)
        return app

    async def page(self, _: web.Request) -> web.StreamResponse:
        """A small page that calls either way."""
        return web.FileResponse(Path(__file__).with_name("browser_page.html"))

    async def relay(self, request: web.Request) -> web.Response:
        """Offer in, answer out; the page sees neither the key nor the configuration."""
        form = aiohttp.FormData()
        form.add_field("sdp", await request.text(), content_type="application/sdp")
        form.add_field("session", msgspec.json.encode(SESSION).decode(), content_type="application/json")
        url = f"{self._service['base_url']}/realtime/calls"
        headers = {"Authorization": f"Bearer {self._service['api_key']}"}
        async with aiohttp.ClientSession() as http, http.post(url, data=form, headers=headers) as answer:
            if answer.status != 201:
                return web.Response(status=502, text=f"the service answered {answer.status}")
            call_id = answer.headers["Location"].rpartition("/")[2]
            self._run_tools(call_id)
            return web.Response(status=201, text=await answer.text(), content_type="application/sdp")

    async def mint(self, _: web.Request) -> web.Response:
        """A secret that is of use to nobody after a minute."""
        secret = await bl.mint_client_secret(session=SESSION, ttl=60, **self._service)
        url = f"{self._service['base_url']}/realtime/calls"
        return web.json_response({"secret": secret.value, "url": url}, headers={"Cache-Control": "no-store"})

    async def attend(self, request: web.Request) -> web.Response:
        """The page made a call with a secret of ours."""
        self._run_tools(request.match_info["call_id"])
        return web.Response(status=204)

    async def close(self, _: web.Application) -> None:
        """Leave all calls."""
        for call in self._calls:
            call.cancel()
        await asyncio.gather(*self._calls, return_exceptions=True)

    def _run_tools(self, call_id: str) -> None:
        running = asyncio.create_task(self._sideband(call_id))
        self._calls.add(running)
        running.add_done_callback(self._calls.discard)

    async def _sideband(self, call_id: str) -> None:
        """Configure the call and run its tools until it is over."""

        async def dial() -> bl.Line:
            return await bl.connect(call_id=call_id, **self._service)

        try:
            async with bl.Call(tools=tools, instructions=INSTRUCTIONS, dial=dial, reconnect=None) as call:
                await call.run()
        except bl.errors.BarelineError as error:
            print(f"{call_id}: {error}")


@contextlib.asynccontextmanager
async def serving(desk: Desk, port: int = 0) -> AsyncIterator[str]:
    """The web server, and its address."""
    runner = web.AppRunner(desk.app())
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, "127.0.0.1", port).start()
        except (OSError, OverflowError) as error:
            raise SystemExit(f"port {port} cannot be used: choose another with --port") from error
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def serve(port: int) -> None:
    """Serve the page until Ctrl-C."""
    async with contextlib.AsyncExitStack() as stack:
        service = os.environ.get("OPENAI_BASE_URL") or "https://api.openai.com/v1"
        key = os.environ.get("OPENAI_API_KEY")
        if not key:
            service = (await stack.enter_async_context(bl.RealtimeServer(bl.RulesBackend.with_speech()))).url
        address = await stack.enter_async_context(serving(Desk(service, key or "local"), port))
        print(f"Open {address} in a browser; Ctrl-C ends it.")
        await asyncio.Event().wait()


async def check() -> None:
    """Both ways, with a Python program in the browser's place."""
    async with (
        bl.RealtimeServer(bl.RulesBackend.with_speech()) as service,
        serving(Desk(service.url, "sk-any")) as web_app,
    ):
        for open_line in (relayed, with_secret):
            ran.clear()
            async with await open_line(web_app) as line:
                answer = await asyncio.wait_for(ask(line, "What is the time?"), 20)
            print(f"{open_line.__name__}: {answer!r}, tools run by the server: {ran}")
            if ran != ["get_time"] or ":" not in answer:
                raise SystemExit("the tool did not run on the server")
        if await asked_from("http://elsewhere.example", web_app) != 403:
            raise SystemExit("another site was given a secret")


async def relayed(web_app: str) -> bl.Line:
    """As the page does it with ``POST /call``."""

    async def exchange(offer: str) -> CallAnswer:
        async with aiohttp.ClientSession() as http, http.post(f"{web_app}/call", data=offer) as answer:
            return CallAnswer(await answer.text(), None)

    settings = WebRtcSettings(addresses=["127.0.0.1"])
    return bl.Line(await open_webrtc(exchange, settings=settings, open_timeout_s=10, address=web_app))


async def with_secret(web_app: str) -> bl.Line:
    """As the page does it with ``POST /session``."""
    async with aiohttp.ClientSession() as http:
        async with http.post(f"{web_app}/session") as minted:
            session = await minted.json()
        service = session["url"].removesuffix("/realtime/calls")
        line = await bl.connect(transport="webrtc", base_url=service, api_key=session["secret"])
        async with http.post(f"{web_app}/calls/{line.call_id}/tools"):
            return line


async def asked_from(origin: str, web_app: str) -> int:
    """The status with which a page of ``origin`` is answered that wants a secret."""
    async with aiohttp.ClientSession() as http, http.post(f"{web_app}/session", headers={"Origin": origin}) as answer:
        return answer.status


async def ask(line: bl.Line, question: str) -> str:
    """Ask in writing when the server has configured the session; the words of the answer. Runs no tool."""
    async for event in line:
        match event:
            case ev.SessionUpdated():
                item = ev.Message(role="user", content=[ev.InputText(text=question)])
                await line.send(ev.ConversationItemCreate(item=item))
                await line.send(ev.ResponseCreate())
            case ev.ResponseOutputAudioTranscriptDone(transcript=transcript):
                return transcript
            case _:
                pass
    return ""


def main() -> None:
    """Serve, or check."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8091)
    parser.add_argument("--check", action="store_true", help="use the built-in server and judge the outcome")
    args = parser.parse_args()
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(check() if args.check else serve(args.port))


if __name__ == "__main__":
    main()
