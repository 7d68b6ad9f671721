"""Where does a test get images of a known size and colour, with nothing installed?"""

from __future__ import annotations

import struct
import zlib

from bareline.protocol.images import data_uri

__all__ = ["TINY_IMAGE", "jpeg_header", "png"]


def png(width: int, height: int, colour: tuple[int, int, int] = (200, 30, 30)) -> bytes:
    """A PNG of one colour (red, green, blue: 0-255)."""
    row = b"\0" + bytes(colour) * width
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = (_chunk(b"IHDR", header), _chunk(b"IDAT", zlib.compress(row * height)), _chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def jpeg_header(width: int, height: int, *, before: bytes = b"") -> bytes:
    """What a JPEG of this size says before its pixels (there are none), and its end. ``before``: segments ahead."""
    frame = struct.pack(">BBHBHHB", 0xFF, 0xC0, 11, 8, height, width, 1) + b"\1\x11\0"
    return b"\xff\xd8" + before + frame + b"\xff\xd9"


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


TINY_IMAGE = data_uri("png", png(1, 1))
"""A whole image as small as can be, as a data URI."""
