"""Is a temporary failure tried again, as often and as fast as the tool allows, and never what may have happened?"""

from __future__ import annotations

import asyncio
import json
import random

import pytest

from bareline.client.call_events import ToolSettled
from bareline.errors import Permanent, RateLimited, Temporary
from bareline.protocol import events as ev
from bareline.protocol.generation import CallDelta
from bareline.testing.virtual import run_virtual
from bareline.tools import CallState, RetryPolicy, Toolbox, ToolContext

STEADY = RetryPolicy(attempts=3, first_delay_ms=200, factor=2, jitter=0)


def once(name: str, arguments: str = "{}"):
    """A backend that calls one tool, once."""

    async def respond(request):
        if not any(isinstance(item, ev.FunctionCall) for item in request.context):
            yield CallDelta(name=name, arguments=arguments)

    return respond


def settled(kit, tools: Toolbox, name: str = "look", **options):
    """How one call of the tool ends, its told output, and the trace."""

    async def main():
        async with kit.phone(once(name), tools=tools, **options) as phone:
            phone.call.send_text("Go.")
            end = await phone.until(ToolSettled)
            return end, json.loads(end.output), phone.records.records

    return run_virtual(main())


def failing(times: int, error: Exception, **options) -> tuple[Toolbox, list[tuple[int, float]]]:
    """A tool that fails so often, then answers; and when it was entered for which attempt."""
    tools, entered = Toolbox(), []

    @tools.tool(**{"effect": "read", "retry": STEADY, **options})
    async def look(context: ToolContext) -> str:
        """Look."""
        entered.append((context.attempt, asyncio.get_running_loop().time()))
        if len(entered) <= times:
            raise error
        return '"found"'

    return tools, entered


def test_a_temporary_failure_that_recovers_is_an_answer(kit) -> None:
    tools, entered = failing(2, Temporary("the line is busy"))
    end, told, records = settled(kit, tools)
    assert (end.state, told) == (CallState.ANSWERED, "found")
    assert [attempt for attempt, _ in entered] == [1, 2, 3]
    first, second, third = (at for _, at in entered)
    assert (second - first, third - second) == (pytest.approx(0.2), pytest.approx(0.4))
    retries = [(r.data["attempt"], r.data["delay_ms"], r.data["why"]) for r in records if r.name == "retry"]
    assert retries == [(1, 200, "the line is busy"), (2, 400, "the line is busy")]
    assert [r.data["attempts"] for r in records if r.kind == "tool" and "attempts" in r.data] == [3]


def test_attempts_come_to_an_end_and_that_is_said(kit) -> None:
    tools, entered = failing(99, Temporary("the line is busy"))
    end, told, _ = settled(kit, tools)
    assert (end.state, len(entered)) == (CallState.FAILED, 3)
    assert (told["kind"], told["attempts"], told["retry"]) == ("temporary", 3, False)


def test_a_rate_limit_says_itself_how_long_to_wait(kit) -> None:
    tools, entered = failing(1, RateLimited("slowly", retry_after_ms=3_000))
    end, _, _ = settled(kit, tools)
    assert end.state is CallState.ANSWERED
    assert entered[1][1] - entered[0][1] == pytest.approx(3)


def test_a_wait_beyond_the_budget_is_not_begun(kit) -> None:
    tools, entered = failing(99, RateLimited("slowly", retry_after_ms=9_000))
    end, told, _ = settled(kit, tools)
    assert (end.state, len(entered), told["kind"]) == (CallState.FAILED, 1, "rate_limited")


def test_the_budget_also_ends_an_attempt_that_hangs(kit) -> None:
    tools, entered = Toolbox(), []

    @tools.tool(effect="idempotent", retry=RetryPolicy(budget_ms=1_000, jitter=0))
    async def look(context: ToolContext) -> None:
        """Look."""
        entered.append(context.attempt)
        if context.attempt == 2:
            await asyncio.sleep(60)
        raise Temporary("the line is busy")

    end, told, _ = settled(kit, tools)
    assert (end.state, entered, told["attempts"]) == (CallState.FAILED, [1, 2], 2)
    assert 1_000 <= end.duration_ms < 1_100


def test_the_timeout_holds_for_each_attempt(kit) -> None:
    tools = Toolbox()

    @tools.tool(effect="read", timeout_s=0.5, retry=STEADY)
    async def look(context: ToolContext) -> None:
        """Look."""
        await asyncio.sleep(0.4 if context.attempt == 1 else 60)
        raise Temporary("the line is busy")

    end, told, _ = settled(kit, tools)
    assert (end.state, told["kind"]) == (CallState.TIMED_OUT, "timed_out")
    assert end.duration_ms == pytest.approx(400 + 200 + 500, abs=20)


@pytest.mark.parametrize(
    ("error", "options"),
    [
        (Temporary("the line is busy"), {"effect": "irreversible", "confirm": False}),
        (Temporary("the line is busy"), {"retry": False}),
        (Permanent("there is no line"), {}),
        (RuntimeError("a mistake"), {}),
    ],
)
def test_all_else_is_tried_once(kit, error: Exception, options: dict) -> None:
    tools, entered = failing(1, error, **options)
    end, _, _ = settled(kit, tools)
    assert end.state is (CallState.FAILED)
    assert len(entered) == 1


def test_the_same_chance_gives_the_same_delays(kit) -> None:
    def delays(seed: int) -> list[int]:
        tools, _ = failing(2, Temporary("busy"), retry=RetryPolicy(jitter=1))
        _, _, records = settled(kit, tools, chance=random.Random(seed))
        return [r.data["delay_ms"] for r in records if r.name == "retry"]

    assert delays(1) == delays(1) != delays(2)
    assert all(delay <= most for delay, most in zip(delays(3), (200, 400), strict=True))


def test_plain_functions_are_tried_again_too(kit) -> None:
    tools, attempts = Toolbox(), []

    @tools.tool(effect="read")
    def look(context: ToolContext) -> str:
        """Look."""
        attempts.append(context.attempt)
        if context.attempt == 1:
            raise Temporary("busy")
        return '"found"'

    end, told, _ = settled(kit, tools)
    assert (end.state, told, attempts) == (CallState.ANSWERED, "found", [1, 2])


def test_a_tool_that_cancels_itself_has_failed(kit) -> None:
    tools = Toolbox()

    @tools.tool
    async def look() -> None:
        """Look."""
        raise asyncio.CancelledError

    end, told, _ = settled(kit, tools)
    assert (end.state, told["kind"]) == (CallState.FAILED, "internal")
