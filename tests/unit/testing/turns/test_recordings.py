"""Do labels mean what they say, and do recordings survive the folder?"""

from __future__ import annotations

from pathlib import Path

import pytest

from bareline.errors import ConfigurationError
from bareline.testing.turns.labels import (
    EchoReading,
    LabelledSound,
    LabelledTurn,
    Labels,
    Pause,
    PlayingSpan,
)
from bareline.testing.turns.recordings import Recording, read_folder, write_recording

SECOND = bytes(48_000)
LABELS = Labels(
    turns=(LabelledTurn(from_ms=100, to_ms=900, text="hello", pauses=(Pause(from_ms=300, to_ms=500, complete=True),)),),
    sounds=(LabelledSound(from_ms=950, to_ms=990, kind="cough"),),
    playing=(PlayingSpan(from_ms=920, to_ms=1_000, saying="yes"),),
    echo=(EchoReading(at_ms=0, threshold=0.5), EchoReading(at_ms=940, threshold=0.35, share=0.1)),
    tags={"voice": "mine"},
)


def test_a_recording_comes_back_from_its_folder(tmp_path: Path) -> None:
    recording = Recording("one", SECOND, LABELS)
    write_recording(tmp_path / "corpus", recording)
    (found,) = read_folder(tmp_path / "corpus")
    assert found.make() == recording
    assert found.make().digest == recording.digest


def test_other_labels_are_another_recording() -> None:
    assert Recording("one", SECOND, LABELS).digest != Recording("one", SECOND, Labels()).digest


def test_turns_and_sounds_know_whether_the_assistant_is_heard() -> None:
    labels = Labels(
        turns=(LabelledTurn(from_ms=0, to_ms=100), LabelledTurn(from_ms=600, to_ms=700, kind="stop")),
        sounds=(LabelledSound(from_ms=0, to_ms=9, kind="noise"), LabelledSound(from_ms=550, to_ms=590, kind="cough")),
        playing=(PlayingSpan(from_ms=500, to_ms=800),),
    )
    assert [turn.from_ms for turn in labels.plain_turns] == [0]
    assert [turn.kind for turn in labels.interruptions] == ["stop"]
    assert [sound.kind for sound in labels.overlaps] == ["cough"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('{"turns": [{"from_ms": 5, "to_ms": 5}]}', "5 to 5 ms"),
        ('{"echo": [{"at_ms": 40, "threshold": 1.5}]}', "at 40 ms"),
        ('{"turns": [{"from_ms": 0, "to_ms": 50}, {"from_ms": 20, "to_ms": 90}]}', "20 ms lies before the end at 50"),
        ('{"turns": [{"from_ms": 0, "to_ms": 50, "pauses": [{"from_ms": 40, "to_ms": 60}]}]}', "outside its turn"),
        ('{"turns": [{"from_ms": 0, "to_ms": 1001}]}', "after the end at 1000"),
        ('{"version": 2}', "version 2"),
        ('{"turn": []}', "turn"),
        ("{", "labels.json"),
    ],
)
def test_labels_that_cannot_be_are_refused_with_their_file(tmp_path: Path, text: str, says: str) -> None:
    write_recording(tmp_path, Recording("labels", SECOND, Labels()))
    (tmp_path / "labels.json").write_text(text)
    with pytest.raises(ConfigurationError, match=r"labels\.json") as refused:
        read_folder(tmp_path)[0].make()
    assert says in str(refused.value)


def test_a_folder_without_recordings_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="holds no recording"):
        read_folder(tmp_path)
    with pytest.raises(ConfigurationError, match="no such folder"):
        read_folder(tmp_path / "missing")
