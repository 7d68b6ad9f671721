"""What did a call cost, turn by turn, and for what?

The account as values, and how responses add up to it; ``cost_meter`` reads them from a trace. All money is US dollars.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from itertools import groupby

import msgspec

from bareline.observe.charges import MODALITIES, Charge, Direction
from bareline.observe.prices import Modality

__all__ = ["CacheLoss", "CallCost", "ResponseCost", "TurnCost", "by_turn", "summed"]

_USD_0 = Decimal(0)
_DIRECTIONS: tuple[Direction, ...] = ("input", "cached", "output")


class ResponseCost(msgspec.Struct, frozen=True, kw_only=True):
    """One response. ``turn`` is 0 before the user said anything.

    ``unheard_tokens``: of its audio, what nobody heard; ``None`` where the trace does not say what was heard.
    """

    response_id: str
    turn: int
    at_ns: int
    status: str
    out_of_band: bool
    usd: Decimal
    charges: tuple[Charge, ...]
    unheard_tokens: int | None = None
    unheard_usd: Decimal = _USD_0

    def tokens(self, direction: Direction) -> int:
        """Of all modalities; ``input`` without what was cached."""
        return sum(charge.tokens for charge in self.charges if charge.direction == direction)


class CacheLoss(msgspec.Struct, frozen=True, kw_only=True):
    """Context that the response before had too, and that was billed as fresh.

    ``after``: tools, instructions, item deleted, item truncated; empty where the trace shows no reason.
    """

    response_id: str
    turn: int
    tokens: int
    usd: Decimal
    after: tuple[str, ...]


class TurnCost(msgspec.Struct, frozen=True, kw_only=True):
    """A turn of the user and all that was generated for it; ``input_tokens`` without the cached ones."""

    turn: int
    responses: int
    usd: Decimal
    input_tokens: int
    cached_tokens: int
    output_tokens: int
    unheard_usd: Decimal


class CallCost(msgspec.Struct, frozen=True, kw_only=True):
    """The account of a call. ``usd`` is all that was billed: the responses, and ``transcription_usd``.

    ``charges``: sums by direction and modality. ``seconds``: what the trace covers. ``unheard_usd``: generated audio
    that was never heard, at the price of its output; ``None`` where the trace does not say. ``cached_saved_usd``: what
    is not in the bill because the prompt cache served it. ``unpriced``: what is missing in ``usd``, in words.
    """

    model: str
    priced_as: str
    prices_read: str
    seconds: float
    usd: Decimal
    transcription_usd: Decimal
    unheard_usd: Decimal | None
    cached_saved_usd: Decimal
    charges: tuple[Charge, ...]
    turns: tuple[TurnCost, ...]
    cache_losses: tuple[CacheLoss, ...]
    responses: tuple[ResponseCost, ...]
    unpriced: tuple[str, ...] = ()


def summed(charges: Iterable[Charge]) -> tuple[Charge, ...]:
    """One charge for each direction and modality that occurs."""
    tokens: dict[tuple[Direction, Modality], int] = {}
    usd: dict[tuple[Direction, Modality], Decimal] = {}
    for charge in charges:
        key = (charge.direction, charge.modality)
        tokens[key] = tokens.get(key, 0) + charge.tokens
        usd[key] = usd.get(key, _USD_0) + charge.usd
    return tuple(
        Charge(direction, modality, tokens[direction, modality], usd[direction, modality])
        for direction in _DIRECTIONS
        for modality in MODALITIES
        if (direction, modality) in tokens
    )


def by_turn(responses: Sequence[ResponseCost]) -> tuple[TurnCost, ...]:
    """The responses of each turn together."""
    ordered = sorted(responses, key=lambda response: response.turn)
    return tuple(_turn(turn, list(group)) for turn, group in groupby(ordered, key=lambda response: response.turn))


def _turn(turn: int, responses: list[ResponseCost]) -> TurnCost:
    return TurnCost(
        turn=turn,
        responses=len(responses),
        usd=sum((response.usd for response in responses), _USD_0),
        input_tokens=sum(response.tokens("input") for response in responses),
        cached_tokens=sum(response.tokens("cached") for response in responses),
        output_tokens=sum(response.tokens("output") for response in responses),
        unheard_usd=sum((response.unheard_usd for response in responses), _USD_0),
    )
