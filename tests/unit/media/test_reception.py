"""Are losses, copies and jitter counted as RFC 3550 says?"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bareline.media.reception import DROPOUT_MAX, Reception
from bareline.units import NS_PER_MS

MS = NS_PER_MS


def heard(*sequences: int, first: int = 0) -> Reception:
    reception = Reception(7, first)
    for sequence in sequences:
        reception.place(sequence & 0xFFFF)
    return reception


def test_losses_are_reported_since_the_last_report() -> None:
    reception = heard(0, 1, 2, 4)
    assert reception.news_of_loss
    block = reception.report(0, 0)
    assert (block.fraction_lost, block.lost, block.highest_sequence) == (256 // 5, 1, 4)
    assert not reception.news_of_loss
    for sequence in range(5, 10):
        reception.place(sequence)
    assert reception.report(0, 0).fraction_lost == 0


def test_what_came_late_is_not_lost_and_what_all_were_lost_is_full() -> None:
    reception = heard(0, 3)
    reception.report(0, 0)
    reception.place(1)
    block = reception.report(0, 0)
    assert (block.fraction_lost, block.lost) == (0, 1)
    reception.place(2_000)
    assert reception.report(0, 0).fraction_lost == 255


@given(st.integers(0, 0xFFFF), st.permutations(range(40)), st.sets(st.integers(0, 39)))
def test_places_are_numbered_without_wrap_around_and_given_once(first: int, order: list[int], copied: set[int]) -> None:
    reception = Reception(7, first)
    assert reception.place(first) == first
    places = {n: reception.place((first + 1 + n) & 0xFFFF) for n in order}
    assert places == {n: first + 1 + n for n in range(40)}
    assert all(reception.place((first + 1 + n) & 0xFFFF) is None for n in copied)
    assert (reception.received, reception.lost, reception.duplicates) == (41, 0, len(copied))


def test_a_stray_number_is_left_out_and_two_in_a_row_are_a_new_beginning() -> None:
    reception = heard(10, first=10)
    assert reception.place(10 + DROPOUT_MAX) is None
    assert reception.place(11) == 11
    assert reception.place(40_000) is None
    with pytest.raises(LookupError):
        reception.place(40_001)


def test_jitter_is_the_smoothed_difference_of_transits() -> None:
    reception = heard(0)
    expected = 0.0
    late = [0, 8, 0, 16, 4, 4, 0, 12] * 30
    for n, delay in enumerate(late):
        reception.arrived(160 * n, (20 * n + delay) * MS, 8_000)
        if n:
            expected += (abs(delay - late[n - 1]) - expected) / 16
    assert reception.jitter_ns == pytest.approx(expected * MS, rel=0.05)
    reception.arrived(48_000 * 99, 0, 48_000)
    assert reception.jitter_ns < expected * MS
