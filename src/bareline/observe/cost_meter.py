"""Which usage does a trace report, and what does it come to?

Only what the service itself reported is billed: the ``usage`` of each response and of each transcription. A response
counts once, however many connections saw it.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any, NamedTuple, TypeVar, cast

import msgspec

from bareline.errors import ConfigurationError
from bareline.observe.charges import (
    MILLION,
    MODALITIES,
    InputCounts,
    input_counts,
    saved_by_cache,
    total_usd,
    transcription_usd,
    usage_charges,
)
from bareline.observe.cost import CacheLoss, CallCost, ResponseCost, by_turn, summed
from bareline.observe.heard import HeardAudio
from bareline.observe.prices import Modality, Price, PriceList, shipped_prices
from bareline.observe.record import TraceRecord
from bareline.protocol import events as ev
from bareline.units import NS_PER_S, SAMPLE_RATE_HZ

__all__ = ["CACHE_STEP_TOKENS", "CostMeter", "account"]

CACHE_STEP_TOKENS = 128
"""The service caches in steps; what is missing within one is no loss."""
_USD_0 = Decimal(0)
_Reported = TypeVar("_Reported", ev.Usage, ev.TranscriptUsage)
_ITEM_CHANGES = {"conversation.item.delete": "item deleted", "conversation.item.truncate": "item truncated"}


class _Begun(NamedTuple):
    turn: int
    changes: tuple[str, ...]


class _Billed(NamedTuple):
    response_id: str
    at_ns: int
    status: str
    out_of_band: bool
    begun: _Begun
    usage: ev.Usage


def account(records: Iterable[TraceRecord], *, model: str | None = None, prices: PriceList | None = None) -> CallCost:
    """The account of a trace.

    ``model``: where the trace does not name it, or to see what the same tokens cost elsewhere. Raises
    ``ConfigurationError`` when no model is known or none of its prices.
    """
    meter = CostMeter(model=model, prices=prices)
    for record in records:
        meter.observe(record)
    return meter.account()


class CostMeter:
    """An observer that accounts for a call while it runs; ``account`` may be asked at any time."""

    def __init__(self, *, model: str | None = None, prices: PriceList | None = None) -> None:
        self._prices = prices or shipped_prices()
        self._asked = model
        self._seen = ""
        self._transcriber = ""
        self._heard = HeardAudio()
        self._billed: dict[str, _Billed] = {}
        self._begun: dict[str, _Begun] = {}
        self._without_usage: set[str] = set()
        self._transcribed: dict[tuple[object, object], ev.TranscriptUsage] = {}
        self._user_items: set[object] = set()
        self._turn = 0
        self._user_waits = False
        self._changes: dict[str, None] = {}
        self._span_ns: tuple[int, int] | None = None

    def observe(self, record: TraceRecord) -> None:
        """Take one record."""
        if record.at_ns:
            first = self._span_ns[0] if self._span_ns else record.at_ns
            self._span_ns = (first, record.at_ns)
        if record.kind == "playout":
            self._heard.observe(record)
        elif record.kind == "sent":
            self._sent(record)
        elif record.kind == "received":
            self._received(record)

    def account(self) -> CallCost:
        """What the call has cost so far. Raises ``ConfigurationError`` when its model or the price is not known."""
        model = self._asked or self._seen
        if not model:
            raise ConfigurationError("the trace names no model: say which one it was")
        price = self._prices.of(model)
        if price.text is None:
            raise ConfigurationError(f"{model} is not billed by tokens: the trace of a call does not say its cost")
        responses = tuple(self._response(billed, price) for billed in self._billed.values())
        transcription, unpriced = self._transcription()
        if self._without_usage:
            unpriced.append(f"{len(self._without_usage)} responses without usage")
        cached = [input_counts(billed.usage).cached for billed in self._billed.values()]
        return CallCost(
            model=model,
            priced_as=price.model,
            prices_read=price.read,
            seconds=round((self._span_ns[1] - self._span_ns[0]) / NS_PER_S, 3) if self._span_ns else 0.0,
            usd=sum((response.usd for response in responses), transcription),
            transcription_usd=transcription,
            unheard_usd=sum((each.unheard_usd for each in responses), _USD_0) if self._heard.known else None,
            cached_saved_usd=sum((saved_by_cache(counts, price) for counts in cached), _USD_0),
            charges=summed(charge for response in responses for charge in response.charges),
            turns=by_turn(responses),
            cache_losses=tuple(self._cache_losses(price)),
            responses=responses,
            unpriced=tuple(unpriced),
        )

    def _sent(self, record: TraceRecord) -> None:
        if record.name == "session.update":
            session = _object(record.data.get("session"))
            self._changes.update(dict.fromkeys(key for key in ("instructions", "tools") if key in session))
        elif record.name in _ITEM_CHANGES:
            self._changes[_ITEM_CHANGES[record.name]] = None

    def _received(self, record: TraceRecord) -> None:
        data = record.data
        match record.name:
            case "session.created" | "session.updated":
                self._session(_object(data.get("session")))
            case "conversation.item.added" | "conversation.item.created":
                self._item(_object(data.get("item")))
            case "response.created":
                self._begin(_object(data.get("response")))
            case "response.done":
                self._done(_object(data.get("response")), record.at_ns)
            case "conversation.item.input_audio_transcription.completed":
                usage = _as(data.get("usage"), ev.TranscriptUsage)
                if usage is not None:
                    self._transcribed[data.get("item_id"), data.get("content_index")] = usage
            case _:
                pass

    def _session(self, session: dict[str, Any]) -> None:
        if isinstance(session.get("model"), str):
            self._seen = session["model"]
        transcription = _object(_object(_object(session.get("audio")).get("input")).get("transcription"))
        if isinstance(transcription.get("model"), str):
            self._transcriber = transcription["model"]

    def _item(self, item: dict[str, Any]) -> None:
        if item.get("role") == "user" and item.get("id") not in self._user_items:
            self._user_items.add(item.get("id"))
            self._user_waits = True

    def _begin(self, response: dict[str, Any]) -> None:
        if response.get("conversation_id") is None:
            self._begun[str(response.get("id"))] = _Begun(self._turn, ())
            return
        self._turn += self._user_waits
        self._user_waits = False
        self._begun[str(response.get("id"))] = _Begun(self._turn, tuple(self._changes))
        self._changes.clear()

    def _done(self, response: dict[str, Any], at_ns: int) -> None:
        response_id = str(response.get("id"))
        usage = _as(response.get("usage"), ev.Usage)
        if usage is None:
            self._without_usage.add(response_id)
            return
        if response_id not in self._begun:
            self._begin(response)
        self._billed[response_id] = _Billed(
            response_id,
            at_ns,
            str(response.get("status")),
            response.get("conversation_id") is None,
            self._begun[response_id],
            usage,
        )

    def _response(self, billed: _Billed, price: Price) -> ResponseCost:
        charges = usage_charges(billed.usage, price)
        unheard = self._unheard_tokens(billed, price)
        return ResponseCost(
            response_id=billed.response_id,
            turn=billed.begun.turn,
            at_ns=billed.at_ns,
            status=billed.status,
            out_of_band=billed.out_of_band,
            usd=total_usd(charges),
            charges=charges,
            unheard_tokens=unheard,
            unheard_usd=(unheard or 0) * price.of("audio").output / MILLION,
        )

    def _unheard_tokens(self, billed: _Billed, price: Price) -> int | None:
        spoken = billed.usage.output_token_details.audio_tokens if billed.usage.output_token_details else 0
        if not self._heard.known or not price.assistant_tokens_per_s:
            return None
        heard = self._heard.samples(billed.response_id) * price.assistant_tokens_per_s
        return max(0, spoken - -(-heard // SAMPLE_RATE_HZ))

    def _transcription(self) -> tuple[Decimal, list[str]]:
        if not self._transcribed:
            return _USD_0, []
        price = self._prices.find(self._transcriber)
        if price is None:
            which = f"'{self._transcriber}'" if self._transcriber else "a model that the trace does not name"
            return _USD_0, [f"{len(self._transcribed)} transcriptions by {which}"]
        return sum((transcription_usd(usage, price) for usage in self._transcribed.values()), _USD_0), []

    def _cache_losses(self, price: Price) -> Iterable[CacheLoss]:
        before: InputCounts | None = None
        for billed in self._billed.values():
            if billed.out_of_band:
                continue
            now = input_counts(billed.usage)
            if before is not None:
                kept = {each: min(before.all[each], now.all[each]) for each in MODALITIES}
                missed: dict[Modality, int] = {each: max(0, kept[each] - now.cached[each]) for each in MODALITIES}
                tokens = sum(missed.values())
                if tokens >= CACHE_STEP_TOKENS:
                    yield CacheLoss(
                        response_id=billed.response_id,
                        turn=billed.begun.turn,
                        tokens=tokens,
                        usd=saved_by_cache(missed, price),
                        after=billed.begun.changes,
                    )
            before = now


def _object(value: object) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def _as(value: object, kind: type[_Reported]) -> _Reported | None:
    if not isinstance(value, dict):
        return None
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError:
        return None
