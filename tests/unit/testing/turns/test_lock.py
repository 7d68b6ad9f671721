"""Does a lock hold what was reached, and only on the recordings that it was made for?"""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from bareline.errors import ConfigurationError
from bareline.testing import check_turns
from bareline.testing.turns.figures import figures_of
from bareline.testing.turns.labels import LabelledTurn, Labels
from bareline.testing.turns.lock import LOCK_NAME, Allowed, Reached, lock_of, worse, write_lock
from bareline.testing.turns.measure import measure
from bareline.testing.turns.recordings import Recording, read_folder, write_recording
from bareline.testing.turns.replay import Contender
from bareline.turns.energy import EnergyVad
from bareline.turns.silence import SilenceTurnDetector

QUICK = Contender(name="quick", detector=partial(SilenceTurnDetector, silence_duration_ms=300))
SPEECH = (b"\x00\x20" * 12 + b"\x00\xe0" * 12) * 800


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """One turn of 800 ms, locked as ``QUICK`` takes it."""
    labels = Labels(turns=(LabelledTurn(from_ms=200, to_ms=1_000),))
    write_recording(tmp_path, Recording("one", bytes(48 * 200) + SPEECH + bytes(48 * 1_500), labels))
    measured = list(measure(read_folder(tmp_path), (QUICK,), vad=EnergyVad))
    figures = {"quick": figures_of(heard.outcomes["quick"] for heard in measured)}
    write_lock(tmp_path / LOCK_NAME, lock_of(measured, figures))
    return tmp_path


def test_what_was_locked_passes(folder: Path) -> None:
    check_turns(folder, QUICK, vad=EnergyVad)
    check_turns(str(folder), QUICK.detector, vad=EnergyVad)


def test_what_is_slower_fails_and_says_by_how_much(folder: Path) -> None:
    slower = partial(SilenceTurnDetector, silence_duration_ms=400)
    with pytest.raises(AssertionError, match="median delay in ms 400, locked 300"):
        check_turns(folder, slower, vad=EnergyVad)


def test_other_recordings_are_not_compared(folder: Path) -> None:
    write_recording(folder, Recording("two", SPEECH, Labels()))
    with pytest.raises(ConfigurationError, match=r"not what was locked \(two\)"):
        check_turns(folder, QUICK, vad=EnergyVad)


def test_a_name_that_is_not_locked_is_refused(folder: Path) -> None:
    with pytest.raises(ConfigurationError, match="holds quick, not slow"):
        check_turns(folder, QUICK, name="slow", vad=EnergyVad)


def test_without_a_lock_one_is_told_how_to_make_it(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="bareline tune turns --lock"):
        check_turns(tmp_path, QUICK, vad=EnergyVad)
    (tmp_path / LOCK_NAME).write_text("[]")
    with pytest.raises(ConfigurationError, match=r"turns\.lock\.json"):
        check_turns(tmp_path, QUICK, vad=EnergyVad)


def test_worse_is_more_cut_ins_or_noise_or_fewer_yields_and_holds() -> None:
    then = Reached(cut_ins=0.05, delay_ms=400, missed=1, yields=0.99, holds=0.95, noise_starts=0.1)
    assert worse(then, then, Allowed()) == []
    now = Reached(cut_ins=0.06, delay_ms=430, missed=2, yields=0.98, holds=0.9, noise_starts=0.2)
    assert len(worse(now, then, Allowed())) == 6
    assert worse(now, then, Allowed(cut_ins=0.01, delay_ms=30, yields=0.01, holds=0.05, noise_per_minute=0.1)) == [
        "turns whose end is missed 2, locked 1"
    ]
    assert worse(Reached(delay_ms=None), Reached(delay_ms=400), Allowed()) == ["median delay in ms none, locked 400"]
