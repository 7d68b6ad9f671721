"""What do RTCP packets say, and how are they written?

Compound packets of sender reports, receiver reports, source descriptions and goodbyes: RFC 3550 section 6. Packets of
other types are skipped.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from bareline.units import NS_PER_S

__all__ = [
    "Goodbye",
    "ReceiverReport",
    "ReportBlock",
    "RtcpPacket",
    "SenderReport",
    "SourceDescription",
    "build_rtcp",
    "compact_ntp",
    "ntp_time",
    "parse_rtcp",
]

_NTP_UNIX_S = 2_208_988_800
"""Seconds from the NTP epoch (1900) to that of Unix."""
_HEADER = struct.Struct("!BBH")
_SENDER_INFO = struct.Struct("!IQIII")
_BLOCK = struct.Struct("!IIIIII")
_VERSION = 0x80
_PADDING = 0x20
_SR, _RR, _SDES, _BYE = 200, 201, 202, 203
_CNAME = 1
_BLOCKS_MAX = 31


@dataclass(frozen=True, slots=True)
class ReportBlock:
    """What a receiver says of the stream ``ssrc``.

    ``fraction_lost`` in 1/256 since the last report; ``lost`` in all (24 bits, may be negative); ``highest_sequence``
    with its cycles; ``jitter`` in units of the RTP clock; ``last_sender_report`` the middle 32 bits of its NTP time,
    and ``delay`` since it came in 1/65536 s (both 0: none came yet).
    """

    ssrc: int
    fraction_lost: int
    lost: int
    highest_sequence: int
    jitter: int
    last_sender_report: int = 0
    delay: int = 0


@dataclass(frozen=True, slots=True)
class SenderReport:
    """``ntp`` (64 bits) and ``timestamp`` are one moment on both clocks; counts since the stream began."""

    ssrc: int
    ntp: int
    timestamp: int
    packets: int
    payload_bytes: int
    blocks: tuple[ReportBlock, ...] = ()


@dataclass(frozen=True, slots=True)
class ReceiverReport:
    """Reports of a side that sent nothing since its last one."""

    ssrc: int
    blocks: tuple[ReportBlock, ...] = ()


@dataclass(frozen=True, slots=True)
class SourceDescription:
    """The canonical name of one source; the other things a description can hold are skipped."""

    ssrc: int
    cname: str


@dataclass(frozen=True, slots=True)
class Goodbye:
    """These sources end."""

    ssrcs: tuple[int, ...]


RtcpPacket = SenderReport | ReceiverReport | SourceDescription | Goodbye


def ntp_time(unix_ns: int) -> int:
    """64 bits of NTP time: seconds since 1900 and their fraction, modulo one era."""
    return ((unix_ns + _NTP_UNIX_S * NS_PER_S) << 32) // NS_PER_S & 0xFFFFFFFFFFFFFFFF


def compact_ntp(ntp: int) -> int:
    """The middle 32 bits: 1/65536 s, wrapping around every 18 hours."""
    return ntp >> 16 & 0xFFFFFFFF


def parse_rtcp(data: bytes) -> list[RtcpPacket] | None:
    """The known packets of a compound packet (or of a single one, RFC 5506); None when it is malformed."""
    packets: list[RtcpPacket] = []
    if not data:
        return None
    while data:
        if len(data) < _HEADER.size or data[0] & 0xC0 != _VERSION:
            return None
        first, kind, words = _HEADER.unpack_from(data)
        end = 4 + 4 * words
        body, data = data[4:end], data[end:] if len(data) >= end else b"?"
        if first & _PADDING:
            body = _without_padding(body)
        parsed = _parse_one(kind, first & 0x1F, body)
        if parsed is None:
            return None
        packets += parsed
    return packets


def build_rtcp(packets: Sequence[RtcpPacket]) -> bytes:
    """One compound packet; its first must be a report (RFC 3550 section 6.1)."""
    return b"".join(map(_build_one, packets))


def _without_padding(body: bytes) -> bytes:
    return body[: -body[-1]] if body and 0 < body[-1] <= len(body) else b""


def _parse_one(kind: int, count: int, body: bytes) -> Sequence[RtcpPacket] | None:
    """None when malformed, nothing when of an unknown type."""
    parse = {_SR: _parse_sender_report, _RR: _parse_receiver_report, _SDES: _parse_chunks, _BYE: _parse_goodbye}.get(
        kind
    )
    return parse(body, count) if parse else ()


def _parse_sender_report(body: bytes, count: int) -> Sequence[RtcpPacket] | None:
    blocks = _parse_blocks(body[_SENDER_INFO.size :], count)
    if blocks is None or len(body) < _SENDER_INFO.size:
        return None
    ssrc, ntp, timestamp, packets, payload_bytes = _SENDER_INFO.unpack_from(body)
    return [SenderReport(ssrc, ntp, timestamp, packets, payload_bytes, blocks)]


def _parse_receiver_report(body: bytes, count: int) -> Sequence[RtcpPacket] | None:
    blocks = _parse_blocks(body[4:], count)
    return None if blocks is None or len(body) < 4 else [ReceiverReport(int.from_bytes(body[:4]), blocks)]


def _parse_goodbye(body: bytes, count: int) -> Sequence[RtcpPacket] | None:
    if len(body) < 4 * count:
        return None
    return [Goodbye(tuple(int.from_bytes(body[at : at + 4]) for at in range(0, 4 * count, 4)))]


def _parse_blocks(data: bytes, count: int) -> tuple[ReportBlock, ...] | None:
    if len(data) < count * _BLOCK.size:
        return None
    blocks: list[ReportBlock] = []
    for index in range(count):
        ssrc, losses, highest, jitter, last, delay = _BLOCK.unpack_from(data, index * _BLOCK.size)
        lost = (losses & 0xFFFFFF ^ 0x800000) - 0x800000
        blocks.append(ReportBlock(ssrc, losses >> 24, lost, highest, jitter, last, delay))
    return tuple(blocks)


def _parse_chunks(data: bytes, count: int) -> Sequence[RtcpPacket] | None:
    described: list[RtcpPacket] = []
    at = 0
    for _ in range(count):
        ssrc = int.from_bytes(data[at : at + 4])
        at += 4
        while at < len(data) and data[at]:
            item, length = data[at], data[at + 1] if at + 1 < len(data) else 0
            if item == _CNAME:
                described.append(SourceDescription(ssrc, data[at + 2 : at + 2 + length].decode("utf-8", "replace")))
            at += 2 + length
        if at >= len(data):
            return None
        at += 4 - at % 4
    return described


def _build_one(packet: RtcpPacket) -> bytes:
    match packet:
        case SenderReport():
            info = _SENDER_INFO.pack(packet.ssrc, packet.ntp, packet.timestamp, packet.packets, packet.payload_bytes)
            return _with_header(_SR, len(packet.blocks), info + _build_blocks(packet.blocks))
        case ReceiverReport():
            return _with_header(_RR, len(packet.blocks), packet.ssrc.to_bytes(4) + _build_blocks(packet.blocks))
        case SourceDescription():
            name = packet.cname.encode()[:255]
            chunk = packet.ssrc.to_bytes(4) + bytes([_CNAME, len(name)]) + name
            return _with_header(_SDES, 1, chunk + bytes(4 - len(chunk) % 4))
        case Goodbye():  # pragma: no branch  (the union is closed)
            return _with_header(_BYE, len(packet.ssrcs), b"".join(ssrc.to_bytes(4) for ssrc in packet.ssrcs))


def _build_blocks(blocks: Sequence[ReportBlock]) -> bytes:
    return b"".join(
        _BLOCK.pack(
            block.ssrc,
            block.fraction_lost << 24 | min(0x7FFFFF, max(-0x800000, block.lost)) & 0xFFFFFF,
            block.highest_sequence & 0xFFFFFFFF,
            block.jitter & 0xFFFFFFFF,
            block.last_sender_report,
            block.delay & 0xFFFFFFFF,
        )
        for block in blocks[:_BLOCKS_MAX]
    )


def _with_header(kind: int, count: int, body: bytes) -> bytes:
    return _HEADER.pack(_VERSION | count, kind, len(body) // 4) + body
