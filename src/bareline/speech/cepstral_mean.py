"""What does this speaker, on this microphone, in this room, sound like on average?

pocketsphinx subtracts the mean of the cepstrum, which it knows well only after several seconds. Commands are shorter:
here the mean follows the utterance from its first frames on, out of a prior, and begins anew with each, so that a
result does not depend on what was heard before.
"""

from __future__ import annotations

from typing import Any

__all__ = ["CepstralMean"]

_PRIOR = (54.5, -6.0, -3.3, 8.7, -9.0, -2.0, -11.0, -3.0, -5.0, -4.0, 5.0, -7.0, 3.0)
"""Mean over several voices at two levels. The model's own (40, 3, -1, ...) costs a sentence in twenty."""
_PRIOR_FRAMES = 100
_EVERY_BLOCKS = 10
_OWN_FRAMES = 500
"""Weight that pocketsphinx gives to a mean that is set."""
_FRAMES_PER_BLOCK = 2
_WINDOW_FRAMES = 2
"""Frames that pocketsphinx still waits with at any time."""


class CepstralMean:
    """Follows one utterance, which comes in blocks of 20 ms."""

    def __init__(self) -> None:
        self._sums: list[float] = []
        self._frames = 0
        self._blocks = 0
        self._set: tuple[float, ...] = ()

    def begin(self, decoders: tuple[Any, ...]) -> None:
        """A new utterance."""
        self._sums = [mean * _PRIOR_FRAMES for mean in _PRIOR]
        self._frames = _PRIOR_FRAMES
        self._blocks = 0
        self._apply(decoders)

    def heard_block(self, decoders: tuple[Any, ...]) -> None:
        """All decoders have heard one block more: the same audio, so that the first one speaks for all."""
        self._blocks += 1
        if self._blocks % _EVERY_BLOCKS:
            return
        frames = _EVERY_BLOCKS * _FRAMES_PER_BLOCK - (_WINDOW_FRAMES if self._blocks == _EVERY_BLOCKS else 0)
        updated = [float(value) for value in decoders[0].get_cmn(True).split(",")]
        weight = _OWN_FRAMES + frames
        self._sums = [
            total + after * weight - before * _OWN_FRAMES
            for total, after, before in zip(self._sums, updated, self._set, strict=True)
        ]
        self._frames += frames
        self._apply(decoders)

    def _apply(self, decoders: tuple[Any, ...]) -> None:
        written = [f"{total / self._frames:.4f}" for total in self._sums]
        self._set = tuple(map(float, written))
        for decoder in decoders:
            decoder.set_cmn(",".join(written))
