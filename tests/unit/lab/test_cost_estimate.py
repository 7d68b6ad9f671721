"""Estimates follow the arithmetic of the service: sums by hand, published tables, and what must not change."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bareline.errors import ConfigurationError
from bareline.lab.cost_estimate import estimate_all, estimate_model, estimate_pipeline
from bareline.lab.cost_explained import cache_changes, minute_quotes, quoted_calls
from bareline.lab.cost_profile import CallProfile, load_profile
from bareline.lab.cost_turns import played
from bareline.observe.prices import shipped_prices

PRICES = shipped_prices()
REALTIME = PRICES.of("gpt-realtime-2.1")
BARE = CallProfile(
    minutes=10.0, prompt_tokens=0, tool_calls=0, cache_share=1.0, unheard_share=0.0, user_minutes=3, assistant_minutes=3
)
PROFILES = st.builds(
    CallProfile,
    minutes=st.floats(3, 60),
    user_minutes=st.floats(0, 3),
    assistant_minutes=st.floats(0, 3),
    turns=st.integers(0, 30),
    prompt_tokens=st.integers(0, 10_000),
    tool_calls=st.integers(0, 10),
    images=st.integers(0, 5),
    cache_share=st.floats(0, 1),
    changes=st.integers(0, 5),
    unheard_share=st.floats(0, 1),
)


def test_one_turn_is_what_was_said_and_nothing_again() -> None:
    profile = msgspec.structs.replace(BARE, turns=1, user_minutes=1.0, assistant_minutes=1.0)
    parts = estimate_model(profile, REALTIME, PRICES).parts
    assert (parts["audio in"], parts["audio out"]) == (Decimal("0.0192"), Decimal("0.0768"))
    assert "audio cached" not in parts


def test_two_turns_by_hand() -> None:
    profile = msgspec.structs.replace(BARE, turns=2, user_minutes=1.0, assistant_minutes=1.0, prompt_tokens=100)
    first, second = played(profile, REALTIME)
    assert first == ((104, 300, 0), (0, 0, 0), 100, 600, False)
    assert second == ((104 + 100 + 4 + 4, 300 + 600 + 300, 0), (104, 300, 0), 100, 600, False)


def test_a_tool_call_is_a_response_of_its_own() -> None:
    profile = msgspec.structs.replace(BARE, turns=1, tool_calls=1, tool_tokens=200)
    asked, answer = played(profile, REALTIME)
    assert (asked.asks_tool, asked.spoken, asked.written) == (True, 0, 20)
    assert answer.context.text == asked.context.text + 208
    assert answer.cached == asked.context


@pytest.mark.parametrize(("user", "assistant", "turns", "worst"), [(3.0, 3.0, 20, 2.0), (4.0, 5.0, 30, 4.5)])
def test_an_uncached_call_of_ten_minutes_is_as_dear_as_published(
    user: float, assistant: float, turns: int, worst: float
) -> None:
    profile = msgspec.structs.replace(BARE, user_minutes=user, assistant_minutes=assistant, turns=turns)
    assert float(estimate_model(profile, REALTIME, PRICES).usd_uncached) == pytest.approx(worst, rel=0.02)


def test_the_four_minute_call_is_mostly_context() -> None:
    calls = {call.cache_share: call for call in quoted_calls(PRICES)}
    assert Decimal("0.45") < calls[0.7].usd < Decimal("0.50")
    assert calls[0.7].once_usd == 2 * Decimal("0.0192") + 2 * Decimal("0.0768") == Decimal("0.192")
    assert all(call.again_usd + call.once_usd == call.usd for call in calls.values())
    assert calls[1.0].usd < calls[0.0].usd


def test_the_quoted_minutes_are_those_of_the_first_release() -> None:
    quotes = {quote.model: (quote.user_minute_usd, quote.assistant_minute_usd) for quote in minute_quotes(PRICES)}
    assert quotes["gpt-4o-realtime-preview-2024-10-01"] == (Decimal("0.06"), Decimal("0.24"))
    assert quotes["gpt-realtime-2.1"] == (Decimal("0.0192"), Decimal("0.0768"))


def test_each_change_of_tools_costs_the_cache_once() -> None:
    changes = cache_changes(PRICES, "gpt-realtime-2.1", msgspec.structs.replace(BARE, turns=12))
    assert [each.changes for each in changes] == [0, 1, 3, 12]
    costs = [each.usd for each in changes]
    assert costs == sorted(costs)
    assert len(set(costs)) == 4


def test_a_context_that_is_too_long_keeps_the_prompt_and_stays_within_the_model() -> None:
    profile = CallProfile(minutes=60.0, user_minutes=25.0, assistant_minutes=30.0, turns=100, prompt_tokens=2_000)
    price = PRICES.of("gpt-realtime-1.5")
    responses = list(played(profile, price))
    assert max(response.context.total for response in responses) <= 32_000 - 4_096
    assert responses[-1].cached == (1_800, 0, 0)


def test_a_cascade_bills_hearing_by_the_minute_writing_by_tokens_and_speech_by_letters() -> None:
    pipeline = next(each for each in PRICES.pipelines if each.speech == "deepgram-aura-2")
    estimate = estimate_pipeline(msgspec.structs.replace(BARE, turns=1), pipeline, PRICES)
    assert estimate.parts["transcription"] == Decimal("0.078")
    assert estimate.parts["speech"] == 3 * 900 * Decimal(30) / 1_000_000
    assert estimate.parts["text in"] == Decimal(600 + 4) / 1_000_000
    assert estimate.parts["text out"] == Decimal(600 * 5) / 1_000_000


def test_what_is_billed_by_the_minute_bills_silence_and_what_stands_beside_it() -> None:
    silent = CallProfile(minutes=10.0, user_minutes=0.0, assistant_minutes=0.0, turns=0, tool_calls=0)
    by_name = {each.name: each for each in estimate_all(silent, PRICES)}
    assert by_name["gpt-live-1"].usd == Decimal("0.5")
    assert by_name["gpt-realtime-2.1"].usd == 0
    assert by_name["vapi"].usd == 10 * (Decimal("0.05") + Decimal("0.0078"))
    busy = msgspec.structs.replace(silent, turns=2, tool_calls=2)
    assert estimate_model(busy, PRICES.of("gpt-live-1"), PRICES).usd > Decimal("0.5")
    assert "text in" in estimate_model(busy, PRICES.of("eleven_realtime_v1_max"), PRICES).parts


def test_transcription_is_added_where_it_is_asked_for() -> None:
    profile = msgspec.structs.replace(BARE, transcription="gpt-realtime-whisper")
    assert estimate_model(profile, REALTIME, PRICES).parts["transcription"] == Decimal("0.051")


def test_every_realtime_model_has_an_estimate_and_those_shut_down_only_on_demand() -> None:
    names = {each.name for each in estimate_all(BARE, PRICES)}
    assert {price.model for price in PRICES.models if price.kind == "realtime" and not price.shut_down} <= names
    assert "gpt-4o-realtime-preview" not in names
    assert "gpt-4o-realtime-preview" in {each.name for each in estimate_all(BARE, PRICES, shut_down=True)}


def test_what_cannot_hold_the_call_says_so() -> None:
    with pytest.raises(ConfigurationError, match="holds no call"):
        estimate_model(BARE, PRICES.of("whisper-1"), PRICES)
    long = msgspec.structs.replace(BARE, prompt_tokens=100_000)
    with pytest.raises(ConfigurationError, match=r"does not fit gpt-realtime-2\.1, which takes 96000"):
        estimate_model(long, REALTIME, PRICES)
    assert "gpt-realtime-2.1" not in {each.name for each in estimate_all(long, PRICES)}
    lonely = msgspec.structs.replace(PRICES, pipelines=())
    with pytest.raises(ConfigurationError, match="no pipeline"):
        estimate_model(BARE, PRICES.of("vapi"), lonely)


@settings(deadline=None, max_examples=25)
@given(PROFILES)
def test_no_call_costs_less_than_nothing_or_more_than_without_a_cache(profile: CallProfile) -> None:
    for estimate in estimate_all(profile, PRICES):
        assert 0 <= estimate.usd <= estimate.usd_uncached
        assert sum(estimate.parts.values()) == estimate.usd


def test_a_profile_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "profile.json"
    file.write_text('{"minutes": 8, "turns": 30}')
    assert load_profile(file) == CallProfile(minutes=8.0, turns=30)
    assert CallProfile.lasting(8.0).assistant_minutes == 4.0
    for wrong in ('{"minutes": -1}', '{"minuets": 1}', '{"minutes": 1, "user_minutes": 2}', "no"):
        file.write_text(wrong)
        with pytest.raises(ConfigurationError, match="not a profile"):
            load_profile(file)
    with pytest.raises(ConfigurationError, match="cannot be read"):
        load_profile(tmp_path / "none")
