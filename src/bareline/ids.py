"""Where do identifiers come from, so that a seed gives the same ones again?

The service's identifiers are a prefix and 21 base62 characters (REALTIME.md section 4). The core never draws them: it
is given an ``IdSource``.
"""

from __future__ import annotations

import random
from typing import Protocol

__all__ = ["IdSource", "RandomIds", "SeededIds"]

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_LENGTHS = {"call": 16}
_RANDOM_BITS = 192
"""Enough for 21 characters (125 bits) with a bias that nobody can see."""


class IdSource(Protocol):
    """Gives identifiers that are unique within one process and run."""

    def new(self, prefix: str) -> str:
        """An identifier ``<prefix>_<base62>``; 21 characters after the prefix, 16 for ``call``."""
        ...


class SeededIds:
    """Identifiers that a seed reproduces: for tests, simulations and ``serve --seed``."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def new(self, prefix: str) -> str:
        length = _LENGTHS.get(prefix, 21)
        return f"{prefix}_{''.join(self._random.choices(_ALPHABET, k=length))}"


class RandomIds:
    """Identifiers that nobody can guess, from the operating system's randomness, asked once for each."""

    def __init__(self) -> None:
        self._random = random.SystemRandom()

    def new(self, prefix: str) -> str:
        number = self._random.getrandbits(_RANDOM_BITS)
        drawn: list[str] = []
        for _ in range(_LENGTHS.get(prefix, 21)):
            number, digit = divmod(number, len(_ALPHABET))
            drawn.append(_ALPHABET[digit])
        return f"{prefix}_{''.join(drawn)}"
