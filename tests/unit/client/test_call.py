"""Does a call hold a conversation: heard, answered, spoken, written down, and ended?"""

from __future__ import annotations

import asyncio
import json

import msgspec
import pytest

from bareline.client.call import Call
from bareline.client.call_events import (
    AgentSaid,
    AgentStarted,
    CallStarted,
    ErrorHappened,
    HungUp,
    Reconnected,
    UserSaid,
)
from bareline.client.line import Line
from bareline.client.session_settings import session_config
from bareline.errors import Closed, ConfigurationError
from bareline.protocol import events as ev
from bareline.protocol.generation import CallDelta, Failed, Incomplete, TextDelta
from bareline.testing.virtual import run_virtual
from bareline.tools import Toolbox, ToolContext


def test_a_spoken_turn_is_answered_heard_and_written_down_in_order(kit) -> None:
    async def respond(request):
        for delta in kit.speech("Good morning to you.", 1_000):
            yield delta

    async def main() -> None:
        async with kit.phone(respond, words=lambda _: "Hello there.") as phone:
            await phone.talk(600)
            said = await phone.until(AgentSaid)
            await phone.until(UserSaid)
            assert (said.text, said.heard_ms, said.interrupted) == ("Good morning to you.", 1_000, False)
            assert [(entry.role, entry.text) for entry in phone.call.transcript] == [
                ("user", "Hello there."),
                ("assistant", "Good morning to you."),
            ]
            kinds = [type(event) for event in phone.events]
            assert kinds[0] is CallStarted
            assert kinds.index(AgentStarted) < kinds.index(AgentSaid)
            position = phone.call.ledger.position(said.item_id)
            assert position is not None
            assert position.heard == position.received == 24_000
            assert phone.call.usage.responses == 1
            assert phone.errors() == []
        assert isinstance(phone.events[-1], HungUp)

    run_virtual(main())


def test_a_written_turn_is_answered_in_writing(kit) -> None:
    async def respond(request):
        yield TextDelta(text="Hello ")
        yield TextDelta(text="back.")

    async def main() -> None:
        async with kit.phone(respond, output_modalities=["text"], microphone=None) as phone:
            phone.call.send_text("Hello.")
            said = await phone.until(AgentSaid)
            assert said.text == "Hello back."
            assert str(phone.call.transcript) == "user: Hello.\nassistant: Hello back."
            await phone.call.quiet()

    run_virtual(main())


def test_manual_turns_are_committed_by_the_application(kit) -> None:
    async def respond(request):
        yield kit.speech("Yes.", 200)[0]

    async def main() -> None:
        async with kit.phone(respond, turns="manual") as phone:
            await phone.talk(500)
            phone.call.commit()
            await phone.until(AgentSaid)
            assert len(phone.sent(ev.ResponseCreate)) == 1
            assert phone.errors() == []

    run_virtual(main())


def test_settings_can_change_and_words_can_be_put_in_the_assistant_s_mouth(kit) -> None:
    heard: list[str] = []

    async def respond(request):
        heard.append(request.instructions)
        for delta in kit.speech("As you wish.", 300):
            yield delta

    async def main() -> None:
        async with kit.phone(respond, instructions="Be kind.") as phone:
            phone.call.update(instructions="Be brief.", speed=1.25)
            phone.call.say("Welcome!")
            await phone.until(AgentSaid)
            assert "Welcome!" in heard[0]
            phone.call.send_text("Hello.", respond=False)
            phone.call.respond()
            await phone.until(AgentSaid, count=2)
            assert heard[1] == "Be brief."
            await phone.wires[-1].close(1006)
            await phone.until(Reconnected)
            assert phone.server.session.audio.output.speed == 1.25
            assert phone.server.session.instructions == "Be brief."

    run_virtual(main())


def test_a_failed_response_is_reported_and_tried_once_more(kit) -> None:
    async def respond(request):
        yield Failed(code="server_error", message="The model stumbled.")

    async def main() -> None:
        async with kit.phone(respond) as phone:
            phone.call.send_text("Hello.")
            await phone.until(ErrorHappened, count=2)
            await asyncio.sleep(1)
            assert [(e.severity, e.code) for e in phone.seen(ErrorHappened)] == [("turn", "server_error")] * 2
            assert len(phone.sent(ev.ResponseCreate)) == 2

    run_virtual(main())


def test_an_incomplete_response_is_reported(kit) -> None:
    async def respond(request):
        yield TextDelta(text="I was going to")
        yield Incomplete(reason="max_output_tokens")

    async def main() -> None:
        async with kit.phone(respond, output_modalities=["text"]) as phone:
            phone.call.send_text("Hello.")
            assert (await phone.until(ErrorHappened)).code == "max_output_tokens"

    run_virtual(main())


def test_hanging_up_ends_everything_at_any_moment_and_twice(kit) -> None:
    async def respond(request):
        for delta in kit.speech("A long answer that goes on and on.", 5_000):
            yield delta

    async def main() -> None:
        async with kit.phone(respond) as phone:
            phone.call.send_text("Hello.")
            await phone.until(AgentStarted)
            await phone.call.hang_up("enough")
            await phone.call.hang_up("again")
            heard = phone.speaker.heard_samples
            await phone.call.run()
            await asyncio.sleep(1)
            assert phone.speaker.heard_samples == heard
            for use in (lambda: phone.call.send_text("x"), phone.call.interrupt, phone.call.commit, phone.call.clear):
                with pytest.raises(Closed):
                    use()
            with pytest.raises(Closed):
                await phone.call.__aenter__()
        assert phone.events[-1].reason == "enough"

    run_virtual(main())


def test_wire_events_arrive_whole_and_every_follower_gets_them(kit) -> None:
    async def respond(request):
        yield TextDelta(text="Hello.")

    async def main() -> None:
        async with kit.phone(respond, output_modalities=["text"]) as phone:
            feeds = [phone.call.wire_events(), phone.call.wire_events()]
            phone.call.send_text("Hello.")
            for feed in feeds:
                received = await anext(feed)
                assert isinstance(received.event, ev.ConversationItemAdded)
                assert b"conversation.item.added" in received.raw
            await phone.until(AgentSaid)

    run_virtual(main())


@pytest.mark.parametrize(
    ("keywords", "error"),
    [({"colour": "red"}, TypeError), ({"input_format": "mp3"}, ConfigurationError)],
)
def test_unknown_keywords_and_formats_are_refused_before_anything_starts(keywords, error) -> None:
    with pytest.raises(error, match=r"colour|mp3"):
        Call(**keywords)


def test_all_settings_of_the_session_can_be_asked_for() -> None:
    config = session_config(
        {
            "instructions": "Be brief.",
            "voice": "cedar",
            "speed": 1.1,
            "turns": ev.SemanticVad(eagerness="high"),
            "transcription": "gpt-transcribe",
            "noise_reduction": "far_field",
            "output_modalities": ("text",),
            "input_format": "g711_ulaw",
            "output_format": ev.AudioFormat(type="audio/pcma"),
            "max_output_tokens": 100,
            "tool_choice": "required",
            "parallel_tool_calls": False,
            "reasoning": "low",
            "truncation": 0.8,
            "tracing": "auto",
            "prompt": "pmpt_1",
            "include": ["item.input_audio_transcription.logprobs"],
        },
        [],
    )
    assert json.loads(msgspec.json.encode(config)) == {
        "type": "realtime",
        "output_modalities": ["text"],
        "instructions": "Be brief.",
        "audio": {
            "input": {
                "format": {"type": "audio/pcmu"},
                "noise_reduction": {"type": "far_field"},
                "transcription": {"model": "gpt-transcribe"},
                "turn_detection": {"type": "semantic_vad", "eagerness": "high"},
            },
            "output": {"format": {"type": "audio/pcma"}, "voice": "cedar", "speed": 1.1},
        },
        "include": ["item.input_audio_transcription.logprobs"],
        "max_output_tokens": 100,
        "tools": [],
        "tool_choice": "required",
        "parallel_tool_calls": False,
        "reasoning": {"effort": "low"},
        "truncation": {"type": "retention_ratio", "retention_ratio": 0.8},
        "tracing": "auto",
        "prompt": {"id": "pmpt_1"},
    }


def test_what_is_not_asked_for_is_left_to_the_service() -> None:
    assert json.loads(msgspec.json.encode(session_config({"voice": None}))) == {"type": "realtime"}
    manual = json.loads(msgspec.json.encode(session_config({"turns": "manual"})))
    assert manual["audio"] == {"input": {"turn_detection": None}}


def test_entering_can_be_given_up_and_leaves_nothing() -> None:
    async def never() -> Line:
        await asyncio.sleep(1_000_000)
        raise AssertionError("nobody waits that long")

    async def main() -> None:
        call = Call(dial=never)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(5):
                await call.__aenter__()
        assert asyncio.all_tasks() == {asyncio.current_task()}

    run_virtual(main())


def test_a_tool_may_hang_up(kit) -> None:
    tools = Toolbox()

    @tools.tool
    async def goodbye(context: ToolContext) -> None:
        """End the call."""
        await context.app[0].hang_up("the model said goodbye")

    async def respond(request):
        yield CallDelta(name="goodbye", arguments="{}")

    async def main() -> None:
        app: list[Call] = []
        async with kit.phone(respond, tools=tools, context=app) as phone:
            app.append(phone.call)
            phone.call.send_text("Bye.")
            await phone.call.run()
        assert phone.events[-1].reason == "the model said goodbye"

    run_virtual(main())
