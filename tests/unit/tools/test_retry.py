"""Is only tried again what may be, at growing distances, within attempts and budget?"""

from __future__ import annotations

from typing import Any

import pytest

from bareline.errors import ConfigurationError, Permanent, RateLimited, Temporary
from bareline.tools.retry import NO_RETRY, RetryPolicy
from bareline.units import ms_to_ns

POLICY = RetryPolicy(attempts=4, first_delay_ms=200, factor=2, max_delay_ms=600, budget_ms=5_000, jitter=0.5)


def delay_ms(effect: str = "read", error: Exception | None = None, **now: Any) -> float | None:
    given = {"attempt": 1, "elapsed_ns": 0, "chance": 0.0, **now}
    delay_ns = POLICY.delay_ns(effect, error or Temporary("busy"), **given)
    return None if delay_ns is None else delay_ns / ms_to_ns(1)


def test_distances_grow_up_to_a_limit_and_are_shortened_by_chance() -> None:
    assert [delay_ms(attempt=attempt) for attempt in (1, 2, 3)] == [200, 400, 600]
    assert delay_ms(chance=1.0) == 100


def test_what_the_error_says_is_obeyed() -> None:
    assert delay_ms(error=RateLimited("too often", retry_after_ms=900)) == 900


@pytest.mark.parametrize(
    "now",
    [
        {"effect": "irreversible"},
        {"error": Permanent("never")},
        {"error": RuntimeError("a bug")},
        {"attempt": 4},
        {"elapsed_ns": ms_to_ns(4_900)},
    ],
)
def test_what_is_not_tried_again(now: dict[str, Any]) -> None:
    assert delay_ms(**now) is None


def test_no_retry_is_one_attempt() -> None:
    assert NO_RETRY.delay_ns("read", Temporary("busy"), attempt=1, elapsed_ns=0, chance=0) is None


@pytest.mark.parametrize("wrong", [{"attempts": 0}, {"first_delay_ms": -1}, {"factor": 0.5}, {"jitter": 1.5}])
def test_policies_that_make_no_sense_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match="RetryPolicy needs"):
        RetryPolicy(**wrong)
