"""Does every output reach the model: over a lost connection, within the connection's limit, from a changed toolbox?"""

from __future__ import annotations

import asyncio
import json

import pytest

from bareline.client.call_events import AgentSaid, Reconnected, ToolCalled, ToolSettled
from bareline.client.reconnect import ReconnectPolicy
from bareline.protocol import events as ev
from bareline.protocol.generation import CallDelta
from bareline.testing.virtual import run_virtual
from bareline.tools import CallState, Toolbox


def outputs(request) -> list[str]:
    return [item.output for item in request.context if isinstance(item, ev.FunctionCallOutput)]


def calls_then_says(kit, *names: str, arguments: str = "{}"):
    """Calls the tools, then says the outputs that it knows."""

    async def respond(request):
        if not any(isinstance(item, ev.FunctionCall) for item in request.context):
            for index, name in enumerate(names):
                yield CallDelta(item=index, name=name, arguments=arguments)
        else:
            for delta in kit.speech(" ".join(sorted(outputs(request))) or "Wait.", 300):
                yield delta

    return respond


def taking(**seconds: float) -> Toolbox:
    """Tools that take so long and give their own name."""
    tools = Toolbox()

    def work(name: str, duration_s: float):
        async def run() -> str:
            await asyncio.sleep(duration_s)
            return name

        return run

    for name, duration_s in seconds.items():
        tools.add(work(name, duration_s), name=name, description="Work.", filler=False)
    return tools


@pytest.mark.parametrize("away_s", [1, 4, 25])
def test_a_result_that_comes_while_away_is_delivered_and_answered_once(kit, away_s) -> None:
    async def main() -> None:
        tools = taking(first=1.5, second=2.5)
        policy = ReconnectPolicy(tries=10, first_s=away_s, most_s=away_s)
        async with kit.phone(calls_then_says(kit, "first", "second"), tools=tools, reconnect=policy) as phone:
            phone.call.send_text("Go.")
            await phone.until(ToolCalled, count=2)
            await asyncio.sleep(1)
            phone.refuse_dials = 1
            await phone.wires[-1].close(1006, "")
            await phone.until(Reconnected)
            assert (await phone.until(AgentSaid)).text == "first second"
            await asyncio.sleep(15)
            assert len(phone.seen(AgentSaid)) == 1
            assert phone.errors() == []

    run_virtual(main())


def test_an_output_that_was_sent_and_not_acknowledged_is_sent_again(kit) -> None:
    async def main() -> None:
        async with kit.phone(calls_then_says(kit, "first"), tools=taking(first=1)) as phone:
            phone.call.send_text("Go.")
            await phone.until(ToolSettled)
            await phone.wires[-1].close(1006, "")  # the output is on its way
            assert (await phone.until(AgentSaid)).text == "first"
            told = [entry.item for entry in phone.server.conversation.items]
            kinds = [type(item) for item in told if not isinstance(item, ev.Message)]
            assert kinds == [ev.FunctionCall, ev.FunctionCallOutput]
            await asyncio.sleep(15)
            assert len(phone.seen(AgentSaid)) == 1
            assert phone.errors() == []

    run_virtual(main())


def test_a_tool_that_outlives_the_connection_is_not_answered_for(kit) -> None:
    async def main() -> None:
        async with kit.phone(calls_then_says(kit, "first"), tools=taking(first=10)) as phone:
            phone.call.send_text("Go.")
            await phone.until(ToolCalled)
            await asyncio.sleep(1)
            await phone.wires[-1].close(1006, "")
            await phone.until(Reconnected)
            await asyncio.sleep(5)
            assert phone.seen(AgentSaid) == [], "nothing to say before there is a result"
            assert (await phone.until(AgentSaid)).text == "first"

    run_virtual(main())


@pytest.mark.parametrize("character", ["x", '"', "\u20ac", "\U0001f600", "\x01"])
def test_a_result_that_the_connection_does_not_carry_is_refused_before_it_is_sent(kit, character) -> None:
    async def main() -> None:
        tools = Toolbox()

        @tools.tool(filler=False)
        async def look() -> str:
            """Look."""
            return character * 15_000

        async with kit.phone(calls_then_says(kit, "look"), tools=tools, carries_bytes=16_384) as phone:
            phone.call.send_text("Go.")
            end = await phone.until(ToolSettled)
            told = json.loads(end.output)
            assert (end.state, told["kind"]) == (CallState.ANSWERED, "too_large")
            await phone.until(AgentSaid)
            assert phone.errors() == []

    run_virtual(main())


def test_a_result_just_within_the_limit_is_sent_whole(kit) -> None:
    async def main() -> None:
        tools = Toolbox()

        @tools.tool(filler=False)
        async def look() -> str:
            """Look."""
            return "x" * 12_000

        async with kit.phone(calls_then_says(kit, "look"), tools=tools, carries_bytes=16_384) as phone:
            phone.call.send_text("Go.")
            assert (await phone.until(ToolSettled)).output == "x" * 12_000
            await phone.until(AgentSaid)

    run_virtual(main())


def test_arguments_can_be_followed_as_they_are_written(kit) -> None:
    async def respond(request):
        if not any(isinstance(item, ev.FunctionCall) for item in request.context):
            for piece in ('{"ti', 'tle":', '"milk"}'):
                await asyncio.sleep(0.1)
                yield CallDelta(name="look", arguments=piece)

    async def main() -> None:
        tools = Toolbox()

        @tools.tool
        async def look(title: str) -> str:
            """Look."""
            return title

        pieces = []
        async with kit.phone(respond, tools=tools) as phone:

            async def follow() -> None:
                pieces.extend([piece async for piece in phone.call.tool_arguments()])

            following = asyncio.create_task(follow())
            await asyncio.sleep(0)
            phone.call.send_text("Go.")
            called = await phone.until(ToolCalled)
        await following
        assert "".join(piece.delta for piece in pieces) == called.arguments == '{"title":"milk"}'
        assert {(piece.call_id, piece.name) for piece in pieces} == {(called.call_id, "look")}
        assert len(pieces) == 3
        assert pieces[0].at_ns < called.at_ns

    run_virtual(main())


def test_the_toolbox_can_be_changed_during_a_call(kit) -> None:
    async def respond(request):
        calls = sum(isinstance(item, ev.FunctionCall) for item in request.context)
        if calls < sum(isinstance(item, ev.Message) and item.role == "user" for item in request.context):
            yield CallDelta(name=("old", "old", "new")[calls], arguments="{}")

    async def main() -> None:
        async with kit.phone(respond, tools=taking(old=3)) as phone:
            phone.call.send_text("One.")
            await phone.until(ToolCalled)
            phone.call.use_tools(taking(new=0.1))
            await asyncio.sleep(0.1)
            assert [tool.name for tool in phone.server.session.tools] == ["new"]
            phone.call.send_text("Two.")
            refused = await phone.until(ToolSettled)
            assert (refused.name, json.loads(refused.output)["kind"]) == ("old", "unknown_tool")
            phone.call.send_text("Three.")
            await phone.until(ToolSettled, count=3)
            ends = [(end.name, end.state) for end in phone.seen(ToolSettled)[1:]]
            assert sorted(ends) == [("new", CallState.ANSWERED), ("old", CallState.ANSWERED)]

    run_virtual(main())


def test_a_changed_toolbox_is_offered_on_the_next_connection_too(kit) -> None:
    async def main() -> None:
        async with kit.phone(calls_then_says(kit), tools=taking(old=1)) as phone:
            phone.call.use_tools(taking(new=1))
            await phone.wires[-1].close(1006, "")
            await phone.until(Reconnected)
            assert [tool.name for tool in phone.server.session.tools] == ["new"]

    run_virtual(main())
