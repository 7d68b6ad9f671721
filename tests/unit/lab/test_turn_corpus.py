"""Is the corpus the same for everybody, labelled as it sounds, and kept apart from what it judges?"""

from __future__ import annotations

import ast
import itertools
import random
from pathlib import Path

import pytest

import bareline.lab.turn_corpus as package
from bareline.lab.turn_corpus import overlaps, people, spoken
from bareline.lab.turn_corpus.corpus import SCENES, Scene, scenes
from bareline.lab.turn_corpus.sounds import DEVELOPMENT_NOISES, HELD_OUT_NOISES, cough, noise, rms
from bareline.lab.turn_corpus.voices import DEVELOPMENT_VOICES, HELD_OUT_VOICES
from bareline.media.levels import rms_dbfs

ROOT = Path(str(package.__file__)).parent


def test_a_scene_is_the_same_every_time_and_another_with_another_seed() -> None:
    scene = Scene("interruption", "development", 3, seed=1)
    assert scene.make() == scene.make()
    assert scene.make().pcm != Scene("interruption", "development", 3, seed=2).make().pcm


def test_labels_fit_the_sound() -> None:
    quiet = (Scene("household", "development", number, seed=1).make() for number in itertools.count())
    recording = next(each for each in quiet if each.labels.tags["snr_db"] == "45" and each.labels.turns[0].pauses)
    (turn,) = recording.labels.turns

    def level(begin_ms: int, end_ms: int) -> float:
        return rms_dbfs(recording.pcm[48 * begin_ms : 48 * end_ms])

    speech = level(turn.from_ms, turn.to_ms)
    assert level(0, turn.from_ms) < speech - 30
    assert level(turn.to_ms, recording.length_ms) < speech - 30
    assert all(level(pause.from_ms, pause.to_ms) < speech - 30 for pause in turn.pauses)
    assert level(turn.from_ms, turn.from_ms + 60) > speech - 30


@pytest.mark.parametrize("kind", ["insisting", "listening"])
def test_what_is_said_twice_is_one_stretch_with_a_pause(kind: str) -> None:
    recording = Scene(kind, "development", 2, seed=1).make()  # type: ignore[arg-type]
    ((begin_ms, end_ms),) = [(each.from_ms, each.to_ms) for each in (*recording.labels.turns, *recording.labels.sounds)]
    levels = [rms_dbfs(recording.pcm[48 * at : 48 * (at + 20)]) for at in range(begin_ms, end_ms, 20)]
    quiet = [level < max(levels) - 20 for level in levels]
    longest = max(len(list(run)) for silent, run in itertools.groupby(quiet) if silent)
    assert 550 <= 20 * longest <= 3_000


def test_three_in_ten_requests_pause_after_words_that_could_be_all() -> None:
    for part in ("development", "held_out"):
        turns = [spoken.household_turn(random.Random(number), part) for number in range(400)]
        assert sum(any(said.complete for said in turn.parts[:-1]) for turn in turns) >= 0.3 * len(turns)
        assert all(turn.parts[-1].complete for turn in turns)


def test_the_parts_share_no_form_voice_or_noise() -> None:
    def forms(part: str) -> set[str]:
        said = {overlaps.backchannel(random.Random(n), part, phonemes=False)[0] for n in range(300)}  # type: ignore[arg-type]
        said |= {overlaps.interruption(random.Random(n), part)[1] for n in range(300)}  # type: ignore[arg-type]
        return said

    assert not forms("development") & forms("held_out")
    assert not set(DEVELOPMENT_VOICES) & set(HELD_OUT_VOICES)
    assert not set(DEVELOPMENT_NOISES) & set(HELD_OUT_NOISES)
    assert {scene.part for scene in scenes("held_out", share=0.01)} == {"held_out"}


def test_the_corpus_and_what_it_judges_import_nothing_of_each_other() -> None:
    judged = ("bareline.turns", "bareline.server", "bareline.lab.turns_bench", "bareline.lab.turn_contenders")
    for path in ROOT.glob("*.py"):
        nodes = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.ImportFrom)]
        assert not [node.module for node in nodes if str(node.module).startswith(judged)], path
    for package_name in ("turns", "speech", "server"):
        for path in (ROOT.parents[1] / package_name).rglob("*.py"):
            assert "turn_corpus" not in path.read_text(), path


def test_a_full_corpus_has_five_hundred_events_and_an_hour_of_noise() -> None:
    assert sum(SCENES[kind] for kind in ("household", "open", "interruption", "backchannel")) >= 500
    assert SCENES["noise"] >= 60


@pytest.mark.parametrize("name", [*DEVELOPMENT_NOISES, *HELD_OUT_NOISES])
def test_noises_have_the_level_they_are_asked_for(name: str) -> None:
    assert rms(noise(name, 24_000, 1)) == pytest.approx(1.0)


def test_coughs_differ_and_are_short() -> None:
    made = [cough(seed) for seed in range(6)]
    assert len({len(each) for each in made}) > 1
    assert all(0.15 < len(each) / 24_000 < 1.8 and max(abs(each)) == pytest.approx(1.0) for each in made)


@pytest.mark.skipif(not people.prompts(), reason=f"needs the Debian package {people.PACKAGE}")
def test_recorded_speech_is_labelled_with_its_pauses() -> None:
    recording = Scene("human", "held_out", 12, seed=1).make()
    (turn,) = recording.labels.turns
    assert recording.labels.tags["voice"] == people.PACKAGE
    assert 1_000 < turn.to_ms - turn.from_ms < 16_000
    assert Scene("dictation", "held_out", 1, seed=1).make().labels.turns[0].pauses
