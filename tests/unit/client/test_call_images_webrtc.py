"""Which way does an image take in a real WebRTC call? Both ends on 127.0.0.1, in real time."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from bareline.client.call import Call
from bareline.client.call_events import AgentSaid
from bareline.client.image_way import CHANNEL_MAX_BYTES
from bareline.client.line import Line
from bareline.devices.sinks import NullSink
from bareline.errors import ConnectFailed, TransportError, TurnLost
from bareline.media.pixels import Pixels
from bareline.observe.recorder import Records
from bareline.protocol.generation import Output, ResponseRequest, TextDelta
from bareline.server.serve import RealtimeServer
from bareline.testing.function_backend import FunctionBackend
from bareline.transports.memory import memory_pair
from bareline.transports.webrtc.settings import WebRtcSettings
from bareline.turns.energy import EnergyVad

pytest.importorskip("aiortc", reason="needs the webrtc extra")
pytest.importorskip("PIL", reason="needs the devices extra")
LARGE = Pixels(400, 300, random.Random(4).randbytes(400 * 300 * 4))
"""As hard to compress as noise: some 110 kB."""


async def counts(request: ResponseRequest) -> AsyncIterator[Output]:
    """Says how many items it was given."""
    yield TextDelta(text=f"{len(request.context)} items")


@asynccontextmanager
async def webrtc_call(**keywords) -> AsyncIterator[tuple[Call, Records]]:
    records = Records()
    async with (
        asyncio.timeout(30),
        RealtimeServer(FunctionBackend(counts), voice_activity=EnergyVad) as server,
        Call(
            transport="webrtc",
            base_url=server.url,
            webrtc=WebRtcSettings(addresses=["127.0.0.1"]),
            speaker=NullSink(),
            observer=records,
            output_modalities=["text"],
            **keywords,
        ) as call,
    ):
        yield call, records


async def answer(call: Call) -> str:
    async for event in call.events():
        if isinstance(event, AgentSaid):
            return event.text
    raise AssertionError("no answer")


def test_an_image_too_large_for_the_channel_takes_a_sideband_and_its_question_follows() -> None:
    async def main() -> None:
        async with webrtc_call() as (call, _):
            shown = await call.show(LARGE, "What is it?")
            assert (shown.way, shown.width, shown.height) == ("sideband", 400, 300)
            assert shown.size_bytes > CHANNEL_MAX_BYTES
            assert await answer(call) == "2 items"
            assert call.conversation.items[0].id == shown.item_id
            small = await call.show(Pixels(8, 8, bytes(256)))
            assert small.way == "line"

    asyncio.run(main())


def test_it_can_be_kept_on_the_channel_or_sent_beside_it() -> None:
    async def main() -> None:
        async with webrtc_call() as (call, _):
            assert (await call.show(Pixels(8, 8, bytes(256)), way="sideband")).way == "sideband"
            shown = await call.show(LARGE, "What is it?", way="line")
            assert shown.way == "line"
            assert shown.size_bytes < CHANNEL_MAX_BYTES * 3 // 4
            assert await answer(call) == "3 items"

    asyncio.run(main())


def test_what_the_service_refuses_on_a_sideband_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bareline.client.images.data_uri", lambda *_: "data:image/png;base64,AAAA")

    async def main() -> None:
        async with webrtc_call() as (call, _):
            with pytest.raises(TurnLost, match="does not represent a valid image"):
                await call.show(Pixels(8, 8, bytes(256)), way="sideband")
            assert call.images == ()

    asyncio.run(main())


def test_a_sideband_that_never_tells_is_not_waited_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bareline.client.image_way.ACKNOWLEDGED_S", 0.3)

    async def main() -> None:
        async with webrtc_call() as (call, _):
            silent, _nobody = memory_pair()

            async def opened(line: object) -> Line:
                return Line(silent)

            monkeypatch.setattr(call._images, "_sideband", opened)
            with pytest.raises(TransportError, match="did not take the image within"):
                async with asyncio.timeout(5):
                    await call.show(Pixels(8, 8, bytes(256)), way="sideband")

    asyncio.run(main())


def test_where_no_sideband_opens_the_image_is_made_smaller(monkeypatch: pytest.MonkeyPatch) -> None:
    async def refused(line: object) -> object:
        raise ConnectFailed("no sidebands here", stage="http", status=403)

    async def main() -> None:
        async with webrtc_call() as (call, records):
            monkeypatch.setattr(call._images, "_sideband", refused)
            assert (await call.show(LARGE)).way == "line"
            assert (await call.show(LARGE)).way == "line"
            assert [r.data["error"] for r in records.records if r.name == "image_sideband_failed"] == [
                "no sidebands here"
            ]

    asyncio.run(main())
