"""How do the bytes of one encoding become 16-bit samples, and back?"""

from __future__ import annotations

import math
from array import array

from bareline.errors import AudioFormatError
from bareline.media.formats import Encoding
from bareline.media.g711 import g711_decode, g711_encode
from bareline.media.samples import samples_of, to_bytes

__all__ = ["decode_samples", "encode_samples"]

_HIGHEST, _LOWEST = 32767, -32768


def decode_samples(data: bytes, encoding: Encoding) -> tuple[array[int], int]:
    """The 16-bit samples in ``data`` (whole samples), and how many lay outside the range and were limited.

    Deeper integers are rounded to the nearest step. Raises ``AudioFormatError`` for floats that are not numbers.
    """
    match encoding:
        case "s16":
            return samples_of(data), 0
        case "mulaw" | "alaw":
            return samples_of(g711_decode(data, encoding)), 0
        case "u8":
            return array("h", [(byte - 128) << 8 for byte in data]), 0
        case "s24":
            return _rounded(_tops(data), data[0::3], 128), 0
        case "s32":
            return array("h", [min(_HIGHEST, (value + 0x8000) >> 16) for value in samples_of(data, "i")]), 0
        case "f32" | "f64":  # pragma: no branch - there are no others
            return _from_floats(data, encoding)


def encode_samples(pcm: bytes, encoding: Encoding) -> bytes:
    """PCM16 ``pcm`` in another encoding; what is read back with ``decode_samples`` is ``pcm`` again, except from u8
    and G.711, which hold less."""
    match encoding:
        case "s16":
            return pcm
        case "mulaw" | "alaw":
            return g711_encode(pcm, encoding)
        case "u8":
            return bytes([min(255, (value + 0x8080) >> 8) for value in samples_of(pcm)])
        case "s24":
            wide = bytearray(len(pcm) // 2 * 3)
            wide[1::3], wide[2::3] = pcm[0::2], pcm[1::2]
            return bytes(wide)
        case "s32":
            return to_bytes(array("i", [value << 16 for value in samples_of(pcm)]))
        case "f32" | "f64":  # pragma: no branch - there are no others
            floats = array("f" if encoding == "f32" else "d", [value / 32768 for value in samples_of(pcm)])
            return to_bytes(floats)


def _tops(data: bytes) -> array[int]:
    """The upper 16 bits of each 24."""
    upper = bytearray(len(data) // 3 * 2)
    upper[0::2], upper[1::2] = data[1::3], data[2::3]
    return samples_of(upper)


def _rounded(tops: array[int], rests: bytes, half: int) -> array[int]:
    return array("h", [min(_HIGHEST, top + (rest >= half)) for top, rest in zip(tops, rests, strict=True)])


def _from_floats(data: bytes, encoding: Encoding) -> tuple[array[int], int]:
    floats = samples_of(data, "f") if encoding == "f32" else samples_of(data, "d")
    if not all(map(math.isfinite, floats)):
        index = next(index for index, value in enumerate(floats) if not math.isfinite(value))
        raise AudioFormatError(f"sample {index} of this piece of {encoding} audio is {floats[index]}, not a number")
    clipped = sum(not -1.0 <= value <= 1.0 for value in floats)
    return array("h", [max(_LOWEST, min(_HIGHEST, round(value * 32768))) for value in floats]), clipped
