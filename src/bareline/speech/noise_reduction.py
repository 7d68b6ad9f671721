"""How is steady noise taken out of a microphone's audio, before anybody judges or understands it?

A short-time Wiener filter: the noise is tracked while nobody speaks and, more slowly, while somebody does, by the
probability that a bin holds speech (Gerkmann and Hendriks 2012); the gain follows the decision-directed estimate of
Ephraim and Malah (1984). Needs numpy, no model and no delay beyond its own windows.
"""

from __future__ import annotations

from copy import copy
from typing import Any

from bareline.errors import MissingExtra
from bareline.units import BYTES_PER_SAMPLE, ms_to_samples

__all__ = ["DEPTH_DB", "NoiseReducer"]

DEPTH_DB = {"near_field": 12.0, "far_field": 20.0}
"""How far noise is lowered at strength 1: a headset's is low already, a room's is not."""
_DEPTH_MAX_DB = 40.0
_HOP = ms_to_samples(10)
_WINDOW = 2 * _HOP
_SPEECH_SNR = 10 ** (15 / 10)
"""The ratio that a bin with speech is expected to have, when the two are told apart."""
_PRESENT_MAX = 0.99
"""Where a bin seems to hold speech for ever, the noise has risen: the estimate must not get stuck."""
_SMOOTHING = 0.8
_DECISION_DIRECTED = 0.96
_RUMBLE_BINS = 2
"""0 and 50 Hz: no voice goes there, and rumble changes too fast to be tracked."""
_SNR_MIN = 10 ** (-25 / 10)
_FLOOR = 1.0
"""The least power of noise in a bin: below the steps of 16 bits, so that digital silence is divided by something."""


class NoiseReducer:
    """A stream of PCM16 mono at 24 kHz with less noise.

    ``kind`` is ``near_field`` or ``far_field``; ``strength`` scales how far noise is lowered (in dB; 0: not at all).
    ``feed`` gives the samples that are settled, ``flush`` the rest: together as many as were fed, aligned with them.
    At most ``LATENCY_SAMPLES`` (20 ms) are held back. Any split of the same audio gives the same samples. About 0.5 %
    of one core. Raises ``MissingExtra`` without numpy.
    """

    LATENCY_SAMPLES = _WINDOW

    def __init__(self, *, kind: str = "near_field", strength: float = 1.0) -> None:
        self._np = np = _numpy()
        self._least = 10 ** (-min(_DEPTH_MAX_DB, DEPTH_DB.get(kind, 12.0) * strength) / 20)
        # The square root of a Hann window, applied before and after: windows half over each other sum to one.
        self._shape = np.sin(np.pi * (np.arange(_WINDOW) + 0.5) / _WINDOW)
        self._noise: Any = None
        self._present: Any = 0.0
        self._clean: Any = 0.0
        self._restart()

    @property
    def held_samples(self) -> int:
        """How many samples were fed and not given back yet."""
        return self._held

    def feed(self, pcm: bytes) -> bytes:
        """Take the next samples; gives those that are settled."""
        self._waiting += pcm
        self._held += len(pcm) // BYTES_PER_SAMPLE
        out: list[bytes] = []
        while len(self._waiting) >= _HOP * BYTES_PER_SAMPLE:
            piece = bytes(self._waiting[: _HOP * BYTES_PER_SAMPLE])
            del self._waiting[: _HOP * BYTES_PER_SAMPLE]
            out.append(self._step(self._np.frombuffer(piece, "<i2").astype(float)))
        settled = b"".join(out)
        self._held -= len(settled) // BYTES_PER_SAMPLE
        return settled

    def flush(self) -> bytes:
        """What is held back; the next ``feed`` begins a new stretch, in the same noise."""
        held = self._held
        last = self.feed(bytes(2 * _WINDOW * BYTES_PER_SAMPLE))[: held * BYTES_PER_SAMPLE]
        self._restart()
        return last

    def apart(self) -> NoiseReducer:
        """Another one that knows the noise so far, for audio beside the stream."""
        other = copy(self)  # what it has learnt is replaced, never changed in place
        other._restart()  # noqa: SLF001 - of its own class
        return other

    def _restart(self) -> None:
        self._waiting = bytearray()
        self._held = 0
        self._first = True
        self._before = self._np.zeros(_HOP)
        self._tail = self._np.zeros(_HOP)

    def _step(self, samples: Any) -> bytes:
        """One window further: the first half of it is settled, unless nothing was before it."""
        np = self._np
        spectrum = np.fft.rfft(np.concatenate((self._before, samples)) * self._shape)
        whole = np.fft.irfft(spectrum * self._gain(np.abs(spectrum) ** 2), _WINDOW) * self._shape
        settled, self._tail = self._tail + whole[:_HOP], whole[_HOP:]
        self._before = samples
        if self._first:
            self._first = False
            return b""
        return bytes(np.clip(np.rint(settled), -32_768, 32_767).astype("<i2").tobytes())

    def _gain(self, power: Any) -> Any:
        np = self._np
        if self._noise is None:
            self._noise = np.maximum(power, _FLOOR)
        share = _SPEECH_SNR / (1 + _SPEECH_SNR)
        present = 1 / (1 + (1 + _SPEECH_SNR) * np.exp(-np.minimum(power / self._noise, 200.0) * share))
        self._present = 0.9 * self._present + 0.1 * present
        present = np.where(self._present > _PRESENT_MAX, np.minimum(present, _PRESENT_MAX), present)
        update = (1 - present) * power + present * self._noise
        self._noise = np.maximum(_SMOOTHING * self._noise + (1 - _SMOOTHING) * update, _FLOOR)
        excess = np.maximum(power / self._noise - 1, 0)
        snr = _DECISION_DIRECTED * self._clean / self._noise + (1 - _DECISION_DIRECTED) * excess
        snr = np.maximum(snr, _SNR_MIN)
        gain = np.maximum(snr / (1 + snr), self._least)
        gain[:_RUMBLE_BINS] = self._least
        self._clean = gain**2 * power
        return gain


def _numpy() -> Any:
    try:
        import numpy as np
    except ImportError as error:
        raise MissingExtra("Noise reduction", "server") from error
    return np
