"""Is there recorded human speech on this machine, and where are its pauses?

The prompts of Debian's package asterisk-core-sounds-en-wav: Allison Smith, 8 kHz, CC BY-SA 3.0. They are read where the
package is installed, and never shipped.
"""

from __future__ import annotations

from array import array
from functools import cache
from pathlib import Path
from typing import TypeAlias

from bareline.devices.wav_file import AudioFile
from bareline.media.levels import quiet_spans
from bareline.units import SAMPLES_PER_MS

__all__ = ["PACKAGE", "HumanSpeech", "digits", "prompts", "short_phrases", "spoken"]

PACKAGE = "asterisk-core-sounds-en-wav"
_FOLDER = Path("/usr/share/asterisk/sounds/en_US_f_Allison")
_NO_SPEECH = ("beep", "tone", "monkeys", "silence")
_BYTES_PER_S = 16_000
_PAUSE_MS = 200
_QUIET_DBFS = -50.0
_TURN_S = (1.2, 16.0)
_SHORT_S = (0.8, 2.0)

HumanSpeech: TypeAlias = "tuple[array[int], list[tuple[int, int]]]"
"""Samples from the first audible one to the last, and the pauses (first sample, end sample) within."""


@cache
def prompts() -> tuple[str, ...]:
    """The names of sentences of 1.2-16 s; empty without the package."""
    return _of_length(*_TURN_S)


@cache
def short_phrases() -> tuple[str, ...]:
    """The names of phrases of 0.8-2 s: shorter ones are single words that interrupt nobody."""
    return _of_length(*_SHORT_S)


@cache
def spoken(name: str) -> HumanSpeech:
    """What was recorded under this name."""
    return _trimmed(_FOLDER / f"{name}.wav")


@cache
def digits() -> tuple[array[int], ...]:
    """The words zero to nine."""
    return tuple(_trimmed(_FOLDER / "digits" / f"{digit}.wav")[0] for digit in range(10)) if _FOLDER.is_dir() else ()


def _of_length(least_s: float, most_s: float) -> tuple[str, ...]:
    """By the size of the files alone: reading hundreds of them takes a while."""
    lengths = {path.stem: path.stat().st_size / _BYTES_PER_S for path in sorted(_FOLDER.glob("*.wav"))}
    return tuple(
        name
        for name, length_s in lengths.items()
        if least_s <= length_s < most_s and not any(word in name for word in _NO_SPEECH)
    )


def _trimmed(path: Path) -> HumanSpeech:
    """Without the silence at both ends."""
    pcm = AudioFile(path).pcm()
    quiet = quiet_spans(pcm, below_dbfs=_QUIET_DBFS, at_least_ms=20)
    total = len(pcm) // 2
    first = quiet[0][1] if quiet and quiet[0][0] == 0 else 0
    end = quiet[-1][0] if quiet and quiet[-1][1] == total else total
    if first >= end:
        return array("h"), []
    pauses = [
        (begin - first, stop - first)
        for begin, stop in quiet
        if begin > first and stop < end and stop - begin >= _PAUSE_MS * SAMPLES_PER_MS
    ]
    return array("h", pcm)[first:end], pauses
