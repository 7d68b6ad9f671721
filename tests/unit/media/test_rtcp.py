"""Are RTCP packets read and written as RFC 3550 has them?"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bareline.media.rtcp import (
    Goodbye,
    ReceiverReport,
    ReportBlock,
    RtcpPacket,
    SenderReport,
    SourceDescription,
    build_rtcp,
    compact_ntp,
    ntp_time,
    parse_rtcp,
)

WORD = st.integers(0, 0xFFFFFFFF)
BLOCK = st.builds(
    ReportBlock,
    ssrc=WORD,
    fraction_lost=st.integers(0, 255),
    lost=st.integers(-0x800000, 0x7FFFFF),
    highest_sequence=WORD,
    jitter=WORD,
    last_sender_report=WORD,
    delay=WORD,
)
BLOCKS = st.lists(BLOCK, max_size=3).map(tuple)
PACKET: st.SearchStrategy[RtcpPacket] = st.one_of(
    st.builds(
        SenderReport,
        ssrc=WORD,
        ntp=st.integers(0, (1 << 64) - 1),
        timestamp=WORD,
        packets=WORD,
        payload_bytes=WORD,
        blocks=BLOCKS,
    ),
    st.builds(ReceiverReport, ssrc=WORD, blocks=BLOCKS),
    st.builds(SourceDescription, ssrc=WORD, cname=st.text(st.characters(codec="ascii"), max_size=200)),
    st.builds(Goodbye, ssrcs=st.lists(WORD, max_size=3).map(tuple)),
)
RECEIVER_REPORT = bytes.fromhex("81c90007 00000001 00000002 40fffffe 00010000 00000030 0000abcd 00010000")


def test_a_receiver_report_is_read_by_its_fields() -> None:
    block = ReportBlock(2, 0x40, -2, 0x10000, 0x30, 0xABCD, 0x10000)
    assert parse_rtcp(RECEIVER_REPORT) == [ReceiverReport(1, (block,))]


def test_a_description_is_read_past_its_other_items() -> None:
    data = bytes.fromhex("82ca0006 00000001") + b"\2\1x\1\2me\0" + bytes.fromhex("00000002") + b"\1\3you\0\0\0"
    assert parse_rtcp(data) == [SourceDescription(1, "me"), SourceDescription(2, "you")]


def test_goodbye_may_have_a_reason_and_unknown_types_are_skipped() -> None:
    feedback = bytes.fromhex("8fce0003 00000001 00000002 00000003")
    padding = bytes.fromhex("a0cc0002 00000000 00000004")
    assert parse_rtcp(feedback + padding + bytes.fromhex("81cb0002 00000007 03627965")) == [Goodbye((7,))]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x80\xc9",
        b"\x40" + RECEIVER_REPORT[1:],
        RECEIVER_REPORT[:-4],
        bytes.fromhex("82") + RECEIVER_REPORT[1:],
        bytes.fromhex("80c90000"),
        bytes.fromhex("80c80003 00000001 00000002 00000003"),
        bytes.fromhex("81c80006 00000001") + bytes(20),
        bytes.fromhex("82cb0001 00000001"),
        bytes.fromhex("81ca0001 00000001"),
        bytes.fromhex("81ca0002 00000001 01ff6161"),
        bytes.fromhex("81ca0002 00000001 01016101"),
        bytes.fromhex("a1cb0001 000000ff"),
    ],
)
def test_what_is_malformed_is_none(data: bytes) -> None:
    assert parse_rtcp(data) is None


@given(st.lists(PACKET, min_size=1, max_size=4))
def test_what_is_written_is_read(packets: list[RtcpPacket]) -> None:
    assert parse_rtcp(build_rtcp(packets)) == packets


@given(st.binary(max_size=80) | st.binary(max_size=60).map(lambda rest: b"\x81\xca\x00\x04" + rest))
def test_no_bytes_raise(data: bytes) -> None:
    parse_rtcp(data)


def test_losses_beyond_the_field_are_said_as_its_limit() -> None:
    block = ReportBlock(1, 0, 1 << 30, 0, 0)
    parsed = parse_rtcp(build_rtcp([ReceiverReport(2, (block,))]))
    assert parsed == [ReceiverReport(2, (ReportBlock(1, 0, 0x7FFFFF, 0, 0),))]


def test_ntp_time_counts_from_1900_in_fractions_of_2_to_the_32() -> None:
    assert ntp_time(0) == 2_208_988_800 << 32
    assert ntp_time(500_000_000) == (2_208_988_800 << 32) + (1 << 31)
    assert compact_ntp(0x11112222_33334444) == 0x22223333
