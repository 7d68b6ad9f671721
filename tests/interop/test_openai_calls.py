"""Does the unmodified official SDK begin, steer and end a call over WebRTC? (its media is ours, or stock aiortc's)"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager

import pytest

from bareline.errors import ConnectionLost
from bareline.transports.webrtc.opening import CallAnswer, open_webrtc
from bareline.transports.webrtc.settings import WebRtcSettings

pytest.importorskip("openai", reason="the interop suite needs the official SDK (pip install openai)")
aiortc = pytest.importorskip("aiortc", reason="WebRTC needs the extra 'webrtc'")
pytestmark = pytest.mark.interop

LOOPBACK = WebRtcSettings(addresses=["127.0.0.1"])
SESSION = {"type": "realtime", "model": "gpt-realtime", "instructions": "speech: 1"}


async def create(client, offer: str, **session) -> CallAnswer:
    reply = await client.realtime.calls.create(sdp=offer, **session)
    return CallAnswer(reply.text, reply.response.headers["Location"].rpartition("/")[2])


@asynccontextmanager
async def calling(server, **session):
    async with server.client() as client:
        transport = await open_webrtc(
            lambda offer: create(client, offer, **session), settings=LOOPBACK, open_timeout_s=10, address=server.url
        )
        yield client, transport
        await transport.close()


async def read_to_the_end(transport) -> None:
    async with asyncio.timeout(10):
        while True:
            await transport.receive()


async def heard_samples(transport, at_least: int) -> int:
    samples = 0
    async with asyncio.timeout(10):
        while samples < at_least:
            samples += (await transport.receive_audio()).samples
    return samples


async def loud_frames(track, at_least: int) -> int:
    loud = 0
    async with asyncio.timeout(10):
        while loud < at_least:
            loud += bool(abs((await track.recv()).to_ndarray()).mean() > 1_000)
    return loud


@pytest.mark.parametrize("session", [{"session": SESSION}, {}])
def test_a_sideband_steers_a_call_and_its_tools(server, until, session) -> None:
    tool = {"type": "function", "name": "list_tasks", "parameters": {"type": "object", "properties": {}}}

    async def main() -> None:
        async with (
            calling(server, **session) as (client, transport),
            client.realtime.connect(call_id=transport.call_id) as sideband,
        ):
            await sideband.session.update(session={"type": "realtime", "tools": [tool], "tool_choice": "auto"})
            (updated,) = await until(sideband, "session.updated")
            assert updated.session.instructions == SESSION["instructions"] or not session
            await sideband.response.create(response={"instructions": "call: list_tasks {}"})
            events = await until(sideband, "response.done")
            (call,) = events[-1].response.output
            output = {"type": "function_call_output", "call_id": call.call_id, "output": "two tasks"}
            await sideband.conversation.item.create(item=output)
            await sideband.response.create()
            events = await until(sideband, "output_audio_buffer.stopped")
            assert "response.output_audio.delta" not in {event.type for event in events}
            assert await heard_samples(transport, 20_000)

    asyncio.run(main())


def test_the_sdk_hangs_up(server) -> None:
    from openai import NotFoundError

    async def main() -> None:
        async with calling(server, session=SESSION) as (client, transport):
            await client.realtime.calls.hangup(transport.call_id)
            with pytest.raises(ConnectionLost):
                await read_to_the_end(transport)
            with pytest.raises(NotFoundError) as missing:
                await client.realtime.calls.hangup(transport.call_id)
            assert missing.value.code == "call_id_not_found"

    asyncio.run(main())


def test_a_refused_offer_is_the_sdk_s_error(server) -> None:
    from openai import BadRequestError

    async def main() -> None:
        async with server.client() as client:
            with pytest.raises(BadRequestError) as refused:
                await client.realtime.calls.create(sdp="v=0\r\n")
        assert refused.value.code == "invalid_offer"

    asyncio.run(main())


def test_stock_aiortc_with_audio_alone_is_driven_by_a_sideband(server, until, monkeypatch) -> None:
    """The offer has no data channel; what is said is heard all the same."""
    monkeypatch.setattr("aioice.ice.get_host_addresses", lambda **_: ["127.0.0.1"])  # it skips loopback

    async def main() -> None:
        peer = aiortc.RTCPeerConnection()
        tracks: asyncio.Queue = asyncio.Queue()
        peer.on("track", tracks.put_nowait)
        peer.addTransceiver("audio", direction="recvonly")
        await peer.setLocalDescription(await peer.createOffer())
        async with server.client() as client:
            answer = await create(client, peer.localDescription.sdp, session=SESSION)
            await peer.setRemoteDescription(aiortc.RTCSessionDescription(answer.sdp, "answer"))
            async with client.realtime.connect(call_id=answer.call_id) as sideband:
                await sideband.response.create()
                track = await asyncio.wait_for(tracks.get(), 10)
                assert await loud_frames(track, 30)
                await until(sideband, "output_audio_buffer.stopped")
        await peer.close()

    asyncio.run(main())
