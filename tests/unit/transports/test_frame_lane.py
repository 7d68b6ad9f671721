"""Does the fast lane give the same messages as the book, however the stream is cut?"""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.client import ClientProtocol
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.frames import Close, Frame, Opcode
from websockets.protocol import State
from websockets.server import ServerProtocol
from websockets.uri import parse_uri

from bareline.testing.virtual import run_virtual
from bareline.transports.frame_lane import RECEIVE_BACKLOG_BYTES, LaneConnection


class Wire(asyncio.Transport):
    """The network below a connection: what it wrote, and whether it still reads."""

    def __init__(self, connection: LaneConnection) -> None:
        super().__init__()
        self.connection = connection
        self.written = bytearray()
        self.reading = True

    def write(self, data: Any) -> None:
        self.written += data

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None: ...

    def is_closing(self) -> bool:
        return False

    def can_write_eof(self) -> bool:
        return True

    def write_eof(self) -> None: ...

    def abort(self) -> None:
        self.connection.connection_lost(None)

    close = abort


async def opened(extra: bytes = b"", cut: Callable[[bytes], list[bytes]] = lambda data: [data]) -> tuple[Any, Wire]:
    """A connection after its handshake; ``extra`` arrives right behind the server's answer."""
    connection = LaneConnection(ClientProtocol(parse_uri("ws://host/")), ping_interval=None)
    wire = Wire(connection)
    connection.connection_made(wire)
    handshake = asyncio.create_task(connection.handshake())
    await asyncio.sleep(0)
    server = ServerProtocol()
    server.receive_data(bytes(wire.written))
    wire.written.clear()
    server.send_response(server.accept(server.events_received()[0]))
    for piece in cut(b"".join(server.data_to_send()) + extra):
        connection.data_received(piece)
    await handshake
    return connection, wire


def text(message: bytes) -> bytes:
    return Frame(Opcode.TEXT, message).serialize(mask=False)


def fragmented(message: bytes, opcode: Opcode = Opcode.TEXT) -> list[bytes]:
    half = len(message) // 2
    pieces = [Frame(opcode, message[:half], fin=False), Frame(Opcode.CONT, message[half:])]
    return [piece.serialize(mask=False) for piece in pieces]


PING = Frame(Opcode.PING, b"are you there").serialize(mask=False)
MESSAGES = st.lists(
    st.tuples(st.sampled_from(["whole", "pieces", "binary", "ping"]), st.integers(0, 70_000)), max_size=8
)


@given(MESSAGES, st.integers(0, 2**32))
def test_every_message_comes_once_and_in_order_however_the_stream_is_cut(
    messages: list[tuple[str, int]], seed: int
) -> None:
    chance = random.Random(seed)
    stream, expected = b"", []
    for kind, size in messages:
        message = bytes([97 + len(expected)]) * size
        if kind == "ping":
            stream += PING
            continue
        expected.append(message)
        if kind == "whole":
            stream += text(message)
        else:
            opcode = Opcode.TEXT if kind == "pieces" else Opcode.BINARY
            stream += chance.choice([b"", PING]).join(fragmented(message, opcode))

    def cut(data: bytes) -> list[bytes]:
        at = sorted({0, len(data), *(chance.randrange(len(data) + 1) for _ in range(8))})
        return [data[a:b] for a, b in itertools.pairwise(at)]

    async def main() -> None:
        connection, _ = await opened(stream, cut)
        assert [await connection.take() for _ in expected] == expected
        connection.connection_lost(None)
        with pytest.raises(ConnectionClosed):
            await connection.take()

    async def forwarded() -> None:
        connection, _ = await opened()
        taken: list[bytes] = []
        forwarding = asyncio.create_task(connection.forward(taken.append))
        for piece in cut(stream):
            await asyncio.sleep(chance.choice([0, 1]))
            connection.data_received(piece)
        await asyncio.sleep(1)
        assert taken == expected
        connection.connection_lost(None)
        with pytest.raises(ConnectionClosed):
            await forwarding

    run_virtual(main())
    run_virtual(forwarded())


def test_a_taker_may_let_others_have_their_turn_before_the_next_message() -> None:
    """However many messages one read brought: what the first one began comes before the second."""

    async def main() -> None:
        connection, _ = await opened()
        order: list[bytes] = []

        async def begun(message: bytes) -> None:
            order.append(b"begun by " + message)

        def take(message: bytes) -> bool:
            order.append(message)
            tasks.create_task(begun(message))
            return message == b"one"

        async with asyncio.TaskGroup() as tasks:
            forwarding = tasks.create_task(connection.forward(take))
            for _ in range(2):
                await asyncio.sleep(1)
                connection.data_received(text(b"one") + text(b"two") + text(b"one"))
            await asyncio.sleep(1)
            forwarding.cancel()
        first_read = [b"one", b"begun by one", b"two", b"one", b"begun by two", b"begun by one"]
        assert order == [*first_read, *first_read]

    run_virtual(main())


def test_what_the_taker_raises_ends_the_forwarding_and_nothing_else() -> None:
    def take(message: bytes) -> None:
        raise ValueError(message.decode())

    async def main() -> None:
        connection, _ = await opened()
        forwarding = asyncio.create_task(connection.forward(take))
        await asyncio.sleep(1)
        connection.data_received(text(b"one") + text(b"two"))
        with pytest.raises(ValueError, match="one"):
            await forwarding
        assert await connection.take() == b"two"

    run_virtual(main())


def test_a_cancelled_forwarding_loses_no_message() -> None:
    async def main() -> None:
        connection, _ = await opened()
        taken: list[bytes] = []
        forwarding = asyncio.create_task(connection.forward(taken.append))
        await asyncio.sleep(1)
        connection.data_received(text(b"one"))
        forwarding.cancel()
        await asyncio.wait([forwarding])
        connection.data_received(text(b"two"))
        assert taken == [b"one"]
        assert await connection.take() == b"two"

    run_virtual(main())


def test_ping_is_answered_and_sent_text_is_masked() -> None:
    async def main() -> None:
        connection, wire = await opened(PING)
        texts = [b"", b"x" * 125, b"x" * 126, b"x" * 65_535, b"x" * 65_536, *(b"%d" % n for n in range(600))]
        for message in texts:
            assert connection.give_at_once(message)
        server = ServerProtocol(state=State.OPEN)
        server.receive_data(bytes(wire.written))
        pong, *frames = server.events_received()
        assert (pong.opcode, bytes(pong.data)) == (Opcode.PONG, b"are you there")
        assert [(frame.opcode, frame.fin, bytes(frame.data)) for frame in frames] == [
            (Opcode.TEXT, True, message) for message in texts
        ]

    run_virtual(main())


def test_what_has_to_wait_is_left_to_the_book() -> None:
    async def main() -> None:
        connection, wire = await opened()
        connection.pause_writing()
        assert not connection.give_at_once(b"{}")
        connection.resume_writing()
        connection.connection_lost(None)
        assert not connection.give_at_once(b"{}")
        assert not wire.written

    run_virtual(main())


def test_full_backlog_pauses_reading_until_half_is_taken() -> None:
    async def main() -> None:
        connection, wire = await opened()
        half = RECEIVE_BACKLOG_BYTES // 2
        for _ in range(3):
            connection.data_received(text(b"x" * half))
        assert not wire.reading
        await connection.take()
        assert not wire.reading
        await connection.take()
        assert wire.reading

    run_virtual(main())


def test_message_half_received_survives_a_cancelled_take() -> None:
    async def main() -> None:
        connection, _ = await opened()
        first, second = fragmented(b"abcd")
        connection.data_received(first)
        taking = asyncio.create_task(connection.take())
        await asyncio.sleep(1)
        taking.cancel()
        await asyncio.wait([taking])
        connection.data_received(second + text(b"next"))
        assert [await connection.take(), await connection.take()] == [b"abcd", b"next"]

    run_virtual(main())


def test_dropping_unread_messages_reads_on() -> None:
    async def main() -> None:
        connection, wire = await opened()
        for _ in range(2):
            connection.data_received(text(b"x" * RECEIVE_BACKLOG_BYTES))
        connection.drop_unread()
        assert wire.reading
        connection.data_received(text(b"late"))
        connection.connection_lost(None)
        with pytest.raises(ConnectionClosed):
            await connection.take()

    run_virtual(main())


@pytest.mark.parametrize(
    ("stream", "code"),
    [
        (Frame(Opcode.TEXT, b"masked").serialize(mask=True), 1002),
        (b"\xc1\x01a", 1002),
        (fragmented(b"ab")[0] + text(b"inside"), 1002),
        (Frame(Opcode.CONT, b"of nothing").serialize(mask=False), 1002),
        (b"\x81\x7f" + (10**9).to_bytes(8, "big"), 1009),
        (Frame(Opcode.CLOSE, Close(3000, "bad key").serialize()).serialize(mask=False), 3000),
    ],
    ids=["masked", "reserved bit", "whole inside fragments", "stray piece", "too large", "close"],
)
def test_what_is_wrong_ends_by_the_book(stream: bytes, code: int) -> None:
    async def main() -> None:
        connection, _ = await opened(text(b"before") + stream)
        assert await connection.take() == b"before"
        connection.connection_lost(None)
        with pytest.raises(ConnectionClosed) as closed:
            await connection.take()
        frame = closed.value.rcvd or closed.value.sent
        assert frame is not None
        assert frame.code == code

    run_virtual(main())


def test_refused_handshake_is_reported_with_its_body() -> None:
    async def main() -> None:
        connection = LaneConnection(ClientProtocol(parse_uri("ws://host/")), ping_interval=None)
        connection.connection_made(Wire(connection))
        handshake = asyncio.create_task(connection.handshake())
        await asyncio.sleep(0)
        connection.data_received(b"HTTP/1.1 401 No\r\nContent-Le")
        connection.data_received(b"ngth: 5\r\n\r\nwr")
        connection.data_received(b"ong")
        with pytest.raises(Exception, match="401") as refused:
            await handshake
        assert refused.value.response.body == b"wrong"  # type: ignore[attr-defined]

    run_virtual(main())


def test_endless_answer_to_the_handshake_is_refused() -> None:
    async def main() -> None:
        connection = LaneConnection(ClientProtocol(parse_uri("ws://host/")), ping_interval=None)
        connection.connection_made(Wire(connection))
        handshake = asyncio.create_task(connection.handshake())
        await asyncio.sleep(0)
        for _ in range(20):
            connection.data_received(b"x" * 10_000)
        connection.connection_lost(None)
        with pytest.raises(InvalidHandshake):
            await handshake

    run_virtual(main())
