"""Where do identifiers come from, so that a seed gives the same ones again?

The service's identifiers are a prefix and 21 base62 characters (REALTIME.md section 4). The core never draws them: it
is given an ``IdSource``.
"""

from __future__ import annotations

import os
import random
from typing import Protocol

__all__ = ["IdSource", "RandomIds", "SeededIds"]

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_LENGTHS = {"call": 16}
_DRAWN_BYTES = 32
"""Nearly always enough for 21 characters."""
_UNFAIR = bytes(range(256 - 256 % len(_ALPHABET), 256))
"""Bytes that would make the first characters of the alphabet more likely."""
_CHARACTERS = bytes(ord(_ALPHABET[byte % len(_ALPHABET)]) for byte in range(256))


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
    """Identifiers that nobody can guess, from the operating system's randomness, asked once for nearly each."""

    def new(self, prefix: str) -> str:
        length, drawn = _LENGTHS.get(prefix, 21), b""
        while len(drawn) < length:
            drawn += os.urandom(_DRAWN_BYTES).translate(_CHARACTERS, _UNFAIR)
        return f"{prefix}_{drawn[:length].decode()}"
