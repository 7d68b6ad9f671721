"""When does which RTCP report go out, and what do those of the other side tell?

RFC 3550 section 6. Every five seconds, the first early; a loss is reported within a second, because the other side's
forward error correction depends on it.
"""

from __future__ import annotations

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
from bareline.media.rtp_receiver import RtpReceiver
from bareline.media.rtp_sender import RtpSender
from bareline.units import NS_PER_MS, NS_PER_S

__all__ = ["REPORT_NS", "Reports", "expected_loss"]

REPORT_NS = 5 * NS_PER_S
_FIRST_NS = 500 * NS_PER_MS
_LOSS_NS = NS_PER_S
_COMPACT_HZ = 1 << 16


class Reports:
    """The RTCP of one stream each way. ``remote`` is the other side's last word on our stream."""

    def __init__(self, ssrc: int, cname: str, unix_offset_ns: int, sender: RtpSender, receiver: RtpReceiver) -> None:
        self.ignored = 0
        self.remote: ReportBlock | None = None
        self.round_trip_ns: int | None = None
        self.goodbye_received = False
        self.due_ns: int | None = None
        self._ssrc = ssrc
        self._name = SourceDescription(ssrc, cname)
        self._unix_offset_ns = unix_offset_ns
        self._sender = sender
        self._receiver = receiver
        self._reported_ns: int | None = None
        self._sent_before = 0
        self._sent_ns = 0
        self._sender_report: tuple[int, int] = (0, 0)
        self._last_loss = 0

    def sent(self, now_ns: int) -> None:
        """Audio was sent, up to this moment of the stream."""
        self._begin(now_ns)
        self._sent_ns = now_ns

    def received(self, now_ns: int) -> None:
        """A packet came; losses bring the next report forward."""
        reception = self._receiver.reception
        if reception is None:
            return
        self._begin(now_ns)
        if self._reported_ns is not None and self.due_ns is not None and reception.news_of_loss:
            self.due_ns = min(self.due_ns, max(now_ns, self._reported_ns + _LOSS_NS))

    def due(self, now_ns: int) -> list[bytes]:
        """The report that is due, if one is."""
        if self.due_ns is None or now_ns < self.due_ns:
            return []
        self._reported_ns = now_ns
        self.due_ns = now_ns + REPORT_NS
        return [build_rtcp([self._report(now_ns), self._name])]

    def goodbye(self, now_ns: int) -> bytes:
        """The last report and the end."""
        self.due_ns = None
        return build_rtcp([self._report(now_ns), self._name, Goodbye((self._ssrc,))])

    def receive(self, data: bytes, now_ns: int) -> None:
        """Take the other side's RTCP."""
        packets = parse_rtcp(data)
        if packets is None:
            self.ignored += 1
            return
        for packet in packets:
            self._take(packet, now_ns)

    @property
    def remote_jitter_ns(self) -> int | None:
        """What the other side says of the jitter of our packets."""
        return None if self.remote is None else self.remote.jitter * NS_PER_S // self._sender.clock_hz

    def _begin(self, now_ns: int) -> None:
        if self._reported_ns is None and self.due_ns is None:
            self.due_ns = now_ns + _FIRST_NS

    def _take(self, packet: RtcpPacket, now_ns: int) -> None:
        reception = self._receiver.reception
        match packet:
            case SenderReport(ssrc=ssrc, ntp=ntp, blocks=blocks):
                if reception is not None and reception.ssrc == ssrc:
                    self._sender_report = (compact_ntp(ntp), now_ns)
                self._take_blocks(blocks, now_ns)
            case ReceiverReport(blocks=blocks):
                self._take_blocks(blocks, now_ns)
            case Goodbye(ssrcs=ssrcs):
                self.goodbye_received |= reception is not None and reception.ssrc in ssrcs
            case SourceDescription():  # pragma: no branch  (the union is closed)
                pass

    def _take_blocks(self, blocks: tuple[ReportBlock, ...], now_ns: int) -> None:
        for block in blocks:
            if block.ssrc != self._ssrc:
                continue
            self.remote = block
            self._last_loss = expected_loss(block.fraction_lost, self._last_loss)
            self._sender.expect_loss(self._last_loss)
            if block.last_sender_report:
                away = compact_ntp(self._ntp(now_ns)) - block.last_sender_report - block.delay & 0xFFFFFFFF
                # Later than now by rounding: the path is that short.
                self.round_trip_ns = 0 if away >> 31 else away * NS_PER_S // _COMPACT_HZ

    def _report(self, now_ns: int) -> RtcpPacket:
        blocks = self._blocks(now_ns)
        sender = self._sender
        if sender.packets == self._sent_before:
            return ReceiverReport(self._ssrc, blocks)
        self._sent_before = sender.packets
        paused = (now_ns - self._sent_ns) * sender.clock_hz // NS_PER_S
        timestamp = sender.timestamp + paused & 0xFFFFFFFF
        return SenderReport(
            self._ssrc, self._ntp(now_ns), timestamp, sender.packets, sender.payload_bytes & 0xFFFFFFFF, blocks
        )

    def _blocks(self, now_ns: int) -> tuple[ReportBlock, ...]:
        reception = self._receiver.reception
        if reception is None:
            return ()
        last, at_ns = self._sender_report
        delay = (now_ns - at_ns) * _COMPACT_HZ // NS_PER_S if last else 0
        return (reception.report(last, delay),)

    def _ntp(self, now_ns: int) -> int:
        return ntp_time(now_ns + self._unix_offset_ns)


def expected_loss(fraction_lost: int, before: int) -> int:
    """Percent to code for: twice the loss reported (1/256), at least 10 once there is any, then falling slowly."""
    if fraction_lost:
        return min(30, max(10, 2 * fraction_lost * 100 // 256))
    return before * 3 // 4 if before > 1 else 0
