"""Do the demo's figures say no more than happened?"""

from __future__ import annotations

import datetime as dt

import pytest

from bareline.lab.demo.scene import draw_scene
from bareline.lab.demo.summary import summarise
from bareline.lab.recording import HeardAudio
from bareline.testing.caller import SpokenUtterance
from bareline.units import NS_PER_MS, NS_PER_S


@pytest.mark.parametrize(("turns", "p50", "p95"), [(1, 100, 100), (10, 550, 1000), (20, 1050, 1900)])
def test_no_more_than_one_answer_in_twenty_came_later_than_p95(turns: int, p50: float, p95: float) -> None:
    """The answers come after 100, 200, ... ms."""
    starts = [number * 60 * NS_PER_S for number in range(turns)]
    spoken = [SpokenUtterance("Hello.", "caller-1", 0, 24_000, start, start + NS_PER_S, None) for start in starts]
    heard = [
        HeardAudio(utterance.ended_ns + number * 100 * NS_PER_MS) for number, utterance in enumerate(spoken, start=1)
    ]
    scene = draw_scene(1, dt.date(2026, 1, 1))
    summary = summarise(
        scene=scene, transport="websocket", spoken=spoken, heard=heard, events=[], repeats=0, trace=[], unmet=[]
    )
    assert summary.first_audio_ms is not None
    assert (summary.first_audio_ms.p50, summary.first_audio_ms.p95) == (p50, p95)
