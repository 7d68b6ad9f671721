"""Where do the prices come from that everybody quotes, and what does a change in mid-call cost?

Every figure is computed from the shipped prices; none is written down here but the quotes themselves.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from bareline.lab.cost_estimate import estimate_model
from bareline.lab.cost_profile import CallProfile
from bareline.observe.charges import minute_prices
from bareline.observe.prices import Price, PriceList

__all__ = ["QUOTED_CALL", "CacheChange", "MinuteQuote", "QuotedCall", "cache_changes", "minute_quotes", "quoted_calls"]

QUOTED_CALL = CallProfile(
    minutes=4.0,
    user_minutes=2.0,
    assistant_minutes=2.0,
    turns=12,
    prompt_tokens=1000,
    tool_calls=0,
    cache_share=0.7,
    unheard_share=0.0,
)
"""Four minutes, talk shared evenly, a turn every twenty seconds, an ordinary prompt, seven tenths cached."""
_QUOTED_MODEL = "gpt-realtime"
_CACHE_SHARES = (1.0, 0.9, 0.7, 0.5, 0.0)
_CHANGES = (0, 1, 3)


class MinuteQuote(msgspec.Struct, frozen=True, kw_only=True):
    """A minute of each voice billed once, in US dollars."""

    model: str
    user_usd_per_million: Decimal
    assistant_usd_per_million: Decimal
    user_minute_usd: Decimal
    assistant_minute_usd: Decimal
    read: str
    note: str


class QuotedCall(msgspec.Struct, frozen=True, kw_only=True):
    """The four-minute call: ``once_usd`` for what was said aloud, ``again_usd`` for all else: the context
    billed with each turn, the prompt in it, and what is written."""

    cache_share: float
    once_usd: Decimal
    again_usd: Decimal
    usd: Decimal


class CacheChange(msgspec.Struct, frozen=True, kw_only=True):
    """The same call with tools or instructions changed so often; ``more_usd`` against none."""

    changes: int
    usd: Decimal
    more_usd: Decimal


def minute_quotes(prices: PriceList) -> list[MinuteQuote]:
    """A minute of the user (600 tokens) and of the assistant (1,200) at every model of the Realtime API."""
    models = [price for price in prices.models if price.kind == "realtime" and price.assistant_tokens_per_s == 20]
    return [_minute(price) for price in models]


def quoted_calls(prices: PriceList, profile: CallProfile = QUOTED_CALL) -> list[QuotedCall]:
    """The four-minute call at 32 and 64 dollars, by how much of its context the prompt cache serves."""
    price = prices.of(_QUOTED_MODEL)
    minute = minute_prices(price)
    once = Decimal(str(profile.user_minutes)) * minute.user + Decimal(str(profile.assistant_minutes)) * minute.assistant
    calls: list[QuotedCall] = []
    for share in _CACHE_SHARES:
        usd = estimate_model(msgspec.structs.replace(profile, cache_share=share), price, prices).usd
        calls.append(QuotedCall(cache_share=share, once_usd=once, again_usd=usd - once, usd=usd))
    return calls


def cache_changes(prices: PriceList, model: str, profile: CallProfile) -> list[CacheChange]:
    """What changing tools or instructions 0, 1, 3 times and in every turn adds to this call."""
    price = prices.of(model)
    counts = sorted({min(changes, profile.turns) for changes in (*_CHANGES, profile.turns)})
    costs = [estimate_model(msgspec.structs.replace(profile, changes=changes), price, prices).usd for changes in counts]
    return [
        CacheChange(changes=changes, usd=usd, more_usd=usd - costs[0])
        for changes, usd in zip(counts, costs, strict=True)
    ]


def _minute(price: Price) -> MinuteQuote:
    minute = minute_prices(price)
    return MinuteQuote(
        model=price.model,
        user_usd_per_million=price.of("audio").input,
        assistant_usd_per_million=price.of("audio").output,
        user_minute_usd=minute.user,
        assistant_minute_usd=minute.assistant,
        read=price.read,
        note=price.note,
    )
