"""What do messages, channels, statistics and ends look like over a real connection on 127.0.0.1?"""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from bareline.errors import Closed, ConfigurationError, ConnectFailed, ConnectionLost, LocalProtocolError
from bareline.media.frames import AudioFrame
from bareline.testing.udp_link import UdpLink
from bareline.testing.webrtc_pair import LOOPBACK, webrtc_pair
from bareline.transports.contract import MediaTransport
from bareline.transports.webrtc.answering import answer_webrtc
from bareline.transports.webrtc.opening import CallAnswer, open_webrtc
from bareline.transports.webrtc.settings import WebRtcSettings

FRAME = AudioFrame(b"\x01\x00" * 480)


def test_it_is_a_media_transport_with_a_name_and_a_call_id() -> None:
    async def call() -> None:
        async with webrtc_pair() as (client, server):
            assert isinstance(client, MediaTransport)
            assert (client.info.kind, client.info.address, client.call_id) == ("webrtc", "server", "rtc_pair")
            assert client.has_channel
            assert server.has_channel

    asyncio.run(call())


def test_a_message_beyond_the_other_sides_limit_is_refused_before_anything_is_sent() -> None:
    async def call() -> None:
        def small(kind: str, whose: str, text: str) -> str:
            return (
                text
                if (kind, whose) != ("answer", "remote")
                else text.replace("max-message-size:22020096", "max-message-size:1000")
            )

        async with webrtc_pair(sdp_hook=small) as (client, server):
            assert client.max_message_bytes == 1000
            with pytest.raises(LocalProtocolError, match="has 1001 bytes, and the other side takes 1000"):
                await client.send(b"x" * 1001)
            await client.send(b"x" * 1000)
            assert await server.receive() == b"x" * 1000

    asyncio.run(call())


def test_a_message_of_many_megabytes_arrives() -> None:
    async def call() -> None:
        async with webrtc_pair() as (client, server):
            message = bytes(range(256)) * 4096 * 12
            sending = asyncio.create_task(client.send(message))
            assert await server.receive() == message
            await sending

    asyncio.run(call())


def test_binary_messages_are_marked_for_a_server_and_ignored_by_a_client() -> None:
    class Binary(bytes):
        pass

    async def call() -> None:
        async with webrtc_pair(binary=Binary) as (client, server):
            for side in (client, server):
                channel = side._peer.channel
                assert channel is not None
                channel.send(b"\x00\xff")
            await server.send(b"text")
            assert await client.receive() == b"text"
            assert client.stats().binary_messages == 1
            got = await server.receive()
            assert (type(got), got) == (Binary, b"\x00\xff")

    asyncio.run(call())


def test_the_other_sides_end_is_told_however_it_ends() -> None:
    async def lost_after(end: str) -> ConnectionLost:
        async with webrtc_pair() as (client, server):
            peer = server._peer
            if end == "channel":
                assert peer.channel is not None
                peer.channel.close()
            elif end == "association":
                await peer.sctp.stop()
            elif end == "dtls":
                await peer.dtls.stop()
            else:
                await server.close(4321, "enough")
            with pytest.raises(ConnectionLost) as caught:
                async with asyncio.timeout(5):
                    await client.receive()
            with pytest.raises(ConnectionLost):
                await client.receive_audio()
            return caught.value

    assert (asyncio.run(lost_after("close")).code, asyncio.run(lost_after("close")).reason) == (4321, "enough")
    assert "channel oai-events was closed" in str(asyncio.run(lost_after("channel")))
    assert "ended" in str(asyncio.run(lost_after("association")))
    assert "ended" in str(asyncio.run(lost_after("dtls")))


def test_a_goodbye_of_the_audio_is_not_the_end() -> None:
    async def call() -> None:
        async with webrtc_pair() as (client, server):
            await server.send_audio(FRAME)
            assert server._audio is not None
            server._audio.end(goodbye=True)
            await server.send(b"still here")
            assert await client.receive() == b"still here"

    asyncio.run(call())


def test_statistics_name_the_path_and_count_what_passed() -> None:
    async def call() -> None:
        async with webrtc_pair() as (client, server):
            await client.send(b"12345")
            await server.receive()
            for place in range(10):
                await client.send_audio(AudioFrame(FRAME.pcm, place * 480))
                await asyncio.sleep(0.02)
            ours, theirs = client.stats(), server.stats()
            assert ours.local is not None
            assert ours.remote is not None
            assert (ours.local.type, ours.local.address) == ("host", "127.0.0.1")
            assert theirs.local is not None
            assert ours.remote.port == theirs.local.port
            assert (ours.messages_sent, ours.message_bytes_sent) == (1, 5)
            assert (theirs.messages_received, theirs.message_bytes_received) == (1, 5)
            assert ours.packets_sent > 12
            assert ours.audio is not None
            assert ours.audio.packets_sent == 10
            assert theirs.audio is not None
            assert theirs.audio.packets_received == 10
            times = ours.times
            stages = (times.gather_ns, times.exchange_ns, times.ice_ns, times.dtls_ns, times.channel_ns)
            assert all(stage is not None and stage > 0 for stage in stages)

    asyncio.run(call())


def test_audio_goes_by_a_fallback_codec_where_opus_is_not_wanted() -> None:
    async def call() -> None:
        settings = WebRtcSettings(addresses=["127.0.0.1"], codecs=["pcma", "pcmu"])
        async with webrtc_pair(server_settings=settings) as (client, server):
            for place in range(10):
                await client.send_audio(AudioFrame(FRAME.pcm, place * 480))
                await asyncio.sleep(0.02)
            frame = await server.receive_audio()
            assert frame.samples > 0
            stats = server.stats().audio
            assert stats is not None
            assert stats.codec == "pcma"

    asyncio.run(call())


def test_a_codec_that_the_hook_takes_out_of_our_own_answer_is_not_used() -> None:
    def without_opus(kind: str, whose: str, text: str) -> str:
        return text.replace("SAVPF 111 ", "SAVPF 9 ") if (kind, whose) == ("answer", "local") else text

    async def call() -> None:
        async with webrtc_pair(server_settings=replace(LOOPBACK, sdp_hook=without_opus)) as (client, server):
            await server.send_audio(FRAME)
            await asyncio.wait_for(client.receive_audio(), 5)
            stats = client.stats().audio
            assert stats is not None
            assert stats.codec == "pcmu"

    asyncio.run(call())


def test_a_local_description_that_the_hook_broke_is_a_wrong_setting() -> None:
    async def call() -> None:
        async with webrtc_pair(sdp_hook=lambda *_: "v=0\r\n"):
            pass

    with pytest.raises(ConfigurationError, match=r"the local offer that sdp_hook gave: .* neither audio"):
        asyncio.run(call())


def test_a_transport_closed_while_it_connects_says_so() -> None:
    async def call() -> None:
        async with UdpLink() as link:
            link.blocked = True
            answered: list[object] = []

            async def exchange(offer: str) -> CallAnswer:
                answer, server = await answer_webrtc(offer, settings=LOOPBACK)
                waiting = asyncio.create_task(server.opened())
                await asyncio.sleep(0)
                await server.close()
                with pytest.raises(Closed):
                    await waiting
                answered.append(server)
                return CallAnswer(answer, None)

            settings = replace(LOOPBACK, sdp_hook=link.sdp_hook)
            with pytest.raises(ConnectFailed):
                await open_webrtc(exchange, settings=settings, open_timeout_s=0.3, address="x")
            assert answered

    asyncio.run(call())
