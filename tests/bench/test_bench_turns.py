"""Does ``bench turns`` hear its whole corpus, and judge what it heard?"""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from bareline.lab.turn_corpus.corpus import SCENES, scenes
from bareline.lab.turns_bench.contenders import dictation, known_domain, open_speech, overlaps
from bareline.lab.turns_bench.household import HOUSEHOLD_GRAMMAR
from bareline.speech.jsgf import grammar_words


@pytest.mark.parametrize("make", [dictation, known_domain, open_speech, overlaps])
def test_contenders_have_names_of_their_own(make: object) -> None:
    names = [each.name for each in make()]  # type: ignore[operator]
    assert len(set(names)) == len(names)


def test_the_known_domain_foresees_words_and_not_sentences_of_the_corpus() -> None:
    assert {"milk", "tomorrow", "remind"} <= set(grammar_words(HOUSEHOLD_GRAMMAR))


def test_both_parts_have_the_same_scenes_but_for_human_speech() -> None:
    development = {scene.kind for scene in scenes("development", share=0.01)}
    assert development == SCENES.keys() - {"human", "dictation"}
    assert development <= {scene.kind for scene in scenes("held_out", share=0.01)}


@pytest.mark.slow
def test_a_small_share_is_measured_from_end_to_end() -> None:
    command = [sys.executable, "-m", "bareline", "bench", "turns", "--share", "0.01", "--json"]
    report = json.loads(subprocess.run(command, capture_output=True, check=False).stdout)
    assert {"household", "open", "overlaps", "echo"} <= {group["name"] for group in report["groups"]}
    assert report["splits"] == report["splits_same"] > 0
    assert all(goal["measured"] is not None for goal in report["goals"] if "over" not in goal["name"])
    assert report["minutes"] > 0
