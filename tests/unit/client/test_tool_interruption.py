"""What does an interruption stop, what does the model hear of it, and does everything else finish and report?"""

from __future__ import annotations

import asyncio
import json
import threading

import pytest

from bareline.client.call_events import AgentSaid, AgentStarted, Interrupted, ToolCalled, ToolSettled, UserSaid
from bareline.protocol import events as ev
from bareline.protocol.generation import CallDelta
from bareline.testing.virtual import run_virtual
from bareline.tools import CallState, Toolbox, ToolContext


def outputs(request) -> list[str]:
    return [item.output for item in request.context if isinstance(item, ev.FunctionCallOutput)]


def turns(request) -> int:
    return sum(isinstance(item, ev.Message) and item.role == "user" for item in request.context)


def talkative(kit, *names: str):
    """Calls the tools while it speaks for 5 s; after that it says how many turns and outputs it knows."""

    async def respond(request):
        if not request.out_of_band and not any(isinstance(item, ev.FunctionCall) for item in request.context):
            for index, name in enumerate(names):
                yield CallDelta(item=index, name=name, arguments="{}")
            for delta in kit.speech("Let me look, it takes a while, stay on the line.", 5_000, item=len(names)):
                yield delta
        else:
            for delta in kit.speech(f"{turns(request)} turns, {len(outputs(request))} outputs.", 300):
                yield delta

    return respond


def slow(seconds: float = 20, **options) -> tuple[Toolbox, list[str]]:
    """``look`` takes so long; what became of it is in the list."""
    tools, became = Toolbox(), []

    @tools.tool(**{"filler": False, **options})
    async def look() -> str:
        """Look."""
        try:
            await asyncio.sleep(seconds)
        except asyncio.CancelledError:
            became.append("cancelled")
            raise
        became.append("finished")
        return "found"

    return tools, became


def test_a_barge_in_cancels_a_reading_tool_and_the_model_is_told(kit) -> None:
    async def main() -> None:
        tools, became = slow()
        async with kit.phone(talkative(kit, "look"), tools=tools) as phone:
            await phone.talk(600)
            await phone.until(AgentStarted)
            await asyncio.sleep(1)
            await phone.talk(600)
            cut = await phone.until(Interrupted)
            end = await phone.until(ToolSettled)
            assert (end.state, became) == (CallState.CANCELLED, ["cancelled"])
            assert end.at_ns - cut.at_ns < 20e6
            assert json.loads(end.output)["status"] == "cancelled"
            assert (await phone.until(AgentSaid, count=2)).text == "2 turns, 1 outputs."
            await asyncio.sleep(5)
            assert len(phone.seen(AgentSaid)) == 2, "the user's own turn brought the only answer"
            assert phone.sent(ev.ResponseCreate) == []
            assert phone.errors() == []

    run_virtual(main())


@pytest.mark.parametrize(
    "options",
    [{"effect": "irreversible", "confirm": False}, {"effect": "idempotent"}, {"on_interrupt": "finish"}],
    ids=["irreversible", "idempotent", "a read that is to finish"],
)
def test_what_is_not_to_be_cancelled_finishes_and_is_answered_after_the_user_s_turn(kit, options) -> None:
    async def main() -> None:
        tools, became = slow(6, **options)
        async with kit.phone(talkative(kit, "look"), tools=tools) as phone:
            await phone.talk(600)
            await phone.until(AgentStarted)
            await asyncio.sleep(1)
            await phone.talk(600)
            await phone.until(UserSaid, count=2)
            assert (await phone.until(AgentSaid, count=2)).text == "2 turns, 0 outputs."
            end = await phone.until(ToolSettled)
            assert (end.state, became) == (CallState.ANSWERED, ["finished"])
            assert (await phone.until(AgentSaid, count=3)).text == "2 turns, 1 outputs."

    run_virtual(main())


def test_a_result_that_comes_while_the_user_speaks_waits_for_the_end_of_the_turn(kit) -> None:
    async def main() -> None:
        tools, _ = slow(2.2, on_interrupt="finish")
        async with kit.phone(talkative(kit, "look"), tools=tools) as phone:
            await phone.talk(600)
            await phone.until(AgentStarted)
            await asyncio.sleep(1)
            await phone.talk(3_000)
            assert phone.seen(ToolSettled)
            assert phone.sent(ev.ResponseCreate) == [], "nothing is asked for while the user speaks"
            assert (await phone.until(AgentSaid, count=2)).text == "2 turns, 1 outputs."
            await asyncio.sleep(5)
            assert len(phone.seen(AgentSaid)) == 2

    run_virtual(main())


def test_a_sound_into_silence_cancels_nothing(kit) -> None:
    async def respond(request):
        if turns(request) == 1 and not any(isinstance(item, ev.FunctionCall) for item in request.context):
            yield CallDelta(name="look", arguments="{}")
        else:
            for delta in kit.speech(f"{turns(request)} turns, {len(outputs(request))} outputs.", 300):
                yield delta

    async def main() -> None:
        tools, became = slow(6)
        async with kit.phone(respond, tools=tools) as phone:
            await phone.talk(600)
            await phone.until(ToolCalled)
            await asyncio.sleep(1)
            await phone.talk(300)
            assert (await phone.until(AgentSaid)).text == "2 turns, 0 outputs."
            assert (await phone.until(ToolSettled)).state is CallState.ANSWERED
            assert became == ["finished"]
            assert (await phone.until(AgentSaid, count=2)).text == "2 turns, 1 outputs."

    run_virtual(main())


def test_the_application_stops_tools_in_silence_too_and_nobody_speaks_because_of_it(kit) -> None:
    async def respond(request):
        if not any(isinstance(item, ev.FunctionCall) for item in request.context):
            yield CallDelta(name="look", arguments="{}")
        else:
            for delta in kit.speech("Well.", 300):
                yield delta

    async def main() -> None:
        tools, _ = slow()
        async with kit.phone(respond, tools=tools) as phone:
            phone.call.send_text("Look.")
            await phone.until(ToolCalled)
            await asyncio.sleep(1)
            assert phone.call.interrupt()
            assert (await phone.until(ToolSettled)).state is CallState.CANCELLED
            assert not phone.call.interrupt(), "there is nothing left to stop"
            await asyncio.sleep(5)
            assert len(phone.sent(ev.ResponseCreate)) == 1
            assert phone.seen(AgentSaid) == []
            assert any(isinstance(entry.item, ev.FunctionCallOutput) for entry in phone.server.conversation.items)

    run_virtual(main())


def test_of_two_calls_one_is_cancelled_and_the_other_one_is_reported(kit) -> None:
    async def main() -> None:
        tools, _ = slow(20)

        @tools.tool(effect="irreversible", confirm=False, filler=False)
        async def pay() -> str:
            """Pay."""
            await asyncio.sleep(6)
            return "paid"

        async with kit.phone(talkative(kit, "look", "pay"), tools=tools) as phone:
            await phone.talk(600)
            await phone.until(AgentStarted)
            await asyncio.sleep(1)
            await phone.talk(600)
            await phone.until(ToolSettled, count=2)
            ends = [(end.name, end.state) for end in phone.seen(ToolSettled)]
            assert ends == [("look", CallState.CANCELLED), ("pay", CallState.ANSWERED)]
            assert (await phone.until(AgentSaid, count=3)).text == "2 turns, 2 outputs."

    run_virtual(main())


def test_a_thread_is_told_to_stop_and_its_late_result_is_dropped(kit) -> None:
    """In real time: a thread has no other."""
    tools, seen, stopped = Toolbox(), [], threading.Event()

    @tools.tool(filler=False)
    def look(context: ToolContext) -> str:
        """Look."""
        while not context.scope.cancelled:
            stopped.wait(0.01)
        seen.append(context.scope.reason)
        return "too late"

    async def respond(request):
        if not any(isinstance(item, ev.FunctionCall) for item in request.context):
            yield CallDelta(name="look", arguments="{}")

    async def main() -> None:
        async with kit.phone(respond, tools=tools, microphone=None) as phone:
            phone.call.send_text("Look.")
            await phone.until(ToolCalled, within_s=5)
            await asyncio.sleep(0.1)
            phone.call.interrupt()
            end = await phone.until(ToolSettled, within_s=5)
            assert end.state is CallState.CANCELLED
            await asyncio.sleep(0.2)
            dropped = [r.data["call_id"] for r in phone.records.records if r.name == "late_result_dropped"]
            assert dropped == [end.call_id]
            assert [e.output for e in phone.seen(ToolSettled)] == [end.output]
        assert seen == ["interrupted by the application"]

    asyncio.run(main())


def test_a_tool_that_ignores_its_cancellation_is_not_heard_again(kit) -> None:
    async def main() -> None:
        tools = Toolbox()

        @tools.tool(filler=False)
        async def look() -> str:
            """Look."""
            try:
                await asyncio.sleep(20)
            except asyncio.CancelledError:
                await asyncio.sleep(1)
            return "all the same"

        async with kit.phone(talkative(kit, "look"), tools=tools) as phone:
            phone.call.send_text("Look.")
            await phone.until(AgentStarted)
            await asyncio.sleep(0.5)
            phone.call.interrupt()
            await asyncio.sleep(3)
            assert [end.state for end in phone.seen(ToolSettled)] == [CallState.CANCELLED]
            told = [i.item.output for i in phone.server.conversation.items if isinstance(i.item, ev.FunctionCallOutput)]
            assert [json.loads(output)["status"] for output in told] == ["cancelled"]
            assert any(r.name == "late_result_dropped" for r in phone.records.records)

    run_virtual(main())


def test_what_was_consented_to_can_be_cancelled_when_the_tool_allows_it(kit) -> None:
    async def respond(request):
        told = outputs(request)
        if not told:
            yield CallDelta(name="move", arguments="{}")
        elif turns(request) == 1:
            for delta in kit.speech(json.loads(told[0])["say"], 800):
                yield delta
        elif turns(request) == 2:
            yield CallDelta(
                name="confirm_action", arguments=json.dumps({"proposal_id": json.loads(told[0])["proposal_id"]})
            )
            for delta in kit.speech("I am moving it, which takes a while, stay on the line.", 5_000, item=1):
                yield delta
        else:
            for delta in kit.speech(json.loads(told[-1])["status"], 300):
                yield delta

    async def main() -> None:
        tools = Toolbox()

        @tools.tool(effect="idempotent", confirm="Move it?", on_interrupt="cancel", filler=False)
        async def move() -> None:
            """Move it."""
            await asyncio.sleep(30)

        async with kit.phone(respond, tools=tools, words=lambda n: ("Move it.", "Yes.", "Stop.")[n]) as phone:
            await phone.talk(600)
            await phone.until(AgentSaid)
            await phone.talk(600)
            await phone.until(AgentStarted, count=2)
            await asyncio.sleep(1)
            await phone.talk(600)
            end = await phone.until(ToolSettled)
            assert (end.name, end.state, end.consent) == ("move", CallState.CANCELLED, "user")
            assert (await phone.until(AgentSaid, count=3)).text == "cancelled"
            assert phone.errors() == []

    run_virtual(main())
