"""Does a call go on when anybody sends anything to its port, and end when its other side makes no sense?"""

from __future__ import annotations

import asyncio
import random
import socket

import pytest
from aiortc.rtcsctptransport import (
    SCTP_DATA_FIRST_FRAG,
    Chunk,
    DataChunk,
    SackChunk,
    serialize_packet,
)

from bareline.errors import ConnectionLost
from bareline.testing.webrtc_pair import webrtc_pair
from bareline.transports.webrtc.stack.dtls import DtlsTransport
from bareline.transports.webrtc.stack.ice import IceConnection
from bareline.transports.webrtc.stack.reassembly import AHEAD_MAX_BYTES, TooMuch
from bareline.transports.webrtc.stack.sctp import STREAMS_MAX, UNREAD_MAX_BYTES, SctpTransport


def junk(chance: random.Random) -> list[bytes]:
    """Empty, and beginning like STUN, DTLS, TURN and SRTP."""
    packets = [b""]
    for first in (0, 1, 20, 22, 23, 64, 128, 200):
        packets += [bytes([first]) + chance.randbytes(chance.randrange(200)) for _ in range(20)]
    return packets + [b"\x00\x01\x00\x08\x21\x12\xa4\x42" + chance.randbytes(20) for _ in range(20)]


def test_what_strangers_send_to_the_port_changes_nothing() -> None:
    async def call() -> None:
        async with webrtc_pair() as (client, server):
            path = server.stats().local
            assert path is not None
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
                for packet in junk(random.Random(3)):
                    stranger.sendto(packet, (path.address, path.port))
            await asyncio.sleep(0.05)
            await client.send(b"1")
            assert await asyncio.wait_for(server.receive(), 5) == b"1"
            await server.send(b"2")
            assert await asyncio.wait_for(client.receive(), 5) == b"2"
            assert server.stats().undecryptable_packets > 0

    asyncio.run(call())


class Nonsense(Chunk):
    """DATA that ends before its header does."""

    type = 0
    flags = 3
    body = b"\x00\x01"


def test_sctp_that_makes_no_sense_ends_the_call_in_words() -> None:
    async def call() -> ConnectionLost:
        async with webrtc_pair() as (client, server):
            sctp = server._peer.sctp
            packet = serialize_packet(5000, 5000, sctp._remote_verification_tag, Nonsense(3, b"\x00\x01"))
            await server._peer.dtls._send_data(packet)
            with pytest.raises(ConnectionLost) as caught:
                await asyncio.wait_for(client.receive(), 5)
            with pytest.raises(ConnectionLost):
                await asyncio.wait_for(server.receive(), 5)
            return caught.value

    lost = asyncio.run(call())
    assert (lost.code, lost.reason) == (1002, "the other side sent SCTP that makes no sense")


def test_what_sctp_sends_after_the_goodbye_of_dtls_troubles_nobody() -> None:
    async def call() -> None:
        async with webrtc_pair() as (client, server):
            client._peer.dtls._ssl.shutdown()  # as ``stop`` does, before it waits for its task
            await client.send(b"late")
            await client.close()
            with pytest.raises(ConnectionLost):
                await asyncio.wait_for(server.receive(), 5)

    asyncio.run(call())


def test_a_side_that_sends_on_every_stream_there_is_ends_the_call_in_words() -> None:
    async def call() -> ConnectionLost:
        async with webrtc_pair() as (client, server):
            for stream in range(1, 2 * STREAMS_MAX, 2):
                await client._peer.sctp._send(stream, 51, b"x")
            with pytest.raises(ConnectionLost) as caught:
                await asyncio.wait_for(server.receive(), 5)
            return caught.value

    lost = asyncio.run(call())
    assert (lost.code, lost.reason) == (1002, f"the other side uses more than {STREAMS_MAX} data channels")


def test_messages_begun_on_several_streams_have_one_limit_together() -> None:
    async def receive() -> None:
        sctp = SctpTransport(DtlsTransport(IceConnection(controlling=True, relay_only=False)), message_max_bytes=1000)
        sctp._last_received_tsn = 0
        for stream in range(3):
            chunk = DataChunk()
            chunk.tsn, chunk.stream_id, chunk.stream_seq, chunk.protocol = stream + 2, stream, 1, 51
            chunk.flags, chunk.user_data = SCTP_DATA_FIRST_FRAG, bytes(AHEAD_MAX_BYTES // 2)
            await sctp._receive_data_chunk(chunk)

    with pytest.raises(TooMuch, match="on several data channels"):
        asyncio.run(receive())


def test_an_acknowledgement_that_was_overtaken_does_not_close_the_window() -> None:
    async def call() -> None:
        async with webrtc_pair() as (client, server):
            sctp, old = client._peer.sctp, SackChunk()
            await client.send(b"0")
            assert await server.receive() == b"0"
            async with asyncio.timeout(5):
                while not sctp.idle:
                    await client._room.wait()
            old.cumulative_tsn = (sctp._last_sacked_tsn - 1) % 2**32
            old.advertised_rwnd = 0
            await sctp._receive_sack_chunk(old)
            await client.send(b"1")
            assert await asyncio.wait_for(server.receive(), 0.5) == b"1"

    asyncio.run(call())


def test_a_reader_that_does_not_read_stops_the_other_side() -> None:
    """Its window closes at a megabyte of unread messages, and opens again when they are read."""

    async def call() -> None:
        async with webrtc_pair() as (client, server):
            message = b"x" * 100_000
            sending = asyncio.create_task(send_many(client, message))
            await asyncio.sleep(1.2)
            assert not sending.done()
            unread: SctpTransport = server._peer.sctp
            assert unread.unread_bytes < UNREAD_MAX_BYTES + 2 * len(message)
            for _ in range(40):
                assert await asyncio.wait_for(server.receive(), 5) == message
            await asyncio.wait_for(sending, 5)

    async def send_many(side: object, message: bytes) -> None:
        for _ in range(40):
            await side.send(message)  # type: ignore[attr-defined] - either end

    asyncio.run(call())
