"""Do the parts of a real call's latency sum to what its waveforms say, over both transports?

The demo's call is held in real time. How long it takes is the machine's affair; that the measures agree is not.
"""

from __future__ import annotations

import asyncio
import statistics
from pathlib import Path

import pytest

from bareline.lab.demo.play import DemoOptions, play_demo
from bareline.lab.latency_report import EAR_WITHIN_MS, MOUTH_WITHIN_MS, measure_latency

pytest.importorskip("pocketsphinx")


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("transport", ["webrtc", "websocket"])
def test_the_parts_sum_to_what_the_waveforms_say(transport: str, tmp_path: Path) -> None:
    if transport == "webrtc":
        pytest.importorskip("aiortc")
    asyncio.run(play_demo(DemoOptions(seed=3, out=tmp_path, transport=transport), lambda _: None))
    report = measure_latency(tmp_path)
    assert report.transport == transport
    whole = [turn for turn in report.turns if turn.by_waveform_ms is not None and turn.sum_ms is not None]
    assert len(whole) > len(report.turns) / 2
    for turn in whole:
        assert turn.sum_ms == pytest.approx(sum(turn.parts.values()), abs=1)
    apart_ms = sorted(abs(turn.by_waveform_ms - turn.sum_ms) for turn in whole)
    assert apart_ms[len(whole) * 3 // 4] <= EAR_WITHIN_MS  # a machine that stands still may tear one apart
    late = [turn.detector_late_ms for turn in whole if turn.detector_late_ms is not None]
    assert 0 <= statistics.median(late) <= MOUTH_WITHIN_MS
