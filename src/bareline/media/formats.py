"""In which formats may audio come and go?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from bareline.errors import AudioFormatError
from bareline.media.resample import check_rate
from bareline.units import SAMPLE_RATE_HZ

__all__ = ["CHANNELS_MAX", "INNER_FORMAT", "Encoding", "PcmFormat", "wire_format"]

Encoding = Literal["u8", "s16", "s24", "s32", "f32", "f64", "mulaw", "alaw"]
"""How one sample is written; several bytes are little-endian. Floats are full scale at 1.0."""
CHANNELS_MAX = 32
_SIZES = {"u8": 1, "s16": 2, "s24": 3, "s32": 4, "f32": 4, "f64": 8, "mulaw": 1, "alaw": 1}
_G711_HZ = 8_000


@dataclass(frozen=True, slots=True)
class PcmFormat:
    """Rate in hertz (8000-192000), interleaved channels (1-32), encoding.

    Raises ``AudioFormatError`` for anything else.
    """

    rate_hz: int = SAMPLE_RATE_HZ
    channels: int = 1
    encoding: Encoding = "s16"

    def __post_init__(self) -> None:
        check_rate(self.rate_hz)
        if not 1 <= self.channels <= CHANNELS_MAX:
            raise AudioFormatError(f"{self.channels} channels: there can be 1 to {CHANNELS_MAX}")
        if self.encoding not in _SIZES:
            raise AudioFormatError(f"unknown encoding {self.encoding!r}; there are {', '.join(get_args(Encoding))}")

    @property
    def sample_bytes(self) -> int:
        """Bytes of one sample of one channel."""
        return _SIZES[self.encoding]

    @property
    def frame_bytes(self) -> int:
        """Bytes of one sample of every channel."""
        return self.sample_bytes * self.channels

    def __str__(self) -> str:
        channels = {1: "mono", 2: "stereo"}.get(self.channels, f"{self.channels} channels")
        return f"{self.encoding}, {self.rate_hz} Hz, {channels}"


INNER_FORMAT = PcmFormat()
"""PCM16 mono at 24 kHz."""
_WIRE = {
    "audio/pcm": INNER_FORMAT,
    "audio/pcmu": PcmFormat(_G711_HZ, 1, "mulaw"),
    "audio/pcma": PcmFormat(_G711_HZ, 1, "alaw"),
}


def wire_format(name: str) -> PcmFormat:
    """The format that ``audio/pcm``, ``audio/pcmu`` or ``audio/pcma`` means on the wire (REALTIME.md section 12)."""
    try:
        return _WIRE[name]
    except KeyError:
        raise AudioFormatError(f"unknown wire format {name!r}; there are {', '.join(_WIRE)}") from None
