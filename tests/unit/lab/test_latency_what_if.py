"""Does a what-if change the parts it is about, by what it says, and nothing else?"""

from __future__ import annotations

import pytest

from bareline.errors import ConfigurationError
from bareline.lab.latency_report import LatencyReport, MeasuredTurn, spread, spread_parts
from bareline.lab.latency_what_if import WhatIf, parse_what_if, what_if
from bareline.lab.regions import REGIONS, region_round_trip
from bareline.observe.latency import PartName, RoundTrip


def _turn(number: int, detection: str, wait: float | None, requests: int) -> MeasuredTurn:
    parts: dict[PartName, float] = {
        "capture": 12.0,
        "encode": 7.0,
        "network_up": 10.0,
        "decision": 1.0,
        "model": 200.0,
        "tools": 5.0,
        "network_down": 10.0 + 20.0 * requests,
        "jitter_buffer": 23.0,
        "playout": 4.0,
    }
    if wait is not None:
        parts["vad_wait"] = wait
    whole = None if wait is None else sum(parts.values())
    return MeasuredTurn(
        number=number,
        at_s=0.0,
        detection=detection,
        silence_ms=500 if detection == "server_vad" else None,
        mouth="unknown" if wait is None else "recording",
        parts=parts,
        requests=requests,
        sum_ms=whole,
        by_events_ms=None,
        by_waveform_ms=None,
        detector_late_ms=None,
        silent_start_ms=None,
        agrees=None,
    )


def _report(*turns: MeasuredTurn, transport: str = "webrtc") -> LatencyReport:
    return LatencyReport(
        transport=transport,
        spoken=len(turns),
        recording="call.wav",
        round_trip=RoundTrip(20.0, "measured", "pings"),
        sources=(),
        turns=turns,
        parts=spread_parts([turn.parts for turn in turns]),
        sum_ms=spread(turn.sum_ms for turn in turns),
        by_events_ms=None,
        by_waveform_ms=None,
    )


SILENCE = _turn(1, "server_vad", 620.0, 1)
REPORT = _report(SILENCE, _turn(2, "semantic_vad", 900.0, 2), _turn(3, "server_vad", None, 0))


def test_another_silence_changes_the_wait_by_the_difference() -> None:
    found = what_if(REPORT, WhatIf(silence=300))
    first, second, third = REPORT.turns
    assert found.turns_ms == ((first.sum_ms or 0) - 200, (second.sum_ms or 0) - 900 + 300 + 120, third.sum_ms)
    assert "1 of 3 turns ended otherwise: 120 ms" in found.assumptions[0].what


def test_without_turns_that_silence_ended_nothing_is_known_beyond_it() -> None:
    found = what_if(_report(_turn(1, "semantic_vad", 900.0, 0)), WhatIf(silence=300))
    assert found.parts["vad_wait"].median == 300
    assert "taken as 0" in found.assumptions[0].source


def test_a_websocket_has_no_codec_to_wait_for_and_no_jitter_buffer() -> None:
    found = what_if(REPORT, WhatIf(transport="websocket"))
    assert found.parts["encode"].median == 0.5
    assert found.parts["jitter_buffer"].median == 0
    assert found.turns_ms[0] == (SILENCE.sum_ms or 0) - 6.5 - 23


def test_webrtc_adds_both() -> None:
    found = what_if(_report(SILENCE, transport="websocket"), WhatIf(transport="webrtc"))
    assert found.parts["encode"].median == 13.5
    assert found.parts["jitter_buffer"].median == 20


def test_the_transport_that_it_had_changes_nothing() -> None:
    found = what_if(REPORT, WhatIf(transport="webrtc"))
    assert (found.assumptions, found.sum_ms) == ((), REPORT.sum_ms)


def test_a_round_trip_counts_once_and_again_for_each_request() -> None:
    found = what_if(REPORT, WhatIf(rtt=100.0))
    assert found.turns_ms[0] == (SILENCE.sum_ms or 0) + 2 * (100 - 20)
    assert what_if(REPORT, WhatIf(region="us-east:eu-west")).parts["network_up"].median == 40.5


def test_changes_hold_together() -> None:
    change = parse_what_if(["silence=400", "transport=websocket", "region=eu-central:us-east"])
    assert change == WhatIf(silence=400, transport="websocket", region="eu-central:us-east")
    found = what_if(REPORT, change)
    assert found.turns_ms[0] == pytest.approx((SILENCE.sum_ms or 0) - 100 - 6.5 - 23 + 2 * (89 - 20))
    assert len(found.assumptions) == 3


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (["silence"], "say silence=MS"),
        (["loss=2"], "say silence=MS"),
        (["silence=soon"], "number of milliseconds"),
        (["silence=-1"], "number of milliseconds"),
        (["rtt=nan"], "number of milliseconds"),
        (["rtt=1", "rtt=2"], "given twice"),
        (["transport=quic"], "webrtc or websocket"),
        (["rtt=10", "region=us-east:us-west"], "give one"),
        (["region=us-east"], "where the service is"),
        (["region=us-eats:us-west"], "do you mean us-east"),
        (["region=mars:us-west"], "There are us-east"),
    ],
)
def test_what_cannot_be_understood_is_refused_with_what_can(settings: list[str], words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        parse_what_if(settings)


def test_every_pair_of_regions_has_a_round_trip_with_a_source() -> None:
    for here in REGIONS:
        for there in REGIONS:
            found = region_round_trip(f"{here}:{there}")
            assert found.source
            assert found.ms == region_round_trip(f"{there}:{here}").ms
            assert (found.ms == 2) == (here == there)
