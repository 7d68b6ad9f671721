"""Mistakes seen in other clients of this protocol, one test each, against the real server authority."""

from __future__ import annotations

import asyncio
import json

from bareline.client.call_events import (
    AgentSaid,
    AgentStarted,
    ErrorHappened,
    Interrupted,
    Reconnected,
    ToolCalled,
    ToolSettled,
    UserSaid,
    UserStarted,
)
from bareline.protocol import events as ev
from bareline.protocol.generation import CallDelta
from bareline.testing.virtual import run_virtual
from bareline.tools import CallState, Toolbox


def test_1_two_audio_items_interrupted_in_the_first_cut_the_first_and_drop_the_second(kit) -> None:
    async def respond(request):
        for item, text in enumerate(("This is the first part of it.", "And this is the second part.")):
            for delta in kit.speech(text, 3_000, item=item):
                yield delta

    async def main() -> None:
        async with kit.phone(respond) as phone:
            await phone.talk(600)
            await phone.until(AgentStarted)
            await asyncio.sleep(1)
            await phone.talk(600)
            cut = await phone.until(Interrupted)
            await asyncio.sleep(0.2)
            (truncated,) = phone.sent(ev.ConversationItemTruncate)
            (deleted,) = phone.sent(ev.ConversationItemDelete)
            assert cut.item_ids == (truncated.item_id, deleted.item_id)
            assert truncated.audio_end_ms == cut.heard_ms
            assert 1_000 <= cut.heard_ms <= 1_700
            assert phone.server.conversation.item(truncated.item_id).truncated_ms == cut.heard_ms
            assert phone.server.conversation.item(deleted.item_id) is None
            assert phone.errors() == []

    run_virtual(main())


def test_2_the_end_at_sixty_minutes_is_survived_with_session_and_conversation(kit) -> None:
    async def respond(request):
        for delta in kit.speech("Noted.", 300):
            yield delta

    async def main() -> None:
        settings = {"instructions": "Be brief.", "voice": "cedar", "limit_s": 60}
        async with kit.phone(respond, words=lambda n: f"I am Ada {n}.", **settings) as phone:
            await phone.talk(600)
            await phone.until(UserSaid)
            await phone.until(AgentSaid)
            again = await phone.until(Reconnected, within_s=70)
            assert again.lost == ()
            assert phone.server.session.instructions == "Be brief."
            assert phone.server.session.audio.output.voice == "cedar"
            told = [(entry.role, entry.text) for entry in phone.server.conversation.items]
            assert told == [("user", "I am Ada 0."), ("assistant", "Noted.")]
            await phone.talk(600)
            await phone.until(AgentSaid, count=2)
            await phone.until(UserSaid, count=2)
            assert len(phone.call.transcript) == 4
            assert phone.seen(ErrorHappened) == []

    run_virtual(main())


def test_3_a_stall_of_the_network_does_not_count_as_heard(kit) -> None:
    async def respond(request):
        deltas = kit.speech("One two three four five six seven eight.", 4_000)
        for delta in deltas[:10]:
            yield delta
        await asyncio.sleep(1.6)
        for delta in deltas[10:]:
            yield delta

    async def main() -> None:
        async with kit.phone(respond) as phone:
            await phone.talk(600)
            started = await phone.until(AgentStarted)
            await asyncio.sleep(2.5)
            await phone.talk(600)
            cut = await phone.until(Interrupted)
            wall_ms = (cut.at_ns - started.at_ns) // 1_000_000
            assert abs(wall_ms - 600 - cut.heard_ms) <= 2
            assert phone.sent(ev.ConversationItemTruncate)[0].audio_end_ms == phone.speaker.heard_samples // 24

    run_virtual(main())


def test_4_an_error_event_ends_nothing(kit) -> None:
    async def respond(request):
        for delta in kit.speech("Still here.", 300):
            yield delta

    async def main() -> None:
        async with kit.phone(respond) as phone:
            await phone.call.line.send_raw('{"type":"no.such.event"}')
            wire = phone.wires[0]
            await wire.send(json.dumps({"type": "error", "error": {"type": "odd", "message": "?"}}).encode())
            await wire.send(b"not json at all")
            await wire.send(b'{"type":"response.done","event_id":"event_x"}')
            await wire.send(b'{"type":"response.newly_invented","event_id":"event_y","x":1}')
            await phone.talk(600)
            said = await phone.until(AgentSaid)
            assert said.text == "Still here."
            assert phone.call.malformed == 2
            assert phone.seen(ErrorHappened) == []

    run_virtual(main())


def test_5_nothing_is_cancelled_that_the_server_cancels_itself(kit) -> None:
    async def respond(request):
        for delta in kit.speech("A very long answer. " * 4, 6_000):
            await asyncio.sleep(0.09)
            yield delta

    async def main(interrupts: bool) -> None:
        turns = ev.ServerVad(interrupt_response=interrupts, create_response=False)
        async with kit.phone(respond, turns=turns) as phone:
            phone.call.send_text("Go on.")
            await phone.until(AgentStarted)
            await asyncio.sleep(1)
            await phone.talk(600)
            await phone.until(Interrupted)
            await asyncio.sleep(1)
            assert len(phone.sent(ev.ResponseCancel)) == (0 if interrupts else 1)
            assert phone.call.conversation.active_response is None
            assert len(phone.sent(ev.ConversationItemTruncate)) == 1
            assert phone.errors() == []
            assert phone.seen(ErrorHappened) == []

    run_virtual(main(interrupts=True))
    run_virtual(main(interrupts=False))


def test_6_the_microphone_is_heard_while_the_assistant_speaks(kit) -> None:
    async def respond(request):
        for delta in kit.speech("A long answer that goes on.", 4_000):
            yield delta

    async def main() -> None:
        sent: list[bytes] = []

        def remember(frame):
            sent.append(frame.pcm)
            return frame

        async with kit.phone(respond, input_filter=remember, barge_in=False, turns="manual") as phone:
            phone.call.send_text("Speak.")
            await phone.until(AgentStarted)
            await phone.talk(1_000, then_ms=200)
            assert kit.voice(1_000) in b"".join(sent)
            phone.call.commit(respond=False)
            await asyncio.sleep(0.1)
            assert kit.voice(1_000) in phone.mind.utterances[0].audio.pcm

    run_virtual(main())


def slow_tools(seconds: float) -> Toolbox:
    tools = Toolbox()

    @tools.tool(effect="read", on_interrupt="finish")
    async def look(place: str) -> str:
        """Look somewhere."""
        await asyncio.sleep(seconds)
        return f"nothing in {place}"

    return tools


def calls_then_answer(kit, *places):
    """A backend that calls ``look`` for each place, and answers when all outputs are there."""

    async def respond(request):
        outputs = [item.output for item in request.context if isinstance(item, ev.FunctionCallOutput)]
        if len(outputs) < len(places) and not any(isinstance(item, ev.FunctionCall) for item in request.context):
            for number, place in enumerate(places):
                yield CallDelta(item=number, name="look", arguments=json.dumps({"place": place}))
        else:
            for delta in kit.speech(f"I know of {len(outputs)} places.", 600):
                yield delta

    return respond


def test_7_a_tool_at_work_freezes_neither_audio_nor_interruption_nor_order(kit) -> None:
    async def respond(request):
        said = [item for item in request.context if isinstance(item, ev.Message) and item.role == "user"]
        if len(said) == 1 and not any(isinstance(item, ev.FunctionCall) for item in request.context):
            yield CallDelta(item=0, name="look", arguments='{"place":"attic"}')
            for delta in kit.speech("Let me look, this takes some time, please wait a little.", 5_000, item=1):
                yield delta
        else:
            for delta in kit.speech("Here I am.", 300):
                yield delta

    async def main() -> None:
        async with kit.phone(respond, tools=slow_tools(8)) as phone:
            await phone.talk(600)
            await phone.until(AgentStarted)
            await asyncio.sleep(1)
            await phone.talk(600)
            cut = await phone.until(Interrupted)
            assert cut.stop_ms < 20
            await phone.until(UserSaid, count=2)
            assert (await phone.until(AgentSaid, count=2)).text == "Here I am.", "answered while the tool is at work"
            assert phone.seen(ToolSettled) == []
            await phone.until(AgentSaid, count=3)
            assert phone.seen(ToolSettled)[0].state is CallState.ANSWERED
            assert phone.errors() == []

    run_virtual(main())


def test_8_several_calls_are_answered_together_by_one_response(kit) -> None:
    async def main() -> None:
        async with kit.phone(calls_then_answer(kit, "attic", "cellar", "garden"), tools=slow_tools(0.5)) as phone:
            await phone.talk(600)
            said = await phone.until(AgentSaid)
            assert said.text == "I know of 3 places."
            assert len(phone.sent(ev.ResponseCreate)) == 1
            assert [event.state for event in phone.seen(ToolSettled)] == [CallState.ANSWERED] * 3
            await asyncio.sleep(1)
            assert len(phone.seen(AgentSaid)) == 1
            assert phone.errors() == []

    run_virtual(main())


def test_8_a_result_that_comes_while_the_user_speaks_is_not_lost(kit) -> None:
    async def main() -> None:
        async with kit.phone(calls_then_answer(kit, "attic"), tools=slow_tools(1.5)) as phone:
            await phone.talk(600)
            await phone.until(ToolCalled)
            await phone.talk(2_500)
            assert phone.seen(ToolSettled)
            assert phone.seen(AgentSaid) == []
            said = await phone.until(AgentSaid)
            assert said.text == "I know of 1 places."
            await asyncio.sleep(3)
            assert len(phone.seen(AgentSaid)) == 1, "the answer to the user's turn knows the result already"
            assert phone.sent(ev.ResponseCreate) == []
            assert phone.errors() == []

    run_virtual(main())


def test_9_an_interruption_before_the_first_sample_deletes_and_after_the_last_does_nothing(kit) -> None:
    async def respond(request):
        for delta in kit.speech("Just this.", 500):
            yield delta

    async def main() -> None:
        async with kit.phone(respond) as phone:
            phone.call.send_text("Go.")
            while not phone.call.ledger.positions():  # noqa: ASYNC110 (virtual time)
                await asyncio.sleep(0)
            assert phone.call.interrupt()
            assert not phone.call.interrupt()
            await asyncio.sleep(1)
            assert len(phone.sent(ev.ConversationItemDelete)) == 1
            assert phone.sent(ev.ConversationItemTruncate) == []
            phone.call.send_text("Again.")
            await phone.until(AgentSaid)
            assert not phone.call.interrupt()
            await phone.talk(600)
            await phone.until(UserStarted)
            await asyncio.sleep(0.1)
            assert len(phone.seen(Interrupted)) == 1
            assert phone.errors() == []

    run_virtual(main())


def test_9_a_second_interruption_truncates_nothing_twice(kit) -> None:
    async def respond(request):
        for delta in kit.speech("A long answer that goes on and on.", 5_000):
            yield delta

    async def main() -> None:
        async with kit.phone(respond, turns=ev.ServerVad(create_response=False)) as phone:
            phone.call.send_text("Go.")
            await phone.until(AgentStarted)
            await asyncio.sleep(1)
            assert phone.call.interrupt()
            assert not phone.call.interrupt()
            await phone.talk(600, then_ms=300)
            assert len(phone.sent(ev.ConversationItemTruncate)) == 1
            assert len(phone.seen(Interrupted)) == 1
            assert phone.errors() == []

    run_virtual(main())


def test_10_a_muted_microphone_sends_silence_at_the_same_pace(kit) -> None:
    async def respond(request):
        return
        yield

    async def main() -> None:
        async with kit.phone(respond) as phone:
            await phone.talk(400)
            phone.call.mute()
            before = phone.call._capture.sent_samples
            await phone.talk(2_000)
            assert phone.call._capture.sent_samples - before == 2_000 * 24
            await phone.until(UserSaid)
            audio = phone.mind.utterances[0].audio
            assert audio.samples < 1_800 * 24, "silence ended the turn"
            phone.call.unmute()
            await phone.talk(600)
            await phone.until(UserSaid, count=2)

    run_virtual(main())
