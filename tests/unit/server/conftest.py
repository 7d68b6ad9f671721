"""A session pump under test: a backend that each test words itself, and a client at the other end of the pipe."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from types import SimpleNamespace
from typing import Any

import pytest

from bareline.errors import Closed, ConnectionLost
from bareline.ids import SeededIds
from bareline.media.frames import AudioFrame
from bareline.protocol.generation import Outcome, Output, ResponseRequest
from bareline.protocol.server_endpoint import ServerEndpoint, ServerOptions
from bareline.server.backend import Utterance
from bareline.server.session import SessionPump
from bareline.transports.memory import MemoryMediaTransport, MemoryTransport, memory_media_pair, memory_pair
from bareline.turns.energy import EnergyVad

Respond = Callable[[ResponseRequest], AsyncIterator[Output | Outcome]]


class Mind:
    """Backend and session in one; keeps what it was told."""

    def __init__(self, respond: Respond | None = None, transcribe: Callable[[str], AsyncIterator[str]] | None = None):
        if respond is not None:
            self.respond = respond
        if transcribe is not None:
            self.transcribe = transcribe
        self.heard: list[AudioFrame] = []
        self.utterances: list[Utterance] = []
        self.forgotten = 0
        self.closed = False

    async def open(self, *, seed: int) -> Mind:
        return self

    def configure(self, session: object) -> None:
        self.session = session

    def hear(self, frame: AudioFrame) -> None:
        self.heard.append(frame)

    def forget(self) -> None:
        self.forgotten += 1

    def committed(self, utterance: Utterance) -> None:
        self.utterances.append(utterance)

    async def transcribe(self, item_id: str) -> AsyncIterator[str]:
        yield "words"

    async def respond(self, request: ResponseRequest) -> AsyncIterator[Output | Outcome]:
        return
        yield

    async def close(self) -> None:
        self.closed = True


class Client:
    """The far end: says events as dictionaries and reads what comes."""

    def __init__(self, transport: MemoryTransport) -> None:
        self.transport = transport
        self.seen: list[dict[str, Any]] = []

    async def say(self, type: str, **fields: Any) -> None:  # noqa: A002
        await self.transport.send(json.dumps({"type": type, **fields}).encode())

    async def configure(self, **session: Any) -> dict[str, Any]:
        await self.say("session.update", session={"type": "realtime", **session})
        return await self.until("session.updated")

    async def append(self, audio: bytes) -> None:
        await self.say("input_audio_buffer.append", audio=base64.b64encode(audio).decode())

    async def next(self) -> dict[str, Any]:
        self.seen.append(json.loads(await self.transport.receive()))
        return self.seen[-1]

    async def until(self, type: str) -> dict[str, Any]:  # noqa: A002
        while (await self.next())["type"] != type:
            pass
        return self.seen[-1]

    def types(self) -> list[str]:
        return [event["type"] for event in self.seen]

    def audio(self) -> bytes:
        """All output audio so far, in the wire format."""
        deltas = (event["delta"] for event in self.seen if event["type"] == "response.output_audio.delta")
        return b"".join(base64.b64decode(delta) for delta in deltas)


class Caller(Client):
    """A client with audio beside the messages: keeps the frames that it is sent, each with when it came."""

    transport: MemoryMediaTransport

    async def record(self) -> None:
        self.frames: list[tuple[float, AudioFrame]] = []
        with suppress(ConnectionLost, Closed):
            while True:
                frame = await self.transport.receive_audio()
                self.frames.append((asyncio.get_running_loop().time(), frame))

    async def speak(self, pcm: bytes, first_sample: int = 0) -> None:
        """Send audio at the pace of a microphone, 20 ms at a time."""
        for start in range(0, len(pcm), 960):
            await self.transport.send_audio(AudioFrame(pcm[start : start + 960], first_sample + start // 2))
            await asyncio.sleep(0.02)

    def played(self) -> bytes:
        return b"".join(frame.pcm for _, frame in self.frames)


@asynccontextmanager
async def _session(mind: Mind, *, limit_s: float = 3600, intent: str = "realtime", **options: Any):
    """A pump that serves ``mind``, and its client; after the test the client hangs up and nothing may be left."""
    near, far = memory_pair()
    async with _served(near, mind, limit_s=limit_s, intent=intent, **options) as pump:
        client = Client(far)
        client.pump, client.task = pump
        yield client
        await far.close()


@asynccontextmanager
async def _call(mind: Mind, *, narrow: Callable[[Any], Any] = lambda near: near, **options: Any):
    """As ``_session``, over a transport with audio; ``client.sideband()`` attaches a further client."""
    near, far = memory_media_pair()
    async with _served(narrow(near), mind, media=True, **options) as pump:
        client = Caller(far)
        client.pump, client.task = pump
        recording = asyncio.create_task(client.record())
        client.sidebands = []

        def sideband() -> Client:
            ours, theirs = memory_pair()
            client.sidebands.append(asyncio.create_task(client.pump.attach(ours)))
            return Client(theirs)

        client.sideband = sideband
        yield client
        await far.close()
        await recording
        await asyncio.gather(*client.sidebands)


@asynccontextmanager
async def _served(
    near: MemoryTransport,
    mind: Mind,
    *,
    limit_s: float = 3600,
    intent: str = "realtime",
    media: bool = False,
    server: ServerOptions | None = None,
    **options: Any,
):
    endpoint = ServerEndpoint(
        ids=SeededIds(1),
        model="gpt-realtime-2.1",
        opened_unix_s=0,
        session_limit_ns=int(limit_s * 1e9),
        intent=intent,
        media=media,
        options=server,
    )
    pump = SessionPump(near, mind, endpoint, voice_activity=EnergyVad, **options)
    task = asyncio.create_task(pump.run())
    yield pump, task
    await asyncio.wait_for(task, timeout=30)
    assert mind.closed
    left = asyncio.all_tasks() - {asyncio.current_task()}
    assert not left, left


@pytest.fixture
def kit() -> SimpleNamespace:
    """``kit.Mind(...)``, ``async with kit.session(mind) as client``, and the same with audio beside: ``kit.call``."""
    return SimpleNamespace(Mind=Mind, session=_session, call=_call)
