"""Which codec turns a call's 24 kHz audio into packets and back?"""

from __future__ import annotations

from typing import Literal, Protocol

from bareline.media.concealment import FadingConcealment
from bareline.media.g711 import Law, g711_decode, g711_encode
from bareline.media.libopus import load_libopus
from bareline.media.opus import OpusDecoder, OpusEncoder
from bareline.media.opus_av import AvOpusDecoder, AvOpusEncoder
from bareline.media.resample import Resampler
from bareline.units import SAMPLE_RATE_HZ

__all__ = ["CLOCK_HZ", "AudioDecoder", "AudioEncoder", "CodecName", "G711Decoder", "G711Encoder", "decoder", "encoder"]

CodecName = Literal["opus", "pcmu", "pcma"]
CLOCK_HZ: dict[CodecName, int] = {"opus": 48_000, "pcmu": 8_000, "pcma": 8_000}
"""Of the RTP timestamps (RFC 7587 section 4.1; RFC 3551 section 4.5.14)."""
_G711_HZ = 8_000
_RATIO = SAMPLE_RATE_HZ // _G711_HZ
_LAWS: dict[CodecName, Law] = {"pcmu": "mulaw", "pcma": "alaw"}


class AudioEncoder(Protocol):
    """20 ms of PCM16 at 24 kHz to one packet; at most two bytes stand for silence that need not be sent."""

    engine: str

    def encode(self, pcm: bytes) -> bytes:
        """The packet."""
        ...

    def set_expected_loss(self, percent: int) -> None:
        """Code for this share of lost packets."""
        ...


class AudioDecoder(Protocol):
    """Packets to PCM16 at 24 kHz. No bytes make it raise; ``errors`` counts packets it could not decode."""

    engine: str
    errors: int

    def packet_samples(self, payload: bytes) -> int:
        """Samples in the packet; 0 when it is none."""
        ...

    def carries_fec(self, payload: bytes) -> bool:
        """Whether the packet repeats the one before it."""
        ...

    def decode(self, payload: bytes) -> bytes:
        """``packet_samples`` of audio."""
        ...

    def decode_fec(self, next_payload: bytes, samples: int) -> bytes:
        """The ``samples`` before ``next_payload``."""
        ...

    def conceal(self, samples: int) -> bytes:
        """A plausible continuation of what was decoded last."""
        ...


def encoder(codec: CodecName, *, bitrate_bps: int = 32_000, dtx: bool = False) -> AudioEncoder:
    """An encoder; ``bitrate_bps`` and ``dtx`` are for Opus. Raises ``MissingExtra`` where no Opus is installed."""
    if codec != "opus":
        return G711Encoder(_LAWS[codec])
    if load_libopus() is None:
        return AvOpusEncoder(bitrate_bps=bitrate_bps)
    return OpusEncoder(bitrate_bps=bitrate_bps, dtx=dtx)


def decoder(codec: CodecName) -> AudioDecoder:
    """A decoder. Raises ``MissingExtra`` where no Opus is installed."""
    if codec != "opus":
        return G711Decoder(_LAWS[codec])
    return AvOpusDecoder() if load_libopus() is None else OpusDecoder()


class G711Encoder:
    """PCM16 at 24 kHz to G.711 at 8 kHz, 3 ms late: a third as many bytes as samples."""

    engine = "g711"

    def __init__(self, law: Law) -> None:
        self._law: Law = law
        self._resampler = _primed(SAMPLE_RATE_HZ, _G711_HZ)

    def set_expected_loss(self, percent: int) -> None:
        """Without effect: G.711 has no forward error correction."""

    def encode(self, pcm: bytes) -> bytes:
        """The packet of ``pcm``, whose samples must be a multiple of three."""
        return g711_encode(self._resampler.feed(pcm), self._law)


class G711Decoder:
    """G.711 at 8 kHz to PCM16 at 24 kHz, 3 ms late; any bytes are audio."""

    engine = "g711"

    def __init__(self, law: Law) -> None:
        self.errors = 0
        self._law: Law = law
        self._resampler = _primed(_G711_HZ, SAMPLE_RATE_HZ)
        self._concealment = FadingConcealment()

    def packet_samples(self, payload: bytes) -> int:
        """Three samples for each byte."""
        return _RATIO * len(payload)

    def carries_fec(self, payload: bytes) -> bool:  # noqa: ARG002 - as the interface has it
        """Never."""
        return False

    def decode(self, payload: bytes) -> bytes:
        """The audio of a packet."""
        pcm = self._resampler.feed(g711_decode(payload, self._law))
        self._concealment.heard(pcm)
        return pcm

    def decode_fec(self, next_payload: bytes, samples: int) -> bytes:  # noqa: ARG002 - as the interface has it
        """Concealment."""
        return self.conceal(samples)

    def conceal(self, samples: int) -> bytes:
        """The last audio again, fading."""
        return self._concealment.conceal(samples)


def _primed(from_hz: int, to_hz: int) -> Resampler:
    """A resampler that has been fed what it holds back, so that every packet gives its whole length."""
    resampler = Resampler(from_hz, to_hz)
    resampler.feed(bytes(2 * resampler.delay_samples))
    return resampler
