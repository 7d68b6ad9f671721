"""Token arithmetic: what the service's own figures come to, by modality, cached or not, and a minute of each voice."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest

from bareline.errors import ConfigurationError
from bareline.observe.charges import input_counts, minute_prices, total_usd, transcription_usd, usage_charges
from bareline.observe.prices import load_prices, shipped_prices
from bareline.protocol import events as ev

PRICES = shipped_prices()
REALTIME = PRICES.of("gpt-realtime-2.1")


def usage(**values: object) -> ev.Usage:
    return msgspec.convert(values, ev.Usage)


@pytest.mark.parametrize(
    ("model", "user", "assistant"),
    [
        ("gpt-realtime-2.1", "0.0192", "0.0768"),
        ("gpt-realtime-2.1-mini", "0.006", "0.024"),
        ("gpt-4o-realtime-preview-2024-10-01", "0.06", "0.24"),
    ],
)
def test_a_minute_of_each_voice(model: str, user: str, assistant: str) -> None:
    assert minute_prices(PRICES.of(model)) == (Decimal(user), Decimal(assistant))


def test_a_response_is_charged_by_modality_and_cache() -> None:
    charges = usage_charges(
        usage(
            input_tokens=1_700,
            output_tokens=500,
            input_token_details={
                "text_tokens": 1_000,
                "audio_tokens": 600,
                "image_tokens": 100,
                "cached_tokens": 1_100,
                "cached_tokens_details": {"text_tokens": 700, "audio_tokens": 400},
            },
            output_token_details={"text_tokens": 100, "audio_tokens": 400},
        ),
        REALTIME,
    )
    assert [(each.direction, each.modality, each.tokens) for each in charges] == [
        ("input", "text", 300),
        ("cached", "text", 700),
        ("input", "audio", 200),
        ("cached", "audio", 400),
        ("input", "image", 100),
        ("output", "text", 100),
        ("output", "audio", 400),
    ]
    by_hand = 300 * 4 + 700 * 0.4 + 200 * 32 + 400 * 0.4 + 100 * 5 + 100 * 24 + 400 * 64
    assert float(total_usd(charges)) == pytest.approx(by_hand / 1e6, abs=1e-12)


def test_what_a_usage_does_not_break_down_is_text_and_text_is_cached_first() -> None:
    bare = usage(input_tokens=50, output_tokens=7)
    assert [(each.direction, each.modality, each.tokens) for each in usage_charges(bare, REALTIME)] == [
        ("input", "text", 50),
        ("output", "text", 7),
    ]
    details = {"text_tokens": 100, "audio_tokens": 300, "cached_tokens": 250}
    assert input_counts(usage(input_tokens=400, input_token_details=details)).cached == {
        "text": 100,
        "audio": 150,
        "image": 0,
    }


def test_no_more_is_cached_than_was_there() -> None:
    details = {"text_tokens": 10, "cached_tokens": 99, "cached_tokens_details": {"text_tokens": 99}}
    assert input_counts(usage(input_tokens=10, input_token_details=details)).cached["text"] == 10


def test_reasoning_is_output_text_even_where_the_details_leave_it_out() -> None:
    charges = usage_charges(
        usage(output_tokens=90, output_token_details={"text_tokens": 10, "audio_tokens": 30}), REALTIME
    )
    assert [(each.modality, each.tokens) for each in charges] == [("text", 60), ("audio", 30)]


def test_a_model_without_a_price_for_the_cache_bills_cached_input_as_fresh() -> None:
    gemini = PRICES.of("gemini-3.8-live")
    spoken = {"audio_tokens": 1_000, "cached_tokens": 1_000, "cached_tokens_details": {"audio_tokens": 1_000}}
    assert total_usd(usage_charges(usage(input_tokens=1_000, input_token_details=spoken), gemini)) == Decimal("0.003")


@pytest.mark.parametrize(
    ("model", "reported", "usd"),
    [
        ("whisper-1", {"type": "duration", "seconds": 30}, "0.003"),
        ("gpt-realtime-whisper", {"type": "tokens", "input_tokens": 600}, "0.017"),
        ("gpt-4o-transcribe", {"type": "tokens", "input_tokens": 100, "output_tokens": 10}, "0.0007"),
        (
            "gpt-4o-transcribe",
            {"type": "tokens", "input_tokens": 110, "input_token_details": {"audio_tokens": 100, "text_tokens": 10}},
            "0.000625",
        ),
    ],
)
def test_a_transcription_is_billed_by_seconds_or_tokens(model: str, reported: dict[str, object], usd: str) -> None:
    assert transcription_usd(msgspec.convert(reported, ev.TranscriptUsage), PRICES.of(model)) == Decimal(usd)


def test_every_price_names_its_source_and_day_and_is_found_by_every_name() -> None:
    for price in PRICES.models:
        assert price.source.startswith("https://")
        assert price.read.startswith("2026-")
        assert all(PRICES.of(name) is price for name in (price.model, *price.aliases))
    for pipeline in PRICES.pipelines:
        assert [PRICES.of(name).kind for name in (pipeline.transcription, pipeline.language, pipeline.speech)] == [
            "transcription",
            "language",
            "speech",
        ]
    assert PRICES.of("gpt-realtime-2025-08-28").model == "gpt-realtime"


def test_prices_of_ones_own_win_and_wrong_ones_are_named(tmp_path) -> None:
    mine = tmp_path / "prices.json"
    mine.write_text(
        '{"models": [{"model": "gpt-realtime-2.1", "kind": "realtime", "audio": {"input": 30, "output": 60},'
        ' "source": "contract", "read": "2026-11-01"}]}'
    )
    prices = load_prices(mine)
    assert prices.of("gpt-realtime-2.1").source == "contract"
    assert len(prices.models) == len(PRICES.models)
    with pytest.raises(ConfigurationError, match="do you mean gpt-realtime"):
        prices.of("gpt-realtme")
    mine.write_text('{"models": [{"model": "x"}]}')
    with pytest.raises(ConfigurationError, match="not a price list"):
        load_prices(mine)
    with pytest.raises(ConfigurationError, match="No such file"):
        load_prices(tmp_path / "none")
