"""A model that says it has done what it has not is found out, and one that speaks the truth is left alone."""

from __future__ import annotations

import asyncio

import pytest

from bareline.client.call_events import AgentSaid, ClaimFlagged, ToolSettled
from bareline.client.claims import REST_MAX_S
from bareline.protocol import events as ev
from bareline.protocol.generation import CallDelta
from bareline.testing.virtual import run_virtual
from bareline.tools import CallState, Toolbox
from bareline.units import seconds_to_ns


def box(delay_s: float = 0.0) -> Toolbox:
    tools = Toolbox()

    @tools.tool(effect="idempotent", timeout_s=300)
    async def delete_task(title: str) -> str:
        """Delete a task."""
        await asyncio.sleep(delay_s)
        return f"{title} is gone"

    return tools


def texts(request) -> list[str]:
    """What the model was told beside the conversation."""
    return [
        part.text
        for item in request.context
        if isinstance(item, ev.Message) and item.role == "system"
        for part in item.content
        if isinstance(part, ev.InputText)
    ]


def called(request) -> bool:
    return any(isinstance(item, ev.FunctionCallOutput) for item in request.context)


def test_what_was_said_and_not_done_is_an_event_and_a_record(kit) -> None:
    async def respond(request):
        for delta in kit.speech("Okay, I've deleted milk. Anything else?", 1_000):
            yield delta

    async def main() -> None:
        async with kit.phone(respond, tools=box()) as phone:
            await phone.talk(600)
            flagged = await phone.until(ClaimFlagged)
            assert (flagged.text, flagged.tools) == ("Okay, I've deleted milk.", ("delete_task",))
            assert flagged.item_id == phone.seen(AgentSaid)[0].item_id
            assert not flagged.corrected
            record = next(entry for entry in phone.records.records if entry.name == "claim_flagged")
            assert record.data["claim"] == flagged.text
            await asyncio.sleep(5)
            assert len(phone.seen(AgentSaid)) == 1, "nobody wanted a correction"

    run_virtual(main())


@pytest.mark.parametrize("delay_s", [0.0, 3.0])
def test_what_was_said_before_it_was_done_is_true_once_it_is_done(kit, delay_s: float) -> None:
    async def respond(request):
        if called(request):
            for delta in kit.speech("It's deleted.", 500):
                yield delta
        else:
            for delta in kit.speech("I've deleted milk.", 500):
                yield delta
            yield CallDelta(item=1, name="delete_task", arguments='{"title":"milk"}')

    async def main() -> None:
        async with kit.phone(respond, tools=box(delay_s), filler=False) as phone:
            await phone.talk(600)
            await phone.until(AgentSaid, count=2)
            await asyncio.sleep(5)
            assert phone.seen(ToolSettled)[0].state is CallState.ANSWERED
            assert phone.seen(ClaimFlagged) == []

    run_virtual(main())


def test_a_correction_is_asked_for_once_for_each_turn_and_sentence(kit) -> None:
    async def respond(request):
        corrected = len(texts(request))
        said = "Sorry, I have not deleted it yet. I deleted milk." if corrected else "I've deleted it."
        for delta in kit.speech(said, 500):
            yield delta

    async def main() -> None:
        async with kit.phone(respond, tools=box(), correct_claims=True) as phone:
            await phone.talk(600)
            first = await phone.until(ClaimFlagged)
            assert first.corrected
            second = await phone.until(ClaimFlagged, count=2)
            assert (second.text, second.corrected) == ("I deleted milk.", False), "not twice in one turn"
            await phone.talk(600)
            assert (await phone.until(ClaimFlagged, count=3)).corrected
            await phone.talk(600)
            assert not (await phone.until(ClaimFlagged, count=4)).corrected, "not twice for one sentence"
            told = [item for item in phone.sent(ev.ConversationItemCreate) if item.item.role == "system"]
            assert len(told) == 2
            assert "\u201cI've deleted it.\u201d" in told[0].item.content[0].text

    run_virtual(main())


def test_a_claim_does_not_wait_for_ever_for_what_is_under_way(kit) -> None:
    async def respond(request):
        for delta in kit.speech("I've deleted milk.", 500):
            yield delta
        if not called(request):
            yield CallDelta(item=1, name="delete_task", arguments='{"title":"milk"}')

    async def main() -> None:
        tools = box(200.0)
        async with kit.phone(respond, tools=tools, filler=False) as phone:
            await phone.talk(600)
            spoken = await phone.until(AgentSaid)
            flagged = await phone.until(ClaimFlagged)
            assert flagged.at_ns - spoken.at_ns < seconds_to_ns(REST_MAX_S + 1)

    run_virtual(main())


def test_tools_that_come_during_the_call_are_known(kit) -> None:
    async def respond(request):
        for delta in kit.speech("I've archived it.", 500):
            yield delta

    async def main() -> None:
        async with kit.phone(respond, tools=box()) as phone:
            await phone.talk(600)
            await phone.until(AgentSaid)
            more = Toolbox()
            more.add(box().get("delete_task").function, name="archive_task", effect="idempotent")
            phone.call.use_tools(more)
            await phone.talk(600)
            flagged = await phone.until(ClaimFlagged)
            assert flagged.tools == ("archive_task",)
            assert len(phone.seen(AgentSaid)) == 2

    run_virtual(main())
