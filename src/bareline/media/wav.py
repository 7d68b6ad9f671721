"""What is in a WAV file, and how is one written?

The standard library's ``wave`` reads integer PCM only; microphones and editors also write floats, G.711 and the
extensible header, and recorders that died leave wrong sizes. This is the container alone: bytes in, bytes out.
"""

from __future__ import annotations

import struct

from bareline.errors import AudioFormatError
from bareline.media.formats import Encoding, PcmFormat

__all__ = ["WAV_HEADER_BYTES", "WavParser", "wav_header"]

WAV_HEADER_BYTES = 44
_FORMAT_MAX_BYTES = 1024
_UNKNOWN_SIZE = 0xFFFFFFFF
_EXTENSIBLE = 0xFFFE
_ENCODINGS: dict[tuple[int, int], Encoding] = {
    (1, 8): "u8",
    (1, 16): "s16",
    (1, 24): "s24",
    (1, 32): "s32",
    (3, 32): "f32",
    (3, 64): "f64",
    (6, 8): "alaw",
    (7, 8): "mulaw",
}
_TAGS = {encoding: tag_and_bits for tag_and_bits, encoding in _ENCODINGS.items()}
_OTHERS = {b"OggS": "Ogg", b"fLaC": "FLAC", b"ID3": "MP3", b"\xff\xfb": "MP3", b"FORM": "AIFF", b"RIFX": "RIFX"}


class WavParser:
    """Takes the bytes of a WAV file as they come, gives the bytes of its audio.

    ``format`` is known once the header was fed (None before). Sizes of 0 or 0xFFFFFFFF, as streaming writers leave
    them, mean: up to the end. Raises ``AudioFormatError`` when it is not a WAV file, or holds an encoding that is not
    supported; both are named.
    """

    def __init__(self) -> None:
        self.format: PcmFormat | None = None
        self._held = bytearray()
        self._begun = False
        self._in_data = False
        self._skip = 0
        self._remaining: int | None = None

    def feed(self, data: bytes) -> bytes:
        """The audio bytes among the next bytes of the file."""
        self._held += data
        while not self._in_data and self._chunk():
            pass
        return self._audio() if self._in_data else b""

    def finish(self) -> tuple[str, ...]:
        """The file is over: notes about what is wrong with it. Raises when there was no audio."""
        if not self._in_data:
            raise AudioFormatError("not a WAV file: it ends before its audio begins")
        if self._remaining:
            return (f"the file is cut short: {self._remaining} bytes of audio are missing",)
        return ()

    def _chunk(self) -> bool:
        """Take one step through the chunks before the audio; False when more bytes are needed."""
        if self._skip:
            step = min(self._skip, len(self._held))
            del self._held[:step]
            self._skip -= step
            return not self._skip
        return self._next_chunk() if self._begun else self._begin()

    def _begin(self) -> bool:
        if len(self._held) < 12:
            return False
        magic, _, kind = struct.unpack_from("<4sI4s", self._held)
        if magic not in {b"RIFF", b"RF64"} or kind != b"WAVE":
            known = next((name for start, name in _OTHERS.items() if magic.startswith(start)), None)
            raise AudioFormatError(f"not a WAV file{f', but {known}' if known else ''}: only WAV is read")
        del self._held[:12]
        self._begun = True
        return True

    def _next_chunk(self) -> bool:
        if len(self._held) < 8:
            return False
        name, size = struct.unpack_from("<4sI", self._held)
        if name == b"data":
            return self._begin_data(size)
        if name == b"fmt ":
            if size > _FORMAT_MAX_BYTES:
                raise AudioFormatError(f"WAV: a format of {size} bytes")
            if len(self._held) < 8 + size:
                return False
            self.format = _parse_format(bytes(self._held[8 : 8 + size]))
        # Chunks are padded to an even length.
        self._skip = 8 + size + size % 2
        return True

    def _begin_data(self, size: int) -> bool:
        if self.format is None:
            raise AudioFormatError("WAV: the audio comes before its format")
        del self._held[:8]
        self._in_data = True
        self._remaining = None if size in {0, _UNKNOWN_SIZE} else size
        return True

    def _audio(self) -> bytes:
        if self._remaining is None:
            audio = bytes(self._held)
        else:
            audio = bytes(self._held[: self._remaining])
            self._remaining -= len(audio)
        # What follows the audio are chunks about it.
        self._held.clear()
        return audio


def wav_header(audio: PcmFormat, data_bytes: int) -> bytes:
    """The 44 bytes that go before ``data_bytes`` of audio (less than 4 GiB)."""
    tag, bits = _TAGS[audio.encoding]
    return struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        *(b"RIFF", min(WAV_HEADER_BYTES - 8 + data_bytes + data_bytes % 2, _UNKNOWN_SIZE), b"WAVE"),
        *(b"fmt ", 16, tag, audio.channels, audio.rate_hz, audio.rate_hz * audio.frame_bytes, audio.frame_bytes, bits),
        *(b"data", min(data_bytes, _UNKNOWN_SIZE)),
    )


def _parse_format(data: bytes) -> PcmFormat:
    if len(data) < 16:
        raise AudioFormatError(f"WAV: a format of {len(data)} bytes")
    tag, channels, rate_hz, _, frame_bytes, bits = struct.unpack_from("<HHIIHH", data)
    if tag == _EXTENSIBLE and len(data) >= 40:
        tag = struct.unpack_from("<H", data, 24)[0]
    encoding = _ENCODINGS.get((tag, bits))
    if encoding is None:
        raise AudioFormatError(f"WAV: encoding {tag:#x} with {bits} bits is not supported")
    audio = PcmFormat(rate_hz, channels, encoding)
    if frame_bytes != audio.frame_bytes:
        raise AudioFormatError(f"WAV: {frame_bytes} bytes per frame do not fit {audio}")
    return audio
