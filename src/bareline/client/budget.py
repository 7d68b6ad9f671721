"""When has a call cost enough, and how does it end then?

The cost is accounted for while the call runs, from the usage of its responses. The end is announced before the money
is gone: as soon as one more turn and the farewell would not fit any more, the farewell is said and the line hung up.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from bareline.clock import now_ns
from bareline.errors import ConfigurationError
from bareline.observe.charges import minute_prices
from bareline.observe.cost_meter import CostMeter
from bareline.observe.forecast import forecast
from bareline.observe.prices import PriceList, shipped_prices
from bareline.observe.record import Observer, TraceRecord
from bareline.observe.recorder import Observers

__all__ = ["FAREWELL_WITHIN_S", "USED_UP", "Budget", "BudgetKeeper"]

USED_UP = "the budget is used up"
"""The reason with which such a call ends."""
FAREWELL_WITHIN_S = 60.0
"""Time for what is being said and the farewell; then the line is hung up, whoever still speaks."""
_LOOK_S = 0.05
_WORDS_PER_MINUTE = 150
_SAID_TWICE = 2
"""A farewell may take longer than its words: it is counted double."""


@dataclass(frozen=True, slots=True)
class Budget:
    """At most so many US dollars for a call; ``farewell`` is said before its end, with the microphone muted.

    A turn cannot be stopped by its price: one dearer than those before it may go beyond. Transcription is included
    where its model has a price. ``prices``: those shipped unless given.
    """

    usd: float
    farewell: str = "I am sorry, our time is up. Thank you for calling, and goodbye."
    prices: PriceList | None = None

    def __post_init__(self) -> None:
        if not 0 < self.usd < float("inf"):
            raise ConfigurationError("a budget is an amount of US dollars greater than 0")


class _Speaking(Protocol):
    def say(self, text: str, *, remember: bool = True, interruptible: bool = True) -> None: ...
    def mute(self) -> None: ...
    async def hang_up(self, reason: str = "hung up") -> None: ...


class BudgetKeeper:
    """Watches one call. Raises ``ConfigurationError`` for a model that has no price by tokens.

    ``saying``: whether what must not be interrupted is being said, or still waits.
    """

    def __init__(self, budget: Budget, model: str, call: _Speaking, *, saying: Callable[[], bool]) -> None:
        prices = budget.prices or shipped_prices()
        price = prices.of(model)
        if price.text is None or price.audio is None:
            raise ConfigurationError(f"{model} has no price by tokens: a budget cannot be kept")
        minutes = Decimal(len(budget.farewell.split()) * _SAID_TWICE) / _WORDS_PER_MINUTE
        self._farewell_usd = minutes * minute_prices(price).assistant
        self._budget = budget
        self._call = call
        self._saying = saying
        self._meter = CostMeter(model=model, prices=prices)
        self._short = asyncio.Event()
        self._records: Observer | None = None

    def beside(self, observer: Observer | None) -> Observer:
        """An observer for the call: this one, and the application's."""
        self._records = observer
        return Observers(self, observer) if observer is not None else self

    def observe(self, record: TraceRecord) -> None:
        """Take one record of the call's trace."""
        self._meter.observe(record)
        if record.kind == "received" and record.name == "response.done":
            cost = self._meter.account()
            needed = forecast(cost, 0).next_turn_usd + self._farewell_usd
            if cost.usd + needed > Decimal(str(self._budget.usd)) and not self._short.is_set():
                self._short.set()
                self._tell(cost.usd, needed)

    async def run(self) -> None:
        """Wait until the money runs short, then say so and hang up."""
        await self._short.wait()
        self._call.mute()  # nothing more is asked for while the farewell is said
        self._call.say(self._budget.farewell, remember=False, interruptible=False)
        with suppress(TimeoutError):
            async with asyncio.timeout(FAREWELL_WITHIN_S):
                while self._saying():  # noqa: ASYNC110 - what is heard has no event
                    await asyncio.sleep(_LOOK_S)
        await self._call.hang_up(USED_UP)

    def _tell(self, spent_usd: Decimal, needed_usd: Decimal) -> None:
        if self._records is not None:
            data = {
                "why": "one more turn and the farewell do not fit",
                "spent_usd": float(spent_usd),
                "needed_usd": float(needed_usd),
                "budget_usd": self._budget.usd,
            }
            self._records.observe(TraceRecord(at_ns=now_ns(), kind="decision", name="budget_short", data=data))
