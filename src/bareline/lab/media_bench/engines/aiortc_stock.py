"""How do stock aiortc, and libwebrtc behind the same interface, carry a call? (the peers of the comparison)

Used as aiortc's documentation shows. The ``wrtc`` package offers aiortc's interface over libwebrtc, so one module does.
"""

from __future__ import annotations

import asyncio
import contextlib
import fractions
import importlib
import time
from array import array
from typing import Any

from bareline.lab.media_bench.engines.contract import AudioEar, Exchange, MessageEar

__all__ = ["StockEngine", "StockPeer"]

_RATE_HZ = 24_000
_QUEUE_FRAMES = 50


class StockEngine:
    """``RTCPeerConnection`` with its own sender, receiver and jitter buffer; ``package``: aiortc, or one like it."""

    def __init__(self, package: str) -> None:
        self._aiortc: Any = importlib.import_module(package)
        self._streams: Any = importlib.import_module(f"{package}.mediastreams")

    async def call(self, exchange: Exchange) -> StockPeer:
        """Offer a connection."""
        peer = StockPeer(self._aiortc, self._streams)
        peer.take_channel(peer.connection.createDataChannel("oai-events"))
        await peer.connection.setLocalDescription(await peer.connection.createOffer())
        answer = await exchange(peer.connection.localDescription.sdp)
        await peer.connection.setRemoteDescription(self._aiortc.RTCSessionDescription(sdp=answer, type="answer"))
        return peer

    async def answer(self, offer: str) -> tuple[str, StockPeer]:
        """Accept one."""
        peer = StockPeer(self._aiortc, self._streams)
        peer.connection.on("datachannel", peer.take_channel)
        await peer.connection.setRemoteDescription(self._aiortc.RTCSessionDescription(sdp=offer, type="offer"))
        await peer.connection.setLocalDescription(await peer.connection.createAnswer())
        return peer.connection.localDescription.sdp, peer


class StockPeer:
    """One side."""

    def __init__(self, aiortc: Any, streams: Any) -> None:
        self.connection: Any = aiortc.RTCPeerConnection(aiortc.RTCConfiguration(iceServers=[]))
        self._over: type[Exception] = streams.MediaStreamError
        self._frames: asyncio.Queue[Any] = asyncio.Queue(_QUEUE_FRAMES)
        self._sent = 0
        self._open = asyncio.Event()
        self._channel: Any = None
        self._audio: AudioEar = _deaf
        self._message: MessageEar = _blind
        self._hearing: asyncio.Task[None] | None = None
        self.connection.addTrack(_microphone(streams.MediaStreamTrack, self._frames))
        self.connection.on("track", self._take_track)

    def listen(self, audio: AudioEar, message: MessageEar) -> None:
        """Call these from now on."""
        self._audio, self._message = audio, message

    async def opened(self) -> None:
        """Until the data channel is open."""
        await self._open.wait()

    async def send_audio(self, pcm: bytes) -> None:
        """Send 20 ms now."""
        import av

        frame = av.AudioFrame(format="s16", layout="mono", samples=len(pcm) // 2)
        frame.planes[0].update(pcm)
        frame.sample_rate = _RATE_HZ
        frame.pts = self._sent
        frame.time_base = fractions.Fraction(1, _RATE_HZ)
        self._sent += len(pcm) // 2
        with contextlib.suppress(asyncio.QueueFull):
            self._frames.put_nowait(frame)

    async def send_message(self, message: bytes) -> None:
        """Send one message."""
        self._channel.send(message.decode())

    def parts_ms(self) -> dict[str, float]:
        """It does not tell."""
        return {}

    async def close(self) -> None:
        """Hang up."""
        if self._hearing is not None:
            self._hearing.cancel()
        await self.connection.close()

    def take_channel(self, channel: Any) -> None:
        """The data channel, ours or theirs."""
        self._channel = channel
        channel.on("message", self._take_message)
        channel.on("open", self._open.set)
        if channel.readyState == "open":
            self._open.set()

    def _take_message(self, message: str | bytes) -> None:
        self._message(message if isinstance(message, bytes) else message.encode())

    def _take_track(self, track: Any) -> None:
        self._hearing = asyncio.get_running_loop().create_task(self._hear(track))

    async def _hear(self, track: Any) -> None:
        with contextlib.suppress(self._over):
            while True:
                frame = await track.recv()
                at_ns = time.monotonic_ns()
                self._audio(_mono_24k(frame), at_ns)


def _microphone(track: type[Any], frames: asyncio.Queue[Any]) -> Any:
    class Microphone(track):
        """Gives what was queued."""

        kind = "audio"

        async def recv(self) -> Any:
            """The next frame."""
            return await frames.get()

    return Microphone()


def _mono_24k(frame: Any) -> bytes:
    """Every so many values of it: well enough for marks."""
    channels = len(frame.layout.channels)
    values = array("h", bytes(frame.planes[0])[: frame.samples * channels * 2])
    return values[:: channels * frame.sample_rate // _RATE_HZ].tobytes()


def _deaf(pcm: bytes, at_ns: int) -> None:
    """Nobody listens yet."""


def _blind(message: bytes) -> None:
    """Nobody reads yet."""
