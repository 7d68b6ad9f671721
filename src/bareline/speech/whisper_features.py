"""What does Whisper's front end make of the last seconds of a sound?

Log-mel spectrograms as that family of models was trained on (Radford et al. 2022): 16 kHz, windows of 25 ms every
10 ms, 80 bands on Slaney's mel scale.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Any, cast

__all__ = ["FEATURE_HZ", "log_mel"]

FEATURE_HZ = 16_000
_WINDOW = 400
_HOP = 160
_BANDS = 80
_FLOOR = 1e-10
_RANGE = 8.0
"""Decades below the loudest value that are told apart."""
_LINEAR_HZ = 200 / 3
_LOG_FROM_HZ = 1_000.0
_LOG_STEP = 6.4 ** (1 / 27)


def log_mel(samples: Any) -> Any:
    """``samples``: a float array at 16 kHz, a multiple of 160 long. Returns float32 of (80, samples / 160).

    The sound is brought to mean 0 and variance 1 first, as Smart Turn expects it.
    """
    import numpy as np

    sound = np.asarray(samples, dtype=np.float64)
    sound = (sound - sound.mean()) / np.sqrt(sound.var() + 1e-7)
    padded = np.pad(sound, _WINDOW // 2, mode="reflect")
    frames = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[::_HOP][:-1]
    window = np.hanning(_WINDOW + 1)[:-1]
    power = np.abs(np.fft.rfft(frames * window, axis=1)) ** 2
    levels = np.log10(np.maximum(_filters() @ power.T, _FLOOR))
    levels = np.maximum(levels, levels.max() - _RANGE)
    return ((levels + 4.0) / 4.0).astype(np.float32)


@cache
def _filters() -> Any:
    """Triangles of equal area over the bins of the spectrum: (80, 201)."""
    import numpy as np

    bins = np.linspace(0, FEATURE_HZ / 2, _WINDOW // 2 + 1)
    edges = _mel_to_hz(np.linspace(0.0, _hz_to_mel(FEATURE_HZ / 2), _BANDS + 2))
    widths = np.diff(edges)
    rising = (bins[None, :] - edges[:-2, None]) / widths[:-1, None]
    falling = (edges[2:, None] - bins[None, :]) / widths[1:, None]
    return np.maximum(0.0, np.minimum(rising, falling)) * (2.0 / (edges[2:] - edges[:-2]))[:, None]


def _hz_to_mel(hz: float) -> float:
    return _LOG_FROM_HZ / _LINEAR_HZ + math.log(hz / _LOG_FROM_HZ) / math.log(_LOG_STEP)


def _mel_to_hz(mels: Any) -> Any:
    import numpy as np

    knee = _LOG_FROM_HZ / _LINEAR_HZ
    hz = np.where(mels < knee, mels * _LINEAR_HZ, _LOG_FROM_HZ * _LOG_STEP ** (mels - knee))  # pyright: ignore[reportUnknownVariableType]
    return cast("Any", hz)
