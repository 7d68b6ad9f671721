"""Do the demo's figures say no more than happened?"""

from __future__ import annotations

import datetime as dt

import pytest

from bareline.lab.demo.scene import draw_scene
from bareline.lab.demo.summary import summarise
from bareline.lab.recording import HeardAudio
from bareline.observe.record import TraceRecord
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


NO_TURNS = [
    "nobody made a listener's sound during an answer",
    "nobody stopped to think in the middle of a sentence",
]


def interrupted(transport: str, gaps_ms: int, told_ms: int):
    """An answer of 1,000 ms in packets, cut by the caller; what was heard has small gaps, as late packets leave."""
    packets = [HeardAudio(number * (20 + gaps_ms) * NS_PER_MS + NS_PER_S, bytearray(20 * 48)) for number in range(50)]
    began_ns = packets[-2].start_ns
    spoken = [SpokenUtterance("Stop.", "caller-1", 0, 24_000, began_ns, began_ns + NS_PER_S, 900)]
    kind, name = ("sent", "truncate") if transport == "websocket" else ("received", "truncated")
    told = TraceRecord(
        at_ns=began_ns + NS_PER_MS, kind=kind, name=f"conversation.item.{name}", data={"audio_end_ms": told_ms}
    )
    return summarise(
        scene=draw_scene(1, dt.date(2026, 1, 1)),
        transport=transport,
        spoken=spoken,
        heard=packets,
        events=[],
        repeats=0,
        trace=[told],
        unmet=[],
    )


@pytest.mark.parametrize("transport", ["webrtc", "websocket"])
@pytest.mark.parametrize("gaps_ms", [0, 15])
def test_an_answer_with_gaps_is_one_answer_and_what_was_heard_of_it_counts(transport: str, gaps_ms: int) -> None:
    summary = interrupted(transport, gaps_ms, told_ms=1_000)
    assert summary.errors == NO_TURNS
    assert summary.barge_in is not None
    assert (summary.barge_in.heard_ms, summary.barge_in.audio_end_ms) == (1_000, 1_000)


def test_a_server_that_takes_for_heard_what_was_not_is_found_out() -> None:
    summary = interrupted("webrtc", 0, told_ms=1_300)
    told = "of the interrupted answer 1000 ms were heard, and the server was left with 1300 ms"
    assert summary.errors == [*NO_TURNS, told]
