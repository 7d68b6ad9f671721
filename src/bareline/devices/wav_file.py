"""How is audio read from a file, and written to one that survives a crash?"""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from bareline.errors import AudioFormatError, Closed, ConfigurationError
from bareline.media.convert import PcmDecoder
from bareline.media.formats import INNER_FORMAT, PcmFormat
from bareline.media.wav import WAV_HEADER_BYTES, WavParser, wav_header

__all__ = ["AudioFile", "WavWriter"]

_READ_BYTES = 16 * 1024


class AudioFile:
    """A WAV file (any PCM, float or G.711, any rate and channels), or raw samples in the format ``raw``.

    Iterating gives PCM16 mono at 24 kHz piece by piece, from the beginning each time. Raises ``ConfigurationError``
    when the file cannot be opened, ``AudioFormatError`` naming the file when it cannot be read.
    """

    def __init__(self, path: str | Path, *, raw: PcmFormat | None = None) -> None:
        self.path = Path(path)
        self.notes: tuple[str, ...] = ()
        """What was converted, and what is wrong with the file; complete after an iteration."""
        self._raw = raw
        if not self.path.is_file():
            raise ConfigurationError(f"no such audio file: {self.path}")

    def __iter__(self) -> Generator[bytes]:
        try:
            with self.path.open("rb") as file:
                yield from self._decoded(file)
        except OSError as error:
            raise ConfigurationError(f"cannot read {self.path}: {error.strerror}") from error
        except AudioFormatError as error:
            raise AudioFormatError(f"{self.path}: {error}") from error

    def pcm(self) -> bytes:
        """The whole file."""
        return b"".join(self)

    def _decoded(self, file: BinaryIO) -> Generator[bytes]:
        parser = WavParser() if self._raw is None else None
        decoder = PcmDecoder(self._raw) if self._raw is not None else None
        while data := file.read(_READ_BYTES):
            audio = parser.feed(data) if parser else data
            if decoder is None and parser and parser.format and audio:
                decoder = PcmDecoder(parser.format)
            if decoder:
                yield decoder.feed(audio)
        damage = parser.finish() if parser else ()
        if decoder:
            yield decoder.flush()
            self.notes = decoder.report.notes + damage


class WavWriter:
    """Writes a WAV file; its header is brought up to date every second, so that a crash loses little.

    ``write`` takes whole frames in the format ``audio``. A context manager; ``close`` may be called twice.
    """

    def __init__(self, path: str | Path, audio: PcmFormat = INNER_FORMAT) -> None:
        self._audio = audio
        self._bytes = self._saved_bytes = 0
        try:
            self._file = Path(path).open("wb")  # noqa: SIM115 - closed by close()
        except OSError as error:
            raise ConfigurationError(f"cannot write {path}: {error.strerror}") from error
        self._file.write(wav_header(audio, 0))

    @property
    def frames(self) -> int:
        """Samples per channel written so far."""
        return self._bytes // self._audio.frame_bytes

    def write(self, data: bytes) -> None:
        """Append audio. Raises ``AudioFormatError`` unless ``data`` is whole frames, ``Closed`` after ``close``."""
        if self._file.closed:
            raise Closed("the file was closed")
        if len(data) % self._audio.frame_bytes:
            raise AudioFormatError(f"{len(data)} bytes are not whole frames of {self._audio}")
        self._file.write(data)
        self._bytes += len(data)
        if self._bytes - self._saved_bytes >= self._audio.rate_hz * self._audio.frame_bytes:
            self.flush()

    def flush(self) -> None:
        """Bring the file up to date on disk."""
        end = WAV_HEADER_BYTES + self._bytes
        self._file.seek(0)
        self._file.write(wav_header(self._audio, self._bytes))
        self._file.seek(end)
        self._file.flush()
        self._saved_bytes = self._bytes

    def close(self) -> None:
        """Finish the file."""
        if not self._file.closed:
            self._file.write(bytes(self._bytes % 2))
            self.flush()
            self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()
