"""A trace is accounted for exactly: the demo's by hand, and made-up calls for what the demo has not."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bareline.errors import ConfigurationError
from bareline.observe.cost import CallCost
from bareline.observe.cost_meter import CostMeter, account
from bareline.observe.forecast import forecast
from bareline.observe.record import TraceRecord
from bareline.observe.recorder import read_trace

DEMO = Path(__file__).with_name("demo_trace.jsonl")
"""What ``bareline demo --seed 6 --transport websocket`` left, without the records that bear no cost."""
USAGE = [
    # text in, audio in, of them cached text, cached audio; text out, audio out
    (572, 0, 0, 0, 8, 44),
    (588, 71, 572, 0, 1, 0),
    (700, 71, 588, 71, 65, 378),
    (773, 492, 700, 71, 13, 0),
    (815, 492, 773, 492, 14, 93),
    (837, 620, 815, 492, 13, 71),
    (858, 726, 837, 620, 10, 0),
    (950, 726, 858, 726, 11, 51),
    (969, 798, 950, 726, 11, 0),
    (1008, 798, 969, 798, 9, 51),
    (1025, 873, 1008, 798, 4, 0),
    (1142, 873, 1025, 873, 71, 423),
    (1150, 938, 1142, 873, 3, 18),
    (1161, 987, 1150, 938, 6, 0),
    (1194, 987, 1161, 987, 14, 96),
    (1216, 1112, 1194, 987, 8, 0),
    (1269, 1112, 1216, 1112, 10, 55),
    (1287, 1191, 1269, 1112, 3, 18),
    (1298, 1233, 1287, 1191, 2, 18),
]
"""The usage of its responses, copied from the trace by hand."""
S = 1_000_000_000


class MadeUp:
    """Records of a call, one a second."""

    def __init__(self, model: str | None = "gpt-realtime-2.1") -> None:
        self.records: list[TraceRecord] = []
        if model:
            self.received("session.created", session={"model": model})

    def received(self, name: str, **data: Any) -> None:
        self._add("received", name, data)

    def sent(self, name: str, **data: Any) -> None:
        self._add("sent", name, data)

    def user(self, item_id: str) -> None:
        self.received("conversation.item.added", item={"id": item_id, "role": "user"})

    def response(self, name: str, text: int, cached: int = 0, audio_out: int = 0, **more: Any) -> None:
        answer = {"id": name, "conversation_id": "c", "status": "completed", **more}
        self.received("response.created", response=answer)
        answer["usage"] = more.get(
            "usage",
            {
                "input_tokens": text,
                "output_tokens": audio_out,
                "input_token_details": {"text_tokens": text, "cached_tokens": cached},
                "output_token_details": {"audio_tokens": audio_out},
            },
        )
        self.received("response.done", response=answer)

    def heard(self, response_id: str, samples: int, item: str = "i") -> None:
        self._add("playout", "finished", {"response_id": response_id, "item_id": item, "heard": samples})

    def account(self, **more: Any) -> CallCost:
        return account(self.records, **more)

    def _add(self, kind: str, name: str, data: dict[str, Any]) -> None:
        self.records.append(TraceRecord(at_ns=(len(self.records) + 1) * S, kind=kind, name=name, data=data))


def test_a_response_seen_twice_counts_once_and_one_without_usage_is_told() -> None:
    call = MadeUp()
    call.response("r1", 1_000)
    call.response("r1", 1_000)
    call.response("r2", 0, usage=None)
    call.response("r3", 0, usage={"input_tokens": "many"})
    cost = call.account()
    assert cost.usd == Decimal("0.004")
    assert cost.unpriced == ("2 responses without usage",)


def test_turns_begin_with_what_the_user_said_and_out_of_band_responses_belong_to_them() -> None:
    call = MadeUp()
    call.response("greeting", 100)
    call.user("u1")
    call.response("asks a tool", 200)
    call.response("answers", 300)
    call.user("u1")
    call.response("filler", 50, conversation_id=None)
    call.user("u2")
    call.received("response.done", response={"id": "begun before", "conversation_id": "c", "usage": {}})
    cost = call.account()
    assert [(turn.turn, turn.responses) for turn in cost.turns] == [(0, 1), (1, 3), (2, 1)]
    assert [each.out_of_band for each in cost.responses] == [False, False, False, True, False]


def test_what_was_generated_and_never_heard_is_counted_up_to_the_last_sample_heard() -> None:
    call = MadeUp()
    call.response("r1", 0, audio_out=100)
    call.response("r2", 0, audio_out=20)
    call.heard("r1", 1_200 * 30, "a")
    call.heard("r1", 1_200 * 10 + 1, "b")
    call.heard("r1", 1_200, "a")
    cost = call.account()
    assert [each.unheard_tokens for each in cost.responses] == [59, 20]
    assert cost.unheard_usd == Decimal(79 * 64) / 1_000_000


def test_a_trace_without_playout_claims_nothing_about_what_was_heard() -> None:
    call = MadeUp()
    call.response("r1", 0, audio_out=100)
    cost = call.account()
    assert cost.unheard_usd is None
    assert cost.responses[0].unheard_tokens is None


@pytest.mark.parametrize("changed", ["tools", "instructions"])
def test_a_change_in_mid_call_shows_what_the_lost_cache_cost(changed: str) -> None:
    call = MadeUp()
    call.sent("session.update", session={"tools": [], "instructions": "Be brief."})
    call.response("r1", 1_000)
    call.response("r2", 1_100, cached=1_000)
    call.sent("session.update", session={changed: []})
    call.response("r3", 1_200, cached=0)
    call.response("r4", 1_300, cached=1_200)
    (loss,) = call.account().cache_losses
    assert (loss.response_id, loss.tokens, loss.after) == ("r3", 1_100, (changed,))
    assert loss.usd == Decimal(1100) * (4 - Decimal("0.4")) / 1_000_000


def test_the_steps_of_the_cache_and_responses_beside_the_conversation_are_no_loss() -> None:
    call = MadeUp()
    call.response("r1", 1_000)
    call.response("beside", 300, conversation_id=None)
    call.response("r2", 1_100, cached=896)
    assert call.account().cache_losses == ()
    call.sent("conversation.item.delete", item_id="i")
    call.response("r3", 1_100, cached=128)
    assert call.account().cache_losses[0].after == ("item deleted",)


def test_transcription_is_billed_at_its_own_model_or_told_to_be_missing() -> None:
    call = MadeUp()
    done = "conversation.item.input_audio_transcription.completed"
    call.received(done, item_id="u1", content_index=0, usage={"type": "duration", "seconds": 60})
    assert call.account().unpriced == ("1 transcriptions by a model that the trace does not name",)
    call.received("session.updated", session={"audio": {"input": {"transcription": {"model": "whisper-1"}}}})
    call.received(done, item_id="u1", content_index=0, usage={"type": "duration", "seconds": 60})
    call.received(done, item_id="u2", content_index=0, usage=None)
    assert call.account().usd == call.account().transcription_usd == Decimal("0.006")


def test_a_model_that_is_not_known_is_asked_for() -> None:
    call = MadeUp(model=None)
    call.response("r1", 1_000)
    with pytest.raises(ConfigurationError, match="names no model"):
        call.account()
    assert call.account(model="gpt-realtime-2.1-mini").usd == Decimal("0.0006")
    with pytest.raises(ConfigurationError, match="not billed by tokens"):
        call.account(model="gpt-live-1")


def test_odd_records_are_no_reason_to_fail() -> None:
    meter = CostMeter()
    for name in ("session.created", "response.created", "response.done", "conversation.item.added"):
        meter.observe(TraceRecord(at_ns=0, kind="received", name=name))
    meter.observe(TraceRecord(at_ns=S, kind="playout", data={"heard": None}))
    meter.observe(TraceRecord(at_ns=S, kind="sent", name="session.update", data={"session": None}))
    with pytest.raises(ConfigurationError):
        meter.account()


def test_the_forecast_follows_the_line_of_growing_turns() -> None:
    call = MadeUp()
    for turn in range(1, 7):
        call.user(f"u{turn}")
        call.response(f"r{turn}", 1_000 * turn)
    cost = call.account()
    half = cost.seconds / 60
    coming = forecast(cost, 2 * half)
    assert coming.turns == 12
    assert float(coming.usd) == pytest.approx(sum(range(1, 13)) * 0.004, abs=1e-5)
    assert float(coming.next_turn_usd) == pytest.approx(7 * 0.004, abs=1e-5)
    assert forecast(cost, half / 2).usd == cost.usd


def test_two_turns_are_no_line_and_none_no_forecast() -> None:
    call = MadeUp()
    assert forecast(call.account(), 10).usd == 0
    for turn in (1, 2):
        call.user(f"u{turn}")
        call.response(f"r{turn}", 1_000 * turn)
    assert float(forecast(call.account(), 10).next_turn_usd) == pytest.approx(0.006)


def test_the_demos_trace_comes_to_what_a_hand_calculation_says() -> None:
    cost = account(read_trace(DEMO))
    text, audio, cached_text, cached_audio, written, spoken = (sum(column) for column in zip(*USAGE, strict=True))
    fresh = (text - cached_text) * 4 + (audio - cached_audio) * 32
    millionths = fresh + (cached_text + cached_audio) * Decimal("0.40") + written * 24 + spoken * 64
    assert cost.usd - cost.transcription_usd == millionths / 1_000_000 == Decimal("0.1476484")
    assert cost.transcription_usd == Decimal(313 * 3 + 75 * 5) / 1_000_000
    assert cost.unheard_usd == Decimal((423 - 46) * 64) / 1_000_000, "423 tokens generated, 54,851 samples heard"
    assert sum(turn.usd for turn in cost.turns) == cost.usd - cost.transcription_usd
    assert sum(charge.usd for charge in cost.charges) == cost.usd - cost.transcription_usd
    assert cost.cache_losses == cost.unpriced == ()
