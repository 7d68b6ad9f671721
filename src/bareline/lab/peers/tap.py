"""What passes between a peer and the built-in server, and when?

``python -m bareline.lab.peers.tap`` prints its port and carries every connection to the server, WebSocket by WebSocket,
message by message. Into the assistant's audio it writes when each 20 ms left it; from the user's it reads when each
frame was handed over. A call over WebRTC is observed through a sideband. Commands are lines of JSON on standard input:
``{"do": "begin", "target": PORT, ...}`` and ``{"do": "end"}``, which is answered with what was seen.
"""

from __future__ import annotations

import asyncio
import base64
import json
import sys
import time
from contextlib import suppress
from typing import Any

from aiohttp import ClientSession, ClientWebSocketResponse, WSMessage, WSMsgType, web

from bareline.lab.peers.programs.shared.probe import FRAME_BYTES, stamp, stamps
from bareline.units import BYTES_PER_MS

__all__ = ["Tap", "main"]

_JSON_MAX_BYTES = 32 * 2**20
_ABNORMAL = 1006
_PASSED_ON = ("Authorization", "OpenAI-Beta", "Sec-WebSocket-Protocol", "Content-Type")
_INJECTED = {
    "type": "error",
    "event_id": "event_of_the_bench",
    "error": {
        "type": "server_error",
        "code": "server_error",
        "message": "The server had an error while processing your request.",
        "param": None,
        "event_id": None,
    },
}


class Tap:
    """One scene at a time: ``begin``, then connections, then ``end``."""

    def __init__(self) -> None:
        self._rules: dict[str, Any] = {}
        self._events: list[list[Any]] = []
        self._frames: list[tuple[str, int]] = []
        self._said_us: list[int] = []
        self._connections = 0
        self._open: set[asyncio.Task[Any]] = set()

    def begin(self, rules: dict[str, Any]) -> None:
        """Forget what was seen. ``target``: the server's port; ``stall_ms``: hold the answer so long, once each
        response, after its first 800 ms; ``error``: put in an error event there, once."""
        self._rules, self._connections = rules, 0
        self._events, self._frames, self._said_us = [], [], []

    async def end(self) -> dict[str, Any]:
        """What was seen; connections still open are dropped."""
        seen = {"events": self._events, "frames": self._frames, "microphone_us": self._said_us}
        for task in tuple(self._open):
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)
        return {**seen, "connections": self._connections}

    def application(self) -> web.Application:
        """Both faces of the service."""
        made = web.Application(client_max_size=_JSON_MAX_BYTES)
        made.router.add_get("/v1/realtime", self._socket)
        made.router.add_post("/v1/realtime/calls", self._call)
        return made

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        self._connections += 1
        near = web.WebSocketResponse(
            max_msg_size=_JSON_MAX_BYTES, compress=False, protocols=("realtime",), autoping=True
        )
        await near.prepare(request)
        async with (
            ClientSession() as session,
            session.ws_connect(
                f"http://127.0.0.1:{self._rules['target']}{request.path_qs}",
                headers=_headers(request, but="Sec-WebSocket-Protocol"),
                protocols=[
                    each.strip() for each in request.headers.get("Sec-WebSocket-Protocol", "").split(",") if each
                ],
                max_msg_size=_JSON_MAX_BYTES,
            ) as far,
        ):
            ways = {asyncio.create_task(self._up(near, far)), asyncio.create_task(self._down(near, far))}
            self._open |= ways
            try:
                await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for way in ways:
                    way.cancel()
                await asyncio.gather(*ways, return_exceptions=True)  # a side that is gone is no fault of ours
                self._open -= ways
            await self._part(request, near, far)
        return near

    async def _up(self, near: web.WebSocketResponse, far: ClientWebSocketResponse) -> None:
        async for message in near:
            self._note("up", message)
            await far.send_str(message.data)

    async def _down(self, near: web.WebSocketResponse, far: ClientWebSocketResponse) -> None:
        sent_ms: dict[str, float] = {}
        async for message in far:
            text = str(message.data)
            event = json.loads(text)
            if event["type"] == "response.output_audio.delta":
                text = await self._speech(near, event, sent_ms, text)
            else:
                self._event("down", event)
            await near.send_str(text)

    async def _speech(
        self, near: web.WebSocketResponse, event: dict[str, Any], sent_ms: dict[str, float], text: str
    ) -> str:
        """The delta with the moment of its passing in it; what the scene wants to go wrong happens here."""
        response, before = event["response_id"], sent_ms.get(event["response_id"], 0.0)
        pcm = bytearray(base64.b64decode(event["delta"]))
        sent_ms[response] = before + len(pcm) / BYTES_PER_MS
        if before < self._rules["after_ms"] <= sent_ms[response]:
            await asyncio.sleep(self._rules.get("stall_ms", 0) / 1000)
            if self._rules.pop("error", None):
                self._event("down", _INJECTED)
                await near.send_str(json.dumps(_INJECTED))
        for at in range(0, len(pcm), FRAME_BYTES):
            mark = stamp(time.monotonic_ns(), len(self._frames))[: len(pcm) - at]
            pcm[at : at + len(mark)] = mark
            self._frames.append((event["item_id"], min(FRAME_BYTES, len(pcm) - at)))
        return text.replace(event["delta"], base64.b64encode(pcm).decode(), 1)

    def _note(self, way: str, message: WSMessage) -> None:
        event = json.loads(message.data)
        if event["type"] == "input_audio_buffer.append":
            now = time.monotonic_ns()
            found = stamps(base64.b64decode(event["audio"]))
            self._said_us.extend((now - at) // 1000 for _, at, _ in found)
            return
        self._event(way, event)

    def _event(self, way: str, event: dict[str, Any]) -> None:
        kept = {key: event[key] for key in ("item_id", "audio_end_ms", "response_id", "call_id") if key in event}
        if event["type"] == "error":
            kept["message"] = event["error"].get("message")
        if event["type"] == "response.output_item.added":
            kept["item_id"] = event["item"].get("id")
        self._events.append([time.monotonic_ns(), way, self._connections, event["type"], kept])

    async def _part(self, request: web.Request, near: web.WebSocketResponse, far: ClientWebSocketResponse) -> None:
        """End the other side as this one ended."""
        self._events.append([time.monotonic_ns(), "end", self._connections, str(far.close_code or near.close_code), {}])
        if far.close_code == _ABNORMAL:
            if request.transport is not None:
                request.transport.abort()
            return
        with suppress(ConnectionError, RuntimeError):
            await far.close(code=near.close_code or 1000)
            await near.close(code=far.close_code or 1000)

    async def _call(self, request: web.Request) -> web.StreamResponse:
        """A call over WebRTC: its media goes to the server directly, its events are told by a sideband."""
        self._connections += 1
        there = f"http://127.0.0.1:{self._rules['target']}"
        headers = _headers(request)
        async with (
            ClientSession() as session,
            session.post(there + request.path_qs, data=await request.read(), headers=headers) as answer,
        ):
            body, location = await answer.read(), answer.headers.get("Location", "")
            if answer.status == web.HTTPCreated.status_code:
                observing = asyncio.create_task(self._observe(there, location.rpartition("/")[2], headers))
                self._open.add(observing)
                observing.add_done_callback(self._open.discard)
            return web.Response(
                status=answer.status,
                body=body,
                headers={"Location": location, "Content-Type": answer.headers.get("Content-Type", "")},
            )

    async def _observe(self, there: str, call_id: str, headers: dict[str, str]) -> None:
        key = {"Authorization": headers["Authorization"]}
        async with (
            ClientSession() as session,
            session.ws_connect(f"{there}/v1/realtime?call_id={call_id}", headers=key) as sideband,
        ):
            async for message in sideband:
                if message.type is WSMsgType.TEXT:
                    self._event("side", json.loads(message.data))


def main() -> None:
    """Serve until standard input ends."""
    asyncio.run(_serve())


def _headers(request: web.Request, but: str = "") -> dict[str, str]:
    return {name: request.headers[name] for name in _PASSED_ON if name in request.headers and name != but}


async def _serve() -> None:
    tap = Tap()
    runner = web.AppRunner(tap.application(), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    _tell({"port": runner.addresses[0][1]})
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        command = json.loads(line)
        if command["do"] == "begin":
            tap.begin(command)
            _tell({})
        else:
            _tell(await tap.end())
    await runner.cleanup()


def _tell(answer: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
