"""How does a picture become small enough to be sent, and which colours does it mainly have?

The only module that knows Pillow; importing it raises ``MissingExtra`` where that is not installed. Nothing here waits
for anything but the processor: call it in a thread.
"""

from __future__ import annotations

import colorsys
import io
from collections import Counter
from collections.abc import Callable

from bareline.errors import ConfigurationError, MissingExtra
from bareline.media.pixels import Encoded, ImageFormat, Pixels

try:
    from PIL import Image, ImageOps
except ImportError as error:
    raise MissingExtra("Working on pictures", "devices") from error

__all__ = ["fit_picture", "main_colours"]

_QUALITIES = (85, 75, 65, 55, 45)
"""JPEG qualities tried before the picture is made smaller; below the last one letters blur."""
_SHRINK_MOST = 0.9
"""At least so much smaller is the next picture that is tried."""
_SIDE_MIN_PX = 32
_PNG_WORTH = 1.5
"""A PNG is sent when it is at most this many times as large as the JPEG."""
_ORIENTATION = 0x0112
_ON_ITS_SIDE = frozenset({5, 6, 7, 8})
_WHITE = (255, 255, 255)
_UNREADABLE = (OSError, ValueError, SyntaxError, Image.DecompressionBombError)
"""What Pillow raises for files that are broken, cut off or made to fill the memory."""
_GRID_PX = 48
_SHARE_MIN = 0.08
_COLOURS_MAX = 3


def fit_picture(
    picture: bytes | Pixels | Image.Image,
    *,
    fit: Callable[[int, int], tuple[int, int]],
    max_bytes: int,
    image_format: ImageFormat = "auto",
) -> Encoded:
    """A PNG or JPEG of at most ``max_bytes``, no larger than ``fit`` says of its width and height.

    What is well already is taken as it is, unless it carries EXIF (where it was made, by what): that is left out, and
    the picture turned as it says. Raises ``ConfigurationError`` for what is no picture or cannot be made that small.
    """
    try:
        image = _opened(picture)
        size = _upright_size(image)
        target = fit(*size)
        if isinstance(picture, bytes) and len(picture) <= max_bytes and target == size and _plain(image, image_format):
            return Encoded(str(image.format).lower(), picture, *size)
        upright = _upright(image, target)
    except _UNREADABLE as error:
        raise ConfigurationError(f"this is no picture that can be read: {error}") from error
    encoded = _encoded(upright, max_bytes, image_format)
    kind: ImageFormat = "png" if image_format == "png" else "jpeg"  # what is too large even so is a photo
    while len(encoded.data) > max_bytes:
        scale = min(_SHRINK_MOST, (max_bytes / len(encoded.data)) ** 0.5)
        width, height = (max(1, int(side * scale)) for side in (encoded.width, encoded.height))
        if max(width, height) < _SIDE_MIN_PX:
            raise ConfigurationError(f"the picture cannot be made as small as {max_bytes} bytes")
        encoded = _encoded(upright.resize((width, height), Image.Resampling.LANCZOS), max_bytes, kind)
    return encoded


def main_colours(data: bytes) -> list[tuple[str, float]]:
    """The names of the colours that cover most of a picture, with their shares (0-1), the largest first.

    Raises ``ConfigurationError`` for what is no picture.
    """
    try:
        image = _opened(data)
        image.draft("RGB", (4 * _GRID_PX, 4 * _GRID_PX))
        bands = _flat(image).resize((_GRID_PX, _GRID_PX), Image.Resampling.BOX).tobytes()
    except _UNREADABLE as error:
        raise ConfigurationError(f"this is no picture that can be read: {error}") from error
    names = Counter(_name(*pixel) for pixel in zip(bands[0::3], bands[1::3], bands[2::3], strict=True))
    shares = [(name, count / names.total()) for name, count in names.most_common(_COLOURS_MAX)]
    return [(name, share) for place, (name, share) in enumerate(shares) if place == 0 or share >= _SHARE_MIN]


def _opened(picture: bytes | Pixels | Image.Image) -> Image.Image:
    match picture:
        case Pixels(width=width, height=height, bgrx=bgrx):
            return Image.frombytes("RGB", (width, height), bgrx, "raw", "BGRX")
        case bytes():
            return Image.open(io.BytesIO(picture))
        case _:
            return picture


def _plain(image: Image.Image, image_format: ImageFormat) -> bool:
    """Whether the service can take the file as it is; reads it to its end."""
    allowed = ("PNG", "JPEG") if image_format == "auto" else (image_format.upper(),)
    if image.format not in allowed or image.mode == "CMYK" or getattr(image, "n_frames", 1) > 1:
        return False
    image.load()
    return not image.getexif()


def _upright_size(image: Image.Image) -> tuple[int, int]:
    width, height = image.size
    return (height, width) if image.getexif().get(_ORIENTATION) in _ON_ITS_SIDE else (width, height)


def _upright(image: Image.Image, target: tuple[int, int]) -> Image.Image:
    """The picture turned as it was held, in the target's size, without anything but its pixels."""
    image.draft(None, (max(target), max(target)))  # a JPEG is decoded no larger than needed
    image = _toned(ImageOps.exif_transpose(image))
    return image if image.size == target else image.resize(target, Image.Resampling.LANCZOS, reducing_gap=3.0)


def _toned(image: Image.Image) -> Image.Image:
    """In a mode that can be scaled and written; transparency is kept."""
    if image.mode in {"L", "RGB", "RGBA"}:
        return image
    transparent = "transparency" in image.info or image.mode in {"LA", "PA", "La", "RGBa"}
    return image.convert("RGBA" if transparent else "RGB")


def _flat(image: Image.Image) -> Image.Image:
    """On white where it is transparent."""
    image = _toned(image)
    if image.mode != "RGBA":
        return image.convert("RGB")
    ground = Image.new("RGB", image.size, _WHITE)
    ground.paste(image, mask=image.getchannel("A"))
    return ground


def _encoded(image: Image.Image, max_bytes: int, image_format: ImageFormat) -> Encoded:
    """The best that has no more than ``max_bytes``, or the smallest there is."""
    png = _written(image, "PNG") if image_format != "jpeg" else b""
    if image_format == "png":
        return Encoded("png", png, *image.size)
    flat = _flat(image)
    jpeg = _written(flat, "JPEG", quality=_QUALITIES[0])
    if png and len(png) <= max_bytes and len(png) <= _PNG_WORTH * len(jpeg):
        return Encoded("png", png, *image.size)
    for quality in _QUALITIES[1:]:
        if len(jpeg) <= max_bytes:
            break
        jpeg = _written(flat, "JPEG", quality=quality)
    return Encoded("jpeg", jpeg, *image.size)


def _written(image: Image.Image, kind: str, **settings: int) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, exif=b"", **settings)
    return file.getvalue()


def _name(red: int, green: int, blue: int) -> str:
    """The everyday name of a colour (0-255 each)."""
    hue, saturation, value = colorsys.rgb_to_hsv(red / 255, green / 255, blue / 255)
    if value < 0.2:
        return "black"
    if saturation < 0.15:
        return next(name for least, name in _GREYS if value >= least)
    degrees = hue * 360
    if 15 <= degrees < 50 and value < 0.65:
        return "brown"
    name = next(name for most, name in _HUES if degrees < most)
    if name == "red" and saturation < 0.5 and value > 0.7:
        return "pink"
    return f"dark {name}" if value < 0.5 else name


_GREYS = ((0.9, "white"), (0.6, "light grey"), (0.35, "grey"), (0.0, "dark grey"))
_HUES = (
    (15, "red"),
    (45, "orange"),
    (70, "yellow"),
    (165, "green"),
    (195, "turquoise"),
    (260, "blue"),
    (290, "purple"),
    (340, "pink"),
    (361, "red"),
)
