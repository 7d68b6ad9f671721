"""Does the code of the guide to confirmation do what the guide says?"""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import pytest

from bareline.client.call_events import AgentSaid, ApprovalAsked, ConfirmationAsked, ToolSettled
from bareline.protocol import events as ev
from bareline.protocol.generation import CallDelta
from bareline.testing.virtual import run_virtual

GUIDE = Path(__file__).parents[3] / "docs" / "howto" / "confirm-by-voice.md"


def block(words: str) -> dict[str, Any]:
    """What the block of the guide with these words defines."""
    found = re.findall(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    space: dict[str, Any] = {"__name__": "guide"}
    exec(next(text for text in found if words in text), space)  # noqa: S102 (the guide's own code is under test)
    return space


def calling(kit, name: str, arguments: dict[str, Any]):
    async def respond(request):
        told = [item.output for item in request.context if isinstance(item, ev.FunctionCallOutput)]
        if not told:
            yield CallDelta(name=name, arguments=json.dumps(arguments))
        else:
            for delta in kit.speech(json.loads(told[-1]).get("say", "Done.") if "{" in told[-1] else told[-1], 300):
                yield delta

    return respond


@pytest.mark.parametrize(
    ("title", "said"),
    [
        ("review proposal", "Delete 'review proposal', due Friday?"),
        ("buy milk", "I couldn't find buy milk. Did you mean buy silk?"),
    ],
)
def test_the_object_is_read_back(kit, title, said) -> None:
    async def main() -> None:
        guide = block("find_task")
        async with kit.phone(calling(kit, "delete_task", {"title": title}), tools=guide["tools"]) as phone:
            phone.call.send_text("Delete it.")
            assert (await phone.until(AgentSaid)).text == said

    run_virtual(main())


@pytest.mark.parametrize(
    ("amount", "guest", "end"),
    [
        (10, False, "paid"),
        (500, False, "asked"),
        (2_000, False, "approved"),
        (9_000, False, "refused"),
        (10, True, "Guests cannot pay."),
    ],
)
def test_rules_ask_whom_they_say(kit, capsys, amount, guest, end) -> None:
    async def main() -> None:
        guide = block("ask_supervisor")
        watching = asyncio.create_task(guide["supervisor"]())
        arguments = {"to": "Ann", "amount": amount}
        options = {"tools": guide["tools"], "context": {"guest": guest}}
        async with kit.phone(calling(kit, "pay", arguments), **options) as phone:
            phone.call.send_text("Pay.")
            said = await phone.until(AgentSaid)
            await asyncio.sleep(2)
            settled = [(event.state.value, event.consent) for event in phone.seen(ToolSettled)]
            assert len(phone.seen(ApprovalAsked)) == (end in {"approved", "refused"})
            assert len(phone.seen(ConfirmationAsked)) == (end == "asked")
            expected = {
                "paid": [("answered", None)],
                "asked": [],
                "approved": [("answered", "person")],
                "refused": [("cancelled", None)],
            }
            assert settled == expected.get(end, [("failed", None)])
            assert end != "Guests cannot pay." or said.text == end
            watching.cancel()

    run_virtual(main())
    assert capsys.readouterr().out == (f"approve? Pay {amount:,} to Ann?\n" if amount > 1_000 else "")


def test_words_of_ones_own_are_understood(capsys) -> None:
    block("scrap that")
    assert capsys.readouterr().out == "no no\n"
