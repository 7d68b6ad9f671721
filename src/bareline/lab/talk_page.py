"""Who serves the page of ``bareline talk --browser``, and what may the page ask for?

Static files of ``bareline/console/talk`` and three requests, on this machine only. The page never sees a key.
"""

from __future__ import annotations

import importlib.resources
import mimetypes
import os
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import msgspec
from aiohttp import web

from bareline.errors import ConfigurationError, ConnectFailed
from bareline.lab.browser_calls import BrowserCalls

__all__ = ["OFFER_MAX_BYTES", "Introduction", "TalkPage"]

OFFER_MAX_BYTES = 256 * 1024
"""An offer has a few kilobytes; more with many network interfaces."""
_HOSTS = frozenset({"127.0.0.1", "localhost"})
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; media-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "Permissions-Policy": "microphone=(self), speaker-selection=(self), camera=(), geolocation=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-cache",
}
_NAMELESS = ("The service named no call.", "Its tools could not run, and nobody could hang it up.")
_TITLES = {
    200: _NAMELESS,
    201: _NAMELESS,
    401: ("The key was refused.", "Set OPENAI_API_KEY to a valid key and start bareline talk --browser again."),
    403: ("The key may not do this.", "Its project has no access to this model, or to realtime calls."),
    404: ("The server knows no calls.", "It may not speak WebRTC, or not know this model."),
    429: ("Too many calls, or no credit.", "Wait a moment, then call again."),
}


class Introduction(msgspec.Struct, frozen=True, kw_only=True):
    """What the page shows before a call. ``note``: what kind of server that is; ``suggestions``: things to say."""

    server: str
    note: str = ""
    model: str
    models: Sequence[str]
    voice: str
    voices: Sequence[str]
    suggestions: Sequence[str] = ()


class _Offer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    sdp: str
    model: str
    voice: str


@dataclass(slots=True)
class TalkPage:
    """The page at ``http://127.0.0.1:port`` (0: any free port) from entering to leaving the context.

    Entering raises ``ConfigurationError`` when the port cannot be used. Leaving hangs up.
    """

    calls: BrowserCalls
    introduction: Introduction
    port: int = 0
    _runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        """Where the page is."""
        return f"http://127.0.0.1:{self.port}/"

    async def __aenter__(self) -> Self:
        runner = web.AppRunner(self._app(), access_log=None, handle_signals=False, shutdown_timeout=1.0)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", self.port).start()
        except (OSError, OverflowError) as error:
            await runner.cleanup()
            reason = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else error
            raise ConfigurationError(
                f"cannot serve the page on port {self.port}: {reason}; choose another port, or 0 for any free one"
            ) from error
        self._runner = runner
        self.port = runner.addresses[0][1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        runner, self._runner = self._runner, None
        try:
            if runner is not None:
                await runner.cleanup()
        finally:  # the last, since an offer that was on its way becomes a call meanwhile
            await self.calls.close()

    def _app(self) -> web.Application:
        app = web.Application(client_max_size=OFFER_MAX_BYTES, middlewares=[_guarded])
        for path, body in _files().items():
            app.router.add_get(path, _file(path, body))
        app.router.add_get("/settings", self._settings)
        app.router.add_post("/calls", self._open_call)
        app.router.add_post("/calls/{call_id}/hangup", self._hang_up)
        return app

    async def _settings(self, _: web.Request) -> web.Response:
        return _json(200, self.introduction)

    async def _open_call(self, request: web.Request) -> web.Response:
        if request.content_type != "application/json":
            return _trouble(415, "That was no offer.", "Reload the page.")
        try:
            offer = msgspec.json.decode(await request.read(), type=_Offer)
        except msgspec.MsgspecError:
            return _trouble(400, "That was no offer.", "Reload the page.")
        try:
            opened = await self.calls.open(offer.sdp, model=offer.model, voice=offer.voice)
        except ConnectFailed as error:
            return _refused(error)
        return _json(201, {"sdp": opened.sdp, "call_id": opened.call_id})

    async def _hang_up(self, request: web.Request) -> web.Response:
        await self.calls.hang_up(request.match_info["call_id"])
        return web.Response(status=204)


@web.middleware
async def _guarded(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Only this page may ask, under a name of this machine: other sites must not call on the key's account."""
    if not _from_here(request):
        return web.Response(status=403, text="This page is served to this computer alone.\n")
    response = await handler(request)
    response.headers.update(_HEADERS)
    return response


def _from_here(request: web.Request) -> bool:
    origin = request.headers.get("Origin")
    try:
        known_host = urlsplit(f"//{request.host}").hostname in _HOSTS
        return known_host and (origin is None or urlsplit(origin).netloc == request.host)
    except ValueError:  # no address at all
        return False


def _refused(error: ConnectFailed) -> web.Response:
    if error.status is None:
        return _trouble(502, "The service cannot be reached.", f"{error}.")
    title, advice = _TITLES.get(error.status, ("The service refused the call.", ""))
    return _trouble(502, title, f"{advice} It said: {error}".strip())


def _trouble(status: int, title: str, text: str) -> web.Response:
    return _json(status, {"title": title, "text": text})


def _json(status: int, value: object) -> web.Response:
    return web.Response(status=status, body=msgspec.json.encode(value), content_type="application/json")


def _files() -> dict[str, bytes]:
    """Path to content of every file of the page."""
    folder = importlib.resources.files("bareline").joinpath("console", "talk")
    files = {f"/{entry.name}": entry.read_bytes() for entry in folder.iterdir() if entry.is_file()}
    return {"/": files["/index.html"], **files}


def _file(path: str, body: bytes) -> Callable[[web.Request], Awaitable[web.Response]]:
    name = "index.html" if path == "/" else path
    kind = {".js": "text/javascript"}.get(PurePath(name).suffix) or mimetypes.guess_type(name)[0]

    async def give(_: web.Request) -> web.Response:
        return web.Response(body=body, content_type=kind or "application/octet-stream", charset="utf-8")

    return give
