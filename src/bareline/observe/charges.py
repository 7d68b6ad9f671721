"""What does one usage cost, to the token?

Sums are exact: decimal, and never rounded before they are shown. Where a usage does not say of which modality its
tokens are, they count as text, and where it does not say which of them were cached, the text at the beginning of the
context was (instructions and tools stand first).
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Literal, NamedTuple

import msgspec

from bareline.observe.prices import Modality, Price
from bareline.protocol import events as ev

__all__ = [
    "MILLION",
    "MODALITIES",
    "Charge",
    "Direction",
    "InputCounts",
    "MinutePrices",
    "input_counts",
    "minute_prices",
    "saved_by_cache",
    "total_usd",
    "transcription_usd",
    "usage_charges",
]

Direction = Literal["input", "cached", "output"]
MODALITIES: tuple[Modality, ...] = ("text", "audio", "image")
MILLION = Decimal(1_000_000)
_S_PER_MINUTE = 60


class Charge(msgspec.Struct, frozen=True):
    """Tokens of one modality in one direction, and their price in US dollars. ``input`` is what no cache served."""

    direction: Direction
    modality: Modality
    tokens: int
    usd: Decimal


class InputCounts(NamedTuple):
    """Tokens of a response's context by modality, and how many of each the prompt cache served."""

    all: dict[Modality, int]
    cached: dict[Modality, int]


class MinutePrices(NamedTuple):
    """US dollars for a minute of speech, billed once, of the user and of the assistant."""

    user: Decimal
    assistant: Decimal


def usage_charges(usage: ev.Usage, price: Price) -> tuple[Charge, ...]:
    """The charges of one response; those of no tokens are left out."""
    counts = input_counts(usage)
    output = usage.output_token_details or ev.OutputTokens()
    spoken = output.audio_tokens
    written = max(output.text_tokens, usage.output_tokens - spoken)  # reasoning, where it is not among the text
    charges: list[Charge] = []
    for modality in MODALITIES:
        per_million = price.of(modality)
        cached = counts.cached[modality]
        cached_price = per_million.input if per_million.cached is None else per_million.cached
        charges += [
            _charge("input", modality, counts.all[modality] - cached, per_million.input),
            _charge("cached", modality, cached, cached_price),
        ]
    charges += [
        _charge("output", "text", written, price.of("text").output),
        _charge("output", "audio", spoken, price.of("audio").output),
    ]
    return tuple(charge for charge in charges if charge.tokens)


def input_counts(usage: ev.Usage) -> InputCounts:
    """The context of a response by modality."""
    details = usage.input_token_details or ev.InputTokens()
    tokens: dict[Modality, int] = {
        "text": details.text_tokens,
        "audio": details.audio_tokens,
        "image": details.image_tokens,
    }
    tokens["text"] += max(0, usage.input_tokens - sum(tokens.values()))
    said = details.cached_tokens_details or ev.CachedTokens()
    served: dict[Modality, int] = {
        "text": said.text_tokens,
        "audio": said.audio_tokens,
        "image": said.image_tokens,
    }
    unnamed = details.cached_tokens - sum(served.values())
    for modality in MODALITIES:
        more = max(0, min(unnamed, tokens[modality] - served[modality]))
        served[modality] += more
        unnamed -= more
    return InputCounts(tokens, {modality: min(served[modality], tokens[modality]) for modality in MODALITIES})


def saved_by_cache(tokens: dict[Modality, int], price: Price) -> Decimal:
    """What these tokens cost more when no cache serves them."""
    saved = Decimal(0)
    for modality in MODALITIES:
        per_million = price.of(modality)
        if per_million.cached is not None:
            saved += tokens[modality] * (per_million.input - per_million.cached) / MILLION
    return saved


def transcription_usd(usage: ev.TranscriptUsage, price: Price) -> Decimal:
    """The price of one transcription, which is billed by seconds or by tokens."""
    if usage.type == "duration":
        return Decimal(str(usage.seconds or 0)) * (price.usd_per_minute or Decimal(0)) / _S_PER_MINUTE
    if price.text is None:  # billed by the minute, reported in tokens: as long as its audio
        heard = usage.input_tokens or 0
        return Decimal(heard) / 10 * (price.usd_per_minute or Decimal(0)) / _S_PER_MINUTE
    details = usage.input_token_details or ev.TranscriptInputTokens()
    heard, prompt = details.audio_tokens or 0, details.text_tokens or 0
    heard += max(0, (usage.input_tokens or 0) - heard - prompt)
    cost = heard * price.of("audio").input + prompt * price.text.input + (usage.output_tokens or 0) * price.text.output
    return cost / MILLION


def minute_prices(price: Price) -> MinutePrices:
    """A minute of each voice at a realtime model: $0.0192 and $0.0768 at 32 and 64 dollars (REALTIME.md 12, 16)."""
    audio = price.of("audio")
    return MinutePrices(
        user=_S_PER_MINUTE * price.user_tokens_per_s * audio.input / MILLION,
        assistant=_S_PER_MINUTE * price.assistant_tokens_per_s * audio.output / MILLION,
    )


def total_usd(charges: Iterable[Charge]) -> Decimal:
    """All of them together."""
    return sum((charge.usd for charge in charges), Decimal(0))


def _charge(direction: Direction, modality: Modality, tokens: int, usd_per_million: Decimal) -> Charge:
    return Charge(direction, modality, tokens, tokens * usd_per_million / MILLION)
