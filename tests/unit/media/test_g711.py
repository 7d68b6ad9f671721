"""G.711: against independent models."""

from __future__ import annotations

import struct
import sys
import warnings
from array import array

import pytest

from bareline.media.g711 import Law, g711_decode, g711_encode

ALL = array("h", range(-32768, 32768)).tobytes()
CODES = bytes(range(256))


def values(law: Law) -> list[int]:
    return list(array("h", g711_decode(CODES, law)))


@pytest.mark.parametrize(
    ("law", "known"),
    [
        # ITU-T G.711 tables 2a and 1a: codes of the ends of the segments.
        ("mulaw", {0xFF: 0, 0x80: 32124, 0x00: -32124, 0x8F: 16764, 0xF0: 120, 0x7F: 0}),
        ("alaw", {0xD5: 8, 0x55: -8, 0xAA: 32256, 0x2A: -32256, 0xC5: 264, 0xF5: 528}),
    ],
)
def test_known_codes(law: Law, known: dict[int, int]) -> None:
    assert {code: values(law)[code] for code in known} == known


@pytest.mark.parametrize("law", ["mulaw", "alaw"])
def test_codes_survive_decoding_and_encoding(law: Law) -> None:
    again = g711_encode(g711_decode(CODES, law), law)
    # The two zeros of the mu-law sound the same.
    assert [code for code in range(256) if again[code] != code] == ([0x7F] if law == "mulaw" else [])


@pytest.mark.parametrize("law", ["mulaw", "alaw"])
def test_no_sample_moves_further_than_half_a_step(law: Law) -> None:
    decoded = array("h", g711_decode(g711_encode(ALL, law), law))
    far = [
        (sample, value)
        for sample, value in zip(range(-32768, 32768), decoded, strict=True)
        if abs(value - sample) > (abs(sample) + 132) / 32 + 4
    ]
    assert far == []


@pytest.mark.skipif(sys.version_info >= (3, 13), reason="the standard library's codec left with Python 3.13")
def test_agrees_with_the_standard_library() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        import audioop
    assert g711_encode(ALL, "mulaw") == audioop.lin2ulaw(ALL, 2)
    assert g711_encode(ALL, "alaw") == audioop.lin2alaw(ALL, 2)
    assert g711_decode(CODES, "mulaw") == audioop.ulaw2lin(CODES, 2)
    assert g711_decode(CODES, "alaw") == audioop.alaw2lin(CODES, 2)


def test_lengths() -> None:
    assert g711_encode(struct.pack("<3h", 1, 2, 3), "mulaw") == b"\xff\xff\xff"
    assert g711_decode(b"", "alaw") == b""
