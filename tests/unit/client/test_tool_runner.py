"""Do tools run beside the call without holding it up, with what they need, and each to exactly one end?"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter
from dataclasses import dataclass

import pytest

from bareline.client.call_events import AgentSaid, ConfirmationAsked, ToolCalled, ToolSettled
from bareline.errors import Closed
from bareline.protocol import events as ev
from bareline.protocol.generation import CallDelta
from bareline.testing.virtual import run_virtual
from bareline.tools import CallState, Toolbox, ToolContext
from bareline.tools.calls import ENDS

ENDED = {state.value for state in ENDS}


def calling(*names: str, arguments: str = "{}"):
    async def respond(request):
        if not any(isinstance(item, ev.FunctionCall) for item in request.context):
            for index, name in enumerate(names):
                yield CallDelta(item=index, name=name, arguments=arguments)

    return respond


def ends(phone) -> Counter[str]:
    """How often each call of the trace came to an end."""
    steps = [(r.data["call_id"], r.data["state"]) for r in phone.records.records if r.kind == "tool"]
    assert {call_id for call_id, state in steps if state == "requested"} == {call_id for call_id, _ in steps}
    return Counter({c: sum(s in ENDED for known, s in steps if known == c) for c, _ in steps})


@pytest.mark.parametrize(("limit", "most"), [(None, 6), (1, 1), (2, 2)])
def test_so_many_executions_of_a_tool_run_at_once(kit, limit, most) -> None:
    async def main() -> None:
        tools, running, seen = Toolbox(), [], []

        @tools.tool(concurrency=limit, filler=False)
        async def look() -> None:
            """Look."""
            running.append(1)
            seen.append(len(running))
            await asyncio.sleep(1)
            running.pop()

        async with kit.phone(calling(*["look"] * 6), tools=tools) as phone:
            phone.call.send_text("Go.")
            await phone.until(ToolSettled, count=6)
            assert max(seen) == most
            assert len(phone.sent(ev.ResponseCreate)) == 2, "one for the text, one for all outputs"

    run_virtual(main())


def test_the_time_of_a_tool_begins_when_it_is_entered(kit) -> None:
    async def main() -> None:
        tools = Toolbox()

        @tools.tool(concurrency=1, timeout_s=10, filler=False)
        async def look() -> None:
            """Look."""
            await asyncio.sleep(6)

        async with kit.phone(calling("look", "look"), tools=tools) as phone:
            phone.call.send_text("Go.")
            await phone.until(ToolSettled, count=2)
            assert [end.state for end in phone.seen(ToolSettled)] == [CallState.ANSWERED] * 2

    run_virtual(main())


def test_a_function_is_entered_before_the_application_hears_of_the_call_and_both_before_its_end(kit) -> None:
    async def main() -> None:
        tools, order = Toolbox(), []

        @tools.tool
        async def look() -> str:
            """Look."""
            order.append("entered")
            return "seen"

        async with kit.phone(calling("look", "look"), tools=tools) as phone:
            following = asyncio.create_task(follow(phone.call, order))
            phone.call.send_text("Go.")
            await phone.until(ToolSettled, count=2)
            following.cancel()
        assert order == ["entered", "ToolCalled", "ToolSettled"] * 2

    async def follow(call, order) -> None:
        async for event in call.events():
            if isinstance(event, ToolCalled | ToolSettled):
                order.append(type(event).__name__)

    run_virtual(main())


def test_arguments_are_read_once_for_each_call_and_never_shared(kit) -> None:
    read: list[Place] = []

    @dataclass
    class Place:
        name: str

        def __post_init__(self) -> None:
            read.append(self)

    async def main() -> None:
        tools, given = Toolbox(), []

        async def look(place: Place) -> None:
            """Look."""
            given.append(place)

        look.__annotations__["place"] = Place
        tools.add(look)
        async with kit.phone(calling("look", "look", arguments='{"place":{"name":"here"}}'), tools=tools) as phone:
            phone.call.send_text("Go.")
            await phone.until(ToolSettled, count=2)
        assert [id(place) for place in given] == [id(place) for place in read]
        assert len({id(place) for place in given}) == 2

    run_virtual(main())


def test_one_tool_s_room_is_not_another_one_s(kit) -> None:
    async def main() -> None:
        tools = Toolbox()

        @tools.tool(concurrency=1, filler=False)
        async def slow() -> None:
            """Be slow."""
            await asyncio.sleep(10)

        @tools.tool(concurrency=1)
        async def fast() -> None:
            """Be fast."""

        async with kit.phone(calling("slow", "fast"), tools=tools) as phone:
            phone.call.send_text("Go.")
            assert (await phone.until(ToolSettled, within_s=1)).name == "fast"

    run_virtual(main())


def test_more_functions_than_threads_wait_and_hold_up_nothing(kit) -> None:
    tools, free, entered = Toolbox(), threading.Event(), []

    @tools.tool
    def block() -> str:
        """Block."""
        entered.append(1)
        free.wait(10)
        return "done"

    async def main() -> None:
        async with kit.phone(calling(*["block"] * 10), tools=tools, microphone=None) as phone:
            phone.call.send_text("Go.")
            await phone.until(ToolCalled, count=10, within_s=5)
            late = []
            for _ in range(20):
                before = time.perf_counter()
                await asyncio.sleep(0.01)
                late.append(time.perf_counter() - before - 0.01)
            assert len(entered) == 8
            assert sorted(late)[10] < 0.05, "the loop turns as if nothing was blocked"
            free.set()
            await phone.until(ToolSettled, count=10, within_s=5)

    asyncio.run(main())


def test_a_function_that_never_got_a_thread_did_nothing(kit) -> None:
    tools, free, paid = Toolbox(), threading.Event(), []

    @tools.tool
    def block() -> None:
        """Block."""
        free.wait(10)

    @tools.tool(effect="irreversible", confirm=False, timeout_s=0.2)
    def pay() -> None:
        """Pay."""
        paid.append(1)

    async def main() -> None:
        async with kit.phone(calling(*["block"] * 8, "pay"), tools=tools, microphone=None) as phone:
            phone.call.send_text("Go.")
            end = await phone.until(ToolSettled, within_s=5)
            assert (end.name, end.state) == ("pay", CallState.TIMED_OUT), "known not to have happened"
            free.set()
            await phone.until(ToolSettled, count=9, within_s=5)
            assert paid == []

    asyncio.run(main())


@pytest.mark.parametrize("kind", ["async", "thread"])
def test_a_tool_gets_what_it_asks_for(kit, kind) -> None:
    tools, contexts = Toolbox(), []

    def work(context: ToolContext) -> str:
        contexts.append(context)
        for step in range(1_000):
            context.progress(f"step {step}")
        return "done"

    if kind == "thread":
        tools.add(work, name="work", description="Work.")
    else:

        @tools.tool(name="work")
        async def awaited(context: ToolContext) -> str:
            """Work."""
            return work(context)

    async def main() -> None:
        async with kit.phone(calling("work"), tools=tools, context="the app") as phone:
            phone.call.send_text("Go.")
            end = await phone.until(ToolSettled)
            (context,) = contexts
            assert context.call is phone.call
            assert (context.app, context.tool, context.call_id) == ("the app", "work", end.call_id)
            assert (context.attempt, context.scope.cancelled, context.proposal_id) == (1, False, None)
            assert len(context.idempotency_key) == 32
        context.progress("after the end")

    run_virtual(main())


def test_every_call_taken_comes_to_one_end_when_the_call_is_hung_up(kit) -> None:
    async def main(after_s: float) -> Counter[str]:
        tools = Toolbox()

        @tools.tool(confirm="Really?")
        async def ask() -> None:
            """Ask."""

        @tools.tool(filler=False)
        async def read() -> None:
            """Read."""
            await asyncio.sleep(5)

        @tools.tool(effect="idempotent", filler=False, concurrency=1)
        async def write() -> None:
            """Write."""
            await asyncio.sleep(5)

        @tools.tool(effect="irreversible", confirm=False, filler=False)
        async def pay() -> None:
            """Pay."""
            await asyncio.sleep(5)

        names = ("ask", "read", "write", "write", "pay", "unheard_of")
        async with kit.phone(calling(*names), tools=tools) as phone:
            phone.call.send_text("Go.")
            await phone.until(ToolCalled, count=6)
            await asyncio.sleep(after_s)
            await phone.call.hang_up()
            await asyncio.sleep(0.01)
            assert set(ends(phone).values()) == {1}
            return Counter((end.name, end.state.value) for end in phone.seen(ToolSettled))

    states = run_virtual(main(1.0))
    assert states == Counter(
        [
            ("ask", "cancelled"),
            ("read", "cancelled"),
            ("write", "unknown"),
            ("write", "cancelled"),
            ("pay", "unknown"),
            ("unheard_of", "failed"),
        ]
    )
    for after_s in (0.0, 4.9, 5.0, 9.99, 30):
        run_virtual(main(after_s))


def test_the_end_of_the_call_is_told_to_a_thread(kit) -> None:
    tools, entered, reasons = Toolbox(), threading.Event(), []

    @tools.tool
    def look(context: ToolContext) -> None:
        """Look."""
        entered.set()
        while not context.scope.cancelled:
            time.sleep(0.005)
        reasons.append(context.scope.reason)
        context.scope.check()

    async def main() -> None:
        async with kit.phone(calling("look"), tools=tools, microphone=None) as phone:
            phone.call.send_text("Go.")
            assert await asyncio.to_thread(entered.wait, 5)
            await phone.call.hang_up()
            assert (await phone.until(ToolSettled, within_s=5)).state is CallState.CANCELLED
            await asyncio.sleep(0.05)
            assert reasons == ["the call ended"]

    asyncio.run(main())


def test_a_thread_that_takes_too_long_is_told_so(kit) -> None:
    tools, reasons = Toolbox(), []

    @tools.tool(timeout_s=0.1)
    def look(context: ToolContext) -> None:
        """Look."""
        while not context.scope.cancelled:
            time.sleep(0.005)
        reasons.append(context.scope.reason)

    async def main() -> None:
        async with kit.phone(calling("look"), tools=tools, microphone=None) as phone:
            phone.call.send_text("Go.")
            assert (await phone.until(ToolSettled, within_s=5)).state is CallState.TIMED_OUT
            await asyncio.sleep(0.05)
            assert reasons == ["it took too long"]

    asyncio.run(main())


def test_a_consent_that_comes_while_the_call_ends_starts_nothing(kit) -> None:
    async def main() -> None:
        tools, deleted = Toolbox(), []

        @tools.tool(effect="irreversible", filler=False, confirm=False)
        async def pay() -> None:
            """Pay."""
            await asyncio.sleep(60)

        @tools.tool(effect="irreversible", confirm="Really?")
        async def delete() -> None:
            """Delete."""
            deleted.append(1)

        async with kit.phone(calling("pay", "delete"), tools=tools) as phone:
            phone.call.send_text("Go.")
            asked = await phone.until(ConfirmationAsked)
            await asyncio.sleep(1)
            hanging_up = asyncio.create_task(phone.call.hang_up())
            await asyncio.sleep(0.5)
            with pytest.raises(Closed):
                phone.call.confirm(asked.proposal_id)
            await hanging_up
            assert deleted == []
            assert set(ends(phone).values()) == {1}

    run_virtual(main())


def test_a_repeated_call_is_run_once(kit) -> None:
    async def main() -> None:
        tools, looked = Toolbox(), []

        @tools.tool
        async def look() -> None:
            """Look."""
            looked.append(1)

        async with kit.phone(calling("look"), tools=tools) as phone:
            phone.call.send_text("Go.")
            end = await phone.until(ToolSettled)
            item = ev.FunctionCall(call_id=end.call_id, name="look", arguments="{}")
            assert phone.call._parts.runner.requested(item, "resp_again", 0) is None
            assert phone.call._parts.runner.requested(ev.FunctionCall(name="look", arguments="{}"), "resp", 0) is None
            assert (looked, phone.seen(AgentSaid)) == ([1], [])

    run_virtual(main())


def test_what_a_function_raises_ends_nothing_else(kit) -> None:
    async def main() -> None:
        tools = Toolbox()

        @tools.tool
        def stop() -> None:
            """Stop."""
            raise StopIteration

        async with kit.phone(calling("stop"), tools=tools) as phone:
            phone.call.send_text("Go.")
            assert (await phone.until(ToolSettled, within_s=1)).state is CallState.FAILED

    run_virtual(main())
