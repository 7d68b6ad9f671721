"""How is Opus spoken where only PyAV's codec can be reached?

A fall-back: no forward error correction, and concealment by repeating and fading. Used when no libopus can be bound.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from bareline.errors import MissingExtra
from bareline.media.concealment import FadingConcealment
from bareline.media.opus import packet_samples
from bareline.units import SAMPLE_RATE_HZ

__all__ = ["AvOpusDecoder", "AvOpusEncoder"]


class AvOpusEncoder:
    """20 ms of PCM16 to one packet. Raises ``MissingExtra`` without PyAV."""

    engine = "pyav"

    def __init__(self, *, bitrate_bps: int = 32_000) -> None:
        self._av = _av()
        self._codec: Any = self._av.CodecContext.create("libopus", "w")
        self._codec.sample_rate = SAMPLE_RATE_HZ
        self._codec.format = "s16"
        self._codec.layout = "mono"
        self._codec.bit_rate = bitrate_bps
        self._codec.time_base = Fraction(1, SAMPLE_RATE_HZ)
        self._codec.options = {"application": "voip", "frame_duration": "20"}
        self._encoded = 0

    def set_expected_loss(self, percent: int) -> None:
        """Without effect: there is no forward error correction here."""

    def encode(self, pcm: bytes) -> bytes:
        """One packet of ``pcm``; empty while the codec looks ahead."""
        frame = self._av.AudioFrame(format="s16", layout="mono", samples=len(pcm) // 2)
        frame.planes[0].update(pcm)
        frame.sample_rate = SAMPLE_RATE_HZ
        frame.pts = self._encoded
        frame.time_base = self._codec.time_base
        self._encoded += len(pcm) // 2
        return b"".join(bytes(packet) for packet in self._codec.encode(frame))


class AvOpusDecoder:
    """Packets to PCM16 mono. Raises ``MissingExtra`` without PyAV."""

    engine = "pyav"

    def __init__(self) -> None:
        self._av = _av()
        self.errors = 0
        self._codec: Any = self._av.CodecContext.create("libopus", "r")
        self._codec.sample_rate = SAMPLE_RATE_HZ
        self._resampler = self._av.AudioResampler(format="s16", layout="mono", rate=SAMPLE_RATE_HZ)
        self._concealment = FadingConcealment()

    def packet_samples(self, payload: bytes) -> int:
        """Samples in the packet; 0 when it is none."""
        return packet_samples(payload)

    def carries_fec(self, payload: bytes) -> bool:  # noqa: ARG002 - as the interface has it
        """Never: what the packet repeats cannot be reached."""
        return False

    def decode(self, payload: bytes) -> bytes:
        """The audio of a packet, concealed and counted in ``errors`` when it cannot be decoded."""
        samples = packet_samples(payload)
        pcm = b""
        try:
            for frame in self._codec.decode(self._av.Packet(payload)):
                pcm += b"".join(bytes(made.planes[0])[: 2 * made.samples] for made in self._resampler.resample(frame))
        except self._av.FFmpegError:
            self.errors += 1
            return self.conceal(samples)
        pcm = pcm[: 2 * samples].ljust(2 * samples, b"\0")
        self._concealment.heard(pcm)
        return pcm

    def decode_fec(self, next_payload: bytes, samples: int) -> bytes:  # noqa: ARG002 - as the interface has it
        """Concealment."""
        return self.conceal(samples)

    def conceal(self, samples: int) -> bytes:
        """The last audio again, fading."""
        return self._concealment.conceal(samples)


def _av() -> Any:
    try:
        import av
    except ImportError as error:
        raise MissingExtra("Opus", "webrtc") from error
    return av
