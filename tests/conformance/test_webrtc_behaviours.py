"""Does a call over WebRTC behave as the service's, where clones get it wrong? (REALTIME.md section 17, real sockets)

Behaviour 36, the ``connect`` of the Agents SDK for JavaScript, is a test of the browser suite.
"""

from __future__ import annotations

import asyncio
import json
import math
from contextlib import asynccontextmanager, suppress

import aiohttp
import pytest

from bareline.errors import ConnectionLost
from bareline.media.frames import AudioFrame
from bareline.protocol.generation import Completed, ResponseRequest, SpeechDelta
from bareline.protocol.sdp import parse_description
from bareline.protocol.server_endpoint import ServerOptions
from bareline.server.serve import RealtimeServer
from bareline.transports.webrtc.opening import CallAnswer, open_webrtc
from bareline.transports.webrtc.settings import WebRtcSettings
from bareline.turns.energy import EnergyVad

pytest.importorskip("aiortc", reason="WebRTC needs the extra 'webrtc'")

KEY = {"Authorization": "Bearer sk-any"}
LOOPBACK = WebRtcSettings(addresses=["127.0.0.1"])
FRAME = 480
TRUNCATED, CLEARED = "conversation.item.truncated", "output_audio_buffer.cleared"
STARTED, STOPPED = "output_audio_buffer.started", "output_audio_buffer.stopped"


def tone(ms: int) -> bytes:
    samples = (int(9_000 * math.sin(index * 2 * math.pi * 440 / 24_000)) for index in range(ms * 24))
    return b"".join(sample.to_bytes(2, "little", signed=True) for sample in samples)


class Talkative:
    """Backend and session in one: says half a second, or what the instructions ask for in milliseconds."""

    async def open(self, *, seed: int):
        return self

    async def close(self) -> None:
        pass

    def configure(self, session) -> None:
        pass

    def hear(self, frame) -> None:
        pass

    def committed(self, utterance) -> None:
        pass

    def forget(self) -> None:
        pass

    async def transcribe(self, item_id: str):
        yield "words"

    async def respond(self, request: ResponseRequest):
        ms = int(request.instructions) if request.instructions.isdigit() else 500
        yield SpeechDelta(transcript="La la la.", audio=tone(ms))
        yield Completed()


class Caller:
    """A client over WebRTC, and what its request was answered with."""

    def __init__(self, http: aiohttp.ClientSession, url: str) -> None:
        self.http, self.url = http, url
        self.heard_samples = 0
        self.seen: list[dict] = []

    async def dial(self) -> None:
        self.transport = await open_webrtc(
            self._exchange, settings=LOOPBACK, open_timeout_s=10, address=f"{self.url}/realtime/calls"
        )

    async def _exchange(self, offer: str) -> CallAnswer:
        headers = KEY | {"Content-Type": "application/sdp"}
        async with self.http.post(f"{self.url}/realtime/calls", data=offer, headers=headers) as reply:
            self.status, self.headers, self.answer = reply.status, reply.headers, await reply.text()
        return CallAnswer(self.answer, self.headers["Location"].rpartition("/")[2])

    @property
    def call_id(self) -> str:
        return self.headers["Location"].rpartition("/")[2]

    async def listen(self) -> None:
        with suppress(ConnectionLost):
            while True:
                self.heard_samples += (await self.transport.receive_audio()).samples

    async def speak(self, pcm: bytes) -> None:
        for start in range(0, len(pcm), 2 * FRAME):
            await self.transport.send_audio(AudioFrame(pcm[start : start + 2 * FRAME], start // 2))
            await asyncio.sleep(0.02)

    async def say(self, type: str, **fields) -> None:  # noqa: A002
        await self.transport.send(json.dumps({"type": type, **fields}).encode())

    async def until(self, type: str) -> dict:  # noqa: A002
        async with asyncio.timeout(10):
            while True:
                self.seen.append(json.loads(await self.transport.receive()))
                if self.seen[-1]["type"] == type:
                    return self.seen[-1]

    def types(self) -> list[str]:
        return [event["type"] for event in self.seen]

    def sideband(self, **options):
        url = f"{self.url.replace('http', 'ws', 1)}/realtime?call_id={self.call_id}"
        return self.http.ws_connect(url, **({"headers": KEY} | options))


@asynccontextmanager
async def calling(**options):
    async with (
        RealtimeServer(Talkative(), voice_activity=EnergyVad, **options) as server,
        aiohttp.ClientSession() as http,
    ):
        caller = Caller(http, server.url)
        await caller.dial()
        listening = asyncio.create_task(caller.listen())
        yield caller
        listening.cancel()
        await caller.transport.close()
        await asyncio.wait([listening])
    assert not asyncio.all_tasks() - {asyncio.current_task()}


async def events_until(sideband, type: str) -> list[dict]:  # noqa: A002
    events: list[dict] = []
    while not events or events[-1]["type"] != type:
        events.append(json.loads((await sideband.receive(timeout=10)).data))
    return events


def test_2_a_sideband_has_no_beginning_and_no_audio() -> None:
    async def main() -> None:
        async with calling() as caller, caller.sideband() as sideband:
            await sideband.send_json({"type": "session.update", "session": {"type": "realtime"}})
            await sideband.send_json({"type": "response.create"})
            told = [event["type"] for event in await events_until(sideband, STOPPED)]
            assert told[0] == "session.updated"
            assert "response.output_audio.delta" not in told
            assert {"response.output_audio.done", "rate_limits.updated", STARTED, STOPPED} <= set(told)
            await caller.until(STOPPED)
            assert caller.types() == ["session.created", *told]
            assert caller.heard_samples > 400 * 24

    asyncio.run(main())


def test_3_a_call_is_created_at_a_relative_location_that_browsers_may_read() -> None:
    async def main() -> None:
        async with calling() as caller:
            assert caller.status == 201
            assert caller.headers["Content-Type"].startswith("application/sdp")
            assert caller.headers["Location"].startswith("/v1/realtime/calls/rtc_u2_")
            assert caller.headers["Access-Control-Allow-Origin"] == "*"
            assert "Location" in caller.headers["Access-Control-Expose-Headers"]

    asyncio.run(main())


def test_4_the_answer_names_a_stream() -> None:
    async def main() -> None:
        async with calling() as caller:
            (line,) = [line for line in caller.answer.splitlines() if line.startswith("a=msid:")]
            stream, track = line.removeprefix("a=msid:").split()
            assert (stream != "-", bool(track)) == (True, True)
            answer = parse_description(caller.answer)
            assert answer.candidates
            assert answer.data is not None
            assert "a=ice-lite" not in caller.answer.splitlines()
            assert {candidate.transport for candidate in answer.candidates} == {"udp"}

    asyncio.run(main())


def test_5_the_subprotocol_is_selected_for_a_sideband_too() -> None:
    async def main() -> None:
        offered = ["realtime", "openai-insecure-api-key.sk-any"]
        async with calling() as caller, caller.sideband(headers={}, protocols=offered) as sideband:
            assert sideband.protocol == "realtime"

    asyncio.run(main())


def test_15_events_of_the_output_buffer_name_their_response() -> None:
    async def main() -> None:
        async with calling() as caller:
            await caller.say("response.create", response={"instructions": "5000"})
            created = await caller.until("response.created")
            await caller.until(STARTED)
            await caller.say("output_audio_buffer.clear")
            await caller.until(CLEARED)
            await caller.say("response.create", response={"instructions": "100"})
            second = await caller.until("response.created")
            await caller.until(STOPPED)
            told = [(e["type"], e["response_id"]) for e in caller.seen if e["type"].startswith("output_audio_buffer.")]
            first_id, second_id = created["response"]["id"], second["response"]["id"]
            assert told == [(STARTED, first_id), (CLEARED, first_id), (STARTED, second_id), (STOPPED, second_id)]

    asyncio.run(main())


def test_23_a_response_beside_leaves_the_conversation_alone_and_is_heard() -> None:
    async def main() -> None:
        async with calling() as caller:
            await caller.say("response.create", response={"conversation": "none", "instructions": "200"})
            await caller.until(STOPPED)
            done = next(event["response"] for event in caller.seen if event["type"] == "response.done")
            assert (done["status"], done["conversation_id"]) == ("completed", None)
            assert not [kind for kind in caller.types() if kind.startswith("conversation.item.")]

    asyncio.run(main())


@pytest.mark.parametrize("early", [True, False])
def test_47_the_server_truncates_what_was_not_heard(early) -> None:
    async def main() -> None:
        async with calling(options=ServerOptions(truncated_before_done=early)) as caller:
            await caller.say("response.create", response={"instructions": "20000"})
            await caller.until(STARTED)
            await asyncio.sleep(0.6)
            speaking = asyncio.create_task(caller.speak(tone(400)))
            truncated = await caller.until(TRUNCATED)
            heard_ms = caller.heard_samples / 24
            await speaking
            told = caller.types()
            begin = told.index("input_audio_buffer.speech_started")
            assert told[begin : begin + 3] == ["input_audio_buffer.speech_started", CLEARED, TRUNCATED]
            assert truncated["audio_end_ms"] == pytest.approx(heard_ms, abs=60)
            assert 600 <= truncated["audio_end_ms"] < 1_500

    asyncio.run(main())


def test_48_a_hang_up_ends_a_webrtc_call() -> None:
    async def main() -> None:
        async with calling() as caller, caller.sideband() as sideband:
            await sideband.send_json({"type": "session.update", "session": {"type": "realtime"}})
            await events_until(sideband, "session.updated")
            url = f"{caller.url}/realtime/calls/{caller.call_id}/hangup"
            async with caller.http.post(url, headers=KEY) as reply:
                assert (reply.status, await reply.read()) == (200, b"")
            with pytest.raises(ConnectionLost):
                await caller.until("nothing of the kind")
            assert (await sideband.receive(timeout=10)).type is aiohttp.WSMsgType.CLOSE
            assert sideband.close_code == 1000
            async with caller.http.post(url, headers=KEY) as reply:
                assert (reply.status, (await reply.json())["error"]["code"]) == (404, "call_id_not_found")

    asyncio.run(main())
