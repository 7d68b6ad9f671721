"""Which packets carry a stream of audio frames?"""

from __future__ import annotations

from bareline.media.codecs import CLOCK_HZ, AudioEncoder, CodecName, encoder
from bareline.media.frames import AudioFrame
from bareline.media.rtp import RtpPacket, build_rtp
from bareline.units import SAMPLE_RATE_HZ, ms_to_samples

__all__ = ["PACKET_SAMPLES", "RtpSender"]

PACKET_SAMPLES = ms_to_samples(20)
_PACKET_BYTES = 2 * PACKET_SAMPLES
_SILENT_BYTES = 2
"""Opus packets up to this length stand for silence: with DTX they are not sent (RFC 6716 section 2.1.9)."""


class RtpSender:
    """Frames of any length to packets of 20 ms: one source, counted from its first packet on.

    A frame ahead of the one before it is a pause: the timestamp jumps by as much, and the next packet is marked. What
    is left of a packet before a pause is filled with zeros.
    """

    def __init__(
        self,
        codec: CodecName,
        *,
        payload_type: int,
        ssrc: int,
        first_sequence: int,
        first_timestamp: int,
        dtx: bool,
        bitrate_bps: int,
    ) -> None:
        self.packets = self.payload_bytes = self.samples = 0
        self.expected_loss_percent = 0
        self._dtx = dtx and codec == "opus"
        self._encoder: AudioEncoder = encoder(codec, bitrate_bps=bitrate_bps, dtx=self._dtx)
        self.clock_hz = CLOCK_HZ[codec]
        self._payload_type = payload_type
        self._ssrc = ssrc
        self._first_sequence = first_sequence
        self._first_timestamp = first_timestamp
        self._rest = b""
        self._position = 0
        self._expected: int | None = None
        self._marker = True

    @property
    def engine(self) -> str:
        """What encodes, by name and version."""
        return self._encoder.engine

    @property
    def timestamp(self) -> int:
        """Of the next packet."""
        return (self._first_timestamp + self._position * self.clock_hz // SAMPLE_RATE_HZ) & 0xFFFFFFFF

    def expect_loss(self, percent: int) -> None:
        """The other side loses so much: forward error correction is made to suit."""
        if percent != self.expected_loss_percent:
            self.expected_loss_percent = percent
            self._encoder.set_expected_loss(percent)

    def send(self, frame: AudioFrame) -> list[bytes]:
        """The packets that ``frame`` completes."""
        packets: list[bytes] = []
        pause = 0 if self._expected is None else frame.first_sample - self._expected
        self._expected = frame.end_sample
        if pause > 0:
            pause -= self._fill(pause, packets)
            self._position += pause
            self._marker = self._marker or pause > 0
        pcm = self._rest + frame.pcm
        whole = len(pcm) - len(pcm) % _PACKET_BYTES
        for begin in range(0, whole, _PACKET_BYTES):
            self._send(pcm[begin : begin + _PACKET_BYTES], packets)
        self._rest = pcm[whole:]
        return packets

    def _fill(self, pause: int, packets: list[bytes]) -> int:
        """Samples of the pause that complete the packet begun before it."""
        filled = min(pause, (_PACKET_BYTES - len(self._rest)) // 2) if self._rest else 0
        self._rest += bytes(2 * filled)
        if len(self._rest) == _PACKET_BYTES:
            self._send(self._rest, packets)
            self._rest = b""
        return filled

    def _send(self, pcm: bytes, packets: list[bytes]) -> None:
        payload = self._encoder.encode(pcm)
        timestamp = self.timestamp
        self._position += PACKET_SAMPLES
        if not payload or (self._dtx and len(payload) <= _SILENT_BYTES):
            self._marker = True
            return
        sequence = (self._first_sequence + self.packets) & 0xFFFF
        packets.append(build_rtp(RtpPacket(self._payload_type, sequence, timestamp, self._ssrc, payload, self._marker)))
        self._marker = False
        self.packets += 1
        self.samples += PACKET_SAMPLES
        self.payload_bytes += len(payload)
