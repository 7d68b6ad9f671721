"""Who else is asked, and what is looked up before anybody is?"""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import threading
from typing import Any

import pytest

from bareline.client.call_events import (
    AgentSaid,
    ApprovalAsked,
    ConfirmationAsked,
    ErrorHappened,
    ToolCalled,
    ToolSettled,
)
from bareline.errors import Denied, InvalidRequest, NotFound, Temporary
from bareline.protocol import events as ev
from bareline.protocol.generation import CallDelta
from bareline.testing.virtual import run_virtual
from bareline.tools import Approval, AskPerson, CallState, Confirm, Toolbox, ToolContext


class Bank:
    """A toolbox with one tool, and what it did."""

    def __init__(self, confirm: Any) -> None:
        self.paid: list[tuple[str, int]] = []
        self.box = Toolbox()
        self.box.add(self.pay, effect="irreversible", confirm=confirm)

    async def pay(self, to: str, amount: int) -> str:
        """Pay."""
        self.paid.append((to, amount))
        return f"paid {amount} to {to}"


class Supervisor:
    """Somebody with a screen: answers when told to."""

    def __init__(self) -> None:
        self.seen: list[Approval] = []
        self.withdrawn = 0
        self._answer: asyncio.Future[bool] | None = None

    async def approve(self, approval: Approval) -> bool:
        self.seen.append(approval)
        self._answer = asyncio.get_running_loop().create_future()
        try:
            return await self._answer
        except asyncio.CancelledError:
            self.withdrawn += 1
            raise

    def answer(self, approved: bool) -> None:
        assert self._answer is not None
        self._answer.set_result(approved)


def paying(kit, *, then: str = ""):
    """Turn 1: pays, says what it is told. Turn 2: declines or confirms what waits. Else says the latest news."""

    async def respond(request):
        if request.out_of_band:
            return
        told = [item.output for item in request.context if isinstance(item, ev.FunctionCallOutput)]
        users = sum(isinstance(item, ev.Message) and item.role == "user" for item in request.context)
        if not told:
            yield CallDelta(name="pay", arguments='{"to":"Ann","amount":1250}')
        elif users == 2 and then and len(told) == 1:
            named = json.dumps({"proposal_id": json.loads(told[0])["proposal_id"]})
            yield CallDelta(name=then, arguments=named)
        else:
            for delta in kit.speech(json.loads(told[0]).get("say", "Noted."), 300):
                yield delta

    return respond


def system_items(phone) -> list[str]:
    return [entry.text for entry in phone.server.conversation.items if entry.role == "system"]


def told(phone) -> dict[str, Any]:
    found = [entry.item.output for entry in phone.server.conversation.items if hasattr(entry.item, "output")]
    return json.loads(found[0])


@pytest.mark.parametrize("approved", [True, False])
def test_a_person_decides_and_the_user_hears_of_it(kit, approved) -> None:
    async def main() -> None:
        person = Supervisor()
        bank = Bank(AskPerson(person.approve, "Pay {amount} to {to}?"))
        async with kit.phone(paying(kit), tools=bank.box, context="the app") as phone:
            await phone.talk(600)
            waits = await phone.until(AgentSaid)
            assert "approve" in waits.text
            (approval,) = person.seen
            assert (approval.question, approval.tool, approval.app) == ("Pay 1,250 to Ann?", "pay", "the app")
            assert approval.arguments == {"to": "Ann", "amount": 1250}
            assert (await phone.until(ApprovalAsked)).proposal_id == approval.proposal_id
            assert phone.seen(ConfirmationAsked) == []
            assert told(phone)["status"] == "needs_approval"
            await asyncio.sleep(120)
            person.answer(approved)
            settled = await phone.until(ToolSettled)
            await phone.until(AgentSaid, count=2)
            if approved:
                assert (settled.state, settled.consent, bank.paid) == (CallState.ANSWERED, "person", [("Ann", 1250)])
                assert "paid 1250 to Ann" in system_items(phone)[-1]
            else:
                assert (settled.state, bank.paid) == (CallState.CANCELLED, [])
                assert "not done" in system_items(phone)[-1]

    run_virtual(main())


def test_a_person_who_never_answers_is_not_waited_for_for_ever(kit) -> None:
    async def main() -> None:
        person = Supervisor()
        bank = Bank(AskPerson(person.approve, expiry_ns=20 * 10**9))
        async with kit.phone(paying(kit), tools=bank.box) as phone:
            await phone.talk(600)
            asked = await phone.until(ApprovalAsked)
            settled = await phone.until(ToolSettled)
            assert settled.at_ns - asked.at_ns == pytest.approx(20e9, abs=1e8)
            await phone.until(AgentSaid, count=2)
            assert "Nobody approved in time" in system_items(phone)[-1]
            assert (person.withdrawn, bank.paid) == (1, [])

    run_virtual(main())


@pytest.mark.parametrize("trouble", [RuntimeError("hunter2"), asyncio.CancelledError()])
def test_a_person_who_cannot_be_asked_has_not_approved(kit, trouble) -> None:
    async def broken(approval: Approval) -> bool:
        raise trouble

    async def main() -> None:
        bank = Bank(AskPerson(broken))
        async with kit.phone(paying(kit), tools=bank.box) as phone:
            await phone.talk(600)
            assert (await phone.until(ToolSettled)).state is CallState.CANCELLED
            await phone.until(AgentSaid)
            assert any(r.name == "approval_failed" for r in phone.records.records)
            assert not any("hunter2" in text for text in system_items(phone))
            assert phone.seen(ErrorHappened) == []

    run_virtual(main())


@pytest.mark.parametrize("then", ["decline_action", "confirm_action"])
def test_the_user_may_take_it_back_but_not_approve_it(kit, then) -> None:
    async def main() -> None:
        person = Supervisor()
        bank = Bank(AskPerson(person.approve))
        async with kit.phone(paying(kit, then=then), tools=bank.box, words=lambda n: f"words {n}") as phone:
            await phone.talk(600)
            await phone.until(AgentSaid)
            await phone.talk(600)
            await phone.until(AgentSaid, count=2)
            taken_back = then == "decline_action"
            assert person.withdrawn == taken_back
            assert len(phone.call.pending) == (not taken_back)
            assert bank.paid == []

    run_virtual(main())


def test_the_application_may_decide_in_place_of_the_person(kit) -> None:
    async def main() -> None:
        person = Supervisor()
        bank = Bank(AskPerson(person.approve))
        async with kit.phone(paying(kit), tools=bank.box) as phone:
            await phone.talk(600)
            phone.call.confirm((await phone.until(ApprovalAsked)).proposal_id)
            assert (await phone.until(ToolSettled)).consent == "application"
            assert (person.withdrawn, bank.paid) == (1, [("Ann", 1250)])

    run_virtual(main())


def test_asking_a_person_ends_with_the_call(kit) -> None:
    async def main() -> None:
        person = Supervisor()
        bank = Bank(AskPerson(person.approve))
        async with kit.phone(paying(kit), tools=bank.box) as phone:
            await phone.talk(600)
            await phone.until(ApprovalAsked)
            await asyncio.sleep(1)
            await phone.call.hang_up()
            assert (await phone.until(ToolSettled)).state is CallState.CANCELLED
            assert person.withdrawn == 1

    run_virtual(main())


async def found(to: str) -> str:
    return f"{to}, your landlord"


async def nobody(to: str) -> None:
    return None


async def similar(to: str) -> str:
    raise NotFound(f"there is no {to}", suggestions=("Anna",), wanted=to)


async def denied(to: str) -> str:
    raise Denied("that account is locked")


async def away(to: str) -> str:
    raise Temporary("the directory is away")


async def broken(to: str) -> str:
    raise RuntimeError("hunter2")


async def slow(to: str) -> str:
    await asyncio.sleep(60)
    return to


async def not_text(**arguments: Any) -> Any:
    return dt.timedelta(minutes=arguments["amount"])


async def knowing(context: ToolContext, to: str) -> str:
    return f"{to} of {context.app}"


PLAIN = "Shall I really pay: to Ann, amount 1,250?"


@pytest.mark.parametrize(
    ("describe", "question"),
    [
        (found, "Pay Ann, your landlord?"),
        (knowing, "Pay Ann of the app?"),
        (not_text, "Pay 20 hours and 50 minutes?"),
        (away, PLAIN),
        (broken, PLAIN),
        (slow, PLAIN),
    ],
)
def test_the_object_is_looked_up_and_the_question_is_plain_where_that_fails(kit, describe, question) -> None:
    async def main() -> None:
        bank = Bank(Confirm("Pay {object}?", describe=describe))
        async with kit.phone(paying(kit), tools=bank.box, context="the app") as phone:
            await phone.talk(600)
            called = await phone.until(ToolCalled)
            asked = await phone.until(ConfirmationAsked)
            assert asked.question == question
            assert asked.at_ns - called.at_ns == pytest.approx(2e9 if describe is slow else 0, abs=1e8)
            assert (await phone.until(AgentSaid)).text == question
            trouble = [r.data["why"] for r in phone.records.records if r.name == "lookup_failed"]
            assert len(trouble) == (question == PLAIN)
            assert not any("hunter2" in str(entry.item) for entry in phone.server.conversation.items)

    run_virtual(main())


@pytest.mark.parametrize(
    ("describe", "kind", "say"),
    [
        (nobody, "not_found", "Ann"),
        (similar, "not_found", "Did you mean Anna?"),
        (denied, "denied", "that account is locked"),
    ],
)
def test_what_is_not_there_is_not_asked_about(kit, describe, kind, say) -> None:
    async def main() -> None:
        bank = Bank(Confirm("Pay {object}?", describe=describe))
        async with kit.phone(paying(kit), tools=bank.box) as phone:
            await phone.talk(600)
            settled = await phone.until(ToolSettled)
            await phone.until(AgentSaid)
            assert settled.state is CallState.FAILED
            assert json.loads(settled.output)["kind"] == kind
            assert say in json.loads(settled.output)["say"]
            assert (phone.call.pending, phone.seen(ConfirmationAsked)) == ((), [])

    run_virtual(main())


def test_a_call_that_ends_during_the_look_up_ends_the_tool_call_too(kit) -> None:
    async def main() -> None:
        bank = Bank(Confirm("Pay {object}?", describe=slow))
        async with kit.phone(paying(kit), tools=bank.box) as phone:
            await phone.talk(600)
            await phone.until(ToolCalled)
            await phone.call.hang_up()
            assert (await phone.until(ToolSettled)).state is CallState.CANCELLED

    run_virtual(main())


@pytest.mark.slow
def test_plain_look_ups_run_in_threads_and_cannot_hold_up_the_call(kit) -> None:
    release, threads = threading.Event(), []

    def look(to: str) -> str:
        threads.append(threading.current_thread())
        release.wait(10)
        raise RuntimeError("too late to matter")

    async def main() -> None:
        bank = Bank(Confirm("Pay {object}?", describe=look))
        async with kit.phone(paying(kit), tools=bank.box, microphone=None) as phone:
            phone.call.send_text("Pay.")
            asked = await phone.until(ConfirmationAsked, within_s=5)
            assert asked.question == PLAIN
            assert threads[0] is not threading.main_thread()
            release.set()
            await asyncio.sleep(0.1)
        await asyncio.to_thread(threads[0].join, 5)
        assert not threads[0].is_alive()

    asyncio.run(main())


def test_an_application_that_decides_too_late_is_told(kit) -> None:
    async def main() -> None:
        bank = Bank(Confirm("Pay {amount}?"))
        async with kit.phone(paying(kit), tools=bank.box, consent_expiry_s=5) as phone:
            await phone.talk(600)
            asked = await phone.until(ConfirmationAsked)
            await phone.until(ToolSettled)
            with pytest.raises(InvalidRequest, match="not answered in time"):
                phone.call.confirm(asked.proposal_id)

    run_virtual(main())
