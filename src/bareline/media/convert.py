"""How does audio of any format become the one inner format, and the inner format any other, in a stream?"""

from __future__ import annotations

from array import array
from dataclasses import dataclass

from bareline.errors import AudioFormatError
from bareline.media.encodings import decode_samples, encode_samples
from bareline.media.formats import INNER_FORMAT, PcmFormat
from bareline.media.resample import Resampler
from bareline.media.samples import to_bytes
from bareline.units import BYTES_PER_SAMPLE, SAMPLE_RATE_HZ

__all__ = ["ConversionReport", "PcmDecoder", "PcmEncoder", "mix_to_mono"]


@dataclass(frozen=True, slots=True)
class ConversionReport:
    """What a conversion did so far. ``frames_in`` and ``frames_out`` count samples per channel; ``clipped`` samples
    were outside the range and limited; ``notes`` say in words what was changed (none: passed through)."""

    frames_in: int
    frames_out: int
    clipped: int
    notes: tuple[str, ...]


class PcmDecoder:
    """A stream in any format, as PCM16 mono at 24 kHz.

    Bytes may be split anywhere, also within a sample; any split gives the same samples. Channels are mixed by their
    mean. All output together is ``resampled_length(frames_in, source.rate_hz, 24000)`` samples. ``feed`` raises
    ``AudioFormatError`` for floats that are not numbers, ``flush`` when the stream ends within a sample or a frame.
    """

    def __init__(self, source: PcmFormat, *, fast: bool | None = None) -> None:
        self.source = source
        self._resampler = Resampler(source.rate_hz, SAMPLE_RATE_HZ, fast=fast)
        self._held = b""
        self._frames_in = self._samples_out = self._clipped = 0

    def feed(self, data: bytes) -> bytes:
        """Take the next bytes, give the samples that are settled."""
        data = self._held + data if self._held else data
        whole = len(data) - len(data) % self.source.frame_bytes
        self._held = data[whole:]
        samples, clipped = decode_samples(data[:whole], self.source.encoding)
        self._clipped += clipped
        self._frames_in += whole // self.source.frame_bytes
        return self._counted(self._resampler.feed(to_bytes(mix_to_mono(samples, self.source.channels))))

    def flush(self) -> bytes:
        """Give the rest; a new stream may follow."""
        if self._held:
            held, self._held = len(self._held), b""
            raise AudioFormatError(f"the audio ends with {held} of {self.source.frame_bytes} bytes ({self.source})")
        return self._counted(self._resampler.flush())

    @property
    def report(self) -> ConversionReport:
        """What was done so far."""
        clipped = self._clipped + self._resampler.clipped
        return ConversionReport(self._frames_in, self._samples_out, clipped, _notes(self.source, INNER_FORMAT, clipped))

    def _counted(self, pcm: bytes) -> bytes:
        self._samples_out += len(pcm) // BYTES_PER_SAMPLE
        return pcm


class PcmEncoder:
    """A stream of PCM16 mono at 24 kHz, in any format; every channel gets the same.

    The counterpart of ``PcmDecoder``, with the same promises.
    """

    def __init__(self, target: PcmFormat, *, fast: bool | None = None) -> None:
        self.target = target
        self._resampler = Resampler(SAMPLE_RATE_HZ, target.rate_hz, fast=fast)
        self._samples_in = self._frames_out = 0

    def feed(self, pcm: bytes) -> bytes:
        """Take the next samples, give the bytes that are settled. Raises ``AudioFormatError`` for an odd length."""
        self._samples_in += len(pcm) // BYTES_PER_SAMPLE
        return self._encoded(self._resampler.feed(pcm))

    def flush(self) -> bytes:
        """Give the rest; a new stream may follow."""
        return self._encoded(self._resampler.flush())

    @property
    def report(self) -> ConversionReport:
        """What was done so far."""
        clipped = self._resampler.clipped
        return ConversionReport(self._samples_in, self._frames_out, clipped, _notes(INNER_FORMAT, self.target, clipped))

    def _encoded(self, pcm: bytes) -> bytes:
        self._frames_out += len(pcm) // BYTES_PER_SAMPLE
        encoded = encode_samples(pcm, self.target.encoding)
        if self.target.channels == 1:
            return encoded
        size = self.target.sample_bytes
        return b"".join(encoded[i : i + size] * self.target.channels for i in range(0, len(encoded), size))


def mix_to_mono(samples: array[int], channels: int) -> array[int]:
    """The mean over ``channels`` interleaved channels, rounded to nearest (halves up)."""
    if channels == 1:
        return samples
    sums = [sum(frame) for frame in zip(*(samples[channel::channels] for channel in range(channels)), strict=True)]
    return array("h", [(2 * total + channels) // (2 * channels) for total in sums])


def _notes(source: PcmFormat, target: PcmFormat, clipped: int) -> tuple[str, ...]:
    changes = {
        f"{source.encoding} converted to {target.encoding}": source.encoding != target.encoding,
        f"{source.channels} channels mixed to one by their mean": source.channels > target.channels,
        f"one channel copied to {target.channels}": source.channels < target.channels,
        f"resampled from {source.rate_hz} Hz to {target.rate_hz} Hz": source.rate_hz != target.rate_hz,
        f"{clipped} samples clipped": clipped > 0,
    }
    return tuple(note for note, happened in changes.items() if happened)
