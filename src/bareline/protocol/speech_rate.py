"""How much audio do so many characters make, as this voice speaks?

An estimate, for where the protocol ties no word to a time: better after every answer whose length is known.
"""

from __future__ import annotations

from bareline.units import SAMPLE_RATE_HZ

__all__ = ["SpeechRate"]

_CHARS_PER_S = 15
"""English at an ordinary pace; what counts until something was measured."""
_WEIGHT_S = 4
"""So many seconds of speech the assumption is worth."""


class SpeechRate:
    """Learns from answers that were played whole."""

    def __init__(self) -> None:
        self._chars = _CHARS_PER_S * _WEIGHT_S
        self._samples = SAMPLE_RATE_HZ * _WEIGHT_S

    def learn(self, chars: int, samples: int) -> None:
        """So many characters took so many samples at 24 kHz."""
        if chars and samples:
            self._chars += chars
            self._samples += samples

    def samples(self, chars: int) -> int:
        """How long these take, in samples at 24 kHz."""
        return chars * self._samples // self._chars

    def chars(self, samples: int) -> int:
        """How many are said in these samples, rounded down."""
        return samples * self._chars // self._samples
