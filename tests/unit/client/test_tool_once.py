"""Does an irreversible tool run at most once, and is what is known of it recorded before anybody hears of it?"""

from __future__ import annotations

import asyncio
import json
import threading

import pytest

from bareline.client import tool_once
from bareline.client.call_events import ToolCalled, ToolSettled
from bareline.errors import Denied, StoreError
from bareline.protocol import events as ev
from bareline.protocol.generation import CallDelta
from bareline.testing.virtual import run_virtual
from bareline.tools import CallState, ExecutionState, Toolbox, ToolContext
from bareline.tools.execution_memory import ExecutionMemory


async def pay_once(request):
    if not any(isinstance(item, ev.FunctionCall) for item in request.context):
        yield CallDelta(name="pay", arguments='{"amount":5}')


class Store:
    """An ``ExecutionStore`` that notes what it is asked, and fails at will."""

    def __init__(self, *, begins: Exception | None = None, ends: Exception | None = None) -> None:
        self.asked: list[str] = []
        self.threads: set[str] = set()
        self._memory = ExecutionMemory()
        self._begins, self._ends = begins, ends

    def begin(self, execution):
        self.asked.append("begin")
        self.threads.add(threading.current_thread().name)
        if self._begins:
            raise self._begins
        return self._memory.begin(execution)

    def end(self, key, state, output, ended_at_ns):
        self.asked.append(f"end {state}")
        self.threads.add(threading.current_thread().name)
        if self._ends:
            raise self._ends
        self._memory.end(key, state, output, ended_at_ns)

    def told(self, key):
        self._memory.told(key)

    def unfinished(self):
        return []

    def get(self, key):
        return self._memory.get(key)

    def close(self): ...


def paying(seconds: float = 1.0, *, error: BaseException | None = None, **options):
    """An irreversible tool that takes so long; the contexts in which it was entered, and what came of each."""
    tools, entered, became = Toolbox(), [], []

    @tools.tool(**{"effect": "irreversible", "confirm": False, "filler": False, **options})
    async def pay(amount: int, context: ToolContext) -> str:
        """Pay."""
        entered.append(context)
        try:
            await asyncio.sleep(seconds)
        except asyncio.CancelledError:
            became.append("cancelled")
            raise
        if error is not None:
            raise error
        became.append("paid")
        return f"paid {amount}"

    return tools, entered, became


def settled(kit, tools: Toolbox, store, after=None):
    async def main():
        async with kit.phone(pay_once, tools=tools, executions=store) as phone:
            phone.call.send_text("Pay.")
            end = await phone.until(ToolSettled)
            await asyncio.sleep(1)
            return end, phone

    return run_virtual(main())


def test_the_store_is_asked_before_and_after_in_a_thread(kit) -> None:
    store = Store()
    tools, entered, _ = paying()
    end, _ = settled(kit, tools, store)
    assert (end.state, end.output) == (CallState.ANSWERED, "paid 5")
    assert store.asked == ["begin", "end answered"]
    assert all(name.startswith("bareline-store") for name in store.threads)
    known = store.get(entered[0].idempotency_key)
    assert (known.tool, known.arguments, known.state, known.output) == ("pay", '{"amount":5}', "answered", "paid 5")
    assert known.call_id == end.call_id
    assert 0 < known.begun_at_ns <= known.ended_at_ns


@pytest.mark.parametrize(
    ("state", "output", "told"),
    [
        (ExecutionState.ANSWERED, "paid 5 before", (CallState.ANSWERED, "paid 5 before")),
        (ExecutionState.FAILED, '"no money"', (CallState.FAILED, '"no money"')),
        (ExecutionState.UNKNOWN, "whatever", (CallState.UNKNOWN, "unknown")),
        (ExecutionState.BEGUN, "", (CallState.UNKNOWN, "unknown")),
    ],
)
def test_what_was_begun_before_is_told_and_not_done_again(kit, state, output, told) -> None:
    class Knowing(Store):
        def begin(self, execution):
            super().begin(execution)
            if state is not ExecutionState.BEGUN:
                super().end(execution.key, state, output, 1)
            return self.get(execution.key)

    tools, entered, _ = paying()
    end, _ = settled(kit, tools, Knowing())
    assert entered == []
    heard = json.loads(end.output)["status"] if told[1] == "unknown" else end.output
    assert (end.state, heard) == told


@pytest.mark.parametrize("error", [StoreError("the disk is full"), RuntimeError("locked")])
def test_what_cannot_be_recorded_is_not_run(kit, error) -> None:
    tools, entered, _ = paying()
    end, phone = settled(kit, tools, Store(begins=error))
    assert entered == []
    assert (end.state, json.loads(end.output)["kind"]) == (CallState.FAILED, "not_recorded")
    assert str(error) not in end.output
    assert any(str(error) in r.data.get("detail", "") for r in phone.records.records if r.kind == "tool")


def test_an_end_that_cannot_be_recorded_is_told_all_the_same(kit) -> None:
    tools, _, _ = paying()
    end, phone = settled(kit, tools, Store(ends=StoreError("the disk is full")))
    assert (end.state, end.output) == (CallState.ANSWERED, "paid 5")
    assert [r.data["why"] for r in phone.records.records if r.name == "not_recorded"] == ["the disk is full"]


@pytest.mark.parametrize(
    ("error", "state", "recorded"),
    [
        (Denied("not you"), CallState.FAILED, "end failed"),
        (ConnectionError("gone in the middle"), CallState.UNKNOWN, "end unknown"),
    ],
)
def test_only_a_failure_on_purpose_says_that_nothing_happened(kit, error, state, recorded) -> None:
    store = Store()
    tools, _, _ = paying(error=error)
    end, _ = settled(kit, tools, store)
    assert (end.state, store.asked) == (state, ["begin", recorded])


def test_no_answer_in_time_is_recorded_as_unknown(kit) -> None:
    store = Store()
    tools, _, became = paying(60, timeout_s=3)
    end, _ = settled(kit, tools, store)
    assert (end.state, store.asked, became) == (CallState.UNKNOWN, ["begin", "end unknown"], ["cancelled"])


@pytest.mark.parametrize(
    ("seconds", "state", "recorded", "outcome"),
    [
        (1.5, CallState.ANSWERED, "end answered", "paid"),
        (60, CallState.UNKNOWN, "end unknown", "cancelled"),
    ],
)
def test_the_end_of_the_call_leaves_an_irreversible_tool_a_grace(kit, seconds, state, recorded, outcome) -> None:
    async def main() -> None:
        store = Store()
        tools, entered, became = paying(seconds)
        async with kit.phone(pay_once, tools=tools, executions=store) as phone:
            phone.call.send_text("Pay.")
            await phone.until(ToolCalled)
            while not entered:  # noqa: ASYNC110 (virtual time)
                await asyncio.sleep(0.01)
            began = asyncio.get_running_loop().time()
            await phone.call.hang_up()
            took = asyncio.get_running_loop().time() - began
            assert (await phone.until(ToolSettled)).state is state
            assert (store.asked, became) == (["begin", recorded], [outcome])
            assert took <= tool_once.HANG_UP_GRACE_S + 0.1

    run_virtual(main())


def test_what_waits_for_room_when_the_call_ends_was_not_begun(kit) -> None:
    async def respond(request):
        if not any(isinstance(item, ev.FunctionCall) for item in request.context):
            yield CallDelta(item=0, name="pay", arguments='{"amount":1}')
            yield CallDelta(item=1, name="pay", arguments='{"amount":2}')

    async def main() -> None:
        store = Store()
        tools, entered, _ = paying(60, concurrency=1)
        async with kit.phone(respond, tools=tools, executions=store) as phone:
            phone.call.send_text("Pay.")
            await phone.until(ToolCalled, count=2)
            await asyncio.sleep(1)
            await phone.call.hang_up()
            await phone.until(ToolSettled, count=2)
            states = {end.arguments: end.state for end in phone.seen(ToolSettled)}
            assert states == {'{"amount":1}': CallState.UNKNOWN, '{"amount":2}': CallState.CANCELLED}
            assert (len(entered), store.asked) == (1, ["begin", "end unknown"])

    run_virtual(main())


def test_a_store_that_does_not_answer_costs_the_action_not_the_call(kit, monkeypatch) -> None:
    """In real time, since the store blocks a thread."""
    monkeypatch.setattr(tool_once, "STORE_S", 0.2)
    free = threading.Event()

    class Stuck(Store):
        def begin(self, execution):
            free.wait(10)
            return super().begin(execution)

    async def main() -> None:
        store = Stuck()
        tools, entered, _ = paying(0)
        async with kit.phone(pay_once, tools=tools, executions=store, microphone=None) as phone:
            phone.call.send_text("Pay.")
            end = await phone.until(ToolSettled, within_s=5)
            assert (end.state, json.loads(end.output)["kind"]) == (CallState.FAILED, "not_recorded")
            free.set()
            await asyncio.sleep(0.2)
            assert entered == []
            assert store.asked == ["begin", "end failed"], "the late beginning does not look like a crash"

    asyncio.run(main())


def test_without_a_store_a_call_remembers_what_it_did_itself(kit) -> None:
    tools, entered, _ = paying()
    end, _ = settled(kit, tools, None)
    assert (end.state, len(entered)) == (CallState.ANSWERED, 1)


def test_a_plain_function_in_a_thread_gets_the_grace_too(kit) -> None:
    async def main() -> None:
        store, tools, paid = Store(), Toolbox(), []
        began, free = threading.Event(), threading.Event()

        @tools.tool(effect="irreversible", confirm=False)
        def pay(amount: int) -> str:
            """Pay."""
            began.set()
            free.wait(1)
            paid.append(amount)
            return "paid"

        async with kit.phone(pay_once, tools=tools, executions=store, microphone=None) as phone:
            phone.call.send_text("Pay.")
            assert await asyncio.to_thread(began.wait, 5)
            asyncio.get_running_loop().call_later(0.2, free.set)
            await phone.call.hang_up()
            assert (await phone.until(ToolSettled, within_s=5)).state is CallState.ANSWERED
            assert (store.asked, paid) == (["begin", "end answered"], [5])

    asyncio.run(main())
