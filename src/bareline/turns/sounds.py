"""What is known of one sound that the microphone hears: how long, how loud, how much like speech, in which words?"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from bareline.turns.contract import SpeechProbability
from bareline.units import SAMPLES_PER_MS

__all__ = ["Background", "Sound"]

_FALL = 0.3
_RISE = 0.02
"""Per 20 ms: what falls is the floor, what rises may be somebody who begins to speak."""
_OWN_MARGIN_DB = 8.0
_BELOW_PEAK_DB = 22.0
_USUAL_SHARE = 0.3
_USUAL_MIN_MS = 800
"""Shorter ones do not show how somebody speaks who has the floor."""


@dataclass(slots=True)
class Sound:
    """Speech, or what is taken for it, with gaps too short to end it. Samples of the microphone's stream.

    ``speech``: samples of it that were speech; ``end``: the sample after the last of them.
    """

    onset: int
    end: int
    speech: int = 0
    detected: bool = False
    turn_over: bool = False
    words: str = ""
    confidence: float | None = None
    echo: float | None = None
    level_dbfs: float | None = None
    peak_dbfs: float = -math.inf
    _weight: float = field(default=0.0, repr=False)
    _judged: int = field(default=0, repr=False)
    _power: float = field(default=0.0, repr=False)
    _blocks: int = field(default=0, repr=False)

    @property
    def probability(self) -> float | None:
        """Mean speech probability while it was speech; ``None`` when nobody judged it."""
        return self._weight / self._judged if self._judged else None

    @property
    def speech_ms(self) -> int:
        """Whole milliseconds of speech."""
        return self.speech // SAMPLES_PER_MS

    def voiced(self, first: int, end: int) -> None:
        """Speech from ``first`` to ``end``; what was counted already is not counted again."""
        self.speech += max(0, end - max(first, self.end))
        self.end = max(self.end, end)

    def judged(self, window: SpeechProbability) -> None:
        """Voice activity takes this window for speech."""
        self.voiced(window.first_sample, window.end_sample)
        samples = window.end_sample - window.first_sample
        self._weight += window.probability * samples
        self._judged += samples

    def heard(self, level_dbfs: float) -> None:
        """20 ms of it had this level."""
        self._blocks += 1
        self._power += 10 ** (level_dbfs / 10)
        self.level_dbfs = 10 * math.log10(self._power / self._blocks)
        self.peak_dbfs = max(self.peak_dbfs, level_dbfs)


class Background:
    """The level of silence (``floor_dbfs``), and that at which the user usually speaks (``usual_dbfs``)."""

    def __init__(self) -> None:
        self.floor_dbfs: float | None = None
        self.usual_dbfs: float | None = None

    def silent(self, level_dbfs: float) -> None:
        """20 ms without a sound that anybody takes for speech."""
        floor = self.floor_dbfs
        if floor is None:
            self.floor_dbfs = level_dbfs
        else:
            self.floor_dbfs = floor + (level_dbfs - floor) * (_FALL if level_dbfs < floor else _RISE)

    def spoke(self, sound: Sound) -> None:
        """The user had the floor."""
        if sound.level_dbfs is not None and sound.speech_ms >= _USUAL_MIN_MS:
            usual = self.usual_dbfs if self.usual_dbfs is not None else sound.level_dbfs
            self.usual_dbfs = usual + (sound.level_dbfs - usual) * _USUAL_SHARE

    def stands_out(self, level_dbfs: float, peak_dbfs: float) -> bool:
        """Whether a level is that of a sound whose loudest 20 ms had ``peak_dbfs``."""
        above = self.floor_dbfs is None or level_dbfs >= self.floor_dbfs + _OWN_MARGIN_DB
        return above and level_dbfs >= peak_dbfs - _BELOW_PEAK_DB
