"""What does a call make of a server whose every message the test writes itself, late and odd ones included?"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
from typing import Any

import pytest

from bareline.client.call import Call
from bareline.client.call_events import AgentSaid, ErrorHappened, UserSaid
from bareline.client.feed import FEED_MAX, Feed
from bareline.client.line import Line
from bareline.client.outbox import OUTBOX_MAX
from bareline.devices.sinks import NullSink
from bareline.errors import CallLost
from bareline.ids import SeededIds
from bareline.protocol import events as ev
from bareline.testing.virtual import run_virtual
from bareline.tools import Toolbox
from bareline.transports.memory import MemoryTransport, memory_pair

SESSION = {"type": "realtime", "object": "realtime.session", "id": "sess_1", "model": "m"}


class Wire:
    """The server's end."""

    def __init__(self, transport: MemoryTransport) -> None:
        self._transport = transport
        self.got: list[dict[str, Any]] = []

    async def say(self, kind: str, **keys: Any) -> None:
        await self._transport.send(json.dumps({"type": kind, "event_id": "event_s", **keys}).encode())
        await asyncio.sleep(0.001)

    async def hear(self) -> None:
        while True:
            self.got.append(json.loads(await self._transport.receive()))

    def types(self) -> list[str]:
        return [event["type"] for event in self.got]

    async def respond(self, response_id: str = "resp_1") -> None:
        response = {"id": response_id, "status": "in_progress", "output": [], "conversation_id": "conv_1"}
        await self.say("response.created", response=response)

    async def item(self, item_id: str, *, response_id: str = "resp_1", previous: str | None = None) -> None:
        item = {"id": item_id, "type": "message", "role": "assistant", "status": "in_progress", "content": []}
        await self.say("response.output_item.added", response_id=response_id, output_index=0, item=item)
        await self.say("conversation.item.added", previous_item_id=previous, item=item)
        place = {"response_id": response_id, "item_id": item_id, "output_index": 0, "content_index": 0}
        await self.say("response.content_part.added", **place, part={"type": "audio", "transcript": ""})

    async def speak(self, item_id: str, text: str, ms: int, *, response_id: str = "resp_1") -> None:
        place = {"response_id": response_id, "item_id": item_id, "output_index": 0, "content_index": 0}
        await self.say("response.output_audio_transcript.delta", **place, delta=text)
        audio = base64.b64encode(bytes(48 * ms)).decode()
        await self.say("response.output_audio.delta", **place, delta=audio)

    async def done(self, response_id: str = "resp_1", status: str = "completed") -> None:
        response = {"id": response_id, "status": status, "output": [], "conversation_id": "conv_1"}
        await self.say("response.done", response=response)


def on_wire(talk: Any, **options: Any) -> None:
    async def main() -> None:
        near, far = memory_pair()
        wire = Wire(near)

        async def dial() -> Line:
            return Line(far)

        await wire.say("session.created", session=SESSION)
        await wire.say("session.updated", session=SESSION)
        hearing = asyncio.create_task(wire.hear())
        async with Call(dial=dial, ids=SeededIds(1), speaker=NullSink(), reconnect=None, **options) as call:
            await talk(call, wire)
        hearing.cancel()

    run_virtual(main())


async def seen(call: Call, kind: type[Any]) -> list[Any]:
    """All events of a kind so far."""
    found: list[Any] = []
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(0.01):
            async for event in call.events():
                found += [event] if isinstance(event, kind) else []
    return found


def test_what_an_interrupted_response_still_begins_is_never_heard_and_goes() -> None:
    async def talk(call: Call, wire: Wire) -> None:
        await wire.respond()
        assert call.interrupt()
        await wire.item("item_late")
        await wire.speak("item_late", "Too late.", 500)
        await asyncio.sleep(1)
        await wire.done(status="cancelled")
        await asyncio.sleep(0.1)
        assert call.ledger.unheard_samples == 0
        assert call.ledger.heard_ms("item_late") == 0
        assert wire.types()[1:] == ["response.cancel", "conversation.item.delete"]

    on_wire(talk)


def test_words_that_come_after_the_cut_stay_out_of_the_transcript() -> None:
    async def talk(call: Call, wire: Wire) -> None:
        await wire.respond()
        await wire.item("item_a")
        await wire.speak("item_a", "I was saying ", 1_000)
        await asyncio.sleep(0.8)
        call.interrupt()
        said = str(call.transcript)
        await wire.speak("item_a", "something else.", 1_000)
        place = {"response_id": "resp_1", "item_id": "item_a", "output_index": 0, "content_index": 0}
        await wire.say("response.output_audio.done", **place)
        await wire.say("response.output_audio_transcript.done", **place, transcript="I was saying something else.")
        await wire.done(status="cancelled")
        assert str(call.transcript) == said
        assert "else" not in said

    on_wire(talk)


def test_a_late_transcript_stands_where_its_turn_stands() -> None:
    async def talk(call: Call, wire: Wire) -> None:
        user = {"type": "message", "role": "user", "status": "completed"}
        speech = [{"type": "input_audio", "transcript": None}]
        heard = "conversation.item.input_audio_transcription"
        await wire.say(f"{heard}.delta", item_id="item_u", content_index=0, delta="He")
        await wire.say("input_audio_buffer.committed", item_id="item_u", previous_item_id=None)
        await wire.say("conversation.item.added", item={"id": "item_u", **user, "content": speech})
        await wire.respond()
        await wire.item("item_a", previous="item_u")
        await wire.speak("item_a", "Hello.", 100)
        between = {"id": "item_b", **user, "content": [{"type": "input_text", "text": "(a note)"}]}
        await wire.say("conversation.item.added", item=between, previous_item_id="item_u")
        usage = {"type": "duration", "seconds": 1}
        await wire.say(f"{heard}.completed", item_id="item_u", content_index=0, transcript=" Hey ", usage=usage)
        await wire.say(f"{heard}.failed", item_id="item_b", content_index=0, error={"message": "no"})
        assert str(call.transcript) == "user: Hey\nuser: (a note)\nassistant: Hello."
        assert len(await seen(call, UserSaid)) == 1
        assert call.usage.transcription_seconds == 1
        await wire.say("conversation.item.deleted", item_id="item_b")
        assert str(call.transcript) == "user: Hey\nassistant: Hello."

    on_wire(talk)


def test_a_part_that_its_server_forgot_to_end_ends_with_its_response() -> None:
    async def talk(call: Call, wire: Wire) -> None:
        await wire.respond()
        await wire.item("item_a")
        await wire.speak("item_a", "Hello.", 300)
        await wire.done()
        await asyncio.sleep(0.5)
        (said,) = await seen(call, AgentSaid)
        assert (said.text, said.heard_ms) == ("Hello.", 300)
        assert call.ledger.heard_ms("item_a") == call.ledger.received_ms("item_a") == 300
        await call.quiet(for_s=0.1)

    on_wire(talk)


def test_a_request_that_is_refused_costs_the_turn_and_no_more() -> None:
    async def talk(call: Call, wire: Wire) -> None:
        call.respond()
        await asyncio.sleep(0.1)
        error = {"type": "invalid_request_error", "code": "invalid_value", "message": "no", "param": None}
        await wire.say("error", error={**error, "event_id": wire.got[-1]["event_id"]})
        assert [event.severity for event in await seen(call, ErrorHappened)] == ["turn"]
        quota = {"type": "insufficient_quota", "code": "insufficient_quota", "message": "no money"}
        await wire.say("error", error=quota)
        assert [event.severity for event in await seen(call, ErrorHappened)] == ["turn", "call"]
        harmless = {"type": "invalid_request_error", "code": "item_truncate_invalid_item_id", "message": "?"}
        await wire.say("error", error=harmless)
        assert len(await seen(call, ErrorHappened)) == 2

    on_wire(talk)


def test_an_item_that_is_refused_is_not_told_again() -> None:
    async def talk(call: Call, wire: Wire) -> None:
        call.send_text("Hello.", respond=False)
        await asyncio.sleep(0.1)
        outbox = call._parts.outbox
        assert not outbox.all_told
        error = {"type": "invalid_request_error", "code": "invalid_value", "message": "no"}
        await wire.say("error", error={**error, "event_id": wire.got[-1]["event_id"]})
        assert outbox.all_told

    on_wire(talk)


def test_a_connection_that_takes_nothing_ends_the_call() -> None:
    async def talk(call: Call, wire: Wire) -> None:
        for _ in range(OUTBOX_MAX):
            call.clear()
        with pytest.raises(CallLost, match=str(OUTBOX_MAX)):
            call.clear()

    on_wire(talk)


def test_usage_sums_what_every_response_cost() -> None:
    async def talk(call: Call, wire: Wire) -> None:
        usage = {
            "total_tokens": 10,
            "input_tokens": 6,
            "output_tokens": 4,
            "input_token_details": {"text_tokens": 1, "audio_tokens": 5, "cached_tokens": 2},
            "output_token_details": {"text_tokens": 3, "audio_tokens": 1},
        }
        for number in range(2):
            await wire.respond(f"resp_{number}")
            response = {"id": f"resp_{number}", "status": "completed", "output": [], "usage": usage}
            await wire.say("response.done", response=response)
        spent = call.usage
        assert (spent.responses, spent.total_tokens, spent.input_audio_tokens, spent.cached_tokens) == (2, 20, 10, 4)
        assert (spent.output_text_tokens, spent.output_audio_tokens) == (6, 2)

    on_wire(talk)


def test_every_event_this_call_sends_has_an_id() -> None:
    async def talk(call: Call, wire: Wire) -> None:
        call.send_text("Hello.")
        call.commit(respond=False)
        call.update(instructions="x")
        await asyncio.sleep(0.1)
        ids = [event.get("event_id") for event in wire.got]
        assert len(ids) == len(set(ids)) == 5
        assert all(ids)
        assert isinstance(call.line.session, ev.RealtimeSession)

    on_wire(talk)


def test_a_function_call_that_is_told_twice_runs_once() -> None:
    ran: list[int] = []
    tools = Toolbox()

    @tools.tool
    async def work() -> None:
        """Work."""
        ran.append(1)

    async def talk(call: Call, wire: Wire) -> None:
        await wire.respond()
        item = {"id": "item_f", "type": "function_call", "name": "work", "call_id": "call_1", "arguments": "{}"}
        await wire.say("conversation.item.added", item={**item, "status": "in_progress"})
        for _ in range(2):
            done = {**item, "status": "completed"}
            await wire.say("response.output_item.done", response_id="resp_1", output_index=0, item=done)
        await wire.done()
        await wire.done()
        assert ran == [1]
        assert wire.types()[1:] == ["conversation.item.create", "response.create"]

    on_wire(talk, tools=tools)


def test_a_consumer_that_falls_behind_loses_the_oldest_and_is_counted() -> None:
    async def main() -> None:
        feed: Feed[int] = Feed(history=2)
        for number in range(3):
            feed.put(number)
        slow = feed.follow()
        for number in range(3, FEED_MAX + 3):
            feed.put(number)
        feed.close()
        feed.close()
        got = [number async for number in slow]
        assert (len(got), got[0], got[-1]) == (FEED_MAX, 3, FEED_MAX + 2)
        assert feed.dropped == 2

    run_virtual(main())
