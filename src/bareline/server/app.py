"""What does the server answer over HTTP, and where do WebSockets enter?

Paths of REALTIME.md section 1 on one port, with permissive CORS, so that browsers may call from anywhere.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Awaitable, Callable

import msgspec
from aiohttp import web

from bareline.protocol.authority.options import ServerOptions
from bareline.protocol.refusal import Refusal
from bareline.protocol.signalling import (
    Credentials,
    build_client_secret,
    build_error_body,
    call_location,
    parse_call,
    read_credentials,
    read_target,
)
from bareline.server.calls import Calls
from bareline.server.door import Door, SessionPlan, SidebandPlan
from bareline.server.mint import mint
from bareline.server.refusals import (
    UNAVAILABLE,
    UPGRADE_NEEDED,
    call_not_found,
    close_for,
    error_event,
    model_not_found,
    not_found,
    status_for,
    too_large,
)
from bareline.server.sessions import Sessions
from bareline.server.websocket import accept
from bareline.transports.contract import Transport

__all__ = ["BODY_MAX_BYTES", "make_app"]

BODY_MAX_BYTES = 4 * 1024 * 1024
"""Of an HTTP request; instructions and tools of a session fit many times."""
_CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Location, X-Request-Id",
    "Timing-Allow-Origin": "*",
}
_PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, POST, OPTIONS",
    "Access-Control-Max-Age": "600",
    "Vary": "Access-Control-Request-Headers",
}
_HEADERS = "authorization, content-type, openai-safety-identifier, x-openai-agents-sdk"
_ASKED_HEADERS = re.compile(r"[-!#$%&'*+.^_`|~0-9A-Za-z, ]{1,2048}")
"""Names of headers that a browser may ask for beside those; the SDKs have a score of their own."""


def make_app(
    door: Door,
    sessions: Sessions,
    calls: Calls,
    *,
    options: ServerOptions,
    status_for: Callable[[int], int | None],
) -> web.Application:
    """The application of one server.

    ``status_for`` gives the status with which a connection, by its number, is refused before its upgrade (a fault).
    """
    _keep_keys_out_of_logs()
    face = _Face(door, sessions, calls, options, status_for)
    app = web.Application(client_max_size=BODY_MAX_BYTES, middlewares=[face.around])
    app.router.add_get("/healthz", face.health)
    app.router.add_get("/v1/models", face.list_models)
    app.router.add_get("/v1/models/{model}", face.show_model)
    app.router.add_get("/v1/realtime", face.open_session)
    app.router.add_post("/v1/realtime/client_secrets", face.mint_secret)
    app.router.add_post("/v1/realtime/calls", face.open_call)
    app.router.add_post("/v1/realtime/calls/{call_id}/hangup", face.hang_up)
    app.router.add_route("*", "/{path:.*}", face.miss)
    return app


class _Face:
    def __init__(
        self,
        door: Door,
        sessions: Sessions,
        calls: Calls,
        options: ServerOptions,
        status_for: Callable[[int], int | None],
    ) -> None:
        self._door = door
        self._sessions = sessions
        self._calls = calls
        self._options = options
        self._status_for = status_for
        self._connections = 0

    @web.middleware
    async def around(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        """CORS and the service's own headers around every HTTP answer. aiohttp prescribes the names."""
        began_s = time.monotonic()
        if request.method == "OPTIONS":
            return web.Response(status=204, headers=_CORS | _PREFLIGHT | _allowed(request))
        try:
            response = await handler(request)
        except web.HTTPRequestEntityTooLarge:
            response = _refuse(too_large(f"the body has more than {BODY_MAX_BYTES} bytes"))
        if not response.prepared:
            response.headers.update(_CORS)
            response.headers["X-Request-Id"] = self._door.ids.new("req")
            response.headers["OpenAI-Processing-Ms"] = str(int((time.monotonic() - began_s) * 1000))
        return response

    async def health(self, _: web.Request) -> web.Response:
        """Is the server up? Needs no key."""
        return web.json_response({"status": "ok"})

    async def list_models(self, request: web.Request) -> web.Response:
        """``GET /v1/models``."""
        return self._refused(request) or _json(msgspec.json.encode(self._door.models.list()))

    async def show_model(self, request: web.Request) -> web.Response:
        """``GET /v1/models/{id}``."""
        if refused := self._refused(request):
            return refused
        name = request.match_info["model"]
        model = self._door.models.find(name)
        return _json(msgspec.json.encode(model)) if model else _refuse(model_not_found(name))

    async def mint_secret(self, request: web.Request) -> web.Response:
        """``POST /v1/realtime/client_secrets``, for server keys only."""
        if refusal := self._door.check_server_key(_credentials(request)):
            return _refuse(refusal)
        minted = mint(self._door, await request.read(), self._options)
        return _refuse(minted) if isinstance(minted, Refusal) else _json(build_client_secret(minted))

    async def open_session(self, request: web.Request) -> web.StreamResponse:
        """``GET /v1/realtime``: a WebSocket; refusals come after the upgrade, as from the service."""
        if request.headers.get("Upgrade", "").lower() != "websocket":
            return _refuse(UPGRADE_NEEDED)
        if refused := self._fault():
            return refused
        beta = "realtime=v1" in request.headers.get("OpenAI-Beta", "")
        plan = self._door.plan(read_target(request.query), _credentials(request), beta=beta)
        async with accept(request) as (socket, transport):
            if refusal := await self._admit(plan, transport):
                await transport.send(error_event(refusal, self._door.ids))
                await transport.close(*close_for(refusal))
        return socket

    async def open_call(self, request: web.Request) -> web.Response:
        """``POST /v1/realtime/calls``: an SDP offer, raw or in a form with a session; the answer is our SDP."""
        if refused := self._fault() or self._refused(request):
            return refused
        asked = parse_call(request.headers.get("Content-Type", ""), await request.read())
        if isinstance(asked, Refusal):
            return _refuse(asked)
        plan = self._door.plan_call(asked.session, _credentials(request), model=read_target(request.query).model)
        if isinstance(plan, Refusal):
            return _refuse(plan)
        call = await self._calls.answer(asked.sdp, plan, address=request.remote or "unknown")
        if isinstance(call, Refusal):
            return _refuse(call)
        location = {"Location": call_location(call.call_id)}
        return web.Response(status=201, text=call.sdp, content_type="application/sdp", headers=location)

    async def hang_up(self, request: web.Request) -> web.Response:
        """``POST /v1/realtime/calls/{call_id}/hangup``: nothing in, nothing out."""
        if refused := self._refused(request):
            return refused
        call_id = request.match_info["call_id"]
        return web.Response() if self._calls.hang_up(call_id) else _refuse(call_not_found(call_id))

    async def miss(self, request: web.Request) -> web.Response:
        """Everything else."""
        return _refuse(not_found(request.method, request.path))

    def _fault(self) -> web.Response | None:
        """Is this connection, by its number, to be refused?"""
        self._connections += 1
        status = self._status_for(self._connections)
        return _json(build_error_body(UNAVAILABLE), status) if status else None

    async def _admit(self, plan: SessionPlan | SidebandPlan | Refusal, transport: Transport) -> Refusal | None:
        """Serve what a WebSocket asks for to its end, or say why not."""
        match plan:
            case SidebandPlan(call_id):
                return await self._calls.attach(call_id, transport)
            case SessionPlan():
                await self._sessions.serve(transport, plan)
                return None
            case Refusal():
                return plan

    def _refused(self, request: web.Request) -> web.Response | None:
        checked = self._door.check(_credentials(request))
        return _refuse(checked) if isinstance(checked, Refusal) else None


def _allowed(request: web.Request) -> dict[str, str]:
    """The headers that a page may send: whatever its browser asks for."""
    asked = request.headers.get("Access-Control-Request-Headers", "").strip()
    return {"Access-Control-Allow-Headers": f"{_HEADERS}, {asked}" if _ASKED_HEADERS.fullmatch(asked) else _HEADERS}


def _credentials(request: web.Request) -> Credentials:
    headers = {name.lower(): _text(value) for name, value in request.headers.items()}
    offered = headers.get("sec-websocket-protocol", "")
    return read_credentials(headers, [name.strip() for name in offered.split(",")])


def _text(header: str) -> str:
    """aiohttp keeps bytes that are no UTF-8 as surrogates, which nothing else here can write down."""
    return header.encode(errors="surrogateescape").decode(errors="replace")


def _json(body: bytes, status: int = 200) -> web.Response:
    return web.Response(status=status, body=body, content_type="application/json")


def _refuse(refusal: Refusal) -> web.Response:
    return _json(build_error_body(refusal), status_for(refusal))


class _WithoutKeys(logging.Filter):
    """aiohttp logs the subprotocols that a client offers in vain; one of them is the key."""

    def filter(self, record: logging.LogRecord) -> bool:
        return "openai-insecure-api-key" not in record.getMessage()


def _keep_keys_out_of_logs() -> None:
    logger = logging.getLogger("aiohttp.websocket")
    if not any(isinstance(known, _WithoutKeys) for known in logger.filters):
        logger.addFilter(_WithoutKeys())
