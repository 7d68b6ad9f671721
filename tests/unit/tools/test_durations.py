"""What is concluded from how long tools took, and how long fillers were on their way?"""

from __future__ import annotations

import pytest

from bareline.tools.durations import DURATIONS_KEPT, FIRST_LEAD_NS, TOOLS_KEPT, Durations, Lead, Pace
from bareline.tools.ladder import DEAD_AIR_NS
from bareline.units import ms_to_ns

SECOND = ms_to_ns(1_000)


@pytest.mark.parametrize(
    ("seen_ms", "pace"),
    [
        ([], Pace.UNKNOWN),
        ([100, 100], Pace.UNKNOWN),
        ([100, 200, 900], Pace.FAST),
        ([100] * 18 + [5_000], Pace.FAST),
        ([100, 200, 1_000], Pace.MIXED),
        ([100, 5_000, 5_000, 5_000], Pace.SLOW),
        ([1_999, 1_999, 1_999], Pace.MIXED),
        ([2_000, 2_000, 2_000], Pace.SLOW),
    ],
)
def test_the_pace_of_a_tool_against_a_delay(seen_ms: list[int], pace: Pace) -> None:
    assert Durations({"look": seen_ms}).pace("look", SECOND) is pace


def test_the_usual_time_of_a_tool() -> None:
    durations = Durations({"look": [*range(100, 1_100, 100)]})
    assert (durations.usual_ns("look"), durations.usual_ns("new")) == (SECOND, 0)


def test_only_the_latest_durations_count_and_can_be_kept() -> None:
    durations = Durations()
    for _ in range(DURATIONS_KEPT):
        durations.took("look", ms_to_ns(9_000))
    assert durations.pace("look", SECOND) is Pace.SLOW
    for _ in range(DURATIONS_KEPT):
        durations.took("look", ms_to_ns(10))
    assert durations.pace("look", SECOND) is Pace.FAST
    assert durations.seen() == {"look": (10,) * DURATIONS_KEPT}
    assert Durations(durations.seen()).seen() == durations.seen()


def test_tools_not_used_for_long_are_forgotten() -> None:
    durations = Durations()
    durations.took("used", SECOND)
    for number in range(TOOLS_KEPT):
        durations.took(f"tool {number}", SECOND)
        durations.took("used", SECOND)
    assert len(durations.seen()) == TOOLS_KEPT
    assert "used" in durations.seen()
    assert "tool 0" not in durations.seen()


def test_the_slowest_of_the_latest_ways_is_allowed_for() -> None:
    lead = Lead()
    assert lead.ns == FIRST_LEAD_NS
    lead.measured(ms_to_ns(100))
    assert lead.ns == FIRST_LEAD_NS, "one quick way is no promise"
    lead.measured(ms_to_ns(700))
    lead.measured(ms_to_ns(300))
    assert lead.ns == ms_to_ns(700)
    for _ in range(5):
        lead.measured(ms_to_ns(200))
    assert lead.ns == ms_to_ns(200)
    lead.measured(10 * DEAD_AIR_NS)
    assert lead.ns == DEAD_AIR_NS
