"""Do tools run, fail, wait for consent and report, as their effect demands?"""

from __future__ import annotations

import asyncio
import json

import pytest

from bareline.client.call_events import AgentSaid, AgentStarted, ConfirmationAsked, ToolCalled, ToolSettled
from bareline.errors import InvalidRequest, NotFound
from bareline.protocol import events as ev
from bareline.protocol.generation import CallDelta
from bareline.testing.virtual import run_virtual
from bareline.tools import CallState, Toolbox, ToolContext


class Tasks:
    """A toolbox and what it did."""

    def __init__(self) -> None:
        self.deleted: list[str] = []
        self.contexts: list[ToolContext] = []
        self.box = Toolbox()
        self.box.add(self.delete_task, effect="irreversible", confirm="Delete {title} for good?")
        self.box.add(self.broken)
        self.box.add(self.find)
        self.box.add(self.slow_write, effect="irreversible", confirm=False, filler=False, timeout_s=2)
        self.box.add(self.slow_read, filler=False, timeout_s=2)

    async def delete_task(self, title: str, context: ToolContext) -> str:
        """Delete a task."""
        self.deleted.append(title)
        self.contexts.append(context)
        return f"{title} is gone"

    async def broken(self) -> str:
        """Break."""
        raise RuntimeError("the password is hunter2")

    async def find(self, title: str) -> str:
        """Find a task."""
        raise NotFound(f"no task called {title}", suggestions=("silk",))

    async def slow_write(self) -> None:
        """Write slowly."""
        await asyncio.sleep(100)

    async def slow_read(self) -> None:
        """Read slowly."""
        await asyncio.sleep(100)


def outputs(request) -> list[str]:
    return [item.output for item in request.context if isinstance(item, ev.FunctionCallOutput)]


def turns(request) -> int:
    return sum(isinstance(item, ev.Message) and item.role == "user" for item in request.context)


def proposal_of(request) -> dict:
    return next(told for text in reversed(outputs(request)) if (told := json.loads(text)).get("proposal_id"))


def deleting(kit, *, answer: str = "confirm_action", proposal: str | None = None):
    """Turn 1: delete milk, ask what is to be asked. Turn 2: report the user's answer, say what came of it."""

    async def respond(request):
        told = outputs(request)
        if not told:
            yield CallDelta(name="delete_task", arguments='{"title":"milk"}')
        elif turns(request) == 1:
            for delta in kit.speech(proposal_of(request)["say"], 1_000):
                yield delta
        elif len(told) == 1:
            named = proposal or proposal_of(request)["proposal_id"]
            yield CallDelta(name=answer, arguments=json.dumps({"proposal_id": named}))
        else:
            for delta in kit.speech(told[-1], 500):
                yield delta

    return respond


def test_consent_by_voice_carries_out_exactly_what_was_asked(kit) -> None:
    async def main() -> None:
        tasks = Tasks()
        async with kit.phone(
            deleting(kit), tools=tasks.box, context="the app", words=lambda n: ["Delete milk.", "Yes."][n]
        ) as phone:
            await phone.talk(600)
            asked = await phone.until(ConfirmationAsked)
            assert asked.question == "Delete milk for good?"
            assert (await phone.until(AgentSaid)).text == "Delete milk for good?"
            assert tasks.deleted == []
            await phone.talk(600)
            settled = await phone.until(ToolSettled)
            assert (settled.name, settled.state, settled.consent) == ("delete_task", CallState.ANSWERED, "user")
            assert (await phone.until(AgentSaid, count=2)).text == "milk is gone"
            assert tasks.deleted == ["milk"]
            assert tasks.contexts[0].app == "the app"
            assert tasks.contexts[0].proposal_id == asked.proposal_id
            consent = next(r for r in phone.records.records if r.name == "consent")
            assert consent.data["by"] == "user"
            states = [r.data["state"] for r in phone.records.records if r.kind == "tool" and r.name == "delete_task"]
            assert states == ["requested", "confirming", "running", "answered"]
            assert phone.call.pending == ()
            assert [event.name for event in phone.seen(ToolCalled)] == ["delete_task"]

    run_virtual(main())


def test_a_yes_into_the_question_counts(kit) -> None:
    async def main() -> None:
        tasks = Tasks()
        async with kit.phone(deleting(kit), tools=tasks.box) as phone:
            await phone.talk(600)
            await phone.until(AgentStarted)
            await asyncio.sleep(0.4)
            await phone.talk(600)
            await phone.until(ToolSettled)
            assert tasks.deleted == ["milk"]

    run_virtual(main())


def test_a_model_that_does_not_wait_for_the_answer_gets_no_consent(kit) -> None:
    async def respond(request):
        told = outputs(request)
        if not told:
            yield CallDelta(name="delete_task", arguments='{"title":"milk"}')
        elif len(told) == 1:
            named = proposal_of(request)["proposal_id"]
            for delta in kit.speech("Delete milk for good?", 500):
                yield delta
            yield CallDelta(item=1, name="confirm_action", arguments=json.dumps({"proposal_id": named}))
        else:
            for delta in kit.speech(json.loads(told[-1])["kind"], 300):
                yield delta

    async def main() -> None:
        tasks = Tasks()
        async with kit.phone(respond, tools=tasks.box) as phone:
            await phone.talk(600)
            assert (await phone.until(AgentSaid, count=2)).text == "not_asked"
            assert tasks.deleted == []
            assert len(phone.call.pending) == 1

    run_virtual(main())


@pytest.mark.parametrize(("answer", "proposal"), [("decline_action", None), ("confirm_action", "p_invented")])
def test_without_consent_nothing_happens(kit, answer, proposal) -> None:
    async def main() -> None:
        tasks = Tasks()
        async with kit.phone(deleting(kit, answer=answer, proposal=proposal), tools=tasks.box) as phone:
            await phone.talk(600)
            await phone.until(AgentSaid)
            await phone.talk(600)
            said = await phone.until(AgentSaid, count=2)
            assert tasks.deleted == []
            assert json.loads(said.text)["status"] == ("declined" if proposal is None else "error")
            if proposal is None:
                assert phone.seen(ToolSettled)[0].state is CallState.CANCELLED

    run_virtual(main())


def test_a_question_nobody_answers_expires(kit) -> None:
    async def main() -> None:
        tasks = Tasks()
        async with kit.phone(deleting(kit), tools=tasks.box) as phone:
            await phone.talk(600)
            said = await phone.until(AgentSaid)
            settled = await phone.until(ToolSettled)
            assert settled.state is CallState.CANCELLED
            assert settled.at_ns - said.at_ns == pytest.approx(30e9, abs=1e8)
            await phone.talk(600)
            said = await phone.until(AgentSaid, count=2)
            assert json.loads(said.text)["kind"] == "not_pending"
            assert tasks.deleted == []

    run_virtual(main())


def test_a_change_of_mind_ends_the_old_question(kit) -> None:
    async def respond(request):
        told, title = outputs(request), {1: "milk", 2: "bread"}.get(turns(request))
        if len(told) < turns(request) and title:
            yield CallDelta(name="delete_task", arguments=json.dumps({"title": title}))
        elif turns(request) == 3 and len(told) == 2:
            old = json.loads(told[0])["proposal_id"]
            yield CallDelta(name="confirm_action", arguments=json.dumps({"proposal_id": old}))
        else:
            for delta in kit.speech("Really?", 300):
                yield delta

    async def main() -> None:
        tasks = Tasks()
        async with kit.phone(respond, tools=tasks.box) as phone:
            for turn in (1, 2):
                await phone.talk(600)
                await phone.until(AgentSaid, count=turn)
            (settled,) = phone.seen(ToolSettled)
            await phone.talk(600)
            await phone.until(AgentSaid, count=3)
            assert (settled.arguments, settled.state) == ('{"title": "milk"}', CallState.CANCELLED)
            assert [entry.arguments.values["title"] for entry in phone.call.pending] == ["bread"]
            assert tasks.deleted == []

    run_virtual(main())


def test_the_application_may_consent_or_decline(kit) -> None:
    async def main() -> None:
        tasks = Tasks()
        async with kit.phone(deleting(kit), tools=tasks.box) as phone:
            await phone.talk(600)
            asked = await phone.until(ConfirmationAsked)
            phone.call.confirm(asked.proposal_id)
            settled = await phone.until(ToolSettled)
            assert (settled.state, settled.consent) == (CallState.ANSWERED, "application")
            assert tasks.deleted == ["milk"]
            await asyncio.sleep(0.1)
            system = [entry.text for entry in phone.server.conversation.items if entry.role == "system"]
            assert "milk is gone" in system[0]
            for decide in (phone.call.confirm, phone.call.decline):
                with pytest.raises(InvalidRequest):
                    decide(asked.proposal_id)

    run_virtual(main())


def test_the_application_s_refusal_is_told(kit) -> None:
    async def main() -> None:
        tasks = Tasks()
        async with kit.phone(deleting(kit), tools=tasks.box) as phone:
            await phone.talk(600)
            phone.call.decline((await phone.until(ConfirmationAsked)).proposal_id)
            assert (await phone.until(ToolSettled)).state is CallState.CANCELLED
            await asyncio.sleep(0.1)
            assert any("not done" in entry.text for entry in phone.server.conversation.items if entry.role == "system")

    run_virtual(main())


@pytest.mark.parametrize("policy", ["standing", "pending"])
def test_the_confirming_tools_are_offered_by_policy(kit, policy) -> None:
    async def main() -> None:
        tasks = Tasks()
        async with kit.phone(deleting(kit), tools=tasks.box, confirming=policy) as phone:
            offered = lambda: "confirm_action" in [tool.name for tool in phone.server.session.tools]  # noqa: E731
            assert offered() == (policy == "standing")
            await phone.talk(600)
            await phone.until(AgentSaid)
            assert offered()
            await phone.talk(600)
            await phone.until(ToolSettled)
            await asyncio.sleep(0.1)
            assert offered() == (policy == "standing")
            assert tasks.deleted == ["milk"]

    run_virtual(main())


def one_call(name: str, arguments: str = "{}"):
    async def respond(request):
        if not outputs(request):
            yield CallDelta(name=name, arguments=arguments)

    return respond


@pytest.mark.parametrize(
    ("name", "arguments", "state", "told"),
    [
        ("broken", "{}", CallState.FAILED, {"kind": "internal"}),
        ("find", '{"title":"milk"}', CallState.FAILED, {"kind": "not_found", "suggestions": ["silk"]}),
        ("find", "{}", CallState.FAILED, {"kind": "invalid_arguments", "field": "title"}),
        ("unheard_of", "{}", CallState.FAILED, {"kind": "unknown_tool"}),
        ("slow_read", "{}", CallState.TIMED_OUT, {"kind": "timed_out"}),
        ("slow_write", "{}", CallState.UNKNOWN, {"status": "unknown"}),
    ],
)
def test_failures_are_told_in_a_form_the_model_can_use(kit, name, arguments, state, told) -> None:
    async def main() -> None:
        async with kit.phone(one_call(name, arguments), tools=Tasks().box) as phone:
            phone.call.send_text("Go.")
            settled = await phone.until(ToolSettled)
            assert settled.state is state
            assert told.items() <= json.loads(settled.output).items()
            assert "hunter2" not in settled.output
            details = [r.data.get("detail", "") for r in phone.records.records if r.kind == "tool"]
            assert any("hunter2" in detail for detail in details) == (name == "broken")
            await asyncio.sleep(1)
            assert len(phone.sent(ev.ResponseCreate)) == 2

    run_virtual(main())


def test_what_is_under_way_at_the_end_of_the_call_gets_an_end_too(kit) -> None:
    async def main(name: str, state: CallState) -> None:
        async with kit.phone(one_call(name), tools=Tasks().box) as phone:
            phone.call.send_text("Go.")
            await phone.until(ToolCalled)
            await phone.call.hang_up()
            assert (await phone.until(ToolSettled)).state is state

    run_virtual(main("slow_read", CallState.CANCELLED))
    run_virtual(main("slow_write", CallState.UNKNOWN))


def test_plain_functions_run_in_threads_and_do_not_hold_up_the_loop(kit) -> None:
    import threading

    tools, threads = Toolbox(), []

    @tools.tool
    def plain(number: int) -> int:
        """Double."""
        threads.append(threading.current_thread())
        return number * 2

    async def main() -> None:
        async with kit.phone(one_call("plain", '{"number":21}'), tools=tools, microphone=None) as phone:
            phone.call.send_text("Go.")
            assert (await phone.until(ToolSettled, within_s=5)).output == "42"
            assert threads[0] is not threading.main_thread()

    asyncio.run(main())


def test_a_call_cut_off_by_an_interruption_is_not_run(kit) -> None:
    async def respond(request):
        if turns(request) == 1:
            yield CallDelta(name="find", arguments='{"title":"mi')
            await asyncio.sleep(5)
            yield CallDelta(arguments='lk"}')

    async def main() -> None:
        async with kit.phone(respond, tools=Tasks().box) as phone:
            await phone.talk(600)
            await asyncio.sleep(1)
            await phone.talk(600)
            await asyncio.sleep(1)
            assert phone.seen(ToolCalled) == []
            assert any(r.name == "call_ignored" for r in phone.records.records)

    run_virtual(main())


def test_a_slow_tool_is_covered_by_its_filler_and_a_fast_one_is_not(kit) -> None:
    async def respond(request):
        if request.out_of_band:
            for delta in kit.speech("One moment.", 2_000, step_ms=500):
                await asyncio.sleep(0.2)
                yield delta
        elif outputs(request):
            for delta in kit.speech("There it is.", 500):
                yield delta
        else:
            yield CallDelta(name="work", arguments="{}")

    async def main(seconds: float, spoken: int) -> None:
        tools = Toolbox()

        @tools.tool(filler="One moment.")
        async def work() -> None:
            """Work."""
            await asyncio.sleep(seconds)

        async with kit.phone(respond, tools=tools) as phone:
            phone.call.send_text("Work.")
            said = await phone.until(AgentSaid)
            assert said.text == "There it is."
            assert len(phone.seen(AgentStarted)) == spoken
            stretches = [r.data["item_id"] for r in phone.records.records if r.kind == "playout"]
            assert stretches == sorted(stretches, key=stretches.index), "one after the other, never mixed"
            assert phone.speaker.heard_samples == (500 + 2_000 * (spoken - 1)) * 24
            assert phone.call.ledger.position(said.item_id).heard == 500 * 24
            assert [entry.text for entry in phone.call.transcript] == ["Work.", "There it is."]

    run_virtual(main(0.5, 1))
    run_virtual(main(2.0, 2))
