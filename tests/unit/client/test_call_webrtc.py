"""Is a call over real WebRTC the same call? Both ends on 127.0.0.1, in real time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from bareline.client.call import Call
from bareline.client.call_events import AgentSaid, AgentStarted, CallEvent, Interrupted
from bareline.devices.sinks import NullSink
from bareline.devices.sources import QueueSource
from bareline.observe.recorder import Records
from bareline.protocol.generation import Output, ResponseRequest, SpeechDelta
from bareline.server.serve import RealtimeServer
from bareline.testing.function_backend import FunctionBackend
from bareline.testing.tones import ToneSynthesis
from bareline.testing.udp_link import LinkConditions, UdpLink
from bareline.transports.webrtc.settings import WebRtcSettings
from bareline.turns.energy import EnergyVad
from bareline.units import samples_to_ms

pytest.importorskip("aiortc", reason="needs the webrtc extra")
WORDS = "one two three four five six seven eight nine ten eleven twelve"
PACKET_MS = 20


async def tones(request: ResponseRequest) -> AsyncIterator[Output]:
    del request
    async for chunk in ToneSynthesis().speak(WORDS, voice="low"):
        yield SpeechDelta(transcript="".join(word.text for word in chunk.words), audio=chunk.pcm)


class Watched:
    """A call and what happened in it."""

    def __init__(self, call: Call, sink: NullSink, records: Records, link: UdpLink) -> None:
        self.call, self.sink, self.records, self.link = call, sink, records, link
        self.events: list[CallEvent] = []

    async def until(self, kind: type[CallEvent]) -> CallEvent:
        async with asyncio.timeout(20):
            while not (found := [event for event in self.events if isinstance(event, kind)]):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        return found[0]

    def mended_ms(self) -> int:
        """Audio that the jitter buffer made up or left out, since this machine's loop is held up now and then."""
        stats = self.call.line.stats()
        assert stats is not None
        assert stats.audio is not None
        return samples_to_ms(stats.audio.samples_concealed + stats.audio.samples_shed)

    def told_ms(self) -> int:
        return next(r.data["told_ms"] for r in self.records.records if (r.kind, r.name) == ("playout", "told"))


@asynccontextmanager
async def call_over(conditions: LinkConditions) -> AsyncIterator[Watched]:
    """A call through a link."""
    sink, records, microphone = NullSink(), Records(), QueueSource()
    async with (
        RealtimeServer(FunctionBackend(tones), voice_activity=EnergyVad) as server,
        UdpLink(conditions, seed=5) as link,
        Call(
            transport="webrtc",
            base_url=server.url,
            webrtc=WebRtcSettings(addresses=["127.0.0.1"], sdp_hook=link.sdp_hook),
            microphone=microphone,
            speaker=sink,
            observer=records,
        ) as call,
    ):
        watched = Watched(call, sink, records, link)

        async def follow() -> None:
            async for event in call.events():
                watched.events.append(event)

        following = asyncio.create_task(follow())
        yield watched
        await call.hang_up()
        await following


async def length_ms() -> int:
    """Of the answer, as the server makes it."""
    return sum([len(chunk.pcm) async for chunk in ToneSynthesis().speak(WORDS, voice="low")]) // 48


@pytest.mark.slow
@pytest.mark.parametrize("stalls", [False, True])
def test_what_left_the_loudspeaker_is_what_the_ledger_says(stalls: bool) -> None:
    async def main() -> None:
        async with call_over(LinkConditions(delay_ms=5)) as watched:
            watched.call.send_text("Count.")
            await watched.until(AgentStarted)
            if stalls:
                await asyncio.sleep(0.5)
                watched.link.stall(300)
            said = await watched.until(AgentSaid)
            assert isinstance(said, AgentSaid)
            assert said.text == WORDS
            true_ms = await length_ms()
            position = watched.call.ledger.position(said.item_id)
            assert position is not None
            assert position.heard == watched.sink.heard_samples
            assert position.heard / 24 == pytest.approx(true_ms, abs=PACKET_MS + watched.mended_ms())

    asyncio.run(main())


@pytest.mark.slow
@pytest.mark.parametrize("conditions", [LinkConditions(), LinkConditions(delay_ms=25), LinkConditions(loss=0.02)])
def test_an_interruption_leaves_the_server_with_what_was_heard(conditions: LinkConditions) -> None:
    async def main() -> None:
        async with call_over(conditions) as watched:
            watched.call.send_text("Count.")
            await watched.until(AgentStarted)
            await asyncio.sleep(1)
            assert watched.call.interrupt()
            cut, said = await watched.until(Interrupted), await watched.until(AgentSaid)
            assert isinstance(cut, Interrupted)
            assert isinstance(said, AgentSaid)
            heard = watched.sink.heard_samples
            await asyncio.sleep(0.5)
            assert watched.sink.heard_samples == heard
            late_ms = 2 * conditions.delay_ms  # until the server hears of it, and what was on its way
            around_ms = 5 * PACKET_MS + watched.mended_ms()
            assert watched.told_ms() == pytest.approx(cut.heard_ms + late_ms, abs=around_ms)
            assert WORDS.startswith(said.text)
            assert said.text != WORDS

    asyncio.run(main())
