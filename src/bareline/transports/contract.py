"""What does a transport promise?

A transport is the pipe of whole messages, and of audio where the protocol carries it outside of events. Conformance
kit: ``bareline.testing.conformance.transport``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn, Protocol, runtime_checkable

from bareline.media.frames import AudioFrame

__all__ = ["ForwardingTransport", "MediaTransport", "PromptTransport", "Transport", "TransportInfo"]


@dataclass(frozen=True, slots=True)
class TransportInfo:
    """``kind``: memory, websocket, webrtc. ``address``: what was connected to, without secrets."""

    kind: str
    address: str


class Transport(Protocol):
    """One open connection.

    Contract: messages arrive whole, once and in order. ``receive`` is safe to cancel: a cancelled call loses no
    message. It raises ``ConnectionLost`` when the other side is gone (and again at every later call) and ``Closed``
    after our ``close``. ``send`` returns when the message is accepted; past a bounded backlog it waits; it raises like
    ``receive``. ``close`` may be called twice, from any task, while others wait in ``send`` or ``receive`` (they get
    ``Closed``), and leaves no task behind. No method swallows cancellation.
    """

    @property
    def info(self) -> TransportInfo:
        """What this connects, and over what."""
        ...

    async def send(self, message: bytes) -> None:
        """Send one message (UTF-8 JSON)."""
        ...

    async def receive(self) -> bytes:
        """The next message, as it came."""
        ...

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Close; ``code`` and ``reason`` as in WebSocket."""
        ...


@runtime_checkable
class ForwardingTransport(Transport, Protocol):
    """A transport that can hand over messages without waking a task for each of them.

    Contract in addition: while ``forward`` waits, every message goes to ``take`` the moment it arrives, in order, and
    nobody calls ``receive``; only when ``take`` returns True do others get their turn before the next one. It ends by
    cancellation, with what ``take`` raises, or as ``receive`` does; what was not
    handed over then is still to be received.
    """

    async def forward(self, take: Callable[[bytes], bool | None]) -> NoReturn:
        """Hand every message to ``take``."""
        ...


@runtime_checkable
class PromptTransport(Transport, Protocol):
    """A transport that can send without waking a task for it.

    Contract in addition: what ``send_at_once`` took is sent before whatever is given to ``send`` later.
    """

    def send_at_once(self, message: bytes) -> bool:
        """Send, if that takes no waiting; False: nothing was sent, use ``send``."""
        ...


@runtime_checkable
class MediaTransport(Transport, Protocol):
    """A transport that carries audio beside the messages (WebRTC).

    Contract in addition: ``send_audio`` never waits for the network: a frame leaves at once, so the caller paces, and
    what cannot leave is dropped and counted. ``first_sample`` is the frame's place in the stream: a jump is a pause
    (nothing is sent for it, and the other side sees the same jump), and a frame that is not ahead of the one before
    continues it. ``receive_audio`` is safe to cancel, gives decoded frames in order as they are to be played (lost ones
    repaired or concealed), and shows pauses as jumps of ``first_sample``; ``at_ns`` is when the frame was ready. What
    nobody receives in time is dropped, the oldest first, and counted. Both raise like ``receive``.
    """

    async def send_audio(self, frame: AudioFrame) -> None:
        """Send the next frame of the microphone's stream."""
        ...

    async def receive_audio(self) -> AudioFrame:
        """The next decoded frame of the other side's stream."""
        ...
