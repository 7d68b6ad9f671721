"""How do little-endian bytes become numbers and back, on any machine?"""

from __future__ import annotations

import sys
from array import array
from typing import Any, Literal, overload

from bareline.errors import AudioFormatError

__all__ = ["samples_of", "to_bytes"]

_SWAP = sys.byteorder == "big"


@overload
def samples_of(pcm: bytes | bytearray, typecode: Literal["h", "H", "i"] = "h") -> array[int]: ...
@overload
def samples_of(pcm: bytes | bytearray, typecode: Literal["f", "d"]) -> array[float]: ...
def samples_of(pcm: bytes | bytearray, typecode: Literal["h", "H", "i", "f", "d"] = "h") -> array[int] | array[float]:
    """The numbers in little-endian ``pcm``; ``typecode`` as in ``array`` (h: PCM16).

    Raises ``AudioFormatError`` when the bytes are not whole samples.
    """
    numbers: array[Any] = array(typecode)
    if len(pcm) % numbers.itemsize:
        raise AudioFormatError(f"{len(pcm)} bytes are not whole samples of {numbers.itemsize} bytes")
    numbers.frombytes(pcm)
    if _SWAP:  # pragma: no cover - no big-endian machine at hand
        numbers.byteswap()
    return numbers


def to_bytes(numbers: array[int] | array[float]) -> bytes:
    """Little-endian bytes of ``numbers``."""
    if _SWAP:  # pragma: no cover - no big-endian machine at hand
        numbers = numbers[:]
        numbers.byteswap()
    return numbers.tobytes()
