"""What would a call cost: with every realtime model, as a cascade, by the minute?

A call of tokens is played turn by turn, because every response bills the whole context again. Speech counts as the
service counts it: a token for 100 ms of the user and 50 ms of the assistant (REALTIME.md 12).
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Literal

import msgspec

from bareline.errors import ConfigurationError
from bareline.lab.cost_profile import CallProfile
from bareline.lab.cost_turns import BilledResponse, played, room_tokens
from bareline.observe.charges import MILLION, MODALITIES
from bareline.observe.prices import Pipeline, Price, PriceKind, PriceList

__all__ = ["CHARACTERS_PER_MINUTE", "Estimate", "estimate_all", "estimate_model", "estimate_pipeline"]

CHARACTERS_PER_MINUTE = 900
"""Of speech at 150 words a minute, spaces included."""
_USD_0 = Decimal(0)

Way = Literal["realtime", "cascade", "by the minute", "product"]

_CALLS: dict[PriceKind, Way] = {"realtime": "realtime", "live": "by the minute", "product": "product"}
"""The kinds that hold a call, and how they are billed."""


class Estimate(msgspec.Struct, frozen=True, kw_only=True):
    """``usd`` for the call in US dollars, and its ``parts``, which add up to it.

    ``usd_uncached``: were nothing served by the prompt cache. ``read``: the day of its oldest price.
    """

    name: str
    way: Way
    usd: Decimal
    usd_per_minute: Decimal
    usd_uncached: Decimal
    parts: dict[str, Decimal]
    read: str
    note: str = ""


def estimate_all(profile: CallProfile, prices: PriceList, *, shut_down: bool = False) -> list[Estimate]:
    """Every way to hold this call that has a price, cheapest first; models that are shut down only if asked for.

    A model whose context the prompt does not fit is left out.
    """
    models = [
        price
        for price in prices.models
        if price.kind in _CALLS and (shut_down or not price.shut_down) and profile.prompt_tokens < room_tokens(price)
    ]
    found = [estimate_model(profile, price, prices) for price in models]
    found += [estimate_pipeline(profile, pipeline, prices) for pipeline in prices.pipelines]
    return sorted(found, key=lambda estimate: estimate.usd)


def estimate_model(profile: CallProfile, price: Price, prices: PriceList) -> Estimate:
    """A realtime model, or what is billed by the connected minute with what is billed beside it.

    Raises ``ConfigurationError`` for a name in the profile or the prices that has no price, and for a model that holds
    no call.
    """
    if price.kind not in _CALLS:
        raise ConfigurationError(f"{price.model} is of the kind {price.kind}: it holds no call on its own")
    if profile.prompt_tokens >= room_tokens(price):
        raise ConfigurationError(f"the prompt does not fit {price.model}, which takes {room_tokens(price)} tokens")
    parts = _model_parts(profile, price, prices)
    uncached = _model_parts(_uncached(profile), price, prices)
    return _estimate(
        profile, parts, uncached, name=price.model, way=_CALLS[price.kind], read=price.read, note=price.note
    )


def estimate_pipeline(profile: CallProfile, pipeline: Pipeline, prices: PriceList) -> Estimate:
    """Recognition as long as the call lasts, a language model over what was written, a voice."""
    names = (pipeline.transcription, pipeline.language, pipeline.speech)
    return _estimate(
        profile,
        _pipeline_parts(profile, pipeline, prices),
        _pipeline_parts(_uncached(profile), pipeline, prices),
        name=pipeline.name,
        way="cascade",
        read=min(prices.of(name).read for name in names),
        note=f"{', '.join(names)}; the servers that run it are not included",
    )


def _model_parts(profile: CallProfile, price: Price, prices: PriceList) -> dict[str, Decimal]:
    if price.kind == "realtime":
        parts = _token_parts(played(profile, price), price)
        if profile.transcription:
            minute = prices.of(profile.transcription).usd_per_minute or _USD_0
            parts["transcription"] = _decimal(profile.user_minutes) * minute
        return parts
    parts = {"minutes": _decimal(profile.minutes) * (price.usd_per_minute or _USD_0)}
    if price.around:
        inner = next((each for each in prices.pipelines if each.name == price.around), None)
        if inner is None:
            raise ConfigurationError(f"{price.model} is built around '{price.around}', which is no pipeline here")
        parts |= _pipeline_parts(profile, inner, prices)
    elif price.backend:  # asked for what needs a tool, with all that was said
        language = prices.of(price.backend)
        asked = (response for response in played(profile, language, by_voice=False) if response.asks_tool)
        parts |= {f"backend {name}": usd for name, usd in _token_parts(asked, language).items()}
    elif price.text is not None:
        parts |= _token_parts(played(profile, price, by_voice=False), price)
    return parts


def _pipeline_parts(profile: CallProfile, pipeline: Pipeline, prices: PriceList) -> dict[str, Decimal]:
    language, voice = prices.of(pipeline.language), prices.of(pipeline.speech)
    spoken = _decimal(profile.assistant_minutes)
    letters = spoken * CHARACTERS_PER_MINUTE
    return {
        "transcription": _decimal(profile.minutes) * (prices.of(pipeline.transcription).usd_per_minute or _USD_0),
        **_token_parts(played(profile, language, by_voice=False), language),
        "speech": spoken * (voice.usd_per_minute or _USD_0)
        + letters * (voice.usd_per_million_characters or _USD_0) / MILLION,
    }


def _token_parts(responses: Iterable[BilledResponse], price: Price) -> dict[str, Decimal]:
    parts: dict[str, Decimal] = {}

    def bill(name: str, tokens: int, usd_per_million: Decimal) -> None:
        if tokens:
            parts[name] = parts.get(name, _USD_0) + tokens * usd_per_million / MILLION

    for response in responses:
        for modality, tokens, cached in zip(MODALITIES, response.context, response.cached, strict=True):
            per_million = price.of(modality)
            bill(f"{modality} in", tokens - cached, per_million.input)
            bill(f"{modality} cached", cached, per_million.input if per_million.cached is None else per_million.cached)
        bill("text out", response.written, price.of("text").output)
        bill("audio out", response.spoken, price.of("audio").output)
    return parts


def _estimate(
    profile: CallProfile,
    parts: dict[str, Decimal],
    uncached: dict[str, Decimal],
    *,
    name: str,
    way: Way,
    read: str,
    note: str,
) -> Estimate:
    usd = sum(parts.values(), _USD_0)
    return Estimate(
        name=name,
        way=way,
        usd=usd,
        usd_per_minute=usd / _decimal(profile.minutes),
        usd_uncached=sum(uncached.values(), _USD_0),
        parts=parts,
        read=read,
        note=note,
    )


def _uncached(profile: CallProfile) -> CallProfile:
    return msgspec.structs.replace(profile, cache_share=0.0)


def _decimal(value: float) -> Decimal:
    return Decimal(str(value))
