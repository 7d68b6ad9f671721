"""How does the session's wire format become the inner format, and back, without a sample lost at the seams?"""

from __future__ import annotations

from typing import Protocol

from bareline.media.convert import PcmDecoder, PcmEncoder
from bareline.media.formats import wire_format
from bareline.protocol.events import AudioFormat
from bareline.protocol.session_formats import is_pcm
from bareline.units import BYTES_PER_SAMPLE, SAMPLE_RATE_HZ

__all__ = ["Decoder", "Encoder", "decoder_for", "encoder_for"]


class Decoder(Protocol):
    """One stream of wire audio to PCM16 at 24 kHz."""

    def samples(self, wire: bytes) -> int:
        """How many samples at 24 kHz these bytes stand for."""
        ...

    def feed(self, data: bytes, /) -> bytes:
        """Convert; may hold a few samples back."""
        ...

    def flush(self) -> bytes:
        """What was held back."""
        ...


class Encoder(Protocol):
    """One stream of PCM16 at 24 kHz to wire audio."""

    def feed(self, data: bytes, /) -> bytes:
        """Convert; may hold a few samples back."""
        ...


def decoder_for(audio_format: AudioFormat | None) -> Decoder:
    """A decoder of the format; ``None`` is PCM."""
    return _Pcm() if audio_format is None or is_pcm(audio_format) else _Coded(audio_format.type)


def encoder_for(audio_format: AudioFormat | None) -> Encoder:
    """An encoder to the format; ``None`` is PCM."""
    return _Pcm() if audio_format is None or is_pcm(audio_format) else PcmEncoder(wire_format(audio_format.type))


class _Pcm:
    """A delta may end within a sample; the rest of it comes with the next one."""

    def __init__(self) -> None:
        self._half = b""

    def samples(self, wire: bytes) -> int:
        return (len(self._half) + len(wire)) // BYTES_PER_SAMPLE

    def feed(self, data: bytes) -> bytes:
        pcm = self._half + data if self._half else data
        whole = len(pcm) - len(pcm) % BYTES_PER_SAMPLE
        self._half = pcm[whole:]
        return pcm[:whole]

    def flush(self) -> bytes:
        return b""


class _Coded:
    """G.711 at 8 kHz: three samples for each byte, the last few of them when the stream ends."""

    def __init__(self, name: str) -> None:
        wire = wire_format(name)
        self._samples_per_byte = SAMPLE_RATE_HZ // wire.rate_hz
        self._decoder = PcmDecoder(wire)

    def samples(self, wire: bytes) -> int:
        return len(wire) * self._samples_per_byte

    def feed(self, data: bytes) -> bytes:
        return self._decoder.feed(data)

    def flush(self) -> bytes:
        return self._decoder.flush()
