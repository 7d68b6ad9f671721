"""Conversion: any format in and out, any split, and a report of what was changed."""

from __future__ import annotations

import struct
from array import array
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bareline.errors import AudioFormatError
from bareline.media.convert import PcmDecoder, PcmEncoder
from bareline.media.formats import Encoding, PcmFormat, wire_format
from bareline.media.resample import resampled_length

ENCODINGS: list[Encoding] = ["u8", "s16", "s24", "s32", "f32", "f64", "mulaw", "alaw"]
FORMATS = st.builds(
    PcmFormat, st.sampled_from([8000, 22050, 24000, 44100, 48000]), st.integers(1, 3), st.sampled_from(ENCODINGS)
)


def decode(audio: PcmFormat, data: bytes) -> list[int]:
    decoder = PcmDecoder(audio)
    return list(array("h", decoder.feed(data) + decoder.flush()))


@settings(deadline=None, max_examples=60)
@given(FORMATS, st.binary(max_size=3000), st.lists(st.integers(0, 3000), max_size=8))
def test_any_split_of_the_bytes_gives_the_same_samples(audio: PcmFormat, data: bytes, cuts: list[int]) -> None:
    data = data[: len(data) - len(data) % audio.frame_bytes]
    if audio.encoding in {"f32", "f64"}:
        floats = [byte / 100 - 1.2 for byte in data[:: audio.sample_bytes]]
        data = array("f" if audio.encoding == "f32" else "d", floats).tobytes()
    edges = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    decoder = PcmDecoder(audio, fast=False)
    pieces = [decoder.feed(data[a:b]) for a, b in pairwise(edges)]
    output = list(array("h", b"".join(pieces) + decoder.flush()))
    assert output == decode(audio, data)
    assert len(output) == resampled_length(len(data) // audio.frame_bytes, audio.rate_hz, 24000)
    assert decoder.report.frames_out == len(output)


@pytest.mark.parametrize("encoding", ["s16", "s24", "s32", "f32", "f64"])
@given(samples=st.lists(st.integers(-32768, 32767)))
def test_encodings_that_hold_16_bits_give_them_back(encoding: Encoding, samples: list[int]) -> None:
    audio = PcmFormat(24000, 2, encoding)
    encoder = PcmEncoder(audio)
    assert decode(audio, encoder.feed(array("h", samples).tobytes()) + encoder.flush()) == samples


@pytest.mark.parametrize("encoding", ["u8", "mulaw", "alaw"])
def test_smaller_encodings_give_the_sample_back_to_their_own_precision(encoding: Encoding) -> None:
    samples = [-32768, -20000, -300, 0, 300, 20000, 32767]
    encoder = PcmEncoder(PcmFormat(24000, 1, encoding))
    data = encoder.feed(array("h", samples).tobytes()) + encoder.flush()
    assert len(data) == len(samples)
    step = {"u8": 256, "mulaw": 1024, "alaw": 1024}[encoding]
    assert all(abs(a - b) <= step for a, b in zip(decode(PcmFormat(24000, 1, encoding), data), samples, strict=True))


def test_every_channel_of_the_output_is_the_same() -> None:
    encoder = PcmEncoder(PcmFormat(48000, 3))
    frames = array("h", encoder.feed(array("h", range(500)).tobytes()) + encoder.flush())
    assert len(frames) == 3 * 1000
    assert frames[0::3] == frames[1::3] == frames[2::3]
    assert encoder.report.frames_out == 1000


@pytest.mark.parametrize(
    ("encoding", "data", "expected"),
    [
        ("u8", bytes([0, 128, 255]), [-32768, 0, 32512]),
        ("s24", b"\x7f\x01\x00\x80\x01\x00\xff\xff\x7f\x00\x00\x80", [1, 2, 32767, -32768]),
        ("s32", struct.pack("<4i", 0x17FFF, 0x18000, 2**31 - 1, -(2**31)), [1, 2, 32767, -32768]),
        ("f32", struct.pack("<4f", 0.5, -1.0, 1.0, 0.0), [16384, -32768, 32767, 0]),
    ],
)
def test_values(encoding: Encoding, data: bytes, expected: list[int]) -> None:
    assert decode(PcmFormat(24000, 1, encoding), data) == expected


@pytest.mark.parametrize(
    ("encoding", "data"),
    [
        ("u8", bytes([0, 128, 192, 255])),
        ("s16", struct.pack("<4h", -32768, 0, 16384, 32767)),
        ("s24", b"\x00\x00\x80\x00\x00\x00\x00\x00\x40\x00\xff\x7f"),
        ("s32", struct.pack("<4i", -(2**31), 0, 2**30, 32767 << 16)),
        ("f32", struct.pack("<4f", -1, 0, 0.5, 32767 / 32768)),
        ("f64", struct.pack("<4d", -1, 0, 0.5, 32767 / 32768)),
        ("mulaw", b"\x00\xff\x8f\x80"),
        ("alaw", b"\x2a\xd5\xa5\xaa"),
    ],
)
def test_values_written(encoding: Encoding, data: bytes) -> None:
    encoder = PcmEncoder(PcmFormat(24000, 1, encoding))
    assert encoder.feed(array("h", [-32768, 0, 16384, 32767]).tobytes()) + encoder.flush() == data


def test_channels_are_mixed_by_their_mean() -> None:
    frames = [(100, 200, 0), (-1, -1, -1), (32767, 32767, 32767), (-32768, -32768, -32768), (1, 1, 0), (1, 0, 0)]
    data = b"".join(struct.pack("<3h", *frame) for frame in frames)
    assert decode(PcmFormat(24000, 3), data) == [100, -1, 32767, -32768, 1, 0]


def test_what_was_changed_is_said() -> None:
    decoder = PcmDecoder(PcmFormat(44100, 2, "f32"))
    decoder.feed(struct.pack("<4f", 2.0, -0.25, -3.0, 0.5))
    assert decoder.report.notes == (
        "f32 converted to s16",
        "2 channels mixed to one by their mean",
        "resampled from 44100 Hz to 24000 Hz",
        "2 samples clipped",
    )
    assert (decoder.report.frames_in, decoder.report.clipped) == (2, 2)
    encoder = PcmEncoder(PcmFormat(8000, 2, "mulaw"))
    assert encoder.report.notes == (
        "s16 converted to mulaw",
        "one channel copied to 2",
        "resampled from 24000 Hz to 8000 Hz",
    )
    assert PcmDecoder(PcmFormat()).report.notes == ()


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_floats_that_are_not_numbers_are_refused(value: float) -> None:
    with pytest.raises(AudioFormatError, match="sample 2 of this piece of f32 audio"):
        PcmDecoder(PcmFormat(24000, 1, "f32")).feed(struct.pack("<3f", 0.0, 1.0, value))


def test_a_stream_that_ends_within_a_frame_is_refused_once() -> None:
    decoder = PcmDecoder(PcmFormat(24000, 2))
    assert decoder.feed(b"\1\0\3\0\5") == b"\2\0"
    with pytest.raises(AudioFormatError, match="1 of 4 bytes"):
        decoder.flush()
    assert decoder.flush() == b""


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"rate_hz": 0}, "0 Hz"),
        ({"rate_hz": 10**6}, "1000000 Hz"),
        ({"channels": 0}, "0 channels"),
        ({"channels": 33}, "33 channels"),
        ({"encoding": "mp3"}, "'mp3'"),
    ],
)
def test_impossible_formats_are_refused_by_name(settings: dict[str, int], said: str) -> None:
    with pytest.raises(AudioFormatError, match=said):
        PcmFormat(**settings)


def test_wire_formats() -> None:
    assert [str(wire_format(f"audio/{name}")) for name in ("pcm", "pcmu", "pcma")] == [
        "s16, 24000 Hz, mono",
        "mulaw, 8000 Hz, mono",
        "alaw, 8000 Hz, mono",
    ]
    with pytest.raises(AudioFormatError, match="audio/opus"):
        wire_format("audio/opus")
    assert str(PcmFormat(channels=2)) == "s16, 24000 Hz, stereo"
    assert str(PcmFormat(channels=5)) == "s16, 24000 Hz, 5 channels"
