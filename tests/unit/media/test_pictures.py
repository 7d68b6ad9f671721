"""Pictures made small enough to be sent, and their colours: against real files that Pillow writes."""

from __future__ import annotations

import importlib
import io
import random
import sys
from functools import partial

import pytest

from bareline.errors import ConfigurationError, MissingExtra
from bareline.media.pixels import Pixels
from bareline.protocol.images import image_size, seen_size
from bareline.testing.images import png

Image = pytest.importorskip("PIL.Image", reason="needs the devices extra")
pictures = pytest.importorskip("bareline.media.pictures", reason="needs the devices extra")

MANY_BYTES = 500_000
HIGH = partial(seen_size, detail="high")


def photo(width: int, height: int, *, seed: int = 1) -> Image.Image:
    """Something with as much detail as a photograph."""
    chance = random.Random(seed)
    small = Image.frombytes("RGB", (width // 4, height // 4), chance.randbytes(width // 4 * (height // 4) * 3))
    return small.resize((width, height), Image.Resampling.BICUBIC)


def drawn(width: int, height: int) -> Image.Image:
    """Something with as few colours as a window with text."""
    image = Image.new("RGB", (width, height), "white")
    for top in range(10, height - 10, 20):
        image.paste("black", (10, top, width // 2, top + 4))
    return image


def written(image: Image.Image, kind: str, **settings: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **settings)
    return file.getvalue()


def fitted(picture, *, max_bytes: int = MANY_BYTES, **settings):
    found = pictures.fit_picture(picture, fit=settings.pop("fit", HIGH), max_bytes=max_bytes, **settings)
    size = image_size(found.data)
    assert size is not None
    assert (size.format, size.width, size.height) == (found.format, found.width, found.height)
    assert len(found.data) <= max_bytes
    return found


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_what_is_well_already_is_sent_as_it_is(kind: str) -> None:
    data = written(drawn(640, 480), kind)
    assert fitted(data).data is data


def test_a_photo_is_made_as_large_as_the_service_looks_at_it() -> None:
    found = fitted(written(photo(2400, 1600), "JPEG", quality=95))
    assert (found.format, found.width, found.height) == ("jpeg", 1152, 768)
    low = fitted(photo(1200, 800), fit=partial(seen_size, detail="low"))
    assert (low.width, low.height) == (512, 341)


def test_letters_stay_sharp_where_that_costs_little() -> None:
    assert fitted(drawn(640, 480)).format == "png"
    assert fitted(photo(640, 480)).format == "jpeg"
    assert fitted(drawn(640, 480), image_format="jpeg").format == "jpeg"
    assert fitted(written(drawn(400, 300), "JPEG"), image_format="png").format == "png"


@pytest.mark.parametrize("image_format", ["png", "jpeg"])
def test_it_fits_a_narrow_channel(image_format) -> None:
    assert fitted(photo(640, 480), max_bytes=20_000, image_format=image_format).width > 80


def test_what_cannot_be_made_that_small_is_said() -> None:
    with pytest.raises(ConfigurationError, match="cannot be made as small as 90 bytes"):
        fitted(photo(200, 200), max_bytes=90)


def test_a_photo_is_turned_as_it_was_held_and_tells_nobody_where() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # on its side
    exif[0x010F] = "a camera"
    data = written(photo(640, 400), "JPEG", exif=exif)
    assert b"a camera" in data
    found = fitted(data)
    assert (found.width, found.height) == (400, 640)
    assert b"a camera" not in found.data
    assert b"Exif" not in found.data


@pytest.mark.parametrize("mode", ["L", "LA", "P", "RGBA", "CMYK", "1", "I;16"])
def test_any_mode_can_be_sent(mode: str) -> None:
    image = Image.new(mode, (100, 80))
    assert fitted(image).width == 100
    assert fitted(image, image_format="jpeg").format == "jpeg"


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "BMP", "TIFF"])
def test_other_formats_are_changed(kind: str) -> None:
    assert fitted(written(drawn(300, 200), kind)).format == "png"


def test_a_film_is_its_first_picture() -> None:
    frames = [Image.new("RGB", (60, 40), colour) for colour in ("red", "blue")]
    found = fitted(written(frames[0], "PNG", save_all=True, append_images=frames[1:]))
    assert pictures.main_colours(found.data) == [("red", 1.0)]


def test_pixels_of_a_screen_are_taken() -> None:
    found = fitted(Pixels(20, 10, bytes((200, 0, 0, 0)) * 200))
    assert (found.format, found.width, found.height) == ("png", 20, 10)
    assert pictures.main_colours(found.data) == [("blue", 1.0)]


def broken_files() -> list[bytes]:
    whole = written(photo(640, 480), "JPEG")
    return [b"", b"no picture", png(0, 1), whole[: len(whole) // 2], png(1, 1)[:30]]


@pytest.mark.parametrize("data", broken_files())
def test_what_is_no_picture_is_said(data: bytes) -> None:
    with pytest.raises(ConfigurationError, match="no picture that can be read"):
        fitted(data)
    with pytest.raises(ConfigurationError, match="no picture that can be read"):
        pictures.main_colours(data)


def test_a_file_that_would_fill_the_memory_is_refused() -> None:
    data = png(1, 1).replace((1).to_bytes(4) * 2, (30_000).to_bytes(4) * 2, 1)
    with pytest.raises(ConfigurationError, match="no picture that can be read"):
        fitted(data)


@pytest.mark.parametrize(
    ("colour", "name"),
    [
        ((0, 0, 0), "black"),
        ((255, 255, 255), "white"),
        ((200, 200, 200), "light grey"),
        ((120, 120, 120), "grey"),
        ((60, 60, 62), "dark grey"),
        ((220, 20, 20), "red"),
        ((220, 20, 40), "red"),
        ((240, 140, 20), "orange"),
        ((120, 70, 20), "brown"),
        ((240, 230, 30), "yellow"),
        ((20, 180, 40), "green"),
        ((10, 90, 20), "dark green"),
        ((30, 200, 190), "turquoise"),
        ((20, 60, 220), "blue"),
        ((10, 20, 100), "dark blue"),
        ((150, 60, 220), "purple"),
        ((255, 105, 180), "pink"),
        ((255, 182, 193), "pink"),
    ],
)
def test_colours_have_everyday_names(colour, name: str) -> None:
    assert pictures.main_colours(png(8, 8, colour)) == [(name, 1.0)]


def test_without_pillow_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "PIL", None)
    monkeypatch.delitem(sys.modules, "bareline.media.pictures")
    with pytest.raises(MissingExtra, match="devices"):
        importlib.import_module("bareline.media.pictures")


def test_the_main_colours_come_with_their_shares() -> None:
    image = Image.new("RGB", (480, 480), "white")
    image.paste("blue", (0, 0, 480, 120))
    image.paste("red", (0, 470, 20, 480))
    (first, most), (second, less) = pictures.main_colours(written(image, "PNG"))
    assert (first, second) == ("white", "blue")
    assert most == pytest.approx(0.75, abs=0.02)
    assert less == pytest.approx(0.25, abs=0.02)
    clear = Image.new("RGBA", (40, 40), (255, 0, 0, 0))
    assert pictures.main_colours(written(clear, "PNG")) == [("white", 1.0)]
