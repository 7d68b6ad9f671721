"""Are identifiers of the service's form, each as likely as any other?"""

from __future__ import annotations

import re
from collections import Counter

import pytest

from bareline.ids import IdSource, RandomIds, SeededIds


@pytest.mark.parametrize("ids", [RandomIds(), SeededIds(1)])
def test_the_form_is_a_prefix_and_base62(ids: IdSource) -> None:
    assert re.fullmatch(r"item_[0-9A-Za-z]{21}", ids.new("item"))
    assert re.fullmatch(r"call_[0-9A-Za-z]{16}", ids.new("call"))
    assert len({ids.new("event") for _ in range(1_000)}) == 1_000


def test_no_character_is_more_likely(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.urandom", lambda _: bytes(range(256)))
    drawn = RandomIds()
    monkeypatch.setattr("bareline.ids._LENGTHS", {"all": 248})
    assert set(Counter(drawn.new("all").removeprefix("all_")).values()) == {4}


def test_what_one_draw_does_not_give_the_next_one_does(monkeypatch: pytest.MonkeyPatch) -> None:
    draws = [bytes([255] * 32), bytes([1] * 32)]
    monkeypatch.setattr("os.urandom", lambda _: draws.pop(0))
    assert RandomIds().new("item") == f"item_{'1' * 21}"
