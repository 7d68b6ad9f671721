"""What does an RTP packet say, and which place has it among the others?

RFC 3550 section 5. CSRC lists, header extensions and padding are skipped; anything else that is not a packet is None.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

__all__ = ["PAYLOAD_MAX_BYTES", "RtpPacket", "build_rtp", "forward", "is_rtcp", "parse_rtp"]

PAYLOAD_MAX_BYTES = 1500
"""Longer payloads are not those of a call: they are ignored."""
_HEADER = struct.Struct("!BBHII")
_VERSION = 0x80
_PADDING = 0x20
_EXTENSION = 0x10
_MARKER = 0x80
_RTCP_TYPES = range(192, 224)


class RtpPacket(NamedTuple):
    """``sequence`` (16 bits) and ``timestamp`` (32 bits) as on the wire."""

    payload_type: int
    sequence: int
    timestamp: int
    ssrc: int
    payload: bytes
    marker: bool = False


def parse_rtp(data: bytes) -> RtpPacket | None:
    """The packet in ``data``, or None where it is malformed."""
    if len(data) < _HEADER.size:
        return None
    first, second, sequence, timestamp, ssrc = _HEADER.unpack_from(data)
    if first & 0xC0 != _VERSION:
        return None
    begin = _HEADER.size + 4 * (first & 0x0F)
    if first & _EXTENSION:
        if len(data) < begin + 4:
            return None
        begin += 4 + 4 * int.from_bytes(data[begin + 2 : begin + 4])
    end = len(data) - (data[-1] if first & _PADDING else 0)
    if first & _PADDING and not data[-1]:
        return None
    if not begin <= end <= begin + PAYLOAD_MAX_BYTES:
        return None
    return RtpPacket(second & 0x7F, sequence, timestamp, ssrc, data[begin:end], bool(second & _MARKER))


def build_rtp(packet: RtpPacket) -> bytes:
    """``packet`` as bytes, without CSRC list, extension or padding."""
    second = packet.payload_type | (_MARKER if packet.marker else 0)
    return _HEADER.pack(_VERSION, second, packet.sequence, packet.timestamp, packet.ssrc) + packet.payload


def is_rtcp(data: bytes) -> bool:
    """Whether a packet that shares a port with RTP is RTCP (RFC 5761 section 4)."""
    return len(data) > 1 and data[1] in _RTCP_TYPES


def forward(last: int, value: int, bits: int) -> int:
    """How far ``value``, a counter of ``bits`` that wraps around, is ahead of ``last``: negative when it is behind.

    ``last`` may be a counter without wrap-around; the sum of both is ``value`` unwrapped.
    """
    half = 1 << (bits - 1)
    return (value - last + half) % (1 << bits) - half
