"""What does an image of the conversation hold: a picture at all, of which format and size, and how many tokens is it?

PNG and JPEG as data URIs (REALTIME.md sections 7 and 10.10). Only headers are read, so that counting is cheap however
large the image is. Tokens follow the service's published rule for models that look at tiles ("Images and vision",
calculating costs); for realtime models it publishes no numbers, so theirs are an estimate, and ``usage`` of a response
is the truth.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable
from typing import NamedTuple

__all__ = [
    "LONG_SIDE_PX",
    "LOW_SIDE_PX",
    "SHORT_SIDE_PX",
    "ImageFault",
    "ImageSize",
    "data_uri",
    "image_size",
    "image_tokens",
    "read_data_uri",
    "seen_size",
    "size_in_data_uri",
]

LONG_SIDE_PX = 2048
"""The service scales images down until they fit into a square of this size, ..."""
SHORT_SIDE_PX = 768
"""... then until the shorter side is no longer than this."""
LOW_SIDE_PX = 512
"""With ``detail`` low it looks at the image in a square of this size."""
_TILE_PX = 512
_FIRST_TOKENS = 85
_TILE_TOKENS = 170

_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG = b"\xff\xd8\xff"
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""JPEG markers that carry the size: SOF0-15 without DHT, JPG and DAC."""
_STANDALONE = frozenset({0x01, *range(0xD0, 0xD9)})
"""JPEG markers without a length."""
_SEGMENTS_MAX = 1_000
"""JPEG segments looked through for the size; real images have it among the first dozens."""
_TYPES = ("image/png", "image/jpeg", "image/jpg")
_EXPECTED = (
    "Expected a base64-encoded data URL with an image MIME type (e.g. 'data:image/png;base64,aW1nIGJ5dGVzIGhlcmU=')"
)
_SHOWN_CHARS = 60

Peek = Callable[[int, int], bytes]
"""Gives so many bytes from an offset on, fewer at the end."""


class ImageSize(NamedTuple):
    """``format``: png or jpeg. ``annotated``: a JPEG that carries EXIF, perhaps a place or an orientation."""

    format: str
    width: int
    height: int
    annotated: bool = False


class ImageFault(NamedTuple):
    """Why something is no image that the service takes; a sentence in the words of its other APIs."""

    why: str


def read_data_uri(url: str) -> ImageSize | ImageFault:
    """The size of the image in a data URI, or what is wrong with it; looks through all of it once."""
    encoded = _encoded(url)
    if isinstance(encoded, ImageFault):
        return encoded
    try:
        data = b64decode(encoded, validate=True)
    except ValueError:
        return ImageFault(f"{_EXPECTED}, but got an invalid base64-encoded value.")
    if not data:
        return ImageFault(f"{_EXPECTED}, but got empty base64-encoded bytes.")
    size = image_size(data)
    if size is not None and _whole(size.format, data):
        return size
    return ImageFault(
        "The image data you provided does not represent a valid image. Please check your input and try again with "
        "one of the supported image formats: ['image/jpeg', 'image/png']."
    )


def image_size(data: bytes) -> ImageSize | None:
    """The format and size of a PNG or JPEG by its header; ``None`` when it is neither."""
    return _size(lambda offset, count: data[offset : offset + count])


def size_in_data_uri(url: str | None) -> ImageSize | None:
    """The same for a data URI, of which only the parts that matter are decoded."""
    start = (url or "").find(",") + 1
    if url is None or not start:
        return None

    def peek(offset: int, count: int) -> bytes:
        first, last = offset // 3, -(-(offset + count) // 3)
        try:
            decoded = b64decode(url[start + 4 * first : start + 4 * last])
        except ValueError:
            return b""
        return decoded[offset - 3 * first :][:count]

    return _size(peek)


def seen_size(width: int, height: int, detail: str | None = None) -> tuple[int, int]:
    """The size in which the service looks at an image; a larger one is sent in vain. Images never grow."""
    side = LOW_SIDE_PX if detail == "low" else LONG_SIDE_PX
    scale = min(1.0, side / max(width, height))
    if detail != "low":
        scale = min(scale, SHORT_SIDE_PX / min(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def image_tokens(width: int, height: int, detail: str | None = None) -> int:
    """Input tokens of an image, in every response that has it in its context.

    ``detail`` low has a fixed price; ``auto`` counts as high, which it costs at most.
    """
    if detail == "low":
        return _FIRST_TOKENS
    seen_width, seen_height = seen_size(width, height, detail)
    return _FIRST_TOKENS + _TILE_TOKENS * -(-seen_width // _TILE_PX) * -(-seen_height // _TILE_PX)


def data_uri(image_format: str, data: bytes) -> str:
    """An image (png or jpeg) as the service wants it."""
    return f"data:image/{image_format};base64,{b64encode(data).decode()}"


def _encoded(url: str) -> str | ImageFault:
    """What follows the head of a data URI."""
    if not url.startswith("data:"):
        return ImageFault(f"{_EXPECTED}, but got a value without the 'data:' prefix.")
    kind, separator, encoded = url[len("data:") :].partition(";base64,")
    if not separator:
        return ImageFault(f"{_EXPECTED}, but got a value without the ';base64' separator.")
    if kind not in _TYPES:
        return ImageFault(f"{_EXPECTED}, but got unsupported MIME type '{kind[:_SHOWN_CHARS]}'.")
    return encoded


def _size(peek: Peek) -> ImageSize | None:
    beginning = peek(0, 24)
    if beginning.startswith(_PNG) and beginning[12:16] == b"IHDR" and len(beginning) == 24:
        return _sized("png", beginning[16:20], beginning[20:24])
    return _jpeg_size(peek) if beginning.startswith(_JPEG) else None


def _jpeg_size(peek: Peek) -> ImageSize | None:
    offset, annotated = 2, False
    for _ in range(_SEGMENTS_MAX):
        head = peek(offset, 10)
        if len(head) < 10 or head[0] != 0xFF:
            return None
        marker = head[1]
        if marker in _FRAMES:
            return _sized("jpeg", head[7:9], head[5:7], annotated=annotated)
        if marker == 0xFF or marker in _STANDALONE:  # padding, or a marker alone
            offset += 1 if marker == 0xFF else 2
            continue
        annotated = annotated or (marker == 0xE1 and head[4:8] == b"Exif")
        offset += 2 + int.from_bytes(head[2:4])
    return None


def _sized(image_format: str, width: bytes, height: bytes, *, annotated: bool = False) -> ImageSize | None:
    size = ImageSize(image_format, int.from_bytes(width), int.from_bytes(height), annotated)
    return size if size.width and size.height else None


def _whole(image_format: str, data: bytes) -> bool:
    """Whether the end of the image is there: half an upload has a good header too."""
    return data.rfind(b"IEND" if image_format == "png" else b"\xff\xd9") > 0
