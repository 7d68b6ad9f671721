"""Is what a canceller leaves of this block still nothing but echo?"""

from __future__ import annotations

__all__ = ["EchoResidue"]

_SHARE = 10 ** (-10 / 10)
"""A canceller that has taken nine tenths of the energy heard mostly echo: in 24 rooms, of a voice that was as loud as
the echo enough was left that it was found each time, and nothing was left that was taken for a voice."""
_FADE = 0.6
"""Energies of the last 25 ms: a block alone says little."""


class EchoResidue:
    """For the first seconds of an echo, which a canceller does not know yet; feed it every block of 10 ms."""

    def __init__(self) -> None:
        self._near = 0.0
        self._left = 0.0

    def only_echo(self, near: float, left: float) -> bool:
        """Judge a block by its levels (root mean squares) before and after the canceller."""
        self._near = _FADE * self._near + (1 - _FADE) * near * near
        self._left = _FADE * self._left + (1 - _FADE) * left * left
        return self._left < _SHARE * self._near
