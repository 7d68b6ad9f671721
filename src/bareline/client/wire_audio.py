"""How does the session's wire format become the inner format, and back, without a sample lost at the seams?"""

from __future__ import annotations

from typing import Protocol

from bareline.protocol.events import AudioFormat
from bareline.protocol.session_formats import is_pcm
from bareline.units import BYTES_PER_SAMPLE

__all__ = ["Decoder", "Encoder", "decoder_for", "encoder_for"]


class Decoder(Protocol):
    """One stream of wire audio to PCM16 at 24 kHz."""

    def samples(self, wire: bytes) -> int:
        """How many samples at 24 kHz these bytes stand for."""
        ...

    def feed(self, wire: bytes) -> bytes:
        """Convert; may hold a few samples back."""
        ...

    def flush(self) -> bytes:
        """What was held back."""
        ...


class Encoder(Protocol):
    """One stream of PCM16 at 24 kHz to wire audio."""

    def feed(self, pcm: bytes) -> bytes:
        """Convert; may hold a few samples back."""
        ...


def decoder_for(audio_format: AudioFormat | None) -> Decoder:
    """A decoder of the format; ``None`` is PCM."""
    return _Pcm()


def encoder_for(audio_format: AudioFormat | None) -> Encoder:
    """An encoder to the format; ``None`` is PCM."""
    return _Pcm()


class _Pcm:
    """A delta may end within a sample; the rest of it comes with the next one."""

    def __init__(self) -> None:
        self._half = b""

    def samples(self, wire: bytes) -> int:
        return (len(self._half) + len(wire)) // BYTES_PER_SAMPLE

    def feed(self, wire: bytes) -> bytes:
        pcm = self._half + wire if self._half else wire
        whole = len(pcm) - len(pcm) % BYTES_PER_SAMPLE
        self._half = pcm[whole:]
        return pcm[:whole]

    def flush(self) -> bytes:
        return b""
