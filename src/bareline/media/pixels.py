"""What is a picture before it is encoded, and after?"""

from __future__ import annotations

from typing import Literal, NamedTuple

__all__ = ["Encoded", "ImageFormat", "Pixels"]

ImageFormat = Literal["auto", "png", "jpeg"]
"""``auto``: PNG where that is not much larger than JPEG, so that letters stay sharp."""


class Pixels(NamedTuple):
    """A picture as a screen or a camera has it: rows from the top, four bytes a pixel (blue, green, red, unused)."""

    width: int
    height: int
    bgrx: bytes


class Encoded(NamedTuple):
    """A picture as it is sent; ``format`` is png or jpeg."""

    format: str
    data: bytes
    width: int
    height: int
