"""Does another implementation's peer connection talk with both of our ends?

Stock aiortc: its own SDP, RTP, jitter buffer and SCTP window, as a browser has its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from aiortc import RTCConfiguration, RTCDataChannel, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import AudioStreamTrack
from aiortc.rtcdtlstransport import SRTP_AEAD_AES_256_GCM, SRTP_AES128_CM_SHA1_80

from bareline.errors import ConnectFailed, LocalProtocolError
from bareline.media.frames import AudioFrame
from bareline.testing.webrtc_pair import LOOPBACK
from bareline.transports.webrtc.answering import answer_webrtc
from bareline.transports.webrtc.opening import CallAnswer, open_webrtc
from bareline.transports.webrtc.transport import WebRtcTransport

LARGE = "ä" * 100_000
ANY_ADDRESS = replace(LOOPBACK, addresses=None)
"""Stock aiortc never uses 127.0.0.1."""


@asynccontextmanager
async def stock_offerer(
    label: str | None, *, timeout_s: float = 5
) -> AsyncIterator[tuple[RTCPeerConnection, RTCDataChannel | None, WebRtcTransport]]:
    stock = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    stock.addTrack(AudioStreamTrack())
    channel = stock.createDataChannel(label) if label else None
    await stock.setLocalDescription(await stock.createOffer())
    answer, server = await answer_webrtc(stock.localDescription.sdp, settings=ANY_ADDRESS, timeout_s=timeout_s)
    await stock.setRemoteDescription(RTCSessionDescription(answer, "answer"))
    try:
        yield stock, channel, server
    finally:
        await asyncio.gather(stock.close(), server.close())


def test_it_offers_and_we_answer() -> None:
    async def call() -> None:
        async with stock_offerer("oai-events") as (_, channel, server):
            assert channel is not None
            got: asyncio.Queue[str] = asyncio.Queue()
            channel.on("message", got.put_nowait)
            await server.opened()
            await server.send(LARGE.encode())
            assert await got.get() == LARGE
            channel.send(LARGE)
            assert (await server.receive()).decode() == LARGE
            assert (await server.receive_audio()).samples > 0

    asyncio.run(call())


def test_no_common_way_to_encrypt_audio_fails_at_the_packets() -> None:
    """Its DTLS knows one SRTP profile, ours another one."""

    async def call() -> ConnectFailed:
        stock = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        stock.addTrack(AudioStreamTrack())
        await stock.setLocalDescription(await stock.createOffer())
        answer, server = await answer_webrtc(stock.localDescription.sdp, settings=ANY_ADDRESS, timeout_s=5)
        stock.getTransceivers()[0].sender.transport._srtp_profiles = [SRTP_AEAD_AES_256_GCM]
        server._peer.dtls._srtp_profiles = [SRTP_AES128_CM_SHA1_80]
        await stock.setRemoteDescription(RTCSessionDescription(answer, "answer"))
        try:
            with pytest.raises(ConnectFailed) as caught:
                await server.opened()
            return caught.value
        finally:
            await asyncio.gather(stock.close(), server.close())

    error = asyncio.run(call())
    assert error.stage == "packet"
    assert "no common way to encrypt media" in str(error)


def test_an_offer_without_a_channel_is_a_call_of_audio_alone() -> None:
    """As the service has it, driven by a sideband (REALTIME.md 1.1)."""

    async def call() -> None:
        async with stock_offerer(None) as (_, _, server):
            await server.opened()
            assert not server.has_channel
            assert (await server.receive_audio()).samples > 0
            await server.send_audio(AudioFrame(bytes(960)))
            with pytest.raises(LocalProtocolError, match="no data channel"):
                await server.send(b"x")

    asyncio.run(call())


def test_a_channel_of_another_name_is_told() -> None:
    async def call() -> ConnectFailed:
        async with stock_offerer("chat", timeout_s=1) as (_, _, server):
            with pytest.raises(ConnectFailed) as caught:
                await server.opened()
            return caught.value

    error = asyncio.run(call())
    assert error.stage == "channel"
    assert "'oai-events' did not open within 1 s (it opened 'chat')" in str(error)


def test_we_offer_and_it_answers() -> None:
    async def call() -> None:
        stock = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        stock.addTrack(AudioStreamTrack())
        channels: asyncio.Queue[RTCDataChannel] = asyncio.Queue()
        stock.on("datachannel", channels.put_nowait)

        async def exchange(offer: str) -> CallAnswer:
            await stock.setRemoteDescription(RTCSessionDescription(offer, "offer"))
            await stock.setLocalDescription(await stock.createAnswer())
            return CallAnswer(stock.localDescription.sdp, None)

        client = await open_webrtc(exchange, settings=ANY_ADDRESS, open_timeout_s=5, address="stock")
        channel = await channels.get()
        channel.on("message", channel.send)
        await client.send(LARGE.encode())
        assert (await client.receive()).decode() == LARGE
        assert (await client.receive_audio()).samples > 0
        assert client.max_message_bytes == 262_144
        await asyncio.gather(client.close(), stock.close())

    asyncio.run(call())
