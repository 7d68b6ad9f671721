"""How do messages and audio pass over one WebRTC connection?"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from bareline.errors import Closed, ConnectFailed, ConnectionLost, LocalProtocolError
from bareline.media.frames import AudioFrame
from bareline.protocol.limits import MESSAGE_MAX_BYTES
from bareline.protocol.sdp import Description
from bareline.transports.contract import TransportInfo
from bareline.transports.webrtc.audio_line import AudioLine
from bareline.transports.webrtc.bell import Bell
from bareline.transports.webrtc.explain import explain_failure, explain_silence
from bareline.transports.webrtc.peer import CHANNEL_LABEL, Peer
from bareline.transports.webrtc.stack.sctp import UNREAD_MAX_BYTES
from bareline.transports.webrtc.stats import CandidateInfo, WebRtcStats
from bareline.units import seconds_to_ns

__all__ = ["BACKLOG_MAX_BYTES", "CLOSE_TIMEOUT_S", "UNREAD_HARD_MAX_BYTES", "Binary", "WebRtcTransport"]

BACKLOG_MAX_BYTES = 1024 * 1024
"""Messages not yet given to SCTP; ``send`` waits beyond."""
CLOSE_TIMEOUT_S = 2.0
"""How long a close waits until the other side has everything that was sent."""
UNREAD_HARD_MAX_BYTES = 2 * MESSAGE_MAX_BYTES
"""Whole messages that wait for their reader; a side that ignores our window so far is cut off."""

Binary = Callable[[bytes], bytes]
"""How a message that is not text is given to whoever receives."""


class WebRtcTransport:
    """One WebRTC connection; keeps the contract of ``MediaTransport``.

    Made by ``open_webrtc`` and ``answer_webrtc``. ``call_id`` names the call to the service's other endpoints;
    ``has_channel`` is False where the offer held audio only: ``receive`` then waits for the end, ``send`` is refused.
    """

    def __init__(
        self,
        peer: Peer,
        address: str,
        *,
        remote: Description,
        audio: AudioLine | None,
        active: bool,
        binary: Binary | None = None,
    ) -> None:
        self.call_id: str | None = None
        self.has_channel = remote.data is not None
        self.max_message_bytes = (remote.data.max_message_bytes or MESSAGE_MAX_BYTES) if remote.data else 0
        self._peer = peer
        self._info = TransportInfo("webrtc", address)
        self._remote = remote
        self._audio = audio
        self._active = active
        self._binary = binary
        self._messages: deque[bytes] = deque()
        self._changed = Bell()
        self._room = Bell()
        self._turn = asyncio.Lock()
        self._opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._opened.add_done_callback(lambda future: None if future.cancelled() else future.exception())
        self._opening: asyncio.Task[None] | None = None
        self._closing: asyncio.Task[None] | None = None
        self._ended: tuple[int, str] | None = None
        self._closed = False
        self._sent = self._received = self._ignored = 0
        self._sent_bytes = self._received_bytes = 0

    @property
    def info(self) -> TransportInfo:
        return self._info

    def begin(self, *, complete: bool, timeout_s: float) -> None:
        """Start to connect; ``opened`` tells the outcome. ``complete``: all candidates of the other side are known."""
        peer = self._peer
        peer.dtls.on_media = self._audio.receive if self._audio else None
        peer.dtls.on_closed = lambda: self._end(1006, "the other side ended the connection")
        peer.ice.on_lost = lambda reason: self._end(1006, reason)
        peer.sctp.on_message = self._take_message
        peer.sctp.on_room = self._room.ring
        peer.sctp.on_ended = self._take_abort
        self._opening = asyncio.create_task(self._open(complete, timeout_s))
        self._opening.add_done_callback(self._opening_over)

    async def opened(self) -> None:
        """Wait until the connection stands, with its data channel where there is one.

        Raises ``ConnectFailed``, which names the stage (ice, dtls, channel, packet) and a likely cause, and ``Closed``.
        """
        await asyncio.shield(self._opened)

    async def send(self, message: bytes) -> None:
        """Send one message (UTF-8 JSON) over the data channel; waits for it to open.

        Raises ``LocalProtocolError`` for a message that is larger than ``max_message_bytes``, or without a channel.
        """
        self._refuse(message)
        if not self._opened.done():
            await self.opened()
        async with self._turn:
            while True:
                self._raise_if_over()
                if self._peer.sctp.queued_bytes < BACKLOG_MAX_BYTES:
                    break
                await self._room.wait()
            self._sent += 1
            self._sent_bytes += len(message)
            await self._peer.send(message)

    async def receive(self) -> bytes:
        while not self._messages:
            self._raise_if_over()
            await self._changed.wait()
        self._raise_if_closed()
        message = self._messages.popleft()
        await self._give_room(len(message))
        return message

    async def send_audio(self, frame: AudioFrame) -> None:
        self._raise_if_over()
        if self._audio is not None:
            self._audio.send(frame)

    async def receive_audio(self) -> AudioFrame:
        while True:
            self._raise_if_closed()
            frame = self._audio.take() if self._audio else None
            if frame is not None:
                return frame
            self._raise_if_over()
            await (self._audio.arrived if self._audio else self._changed).wait()

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Close, after the other side has what was sent or ``CLOSE_TIMEOUT_S``; ``code`` and ``reason`` reach it."""
        self._closed = True
        if not self._opened.done():
            self._opened.set_exception(Closed("the connection was closed by this side"))
        self._ring()
        await asyncio.shield(self._shut(code, reason))

    def stats(self) -> WebRtcStats:
        """A snapshot of the path and its counters."""
        ice, sctp, pair = self._peer.ice, self._peer.sctp, self._peer.ice.selected
        trip = sctp.round_trip_s
        return WebRtcStats(
            local=pair and CandidateInfo(*pair.local, relay_protocol=pair.relay_protocol),
            remote=pair and CandidateInfo(*pair.remote),
            ice_round_trip_ns=ice.round_trip_ns,
            sctp_round_trip_ns=None if trip is None else seconds_to_ns(trip),
            packets_sent=ice.packets_sent,
            packets_received=ice.packets_received,
            bytes_sent=ice.bytes_sent,
            bytes_received=ice.bytes_received,
            dropped_packets=ice.dropped_packets,
            undecryptable_packets=self._peer.dtls.undecryptable_packets,
            messages_sent=self._sent,
            messages_received=self._received,
            message_bytes_sent=self._sent_bytes,
            message_bytes_received=self._received_bytes,
            binary_messages=self._ignored,
            retransmissions=sctp.retransmissions,
            unsent_bytes=sctp.unsent_bytes,
            dropped_frames=self._audio.dropped_frames if self._audio else 0,
            unsent_audio_packets=self._audio.unsent_packets if self._audio else 0,
            max_message_bytes=self.max_message_bytes,
            times=replace(self._peer.times),
            servers=tuple(self._peer.servers),
            audio=self._audio.stats() if self._audio else None,
        )

    # Opening.

    async def _open(self, complete: bool, timeout_s: float) -> None:
        try:
            async with asyncio.timeout(timeout_s):
                await self._peer.connect(self._remote, active=self._active, complete=complete)
        except TimeoutError:
            self._fail(explain_silence(self._peer, self._remote, timeout_s))
        except ConnectFailed as error:
            self._fail(explain_failure(error, self._peer, self._remote))
        else:
            self._stand()

    def _opening_over(self, opening: asyncio.Task[None]) -> None:
        """Nobody waits for the task itself, so what it did not foresee has to end the call here."""
        error = None if opening.cancelled() else opening.exception()
        if error is not None:
            self._fail(ConnectFailed(f"setting up the call failed: {error!r}", stage=self._peer.stage))

    def _stand(self) -> None:
        if self._ended is not None or self._closed:
            return
        if self._peer.channel is not None:
            self._peer.channel.on("close", lambda: self._end(1000, f"the data channel {CHANNEL_LABEL} was closed"))
        if self._audio is not None:
            self._audio.start()
        if not self._opened.done():
            self._opened.set_result(None)

    def _fail(self, error: ConnectFailed) -> None:
        if not self._opened.done():
            self._opened.set_exception(error)
        self._end(1006, str(error))

    # What comes in.

    def _take_message(self, stream: int, message: bytes, text: bool) -> None:
        channel = self._peer.channel
        if channel is None or stream != channel.id:
            self._ignored += 1
            return
        if not text:
            if self._binary is None:
                self._ignored += 1
                return
            message = self._binary(message)
        self._received += 1
        self._received_bytes += len(message)
        self._messages.append(message)
        self._peer.sctp.unread_bytes += len(message)
        if self._peer.sctp.unread_bytes > UNREAD_HARD_MAX_BYTES:
            self._end(1008, "the other side sends faster than it is read, and does not stop")
        self._changed.ring()

    async def _give_room(self, size: int) -> None:
        """Nothing here suspends, so a message that was taken out is not lost by a cancellation."""
        sctp, half = self._peer.sctp, UNREAD_MAX_BYTES // 2
        before = sctp.unread_bytes
        sctp.unread_bytes -= size
        if sctp.unread_bytes <= half < before:
            await sctp.give_room()

    def _take_abort(self, words: str) -> None:
        code, _, reason = words.partition(" ")
        known = code.isascii() and code.isdecimal() and len(code) == 4
        self._end(int(code) if known else 1006, reason if known else "the other side ended the data channel")

    # The end.

    def _end(self, code: int, reason: str) -> None:
        """The other side is gone, or cannot be reached: what came before may still be received."""
        self._room.ring()
        if self._ended is not None or self._closed:
            return
        self._ended = (code, reason)
        if not self._opened.done():
            error = ConnectFailed(f"the other side hung up while the call was set up: {reason}", stage=self._peer.stage)
            self._opened.set_exception(error)
        self._ring()
        self._shut(code, reason)

    def _ring(self) -> None:
        self._changed.ring()
        self._room.ring()
        if self._audio is not None:
            self._audio.arrived.ring()

    def _shut(self, code: int, reason: str) -> asyncio.Task[None]:
        if self._closing is None:
            self._closing = asyncio.create_task(self._shut_down(code, reason))
        return self._closing

    async def _shut_down(self, code: int, reason: str) -> None:
        if self._opening is not None:
            self._opening.cancel()
            await asyncio.wait([self._opening])
        if self._ended is None:
            with suppress(TimeoutError):
                async with asyncio.timeout(CLOSE_TIMEOUT_S):
                    while not self._peer.settled:
                        await self._room.wait()
        if self._audio is not None:
            self._audio.end(goodbye=self._ended is None)
        await self._peer.close(code, reason)
        self._room.ring()

    def _refuse(self, message: bytes) -> None:
        if not self.has_channel:
            raise LocalProtocolError("this call has no data channel: send events over its sideband")
        if len(message) > self.max_message_bytes:
            raise LocalProtocolError(
                f"the message has {len(message)} bytes, and the other side takes {self.max_message_bytes} at most"
            )

    def _raise_if_closed(self) -> None:
        if self._closed:
            raise Closed("the connection was closed by this side")

    def _raise_if_over(self) -> None:
        self._raise_if_closed()
        if self._ended is not None:
            code, reason = self._ended
            words = f"the connection to {self._info.address} was lost: {code} {reason}".rstrip()
            raise ConnectionLost(words, code=code, reason=reason)
