"""What do the bytes of G.711 mean, in both laws?

8 kHz, one byte per sample, by tables. The encoder rounds like ITU-T G.191's reference: towards the lower 14-bit
(µ-law) or 13-bit (A-law) value.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

from bareline.media.samples import samples_of

__all__ = ["Law", "g711_decode", "g711_encode"]

Law = Literal["mulaw", "alaw"]
_MU_BIAS = 33
_MU_MAX = 8158
_A_SEGMENT_BITS = 5
_MU_SEGMENT_BITS = 6


def g711_decode(data: bytes, law: Law) -> bytes:
    """PCM16 at 8 kHz, two bytes for each byte of ``data``."""
    low, high = _decoding(law)
    pcm = bytearray(2 * len(data))
    pcm[0::2] = data.translate(low)
    pcm[1::2] = data.translate(high)
    return bytes(pcm)


def g711_encode(pcm: bytes, law: Law) -> bytes:
    """One byte for each sample of ``pcm`` (PCM16 at 8 kHz)."""
    return bytes(map(_encoding(law).__getitem__, samples_of(pcm, "H")))


@lru_cache(maxsize=2)
def _decoding(law: Law) -> tuple[bytes, bytes]:
    value = _mulaw_value if law == "mulaw" else _alaw_value
    unsigned = [value(code) & 0xFFFF for code in range(256)]
    return bytes(sample & 0xFF for sample in unsigned), bytes(sample >> 8 for sample in unsigned)


@lru_cache(maxsize=2)
def _encoding(law: Law) -> bytes:
    """The code of each sample, by its 16 bits read as a number without sign."""
    if law == "mulaw":
        positive = b"".join(bytes([_mulaw_code(value)]) * 4 for value in range(8192))
        negative = b"".join(bytes([_mulaw_code(value)]) * 4 for value in range(-8192, 0))
    else:
        positive = b"".join(bytes([_alaw_code(value)]) * 8 for value in range(4096))
        negative = b"".join(bytes([_alaw_code(value)]) * 8 for value in range(-4096, 0))
    return positive + negative


def _mulaw_code(value: int) -> int:
    """Code of a 14-bit value."""
    magnitude = min(abs(value), _MU_MAX) + _MU_BIAS
    segment = max(0, magnitude.bit_length() - _MU_SEGMENT_BITS)
    code = segment << 4 | (magnitude >> (segment + 1)) & 0xF
    return code ^ (0x7F if value < 0 else 0xFF)


def _mulaw_value(code: int) -> int:
    code = ~code & 0xFF
    magnitude = ((((code & 0xF) << 3) + 4 * _MU_BIAS) << (code >> 4 & 7)) - 4 * _MU_BIAS
    return -magnitude if code & 0x80 else magnitude


def _alaw_code(value: int) -> int:
    """Code of a 13-bit value."""
    magnitude = -value - 1 if value < 0 else value
    segment = max(0, magnitude.bit_length() - _A_SEGMENT_BITS)
    code = segment << 4 | (magnitude >> max(1, segment)) & 0xF
    return code ^ (0x55 if value < 0 else 0xD5)


def _alaw_value(code: int) -> int:
    code ^= 0x55
    segment = code >> 4 & 7
    magnitude = ((code & 0xF) << 4) + 8
    if segment:
        magnitude = (magnitude + 0x100) << (segment - 1)
    return magnitude if code & 0x80 else -magnitude
