"""WAV: what others write is read, what we write others read."""

from __future__ import annotations

import io
import struct
import wave
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bareline.errors import AudioFormatError
from bareline.media.formats import Encoding, PcmFormat
from bareline.media.wav import WAV_HEADER_BYTES, WavParser, wav_header


def parse(data: bytes) -> tuple[PcmFormat | None, bytes, tuple[str, ...]]:
    parser = WavParser()
    audio = parser.feed(data)
    return parser.format, audio, parser.finish()


def chunk(name: bytes, body: bytes) -> bytes:
    return name + struct.pack("<I", len(body)) + body + bytes(len(body) % 2)


def riff(*chunks: bytes) -> bytes:
    return b"RIFF" + struct.pack("<I", 4 + sum(map(len, chunks))) + b"WAVE" + b"".join(chunks)


def fmt(tag: int, bits: int, channels: int = 1, rate_hz: int = 24000, extra: bytes = b"") -> bytes:
    size = channels * bits // 8
    return chunk(b"fmt ", struct.pack("<HHIIHH", tag, channels, rate_hz, rate_hz * size, size, bits) + extra)


@pytest.mark.parametrize("encoding", ["u8", "s16", "s24", "s32", "f32", "f64", "mulaw", "alaw"])
def test_what_is_written_is_read(encoding: Encoding) -> None:
    audio = PcmFormat(44100, 2, encoding)
    data = bytes(range(16)) * 4
    header = wav_header(audio, len(data))
    assert len(header) == WAV_HEADER_BYTES
    assert parse(header + data) == (audio, data, ())


def test_the_standard_library_reads_what_is_written() -> None:
    with wave.open(io.BytesIO(wav_header(PcmFormat(24000, 2), 8) + b"12345678")) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (2, 2, 24000)
        assert file.readframes(2) == b"12345678"


def test_what_the_standard_library_writes_is_read() -> None:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(3)
        file.setframerate(48000)
        file.writeframes(b"abcdef")
    assert parse(buffer.getvalue()) == (PcmFormat(48000, 1, "s24"), b"abcdef", ())


FILE = riff(
    chunk(b"LIST", b"odd"),
    fmt(1, 16, 2),
    chunk(b"fact", b"1234"),
    chunk(b"data", b"12345678"),
    chunk(b"id3 ", b"x" * 9),
)


@given(st.lists(st.integers(0, len(FILE)), max_size=9))
def test_other_chunks_are_passed_over_in_any_split(cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), len(FILE)]
    parser = WavParser()
    assert b"".join(parser.feed(FILE[a:b]) for a, b in pairwise(edges)) == b"12345678"
    assert (parser.format, parser.finish()) == (PcmFormat(24000, 2), ())


def test_a_file_that_comes_byte_by_byte_gives_its_audio_byte_by_byte() -> None:
    parser = WavParser()
    heard = [parser.feed(FILE[at : at + 1]) for at in range(len(FILE))]
    assert [byte for byte in heard if byte] == [b"%d" % n for n in range(1, 9)]
    assert (parser.format, parser.finish()) == (PcmFormat(24000, 2), ())


def test_extensible_headers_name_their_encoding_inside() -> None:
    inside = struct.pack("<HHIH", 22, 32, 0, 3) + bytes(14)
    data = riff(fmt(0xFFFE, 32, extra=inside), chunk(b"data", b"1234"))
    assert parse(data) == (PcmFormat(24000, 1, "f32"), b"1234", ())


@pytest.mark.parametrize("size", [0, 0xFFFFFFFF])
def test_sizes_that_were_never_filled_in_mean_up_to_the_end(size: int) -> None:
    data = riff(fmt(1, 16)) + b"data" + struct.pack("<I", size) + b"123456"
    assert parse(data) == (PcmFormat(), b"123456", ())


def test_a_file_that_is_cut_short_is_read_and_said() -> None:
    data = wav_header(PcmFormat(), 10) + b"123456"
    assert parse(data)[1:] == (b"123456", ("the file is cut short: 4 bytes of audio are missing",))


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"OggS" + bytes(20), "but Ogg"),
        (b"fLaC" + bytes(20), "but FLAC"),
        (b"not audio at all", "not a WAV file: only WAV"),
        (b"RIFF\0\0\0\0AVI xxxx", "not a WAV file"),
        (b"RIF", "before its audio begins"),
        (riff(fmt(1, 16)), "before its audio begins"),
        (riff(chunk(b"data", b"12"), fmt(1, 16)), "before its format"),
        (riff(fmt(0x55, 16), chunk(b"data", b"")), "encoding 0x55 with 16 bits"),
        (riff(fmt(1, 16, 0), chunk(b"data", b"")), "0 channels"),
        (riff(fmt(1, 16, rate_hz=3), chunk(b"data", b"")), "3 Hz"),
        (riff(chunk(b"fmt ", b"short")), "a format of 5 bytes"),
        (riff(b"fmt " + struct.pack("<I", 2**31)), "a format of 2147483648 bytes"),
        (riff(chunk(b"fmt ", struct.pack("<HHIIHH", 1, 2, 24000, 0, 3, 16)), chunk(b"data", b"")), "3 bytes per frame"),
    ],
)
def test_what_cannot_be_read_is_refused_by_name(data: bytes, said: str) -> None:
    with pytest.raises(AudioFormatError, match=said):
        parse(data)


@given(st.binary(max_size=200))
def test_arbitrary_bytes_raise_nothing_else(data: bytes) -> None:
    for prefix in (b"", b"RIFF1234WAVE", riff(fmt(1, 16))):
        try:
            parse(prefix + data)
        except AudioFormatError:
            continue
