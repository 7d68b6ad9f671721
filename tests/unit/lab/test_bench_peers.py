"""Does the bench of peers plan fairly, and does it say only what it measured?"""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import msgspec
import pytest

from bareline.cli.main import main
from bareline.errors import ConfigurationError
from bareline.lab.peers.contenders import FLOOR, PEERS, PROGRAMS, choose_peers
from bareline.lab.peers.environments import NotInstallable, make_environment
from bareline.lab.peers.heard import barge_ins, heard_pieces, truncation_errors_ms
from bareline.lab.peers.outcomes import outcome_of
from bareline.lab.peers.plot import plot_peers
from bareline.lab.peers.programs.shared.probe import FRAME_BYTES, stamp, stamps
from bareline.lab.peers.report import (
    Absence,
    Outcome,
    PeerFigure,
    PeersReport,
    latest_report,
    local_report_path,
    save_report,
)
from bareline.lab.peers.run import PeersOptions, plan_rounds
from bareline.lab.peers.samples import Samples, code_lines, figures, visit_samples
from bareline.lab.peers.scenes import SCENES
from bareline.lab.peers.table import render_markdown, render_peers
from bareline.lab.peers.visit import Visit

MS = 1_000_000
BY_NAME = {scene.name: scene for scene in SCENES}
REPORT = PeersReport(
    machine="two cores",
    date="2026-11-23T19:00+00:00",
    rows=(
        PeerFigure(FLOOR, "start to ready", "ms", 100.0, 90.0, 120.0, 1.0),
        PeerFigure("pipecat", "start to ready", "ms", 1000.0, 900.0, 1200.0, 10.0),
        PeerFigure("pipecat", "truncation error", "ms", 618.6, 600.0, 640.0),
    ),
    outcomes=(Outcome("pipecat", "error event", "dead", "it runs on, and the next question is not answered"),),
    absent=(Absence("livekit-agents", "ERROR: no matching distribution"),),
    versions={"pipecat": "1.14.0"},
)


def visit(scene: str, *, seen: dict[str, object], passed: dict[str, object], peer: str = "openai") -> Visit:
    empty = {"latencies_ns": [], "chunks": [], "clears": [], "says": [], "tools": [], "windows": [], "ended": ""}
    silent = {"events": [], "frames": [], "microphone_us": [], "connections": 1}
    found = next(each for each in PEERS if each.name == peer)
    return Visit(found, BY_NAME[scene], empty | {"resident_mb": 1.0} | seen, silent | passed, 0, "", 0.0)


def speaking(frames: int, begin_ms: int = 0) -> list[list[object]]:
    return [[(begin_ms + 20 * n) * MS, (begin_ms + 20 * n + 20) * MS, n, True] for n in range(frames)]


def interrupted(truncated: list[tuple[str, int]]) -> Visit:
    """A second of item a and a second of b came at once; the user speaks at 480 ms, playback stops at 500 ms."""
    added = [[0, "down", 1, "response.output_item.added", {"item_id": item, "response_id": "r"}] for item in "ab"]
    told = [
        [510 * MS, "down", 1, "conversation.item.truncated", {"item_id": item, "audio_end_ms": ms}]
        for item, ms in truncated
    ]
    heard = [490 * MS, "down", 1, "input_audio_buffer.speech_started", {}]
    frames = [["a", FRAME_BYTES]] * 50 + [["b", FRAME_BYTES]] * 50
    seen = {"chunks": speaking(100), "clears": [[500 * MS, 100]], "says": [1, 480 * MS]}
    return visit("barge-in, two items", seen=seen, passed={"events": [*added, heard, *told], "frames": frames})


def test_a_stamp_is_found_again_wherever_it_lies() -> None:
    audio = bytes(100) + stamp(123_456_789_012, 7) + bytes(64) + stamp(5, 65_536 + 8) + bytes(10)
    assert stamps(audio) == [(100, 123_456_789_012, 7), (212, 5, 8)]
    assert stamps(stamp(1, 1)[:-2]) == []
    assert max(stamp(2**60, 9)) < 128


def test_what_was_cleared_was_not_heard() -> None:
    pieces = heard_pieces(interrupted([]))
    assert (pieces[-1].end_ns, {piece.item_id for piece in pieces}) == (500 * MS, {"a"})
    assert barge_ins(interrupted([])) == [(480 * MS, 500 * MS)]


@pytest.mark.parametrize(
    ("truncated", "error_ms"),
    [([("a", 500), ("b", 0)], 0), ([("a", 500)], 1_000), ([("b", 500)], 1_000), ([("a", 1_000), ("b", 0)], 500)],
)
def test_truncation_is_judged_over_all_items_of_the_answer(truncated: list[tuple[str, int]], error_ms: int) -> None:
    assert truncation_errors_ms(interrupted(truncated)) == [error_ms]


def test_over_webrtc_all_that_sounded_since_the_start_of_the_answer_counts() -> None:
    events = [
        [0, "side", 1, "response.output_item.added", {"item_id": "a", "response_id": "r"}],
        [15 * MS, "side", 1, "output_audio_buffer.started", {"response_id": "r"}],
        [500 * MS, "side", 1, "conversation.item.truncated", {"item_id": "a", "audio_end_ms": 460}],
    ]
    chunks = [[begin, end, -1, True] for begin, end, _, _ in speaking(20, begin_ms=20)]
    before = [[0, 10 * MS, -1, True]]
    seen = {"chunks": [*before, *chunks], "says": [1, 400 * MS]}
    over = visit("barge-in", seen=seen, passed={"events": events}, peer="bareline-webrtc")
    assert truncation_errors_ms(over) == [60.0]


def test_the_clients_own_part_of_a_barge_in_is_told_apart() -> None:
    found = visit_samples(interrupted([("a", 500), ("b", 0)]))
    assert found == {"speech_started to silence": [10.0], "truncation error, two items": [0.0]}


def test_a_tool_is_timed_from_its_arguments_to_the_next_response() -> None:
    done = [10 * MS, "down", 1, "response.function_call_arguments.done", {}]
    after = [13 * MS, "down", 1, "response.created", {}]
    found = visit_samples(visit("tool", seen={"tools": [11 * MS]}, passed={"events": [done, after]}))
    assert found == {"arguments to tool": [1.0], "tool round trip": [3.0]}


def test_ratios_are_of_the_same_round_and_few_samples_have_a_wide_spread() -> None:
    rounds: dict[str, list[Samples]] = {
        FLOOR: [{"memory": [10.0]}, {"memory": [20.0]}],
        "openai": [{"memory": [30.0], "truncation error": [5.0]}, {"memory": [40.0]}],
    }
    rows = {(row.peer, row.measure): row for row in figures(rounds)}
    found = rows["openai", "memory"]
    assert (found.median, found.low, found.high, found.ratio) == (35.0, 20.0, 50.0, 2.5)
    assert rows["openai", "truncation error"].ratio is None


def test_many_samples_are_told_by_their_middle() -> None:
    row = next(iter(figures({FLOOR: [{"delta to application": [float(n) for n in range(101)]}]})))
    assert (row.median, row.low, row.high) == (50.0, 10.0, 90.0)


@pytest.mark.parametrize(
    ("ended", "answered", "connections", "verdict"),
    [
        ("still running", True, 1, "goes on"),
        ("still running", True, 2, "reconnected"),
        ("still running", False, 1, "dead"),
        ("returned", False, 1, "silent"),
        ("raised ConnectionClosed: no", False, 1, "raised"),
    ],
)
def test_a_failure_is_told_by_what_came_of_it(ended: str, answered: bool, connections: int, verdict: str) -> None:
    seen = {"ended": ended, "says": [1, 2_000 * MS], "chunks": speaking(5, 3_100) if answered else []}
    events = [[3_000 * MS, "down", connections, "response.created", {}]]
    outcome = outcome_of(visit("error event", seen=seen, passed={"events": events, "connections": connections}))
    assert outcome.verdict == verdict


def test_every_peer_has_a_small_program_and_requirements() -> None:
    for peer in PEERS:
        assert 20 < code_lines(peer) < 110
        assert (peer.folder / ("package.json" if peer.runtime == "node" else "requirements.txt")).stat().st_size
    assert {path.name for path in PROGRAMS.iterdir() if path.is_dir()} >= {peer.name for peer in PEERS}


def test_the_floor_takes_part_always_and_strangers_are_refused() -> None:
    assert [peer.name for peer in choose_peers(["openai"])] == [FLOOR, "openai"]
    assert choose_peers([]) == PEERS
    with pytest.raises(ConfigurationError, match="there is no peer 'twilio'"):
        choose_peers(["twilio"])


def test_a_quick_run_has_two_scenes_and_failures_are_seen_once() -> None:
    assert {scene.name for scenes in plan_rounds(PeersOptions(quick=True)) for scene in scenes} == {"talk", "barge-in"}
    first, second = plan_rounds(PeersOptions(rounds=2))
    assert first == SCENES
    assert "failure" not in {scene.kind for scene in second}


def test_a_local_report_goes_before_the_reference(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert local_report_path().is_relative_to(tmp_path)
    before = latest_report()
    assert before is None or before[1].name == "reference.json"
    save_report(REPORT, local_report_path())
    assert latest_report() == (REPORT, local_report_path())
    local_report_path().write_text("{")
    assert latest_report() == before


def test_a_report_is_shown_without_measuring(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    save_report(REPORT, local_report_path())
    assert main(["bench", "peers", "--show", "--json", "--output", str(tmp_path / "out")]) == 0
    assert msgspec.convert(json.loads(capsys.readouterr().out), PeersReport) == REPORT
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["peers.svg", "report.json", "table.md"]


def test_the_tables_name_figures_failures_and_who_is_absent() -> None:
    text = render_peers(REPORT)
    assert "Pipecat                        1000  900-1200   10.0" in text
    assert "error event:\n  Pipecat: dead: it runs on" in text
    assert "absent: LiveKit Agents: ERROR: no matching distribution" in text
    assert "| start to ready, ms | 100 (90-120) | 1000 (900-1200) |" in render_markdown(REPORT)


def test_the_plot_is_a_picture_with_a_bar_for_each_peer() -> None:
    picture = ET.fromstring(plot_peers(REPORT))  # noqa: S314 - our own text
    assert len(picture.findall(".//{*}rect[@fill='#c98b4b']")) == 1


def test_a_peer_without_node_is_absent_and_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NotInstallable, match="no Node"):
        make_environment(PEERS[-1], progress=lambda _: None)
