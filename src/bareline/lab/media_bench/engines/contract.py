"""What does a WebRTC stack have to do to be measured?"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol

__all__ = ["AudioEar", "Engine", "Exchange", "MessageEar", "Peer"]

Exchange = Callable[[str], Awaitable[str]]
"""Gives the other side's answer to an offer."""
AudioEar = Callable[[bytes, int], None]
"""Gets PCM16 mono 24 kHz, and from when on it is played."""
MessageEar = Callable[[bytes], None]


class Peer(Protocol):
    """One side of one connection: an audio stream each way and a data channel."""

    def listen(self, audio: AudioEar, message: MessageEar) -> None:
        """Call these from now on; before the connection is open."""
        ...

    async def opened(self) -> None:
        """Until the data channel is open."""
        ...

    async def send_audio(self, pcm: bytes) -> None:
        """Send 20 ms now; never waits."""
        ...

    async def send_message(self, message: bytes) -> None:
        """Send one message."""
        ...

    def parts_ms(self) -> dict[str, float]:
        """How long the steps of the set-up took, where the stack tells."""
        ...

    async def close(self) -> None:
        """Hang up."""
        ...


class Engine(Protocol):
    """Makes peers on 127.0.0.1."""

    async def call(self, exchange: Exchange) -> Peer:
        """Offer a connection."""
        ...

    async def answer(self, offer: str) -> tuple[str, Peer]:
        """Accept one."""
        ...
