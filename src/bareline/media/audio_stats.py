"""What has become of a call's audio on its way?"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["AudioStats"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioStats:
    """Both directions of one audio stream, since it began. Samples are those of 24 kHz.

    Sent: ``expected_loss_percent`` is what the encoder reckons with. Received, packets: ``packets_lost`` never came,
    ``packets_late`` came when their place had been filled, ``packets_duplicate`` came again, ``packets_ignored`` were
    malformed or of unknown payload types (``reports_ignored`` the same of RTCP), ``packets_undecodable`` refused by the
    codec. Received, audio: ``samples_received`` were decoded from their own packet, ``samples_fec`` from the next
    one's forward error correction, ``samples_concealed`` made up, ``samples_silent`` lost without anything in their
    place; ``samples_shed`` were left out to catch up after a stall.

    ``jitter_ns`` as in RFC 3550; ``held_ns`` how long the jitter buffer holds a packet at present; ``drift_ppm`` by how
    much the other side's clock is faster (None: not known yet). From its reports (None: none came): ``round_trip_ns``,
    ``remote_loss`` the share lost of late, ``remote_packets_lost``, ``remote_jitter_ns``. ``goodbye``: it has ended.
    """

    codec: str
    engine: str
    packets_sent: int
    samples_sent: int
    payload_bytes_sent: int
    expected_loss_percent: int
    packets_received: int
    packets_lost: int
    packets_late: int
    packets_duplicate: int
    packets_ignored: int
    packets_undecodable: int
    reports_ignored: int
    samples_received: int
    samples_fec: int
    samples_concealed: int
    samples_silent: int
    samples_shed: int
    jitter_ns: int
    held_ns: int
    held_packets: int
    drift_ppm: float | None
    round_trip_ns: int | None
    remote_loss: float | None
    remote_packets_lost: int | None
    remote_jitter_ns: int | None
    goodbye: bool
