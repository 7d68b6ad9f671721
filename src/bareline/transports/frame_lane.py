"""How do whole text frames pass a WebSocket with as little work as possible?

Nearly all of a realtime call is small unfragmented text frames. They are cut out of the stream here and handed over
directly; handshake, control frames, fragments, everything wrong and everything unusual goes through ``websockets``,
frame by frame. Figures and reasons: ``docs/design/websocket-client.md``.
"""

from __future__ import annotations

import asyncio
import os
import struct
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

from websockets.asyncio.client import ClientConnection
from websockets.frames import Opcode
from websockets.protocol import State

try:
    from websockets.speedups import apply_mask
except ImportError:  # a build without its C part
    from websockets.utils import apply_mask

from bareline.protocol.limits import MESSAGE_MAX_BYTES

__all__ = ["RECEIVE_BACKLOG_BYTES", "LaneConnection"]

RECEIVE_BACKLOG_BYTES = 1024 * 1024
"""Received and not yet taken; reading pauses beyond, and goes on below half of it."""

_WHOLE_TEXT = 0x81
_FINAL = 0x80
_OPCODE = 0x0F
_MASKED = 0x80
_MASK_BYTES = 4
_MASKS_DRAWN = 256
_SHORT = struct.Struct("!BB4s")
_MEDIUM = struct.Struct("!BBH4s")
_LONG = struct.Struct("!BBQ4s")
_HEADERS_MAX_BYTES = 128 * 1024
_READ_MAX_BYTES = 32 * 1024
_END_OF_HEADERS = b"\r\n\r\n"


class LaneConnection(ClientConnection, asyncio.BufferedProtocol):
    """A ``websockets`` client connection with a fast lane for whole text frames; made by its ``connect``.

    Buffered: for what it reads without a buffer of the protocol's own, asyncio asks the system for 256 KB of fresh
    memory each time, and gives it back.
    """

    limit_bytes = MESSAGE_MAX_BYTES
    """Of one frame; as the ``max_size`` given to ``connect``."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._read = memoryview(bytearray(_READ_MAX_BYTES))
        self._buffer = bytearray()
        self._upgraded = False
        self._by_the_book = False
        self._in_fragments = False
        self._unread: deque[bytes | None] = deque()
        self._unread_bytes = 0
        self._held = False
        self._unwanted = False
        self._waiter: asyncio.Future[None] | None = None
        self._taker: Callable[[bytes], bool | None] | None = None
        self._ended = False
        self._masks = _masks()

    def give_at_once(self, message: bytes) -> bool:
        """Send one text message; false when it has to wait for the network, or cannot be sent: then use ``send``."""
        if self.protocol.state is not State.OPEN or self.paused:
            return False
        self.transport.write(_text_frame(message, next(self._masks)))
        return True

    async def take(self) -> bytes:
        """The next message. Safe to cancel. Raises ``ConnectionClosed`` after the last one."""
        unread = self._unread
        while not unread:
            if self._ended:
                return await self.recv(decode=False)
            waiter = self._waiter = self.loop.create_future()
            try:
                await waiter
            finally:
                self._waiter = None
        message = unread[0]
        if message is None:  # its pieces are with websockets
            message = await self.recv(decode=False)
            if unread:  # dropped meanwhile, perhaps
                unread.popleft()
            return message
        unread.popleft()
        self._unread_bytes -= len(message)
        if self._held and self._unread_bytes <= RECEIVE_BACKLOG_BYTES // 2:
            self._held = False
            self.transport.resume_reading()
        return message

    async def forward(self, take: Callable[[bytes], bool | None]) -> NoReturn:
        """Hand every message to ``take`` as it arrives; after a True, others get their turn before the next one.

        Raises ``ConnectionClosed`` at the end, and what ``take`` raises. Safe to cancel.
        """
        while True:
            if not self._unread and not self._ended:
                self._taker, self._waiter = take, self.loop.create_future()
                try:
                    await self._waiter
                finally:
                    self._taker = self._waiter = None
            elif take(await self.take()):
                await asyncio.sleep(0)

    def drop_unread(self) -> None:
        """Nobody will take messages any more: read on to the end of the connection."""
        self._unwanted = True
        self._unread.clear()
        if self._held:
            self._held = False
            self.transport.resume_reading()

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002  (asyncio's interface)
        return self._read

    def buffer_updated(self, nbytes: int) -> None:
        self.data_received(bytes(self._read[:nbytes]))

    def data_received(self, data: bytes) -> None:
        if self._by_the_book:
            super().data_received(data)
        elif self._upgraded:
            if self._buffer or not self._is_one_message(data):
                self._cut(data)
        else:
            self._buffer += data
            self._await_upgrade()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._ended = True
        self._wake()

    def _await_upgrade(self) -> None:
        end = self._buffer.find(_END_OF_HEADERS)
        if end < 0:
            if len(self._buffer) > _HEADERS_MAX_BYTES:
                self._give_up(bytes(self._buffer))
            return
        end += len(_END_OF_HEADERS)
        head, rest = bytes(self._buffer[:end]), bytes(self._buffer[end:])
        self._buffer.clear()
        super().data_received(head)
        self._upgraded = self.protocol.state is State.OPEN
        self._by_the_book = not self._upgraded
        if rest:
            self.data_received(rest)

    def _is_one_message(self, data: bytes) -> bool:
        """Deliver ``data`` if it is just one whole text frame, as it nearly always is."""
        if data[0] != _WHOLE_TEXT or self._in_fragments:
            return False
        frame = _frame_at(data, 0)
        if frame is None or frame[1] != len(data) or data[1] & _MASKED or len(data) > self.limit_bytes:
            return False
        self._deliver(data[frame[0] :])
        return True

    def _cut(self, data: bytes) -> None:
        """Cut whole frames out of the stream."""
        stream: bytes | bytearray = data
        if self._buffer:
            self._buffer += data
            stream = self._buffer
        begin = 0
        while True:
            frame = _frame_at(stream, begin)
            if frame is None:
                break
            payload, end = frame
            if end - payload > self.limit_bytes or stream[begin + 1] & _MASKED:
                self._give_up(bytes(stream[begin:]))
                return
            if end > len(stream):
                break
            if stream[begin] == _WHOLE_TEXT and not self._in_fragments:
                self._deliver(bytes(stream[payload:end]))
            else:
                self._pass_on(stream[begin], bytes(stream[begin:end]))
            begin = end
        if stream is self._buffer:
            del self._buffer[:begin]
        else:
            self._buffer += stream[begin:]

    def _deliver(self, message: bytes) -> None:
        if self._unwanted:
            return
        if self._taker is not None and not self._unread:
            self._hand_over(message, self._taker)
            return
        self._unread.append(message)
        self._unread_bytes += len(message)
        if self._unread_bytes > RECEIVE_BACKLOG_BYTES and not self._held:
            self._held = True
            self.transport.pause_reading()
        self._wake()

    def _hand_over(self, message: bytes, take: Callable[[bytes], bool | None]) -> None:
        try:
            if take(message):  # what follows in the same read waits for the next turn of the loop
                self._taker = None
                self._wake()
        except Exception as error:  # noqa: BLE001 - raised where ``forward`` is awaited
            self._taker = None
            if self._waiter is not None and not self._waiter.done():
                self._waiter.set_exception(error)

    def _pass_on(self, first: int, frame: bytes) -> None:
        """A frame for websockets. The beginning of a message keeps its place in the order."""
        opcode = first & _OPCODE
        if opcode in {Opcode.TEXT, Opcode.BINARY}:
            self._in_fragments = not first & _FINAL
            self._unread.append(None)
        elif opcode == Opcode.CONT and first & _FINAL:
            self._in_fragments = False
        super().data_received(frame)
        self._wake()

    def _give_up(self, rest: bytes) -> None:
        """What follows is too large or broken; websockets knows the way out."""
        self._by_the_book = True
        self._buffer = bytearray()
        super().data_received(rest)

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


def _masks() -> Iterator[bytes]:
    """Masking keys from the system's entropy, drawn many at once: one draw a frame costs more than the frame."""
    while True:
        pool = os.urandom(_MASKS_DRAWN * _MASK_BYTES)
        for at in range(0, len(pool), _MASK_BYTES):
            yield pool[at : at + _MASK_BYTES]


def _text_frame(message: bytes, mask: bytes) -> bytes:
    """One masked whole text frame (RFC 6455 section 5.2)."""
    length = len(message)
    if length < 126:
        head = _SHORT.pack(_WHOLE_TEXT, _MASKED | length, mask)
    elif length < 65_536:
        head = _MEDIUM.pack(_WHOLE_TEXT, _MASKED | 126, length, mask)
    else:
        head = _LONG.pack(_WHOLE_TEXT, _MASKED | 127, length, mask)
    return head + apply_mask(message, mask)


def _frame_at(stream: bytes | bytearray, begin: int) -> tuple[int, int] | None:
    """Where the payload of the frame begins and ends; ``None`` while its header is incomplete."""
    have = len(stream) - begin
    if have < 2:
        return None
    length = stream[begin + 1] & 0x7F
    if length < 126:
        return begin + 2, begin + 2 + length
    size = 2 if length == 126 else 8
    payload = begin + 2 + size
    if have < 2 + size:
        return None
    return payload, payload + int.from_bytes(stream[begin + 2 : payload], "big")
