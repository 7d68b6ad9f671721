"""A call with a budget says goodbye and hangs up while the money lasts; one that cannot be kept is refused."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import pytest

import bareline as bl
from bareline.client.budget import USED_UP
from bareline.client.call_events import HungUp
from bareline.errors import ConfigurationError
from bareline.observe.record import TraceRecord
from bareline.observe.recorder import Observers
from bareline.server.backends.rules import RulesBackend
from bareline.testing.proxy import ImpairedProxy

FAREWELL = "That is all for today."


async def call_costing(
    usd: float, turns: int, *, base_url: str = "local", lose: Callable[[], None] | None = None, **options: Any
) -> tuple[Decimal, bl.Records, str]:
    """What a written call came to, its records, and why it ended; it ends after ``turns`` if nothing else ends it.

    ``lose`` is called after the second turn, and when the money runs short.
    """
    meter, records = bl.CostMeter(), bl.Records()
    ended: list[str] = []
    budget, observer = bl.Budget(usd, farewell=FAREWELL), Observers(meter, records)
    options = {"output_modalities": ["text"], **options}
    async with bl.Call(base_url=base_url, budget=budget, observer=observer, **options) as call:

        async def follow() -> None:
            ended.extend([event.reason async for event in call.events() if isinstance(event, HungUp)])

        following = asyncio.create_task(follow())
        for turn in range(turns):
            call.send_text("Who are you?")
            await call.quiet(for_s=0.05)
            short = bool(named(records, "budget_short"))
            if lose is not None and (turn == 1 or short):
                lose()
            if short:
                await call.run()
                break
    await following
    return meter.account().usd, records, ended[0]


def named(records: bl.Records, name: str) -> list[TraceRecord]:
    return [record for record in records.records if record.name == name]


def test_the_call_ends_with_a_farewell_before_the_money_does() -> None:
    usd, records, why = asyncio.run(call_costing(0.009, 40))
    assert why == USED_UP
    assert named(records, "response.output_text.done")[-1].data["text"] == FAREWELL
    assert 2 < len(named(records, "response.done")) < 40
    assert Decimal("0.002") < usd <= Decimal("0.009")
    (decision,) = named(records, "budget_short")
    assert decision.data["spent_usd"] + decision.data["needed_usd"] > decision.data["budget_usd"] == 0.009


def test_what_was_spent_before_a_lost_connection_counts_and_the_farewell_waits_for_the_next() -> None:
    async def main() -> tuple[Decimal, bl.Records, str]:
        server = bl.RealtimeServer(RulesBackend())
        await server.start()
        target = urlsplit(server.url)
        try:
            async with ImpairedProxy(target.hostname or "", target.port or 0) as proxy:
                url = f"http://127.0.0.1:{proxy.port}/v1"
                return await call_costing(0.009, 40, base_url=url, lose=proxy.abort_all)
        finally:
            await server.stop()

    usd, records, why = asyncio.run(main())
    assert why == USED_UP
    assert named(records, "response.output_text.done")[-1].data["text"] == FAREWELL
    assert len(named(records, "reconnected")) == 2
    assert Decimal("0.002") < usd <= Decimal("0.009")


@pytest.mark.slow
def test_over_webrtc_the_farewell_is_spoken() -> None:
    spoken = {"transport": "webrtc", "output_modalities": ["audio"], "speaker": bl.NullSink()}
    usd, records, why = asyncio.run(call_costing(0.02, 40, **spoken))
    assert why == USED_UP
    assert named(records, "response.output_audio_transcript.done")[-1].data["transcript"] == FAREWELL
    assert len(named(records, "finished")) == len(named(records, "response.done"))  # each was heard to its end
    assert Decimal("0.005") < usd <= Decimal("0.02")


def test_a_call_within_its_budget_is_left_alone() -> None:
    _, records, why = asyncio.run(call_costing(1.0, 2))
    assert why != USED_UP
    assert not named(records, "budget_short")


@pytest.mark.parametrize("usd", [0, -1.0, float("nan"), float("inf")])
def test_a_budget_is_an_amount(usd: float) -> None:
    with pytest.raises(ConfigurationError, match="greater than 0"):
        bl.Budget(usd)


def test_a_budget_that_cannot_be_kept_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="no price is known"):
        bl.Call(model="somebody-elses", budget=bl.Budget(1.0))
    with pytest.raises(ConfigurationError, match="no price by tokens"):
        bl.Call(model="gpt-live-1", budget=bl.Budget(1.0))

    async def dial() -> bl.Line:
        raise AssertionError

    with pytest.raises(ConfigurationError, match="dial"):
        bl.Call(dial=dial, budget=bl.Budget(1.0))
