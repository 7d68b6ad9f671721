"""How does Bareline carry a call, from the sender's frame to the endpoint behind the jitter buffer?"""

from __future__ import annotations

import asyncio
import contextlib
import time
from dataclasses import asdict

from bareline.errors import Closed, ConnectionLost
from bareline.ids import SeededIds
from bareline.lab.media_bench.engines.contract import AudioEar, Exchange, MessageEar
from bareline.media.frames import AudioFrame
from bareline.protocol.server_endpoint import ServerEndpoint
from bareline.transports.webrtc.answering import answer_webrtc
from bareline.transports.webrtc.opening import CallAnswer, open_webrtc
from bareline.transports.webrtc.settings import WebRtcSettings
from bareline.transports.webrtc.transport import WebRtcTransport

__all__ = ["OwnEngine", "OwnPeer"]

_OPEN_S = 10.0


class OwnEngine:
    """``open_webrtc`` and ``answer_webrtc``; the answering side runs the authority of a session too."""

    def __init__(self) -> None:
        self._settings = WebRtcSettings(addresses=["127.0.0.1"])

    async def call(self, exchange: Exchange) -> OwnPeer:
        """Offer a connection."""

        async def answered(offer: str) -> CallAnswer:
            return CallAnswer(await exchange(offer), None)

        transport = await open_webrtc(answered, settings=self._settings, open_timeout_s=_OPEN_S, address="bench")
        return OwnPeer(transport, None)

    async def answer(self, offer: str) -> tuple[str, OwnPeer]:
        """Accept one."""
        answer, transport = await answer_webrtc(offer, settings=self._settings)
        endpoint = ServerEndpoint(ids=SeededIds(1), model="bench", opened_unix_s=0, media=True)
        return answer, OwnPeer(transport, endpoint)


class OwnPeer:
    """One side."""

    def __init__(self, transport: WebRtcTransport, endpoint: ServerEndpoint | None) -> None:
        self._transport = transport
        self._endpoint = endpoint
        self._sent = 0
        self._tasks: list[asyncio.Task[None]] = []
        if endpoint is not None:
            endpoint.open(time.monotonic_ns())

    def listen(self, audio: AudioEar, message: MessageEar) -> None:
        """Call these from now on."""
        loop = asyncio.get_running_loop()
        self._tasks = [loop.create_task(self._hear(audio)), loop.create_task(self._read(message))]

    async def opened(self) -> None:
        """Until the data channel is open."""
        await self._transport.opened()

    async def send_audio(self, pcm: bytes) -> None:
        """Send 20 ms now."""
        frame = AudioFrame(pcm, self._sent)
        self._sent = frame.end_sample
        with contextlib.suppress(Closed, ConnectionLost):
            await self._transport.send_audio(frame)

    async def send_message(self, message: bytes) -> None:
        """Send one message."""
        await self._transport.send(message)

    def parts_ms(self) -> dict[str, float]:
        """Milliseconds of each stage."""
        stages = asdict(self._transport.stats().times)
        return {stage.removesuffix("_ns"): ns / 1e6 for stage, ns in stages.items() if ns is not None}

    async def close(self) -> None:
        """Hang up."""
        for task in self._tasks:
            task.cancel()
        await self._transport.close()

    async def _hear(self, audio: AudioEar) -> None:
        with contextlib.suppress(Closed, ConnectionLost):
            while True:
                frame = await self._transport.receive_audio()
                at_ns = time.monotonic_ns()
                if self._endpoint is not None:
                    self._endpoint.hear(frame.pcm, at_ns)
                    for _ in self._endpoint.events():
                        pass
                audio(frame.pcm, at_ns)

    async def _read(self, message: MessageEar) -> None:
        with contextlib.suppress(Closed, ConnectionLost):
            while True:
                message(await self._transport.receive())
