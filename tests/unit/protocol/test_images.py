"""Formats, sizes, tokens and refusals of images."""

from __future__ import annotations

from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bareline.observe.image_prices import image_cost
from bareline.protocol.images import (
    ImageFault,
    ImageSize,
    data_uri,
    image_size,
    image_tokens,
    read_data_uri,
    seen_size,
    size_in_data_uri,
)
from bareline.testing.images import jpeg_header, png

EXIF = b"\xff\xe1\x00\x0aExif\0\0MM"
OTHER = b"\xff\xe0\x00\x04ab"


@pytest.mark.parametrize(
    ("width", "height", "detail", "tokens"),
    [
        (1024, 1024, "high", 765),  # the three examples of the service's guide
        (2048, 4096, "high", 1105),
        (4096, 8192, "low", 85),
        (512, 512, None, 255),
        (513, 512, "auto", 425),
        (1, 1, "high", 255),
    ],
)
def test_tokens_are_those_of_the_published_rule(width: int, height: int, detail: str | None, tokens: int) -> None:
    assert image_tokens(width, height, detail) == tokens


@pytest.mark.parametrize(
    ("size", "detail", "seen"),
    [
        ((4032, 3024), "high", (1024, 768)),
        ((1920, 1080), None, (1365, 768)),
        ((9000, 300), "high", (2048, 68)),
        ((4032, 3024), "low", (512, 384)),
        ((640, 480), "auto", (640, 480)),
        ((30_000, 1), "high", (2048, 1)),
    ],
)
def test_an_image_is_looked_at_no_larger_than_this(size, detail, seen) -> None:
    assert seen_size(*size, detail) == seen


@given(st.integers(1, 20_000), st.integers(1, 20_000))
def test_shrinking_to_what_is_seen_never_costs_more(width: int, height: int) -> None:
    assert image_tokens(*seen_size(width, height)) <= image_tokens(width, height)


@pytest.mark.parametrize(
    ("data", "size"),
    [
        (png(300, 20), ImageSize("png", 300, 20)),
        (jpeg_header(640, 480), ImageSize("jpeg", 640, 480)),
        (jpeg_header(640, 480, before=OTHER + EXIF), ImageSize("jpeg", 640, 480, annotated=True)),
        (jpeg_header(640, 480, before=b"\xff\xff\xff\x01" + OTHER), ImageSize("jpeg", 640, 480)),
        (png(1, 1)[:20], None),
        (b"\x89PNG\r\n\x1a\n" + bytes(16), None),
        (png(0, 1), None),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", None),
        (b"\xff\xd8\xff\xe0\x00\x04ab0123456789", None),
        (b"\xff\xd8" + b"\xff\x01" * 2_000, None),
        (b"GIF89a" + bytes(30), None),
        (b"", None),
    ],
)
def test_a_header_tells_format_and_size(data: bytes, size: ImageSize | None) -> None:
    assert image_size(data) == size
    assert size_in_data_uri(f"data:image/png;base64,{b64encode(data).decode()}") == size


def test_the_size_of_a_large_image_is_read_without_decoding_it() -> None:
    photo = jpeg_header(4032, 3024, before=EXIF + OTHER * 300)
    url = data_uri("jpeg", photo) + "never decoded: !!!"
    assert size_in_data_uri(url) == ImageSize("jpeg", 4032, 3024, annotated=True)


@pytest.mark.parametrize("url", [None, "", "data:image/png;base64", "data:image/png;base64,AAA"])
def test_what_is_no_data_uri_has_no_size(url: str | None) -> None:
    assert size_in_data_uri(url) is None


@pytest.mark.parametrize("kind", ["png", "jpeg", "jpg"])
def test_the_bytes_count_whatever_the_type_says(kind: str) -> None:
    assert read_data_uri(f"data:image/{kind};base64,{b64encode(png(2, 3)).decode()}") == ImageSize("png", 2, 3)
    assert read_data_uri(f"data:image/{kind};base64,{b64encode(jpeg_header(2, 3)).decode()}") == ImageSize("jpeg", 2, 3)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("https://example.com/a.png", "a value without the 'data:' prefix."),
        ("data:image/png,abc", "a value without the ';base64' separator."),
        ("data:image/gif;base64,R0lGODlh", "unsupported MIME type 'image/gif'."),
        ("data:image/png;base64,A!", "an invalid base64-encoded value."),
        ("data:image/png;base64,Ä", "an invalid base64-encoded value."),
        ("data:image/png;base64,", "empty base64-encoded bytes."),
        ("data:image/png;base64,AAAA", "supported image formats: ['image/jpeg', 'image/png']."),
        (data_uri("png", png(4, 4)[:-12]), "supported image formats: ['image/jpeg', 'image/png']."),
        (data_uri("jpeg", jpeg_header(4, 4)[:-2]), "supported image formats: ['image/jpeg', 'image/png']."),
    ],
)
def test_what_is_no_image_is_refused_with_the_reason(url: str, words: str) -> None:
    found = read_data_uri(url)
    assert isinstance(found, ImageFault)
    assert found.why.endswith(words)


@given(st.binary(max_size=80))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    for url in (data_uri("png", data), data_uri("jpeg", b"\xff\xd8\xff" + data)):
        read_data_uri(url)
        size_in_data_uri(url)


@pytest.mark.parametrize(
    ("model", "usd", "usd_cached"),
    [
        ("gpt-realtime-2.1", 0.003825, 0.0003825),
        ("gpt-realtime-2025-08-28", 0.003825, 0.0003825),
        ("gpt-realtime-2.1-mini", 0.000612, 0.0000612),
        ("gpt-realtime-whisper", None, None),
        ("gpt-4o-realtime-preview", None, None),
        (None, None, None),
    ],
)
def test_an_image_costs_its_tokens_at_the_models_price(model, usd, usd_cached) -> None:
    cost = image_cost(1024, 1024, detail="high", model=model)
    assert cost.tokens == 765
    assert (cost.usd, cost.usd_cached) == (
        (None, None) if usd is None else (pytest.approx(usd), pytest.approx(usd_cached))
    )
