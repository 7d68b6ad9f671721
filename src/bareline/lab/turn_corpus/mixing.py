"""How do pieces of speech, pauses and noise become one microphone's samples?"""

from __future__ import annotations

from array import array

from bareline.lab.turn_corpus.sounds import Signal, noise, numpy, rms
from bareline.testing.turns.labels import Pause
from bareline.testing.voice import SPEECH_RMS
from bareline.units import SAMPLES_PER_MS, ms_to_samples

__all__ = ["PAUSE_MS", "Track", "spread"]

PAUSE_MS = (200, 1_600)
"""Pauses within a turn last this long, any length as often."""
_ACTIVE_SHARE = 1e-3
"""10 ms count as speech when their energy is within 30 dB of the loudest."""
_PEAK_MAX = 32_000
_BLOCK = ms_to_samples(10)


class Track:
    """Samples in a row, speech at the nominal level (-26 dBFS while it sounds)."""

    def __init__(self) -> None:
        self._pieces: list[Signal] = []
        self._samples = 0

    @property
    def end_ms(self) -> int:
        """Where the next piece begins, rounded up to whole milliseconds."""
        return -(-self._samples // SAMPLES_PER_MS)

    def silence(self, ms: int) -> None:
        """Nothing, and whatever is missing to whole milliseconds."""
        self._add(numpy().zeros(ms_to_samples(self.end_ms + ms) - self._samples))

    def speech(self, samples: array[int]) -> None:
        """A piece of speech, brought to the nominal level."""
        signal = numpy().array(samples, dtype=float)
        self._add(signal * (SPEECH_RMS / _active_rms(signal)))

    def pause(self, ms: int, *, complete: bool) -> Pause:
        """Silence within a turn."""
        begin = self.end_ms
        self.silence(ms)
        return Pause(from_ms=begin, to_ms=self.end_ms, complete=complete)

    def cut(self, ms: int) -> None:
        """No longer than this."""
        whole = numpy().concatenate(self._pieces)[: ms_to_samples(ms)]
        self._pieces, self._samples = [whole], len(whole)

    def quieter(self, db: float) -> None:
        """All of it, by so many decibels."""
        self._pieces = [piece * 10 ** (-db / 20) for piece in self._pieces]

    def add_noise(self, name: str, seed: int, level_db: float) -> None:
        """Noise over all of it, ``level_db`` against the nominal level of speech."""
        whole = numpy().concatenate(self._pieces)
        self._pieces = [whole + noise(name, len(whole), seed) * SPEECH_RMS * 10 ** (level_db / 20)]

    def pcm(self) -> bytes:
        """PCM16, clipped as a converter would."""
        np = numpy()
        return np.clip(np.rint(np.concatenate(self._pieces)), -32_768, 32_767).astype("<i2").tobytes()

    def _add(self, piece: Signal) -> None:
        self._pieces.append(piece)
        self._samples += len(piece)


def spread(signal: Signal) -> array[int]:
    """A signal between -1 and 1 as PCM16."""
    return array("h", (signal * _PEAK_MAX).astype("<i2").tobytes())


def _active_rms(signal: Signal) -> float:
    np = numpy()
    blocks = signal[: len(signal) // _BLOCK * _BLOCK].reshape(-1, _BLOCK)
    energy = np.mean(blocks * blocks, axis=1) if len(blocks) else np.array([rms(signal) ** 2])
    return float(np.sqrt(np.mean(energy[energy >= np.max(energy) * _ACTIVE_SHARE]))) or 1.0
