"""What does one call's audio put on the wire, what does it hear, and when must it be looked at again?

Both directions of one audio stream over plain RTP and RTCP; encryption, sockets and clocks are the caller's. It is told
the time with everything and never waits: ``deadline`` says when to ask again. Its policy: docs/design/media-path.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bareline.media.audio_stats import AudioStats
from bareline.media.codecs import CodecName
from bareline.media.frames import AudioFrame
from bareline.media.reports import Reports
from bareline.media.rtp_receiver import RtpReceiver
from bareline.media.rtp_sender import RtpSender

__all__ = ["RtpSession", "RtpSettings"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RtpSettings:
    """What was negotiated for sending, and what must be chosen by chance (``ssrc``, ``first_sequence``: 16 bits,
    ``first_timestamp``: 32 bits).

    ``dtx``: Opus sends nothing during silence. ``unix_offset_ns``: Unix time minus the clock of ``now_ns``, for sender
    reports. ``catch_up``: the frames are played in real time, so a little is left out where they would fall behind
    (after a stall): small jumps. A listener that is not in real time, like a recogniser, wants all of them.
    """

    codec: CodecName
    payload_type: int
    ssrc: int
    cname: str
    first_sequence: int
    first_timestamp: int
    dtx: bool = False
    bitrate_bps: int = 32_000
    unix_offset_ns: int = 0
    catch_up: bool = False


class RtpSession:
    """One audio stream each way, sans-IO. All times are nanoseconds of one monotonic clock.

    ``receives`` maps the negotiated payload types to codecs; without it, the one that is sent is received. The other
    side may switch between them at any packet. Raises ``MissingExtra`` where a codec is not installed.
    """

    def __init__(self, settings: RtpSettings, receives: Mapping[int, CodecName] | None = None) -> None:
        self._settings = settings
        self._sender = RtpSender(
            settings.codec,
            payload_type=settings.payload_type,
            ssrc=settings.ssrc,
            first_sequence=settings.first_sequence,
            first_timestamp=settings.first_timestamp,
            dtx=settings.dtx,
            bitrate_bps=settings.bitrate_bps,
        )
        self._receiver = RtpReceiver(receives or {settings.payload_type: settings.codec}, catch_up=settings.catch_up)
        self._reports = Reports(settings.ssrc, settings.cname, settings.unix_offset_ns, self._sender, self._receiver)
        self._now_ns = 0

    def add_receive(self, payload_type: int, codec: CodecName) -> None:
        """Receive this payload type too."""
        self._receiver.add(payload_type, codec)

    def send_audio(self, frame: AudioFrame, now_ns: int) -> list[bytes]:
        """The RTP packets of 20 ms that ``frame`` completes, to be sent at once; a remainder is kept.

        A frame further on than the end of the one before is a pause: nothing is sent for it, the timestamp jumps. Any
        other frame continues the one before.
        """
        self._now_ns = now_ns
        packets = self._sender.send(frame)
        if packets:
            self._reports.sent(now_ns)
        return packets

    def receive_rtp(self, packet: bytes, now_ns: int) -> None:
        """Take one packet of any bytes; ask ``frames`` next. Never raises."""
        self._now_ns = now_ns
        self._receiver.receive(packet, now_ns)
        self._reports.received(now_ns)

    def receive_rtcp(self, packet: bytes, now_ns: int) -> None:
        """Take one RTCP packet of any bytes. Never raises."""
        self._now_ns = now_ns
        self._reports.receive(packet, now_ns)

    def frames(self, now_ns: int) -> list[AudioFrame]:
        """What is to be played now, in order, each sample once; pauses and long losses are jumps."""
        self._now_ns = now_ns
        return self._receiver.frames(now_ns)

    def reports(self, now_ns: int) -> list[bytes]:
        """RTCP packets that are due."""
        self._now_ns = now_ns
        return self._reports.due(now_ns)

    def deadline(self) -> int | None:
        """When ``frames`` or ``reports`` will have something, if nothing arrives before; None: never."""
        times = [at for at in (self._receiver.deadline(self._now_ns), self._reports.due_ns) if at is not None]
        return min(times, default=None)

    def goodbye(self) -> bytes:
        """The RTCP packet that ends our stream."""
        return self._reports.goodbye(self._now_ns)

    def stats(self, now_ns: int) -> AudioStats:
        """Everything counted so far."""
        sender, receiver, reports = self._sender, self._receiver, self._reports
        reception, buffer, remote = receiver.reception, receiver.buffer, reports.remote
        return AudioStats(
            codec=receiver.codec() or self._settings.codec,
            engine=receiver.engine or sender.engine,
            packets_sent=sender.packets,
            samples_sent=sender.samples,
            payload_bytes_sent=sender.payload_bytes,
            expected_loss_percent=sender.expected_loss_percent,
            packets_received=receiver.packets,
            packets_lost=receiver.lost,
            packets_late=buffer.late,
            packets_duplicate=receiver.duplicates,
            packets_ignored=receiver.ignored,
            packets_undecodable=receiver.undecodable,
            reports_ignored=reports.ignored,
            samples_received=receiver.samples_received,
            samples_fec=receiver.samples_fec,
            samples_concealed=receiver.samples_concealed,
            samples_silent=buffer.silent,
            samples_shed=receiver.samples_shed,
            jitter_ns=reception.jitter_ns if reception else 0,
            held_ns=buffer.target_ns(now_ns),
            held_packets=buffer.held,
            drift_ppm=receiver.drift_ppm,
            round_trip_ns=reports.round_trip_ns,
            remote_loss=remote.fraction_lost / 256 if remote else None,
            remote_packets_lost=remote.lost if remote else None,
            remote_jitter_ns=reports.remote_jitter_ns,
            goodbye=reports.goodbye_received,
        )
