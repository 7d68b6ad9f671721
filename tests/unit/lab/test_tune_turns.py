"""Does tuning find who keeps to the limit, say so, and lock it?"""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import pytest

from bareline.cli.main import main
from bareline.errors import ConfigurationError
from bareline.lab.tune_turns import TuneOptions, render_tune, run_tune
from bareline.lab.turn_contenders import standard_contenders
from bareline.testing import check_turns
from bareline.testing.turns.labels import LabelledSound, LabelledTurn, Labels, Pause, PlayingSpan
from bareline.testing.turns.recordings import Recording, write_recording
from bareline.testing.turns.replay import Contender
from bareline.turns.contract import VoiceActivity
from bareline.turns.energy import EnergyVad
from bareline.turns.interruption_rules import InterruptionRules
from bareline.turns.silence import SilenceTurnDetector

TONE = (b"\x00\x20" * 12 + b"\x00\xe0" * 12) * 500


def by_energy(vad: VoiceActivity, ms: int) -> SilenceTurnDetector:
    """Tones are no speech to Silero."""
    del vad
    return SilenceTurnDetector(EnergyVad(), silence_duration_ms=ms)


TIMERS = tuple(
    Contender(name=f"wait {ms}", detector=partial(by_energy, ms=ms), family="waits") for ms in (300, 700, 1_200)
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A turn with a pause of half a second, and a sound over the assistant's voice."""
    turn = LabelledTurn(from_ms=500, to_ms=2_000, pauses=(Pause(from_ms=1_000, to_ms=1_500),))
    paused = bytes(24_000) + TONE[:24_000] + bytes(24_000) + TONE[:24_000] + bytes(96_000)
    write_recording(tmp_path, Recording("paused", paused, Labels(turns=(turn,))))
    over = Labels(
        sounds=(LabelledSound(from_ms=1_000, to_ms=1_500, kind="backchannel"),),
        playing=(PlayingSpan(from_ms=100, to_ms=4_000),),
    )
    write_recording(tmp_path, Recording("over", bytes(48_000) + TONE[:24_000] + bytes(120_000), over))
    return tmp_path


def test_the_quickest_that_keeps_to_the_limit_is_recommended_and_locked(folder: Path) -> None:
    report = run_tune(folder, TuneOptions(contenders=TIMERS, only=True, lock=True, processes=1))
    best = {each.what: each.name for each in report.recommended}
    assert best["turns"] == "wait 700"
    assert report.delay_at_limit["waits"] == pytest.approx(680)
    assert report.lock is not None
    check_turns(folder, TIMERS[1])
    with pytest.raises(AssertionError, match="cut-ins 1, locked 0"):
        check_turns(folder, TIMERS[0].detector, name="wait 700")


def test_the_report_reads_as_tables_a_plot_and_a_recommendation(folder: Path) -> None:
    rules = Contender(name="rules", detector=partial(by_energy, ms=500), policy=InterruptionRules.balanced())
    text = render_tune(run_tune(folder, TuneOptions(contenders=(*TIMERS, rules), only=True, processes=1)))
    assert any(line.split()[:3] == ["wait", "300", "100.0"] for line in text.splitlines())
    assert "median delay at 5 % cut-ins, waits: 680 ms" in text
    assert "for turns: wait 700" in text
    assert "a: waits" in text


def test_where_nobody_keeps_to_the_limit_it_is_said(folder: Path) -> None:
    report = run_tune(folder, TuneOptions(contenders=TIMERS[:1], only=True, processes=1))
    assert report.recommended[0].why.startswith("nobody keeps to 5 %")
    assert report.delay_at_limit == {"waits": None}


def test_names_that_cannot_be_are_refused(folder: Path) -> None:
    with pytest.raises(ConfigurationError, match="two contenders are called wait 300"):
        run_tune(folder, TuneOptions(contenders=(TIMERS[0], TIMERS[0]), only=True))
    with pytest.raises(ConfigurationError, match="no contender soon to lock"):
        run_tune(folder, TuneOptions(contenders=TIMERS, only=True, lock_names=("soon",)))


def test_standard_contenders_have_names_of_their_own_and_code_to_write() -> None:
    found = standard_contenders()
    assert len({each.name for each in found}) == len(found)
    assert all(each.code.startswith("Call(") for each in found)


def test_the_command_takes_contenders_from_a_module(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    source = (
        "from bareline.testing import Contender\n"
        "from bareline.turns.energy import EnergyVad\n"
        "from bareline.turns.silence import SilenceTurnDetector\n"
        "def detector(vad):\n"
        "    return SilenceTurnDetector(EnergyVad(), silence_duration_ms=700)\n"
        "mine = [Contender(name='mine', detector=detector)]\n"
        "other = [1]\n"
    )
    (tmp_path / "my_turns.py").write_text(source)
    monkeypatch.chdir(tmp_path)
    options = ["tune", "turns", str(folder), "--only", "--processes", "1", "--json"]
    assert main([*options, "--contenders", "my_turns:mine"]) == 0
    assert json.loads(capsys.readouterr().out)["figures"]["mine"]["delay_ms"]["median"] == 700
    assert main([*options, "--contenders", "my_turns:other"]) == 2
