"""Are faults read from text as they are written, and refused in one line otherwise?"""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bareline.errors import ConfigurationError
from bareline.transports.faults import (
    FAULT_FORMS,
    Abort,
    Close,
    Cut,
    Delay,
    Duplicate,
    Fault,
    Loss,
    Reorder,
    Slow,
    Stall,
    parse_faults,
)
from bareline.units import NS_PER_MS, NS_PER_S


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("delay=50ms", Delay(by_ns=50 * NS_PER_MS)),
        ("up:delay=1.5s~20ms", Delay(direction="up", by_ns=1500 * NS_PER_MS, jitter_ns=20 * NS_PER_MS)),
        ("slow=64kbps", Slow(bits_per_s=64_000)),
        ("down:slow=1mbps@2m", Slow(direction="down", bits_per_s=1_000_000, at_ns=120 * NS_PER_S)),
        ("stall=600ms@5s", Stall(at_ns=5 * NS_PER_S, for_ns=600 * NS_PER_MS)),
        ("loss=2%", Loss(probability=0.02)),
        ("duplicate=0.5%", Duplicate(probability=0.005)),
        ("reorder=5%", Reorder(probability=0.05)),
        ("cut@10s", Cut(at_ns=10 * NS_PER_S)),
        ("abort@10s", Abort(at_ns=10 * NS_PER_S)),
        ("close=1001@1h", Close(at_ns=3600 * NS_PER_S, code=1001)),
    ],
)
def test_every_form_is_read(text: str, fault: Fault) -> None:
    assert parse_faults(text) == (fault,)


def test_a_list_keeps_its_order_and_blanks_do_not_matter() -> None:
    assert parse_faults(" cut@1s , delay=1ms ,") == (Cut(at_ns=NS_PER_S), Delay(by_ns=NS_PER_MS))
    assert parse_faults("") == ()


def test_the_forms_in_the_message_are_all_readable() -> None:
    assert len(parse_faults(",".join(FAULT_FORMS))) == len(FAULT_FORMS)


@pytest.mark.parametrize(
    "text",
    [
        "stal=600ms@5s",
        "stall=600ms",
        "stall@5s",
        "delay=50",
        "delay=50ms@1s",
        "delay=-5ms",
        "loss=2",
        "loss=101%",
        "slow=0kbps",
        "slow=9furlongs",
        "cut",
        "cut=1@5s",
        "close@10s",
        "close=1006@10s",
        "close=99@10s",
        "up:close=1001@10s",
        "up:abort@1s",
        "sideways:cut@1s",
        "=",
        "@5s",
    ],
)
def test_anything_else_is_refused_in_one_line_with_the_forms(text: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        parse_faults(text)
    assert f"'{text}'" in str(refused.value)
    assert "stall=600ms@5s" in str(refused.value)
    assert "\n" not in str(refused.value)


@given(st.text(max_size=30))
def test_no_text_raises_anything_else(text: str) -> None:
    with suppress(ConfigurationError):
        parse_faults(text)
