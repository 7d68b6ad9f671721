"""Are RTP packets read and written as RFC 3550 has them?"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bareline.media.rtp import PAYLOAD_MAX_BYTES, RtpPacket, build_rtp, forward, is_rtcp, parse_rtp

PLAIN = bytes.fromhex("806f0001 00000002 00000003") + b"audio"


def test_a_packet_is_read_by_its_fields() -> None:
    assert parse_rtp(PLAIN) == RtpPacket(111, 1, 2, 3, b"audio")
    assert parse_rtp(bytes.fromhex("80ef0001 00000002 00000003")) == RtpPacket(111, 1, 2, 3, b"", marker=True)


@pytest.mark.parametrize(
    "data",
    [
        bytes.fromhex("826f0001 00000002 00000003 0000000a 0000000b") + b"audio",
        bytes.fromhex("906f0001 00000002 00000003 bede0001 10ff0000") + b"audio",
        bytes.fromhex("a06f0001 00000002 00000003") + b"audio\0\0\3",
        bytes.fromhex("b16f0001 00000002 00000003 0000000a bede0000") + b"audio\1",
    ],
    ids=["CSRC", "extension", "padding", "all"],
)
def test_csrc_extension_and_padding_are_skipped(data: bytes) -> None:
    assert parse_rtp(data) == RtpPacket(111, 1, 2, 3, b"audio")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        PLAIN[:11],
        b"\x40" + PLAIN[1:],
        b"\x8f" + PLAIN[1:],
        b"\x90" + PLAIN[1:12] + b"\0\0\0",
        b"\x90" + PLAIN[1:12] + b"\0\0\xff\xff",
        b"\xa0" + PLAIN[1:] + b"\0",
        b"\xa0" + PLAIN[1:] + b"\xff",
        PLAIN[:12] + bytes(PAYLOAD_MAX_BYTES + 1),
    ],
)
def test_what_is_no_packet_is_none(data: bytes) -> None:
    assert parse_rtp(data) is None


def test_a_packet_is_written_by_its_fields() -> None:
    assert build_rtp(RtpPacket(111, 1, 2, 3, b"audio")) == PLAIN
    assert build_rtp(RtpPacket(111, 1, 2, 3, b"", marker=True)) == bytes.fromhex("80ef0001 00000002 00000003")


@given(
    st.builds(
        RtpPacket,
        payload_type=st.integers(0, 127),
        sequence=st.integers(0, 0xFFFF),
        timestamp=st.integers(0, 0xFFFFFFFF),
        ssrc=st.integers(0, 0xFFFFFFFF),
        payload=st.binary(max_size=PAYLOAD_MAX_BYTES),
        marker=st.booleans(),
    )
)
def test_what_is_written_is_read(packet: RtpPacket) -> None:
    assert parse_rtp(build_rtp(packet)) == packet


@given(st.binary(max_size=64))
def test_no_bytes_raise(data: bytes) -> None:
    parse_rtp(data)
    assert is_rtcp(data) == (len(data) > 1 and 192 <= data[1] <= 223)


@given(st.integers(0, 1 << 40), st.integers(-(1 << 15), (1 << 15) - 1))
def test_a_counter_unwraps_from_any_place(last: int, ahead: int) -> None:
    assert forward(last, (last + ahead) & 0xFFFF, 16) == ahead
