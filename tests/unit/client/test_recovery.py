"""Is what an earlier process left finished where it may be, and told in any case?"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import pytest

from bareline import Call, Records, Toolbox, ToolContext
from bareline.client.call_events import AgentSaid, CallEvent, ErrorHappened, ExecutionRecovered
from bareline.client.journal import Journal
from bareline.client.recovery import RECOVERED_MAX, REPEAT_WITHIN_S
from bareline.client.telling import Telling
from bareline.errors import Permanent, StoreError, Temporary
from bareline.protocol import events as ev
from bareline.protocol.generation import Failed, TextDelta
from bareline.testing.function_backend import FunctionBackend
from bareline.testing.in_process import InProcessServer
from bareline.testing.virtual import run_virtual
from bareline.tools.execution_memory import ExecutionMemory
from bareline.tools.executions import Execution, ExecutionState

ARGUMENTS = '{"name":"Ada"}'


class Left(ExecutionMemory):
    """What a process that is gone began."""

    def __init__(self, *left: Execution) -> None:
        super().__init__()
        for execution in left:
            self.begin(execution)

    def unfinished(self) -> list[Execution]:
        begun = [one for one in self._executions.values() if one.state is ExecutionState.BEGUN]
        return [*begun, *super().unfinished()]


class Unreadable(ExecutionMemory):
    def unfinished(self) -> list[Execution]:
        raise StoreError("the disk is gone")


class Bank:
    def __init__(self, *, keyed: bool = True, failures: tuple[Exception, ...] = (), takes_s: float = 0) -> None:
        self.failures = list(failures)
        self.takes_s = takes_s
        self.paid: list[ToolContext] = []
        self.box = Toolbox()
        self.box.add(self.pay, effect="irreversible", keyed=keyed, confirm=False)

    async def pay(self, name: str, context: ToolContext) -> str:
        """Pay somebody."""
        self.paid.append(context)
        await asyncio.sleep(self.takes_s)
        if self.failures:
            raise self.failures.pop(0)
        return f"{name} has got it"


class Model:
    """Says something whenever asked; keeps what it was told by then."""

    def __init__(self, *, fails: int = 0) -> None:
        self.fails = fails
        self.told: list[list[str]] = []

    async def respond(self, request) -> AsyncIterator[TextDelta | Failed]:  # type: ignore[no-untyped-def]
        system = [item for item in request.context if isinstance(item, ev.Message) and item.role == "system"]
        self.told.append([part.text for item in system for part in item.content if isinstance(part, ev.InputText)])
        if len(self.told) <= self.fails:
            yield Failed(code="server_error", message="out of order")
        else:
            yield TextDelta(text="So it is.")


def left(*, age_s: float = 1, arguments: str = ARGUMENTS, key: str | None = None, tool: str = "pay") -> Execution:
    parsed = Bank().box.get("pay").parse(ARGUMENTS)  # type: ignore[union-attr]
    right = Bank().box.get("pay").idempotency_key("call_1", None, parsed)  # type: ignore[union-attr]
    begun_at_ns = time.time_ns() - round(age_s * 1e9)
    return Execution(
        key=key or right, tool=tool, arguments=arguments, digest="", call_id="call_1", begun_at_ns=begun_at_ns
    )


def called(store: ExecutionMemory, bank: Bank, model: Model, *, wait_s: float = 1) -> tuple[list[CallEvent], float]:
    """One call in which the user says hello, and how long it took to open."""

    async def main() -> tuple[list[CallEvent], float]:
        began_s = asyncio.get_running_loop().time()
        server = InProcessServer(FunctionBackend(model.respond))
        async with server, Call(dial=server.dial, tools=bank.box, executions=store) as call:
            opened_s = asyncio.get_running_loop().time() - began_s
            call.send_text("Hello.")
            await asyncio.sleep(wait_s)
            call.respond()
            await call.quiet()
        return [event async for event in call.events()], opened_s

    return run_virtual(main())


def states(events: list[CallEvent]) -> list[ExecutionState]:
    return [event.execution.state for event in events if isinstance(event, ExecutionRecovered)]


def test_what_honours_its_key_is_done_again_with_it() -> None:
    bank, model, store = Bank(failures=(Temporary("busy"),)), Model(), Left(left())
    events, _ = called(store, bank, model)
    assert states(events) == [ExecutionState.ANSWERED]
    assert {context.idempotency_key for context in bank.paid} == {left().key}
    assert [context.attempt for context in bank.paid] == [1, 2]
    assert "It was carried out. Its result: Ada has got it" in model.told[0][0]
    assert store.unfinished() == []


@pytest.mark.parametrize(
    "execution",
    [
        left(age_s=REPEAT_WITHIN_S + 1),
        left(tool="sell"),
        left(arguments='{"to":"Ada"}'),
        left(arguments='{"name":"Bert"}'),
        left(key="of another time"),
    ],
)
def test_what_may_have_changed_its_meaning_is_not_done_again(execution: Execution) -> None:
    bank, model, store = Bank(), Model(), Left(execution)
    events, _ = called(store, bank, model)
    assert (states(events), bank.paid) == ([ExecutionState.UNKNOWN], [])
    assert "It is not known whether it took effect" in model.told[0][0]
    assert store.unfinished() == []


def test_what_does_not_honour_its_key_is_never_done_again() -> None:
    bank, model = Bank(keyed=False), Model()
    assert states(called(Left(left()), bank, model)[0]) == [ExecutionState.UNKNOWN]
    assert bank.paid == []


@pytest.mark.parametrize(
    ("failure", "state"),
    [
        (Permanent("the account is closed"), ExecutionState.FAILED),
        (Temporary("busy"), ExecutionState.UNKNOWN),
        (RuntimeError("a bug"), ExecutionState.UNKNOWN),
    ],
)
def test_only_a_failure_that_is_certain_counts_as_the_outcome(failure: Exception, state: ExecutionState) -> None:
    bank, model = Bank(failures=(failure,) * 3), Model()
    assert states(called(Left(left()), bank, model)[0]) == [state]
    said = "It failed and was not carried out" if state is ExecutionState.FAILED else "It is not known whether"
    assert said in model.told[0][0]


def test_a_call_does_not_wait_long_for_what_is_done_again() -> None:
    bank, model = Bank(takes_s=10), Model()
    events, opened_s = called(Left(left()), bank, model, wait_s=20)
    assert 3 <= opened_s < 4
    assert ["It is being finished now" in text for text in model.told[0]] == [True]
    assert ["It was carried out" in text for text in model.told[1]] == [False, True]
    assert states(events) == [ExecutionState.ANSWERED]


def test_what_is_done_again_has_its_time_and_no_more() -> None:
    bank, model = Bank(takes_s=1_000), Model()
    events, _ = called(Left(left()), bank, model, wait_s=40)
    assert states(events) == [ExecutionState.UNKNOWN]


def test_what_ended_untold_is_told() -> None:
    store, bank, model = Left(left()), Bank(), Model()
    store.end(left().key, ExecutionState.ANSWERED, "Ada has got it", 1)
    assert states(called(store, bank, model)[0]) == [ExecutionState.ANSWERED]
    assert bank.paid == []
    assert "Its result: Ada has got it" in model.told[0][0]
    assert store.unfinished() == []


def test_it_is_told_when_a_whole_response_followed() -> None:
    store, model = Left(left()), Model(fails=1_000)
    called(store, Bank(), model)
    assert len(store.unfinished()) == 1
    again = Model(fails=1)
    called(store, Bank(), again)
    assert all(len(told) == 1 for told in again.told)
    assert store.unfinished() == []


def test_a_store_that_cannot_be_read_costs_the_telling_alone() -> None:
    model = Model()
    events, _ = called(Unreadable(), Bank(), model)
    errors = [event for event in events if isinstance(event, ErrorHappened)]
    assert [(error.code, error.severity) for error in errors] == [("executions_unknown", "turn")]
    assert any(isinstance(event, AgentSaid) for event in events)


def test_many_are_told_of_in_several_calls() -> None:
    store = Left(*(left(key=f"k{number}") for number in range(RECOVERED_MAX + 5)))
    assert len(states(called(store, Bank(), Model())[0])) == RECOVERED_MAX
    assert len(states(called(store, Bank(), Model())[0])) == 5
    assert called(store, Bank(), last := Model())[0]
    assert last.told[0] == []


class Forgetful(ExecutionMemory):
    def told(self, key: str) -> None:
        raise StoreError("the disk is full")


def test_what_a_lost_connection_was_saying_is_to_be_said_again() -> None:
    async def main(store: ExecutionMemory) -> list[str]:
        store.begin(left())
        store.end(left().key, ExecutionState.ANSWERED, "", 1)
        records = Records()
        tasks: list[asyncio.Task[None]] = []
        told = Telling(
            store, Journal(records), all_told=lambda: True, spawn=lambda work: tasks.append(asyncio.create_task(work))
        )
        told.ended(left().key)
        said = ev.Message(role="assistant", content=[])
        lost = ev.Response(id="resp_1", status="in_progress", conversation_id="conv_1", output=[])
        whole = ev.Response(id="resp_2", status="completed", conversation_id="conv_1", output=[said])
        told.take(ev.ResponseCreated(response=lost))
        told.connection_lost()
        told.take(ev.ResponseCreated(response=whole))
        assert tasks == []
        told.take(ev.ResponseDone(response=whole))
        await asyncio.gather(*tasks)
        return [record.name for record in records.records]

    store = ExecutionMemory()
    assert run_virtual(main(store)) == []
    assert store.unfinished() == []
    assert run_virtual(main(forgetful := Forgetful())) == ["not_recorded"]
    assert len(forgetful.unfinished()) == 1
