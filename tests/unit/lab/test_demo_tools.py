"""The scene about tools: reproducible, possible, and judged by what the trace and the loudspeaker have."""

from __future__ import annotations

import datetime

import pytest

from bareline.errors import ConfigurationError, NotFound
from bareline.lab.demo.plot import Played
from bareline.lab.demo.plots import draw_plot
from bareline.lab.demo.script import Watch
from bareline.lab.demo.tool_runs import dead_air, runs_of
from bareline.lab.demo.tools_judge import judge_tools
from bareline.lab.demo.tools_scene import KEYWORDS, draw_tools_scene
from bareline.lab.recording import HeardAudio
from bareline.lab.task_manager.tasks import TaskStore
from bareline.observe.record import TraceRecord
from bareline.testing.caller import SpokenUtterance
from bareline.units import BYTES_PER_SAMPLE, NS_PER_MS, ms_to_samples

TODAY = datetime.date(2026, 3, 4)


def heard(start_ms: int, ms: int) -> HeardAudio:
    return HeardAudio(start_ms * NS_PER_MS, bytearray(ms_to_samples(ms) * BYTES_PER_SAMPLE))


def step(at_ms: int, name: str, state: str, call_id: str = "c", **data: str) -> TraceRecord:
    return TraceRecord(
        at_ns=at_ms * NS_PER_MS, kind="tool", name=name, data={"call_id": call_id, "state": state, **data}
    )


def decision(name: str, **data: str) -> TraceRecord:
    return TraceRecord(at_ns=0, kind="decision", name=name, data=data)


def played(trace: list[TraceRecord], sounds: list[HeardAudio], spoken: list[SpokenUtterance]) -> Played:
    return Played(
        transport="webrtc", spoken=spoken, heard=sounds, events=[], trace=trace, problems=[], repeats=0, media=None
    )


@pytest.mark.parametrize("seed", range(20))
def test_whoever_says_half_a_name_has_to_choose_between_two(seed: int) -> None:
    scene = draw_tools_scene(seed, TODAY)
    assert scene == draw_tools_scene(seed, TODAY)
    store = TaskStore(":memory:")
    scene.fill(store)
    with pytest.raises(NotFound) as caught:
        store.find(scene.vague)
    assert set(caught.value.suggestions) == {scene.mistaken, scene.meant}
    assert {scene.vague, *(task.title for task in store.tasks())} <= set(KEYWORDS)
    assert len({scene.slow, scene.busy, scene.secretive, scene.beside}) == 4
    store.delete(scene.deleted)
    assert scene.unmet(store) == [f"'{scene.meant}' should not be there"]
    store.delete(scene.meant)
    assert scene.unmet(store) == []
    store.clear()
    assert len(scene.unmet(store)) == 2
    store.close()


def test_nothing_is_shown_by_a_call_in_which_nothing_happened() -> None:
    scene, store = draw_tools_scene(1, TODAY), TaskStore(":memory:")
    scene.fill(store)
    summary = judge_tools(scene, store, played([], [], []))
    assert not summary.ok
    assert len(summary.outcomes) == 8
    assert not any(outcome.shown for outcome in summary.outcomes)
    assert summary.dead_air is None
    store.close()


def test_a_run_has_its_decisions_and_its_end() -> None:
    [run, other] = runs_of(
        [
            step(0, "delete_task", "requested", response_id="r", arguments='{"title":"x"}'),
            step(0, "confirm_action", "requested", "d", response_id="s", arguments="{}"),
            step(1, "delete_task", "confirming", proposal_id="p"),
            decision("consent", proposal_id="p"),
            step(10, "delete_task", "running"),
            decision("retry", call_id="c"),
            step(30, "delete_task", "answered", output="{}"),
        ]
    )
    assert (run.state, run.lasted_ms, run.decisions) == ("answered", 20, ["consent", "retry"])
    assert run.about("x")
    assert not other.about("x")
    assert (other.state, other.lasted_ms, other.decisions) == ("", 0, [])


def test_dead_air_is_the_longest_time_in_which_nobody_is_heard_while_a_tool_runs() -> None:
    trace = [
        step(1_000, "look_up", "requested", response_id="r", arguments="{}"),
        step(1_000, "look_up", "running"),
        step(7_000, "look_up", "answered"),
    ]
    said = SpokenUtterance("wait", "caller-1", 0, 1, 4_000 * NS_PER_MS, 4_500 * NS_PER_MS)
    runs = runs_of(trace)
    silence = dead_air(runs, played(trace, [heard(0, 500), heard(2_000, 1_000), heard(5_800, 2_000)], [said]))
    assert silence is not None
    assert (silence.longest_ms, silence.tool) == (1_300.0, "look_up")
    silence = dead_air(runs, played(trace, [], []))
    assert silence is not None
    assert silence.longest_ms == 6_000.0


def test_a_scene_that_is_none_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="call, tools"):
        draw_plot("opera", 1, TODAY)
    store = TaskStore(":memory:")
    for scene in ("call", "tools"):
        plot = draw_plot(scene, 3, TODAY)
        plot.fill(store)
        assert not plot.judge(store, played([], [], [])).ok
        assert {tool.name for tool in plot.tools(store)} >= {"list_tasks", "delete_task", "check_opening_hours"}
        assert next(plot.script(Watch())) is not None
        store.clear()
    store.close()
