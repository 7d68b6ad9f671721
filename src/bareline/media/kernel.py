"""Which weights turn samples of one rate into samples of another?

A Kaiser-windowed sinc, kept as one row of integer weights per phase. Integers make the sum exact: the result depends
neither on how the audio was split nor on who adds it up (Python here, numpy where it is loaded, any processor).
"""

from __future__ import annotations

import math
from functools import lru_cache

__all__ = ["WEIGHT_BITS", "Kernel", "kernel_for"]

WEIGHT_BITS = 20
"""Every row of weights sums to exactly ``2 ** WEIGHT_BITS``, so that a constant keeps its value."""
_CROSSINGS = 24
"""Zero crossings of the sinc on each side: the delay is this many samples of the lower rate (3 ms at 8 kHz)."""
_CUTOFF = 0.925
"""Middle of the transition band, as a share of the lower Nyquist frequency."""
_BETA = 7.0
"""Kaiser window: about 70 dB of attenuation."""


class Kernel:
    """Weights of the reduced ratio ``up / down`` (output rate to input rate).

    Output ``n`` stands at input position ``n * down / up``; with ``first, phase = divmod(n * down, up)`` it is the sum
    of ``row(phase)[k] * input[first - half + 1 + k]``. Rows are computed when first needed.
    """

    def __init__(self, up: int, down: int) -> None:
        self.up = up
        self.down = down
        self._scale = _CUTOFF * min(1.0, up / down)
        self.half = math.ceil(_CROSSINGS * max(1.0, down / up))
        self._rows: dict[int, tuple[int, ...]] = {}

    @property
    def taps(self) -> int:
        """Weights in a row."""
        return 2 * self.half

    def row(self, phase: int) -> tuple[int, ...]:
        """The weights of one phase, ``0 <= phase < up``."""
        row = self._rows.get(phase)
        if row is None:
            row = self._rows[phase] = self._compute(phase)
        return row

    def _compute(self, phase: int) -> tuple[int, ...]:
        offset = phase / self.up
        exact = [self._weight(k - self.half + 1 - offset) for k in range(self.taps)]
        total = sum(exact)
        whole = [round(weight / total * (1 << WEIGHT_BITS)) for weight in exact]
        largest = max(range(self.taps), key=whole.__getitem__)
        whole[largest] += (1 << WEIGHT_BITS) - sum(whole)
        return tuple(whole)

    def _weight(self, distance: float) -> float:
        position = distance / self.half
        if abs(position) >= 1:
            return 0.0
        window = _bessel_i0(_BETA * math.sqrt(1 - position * position))
        angle = math.pi * distance * self._scale
        return window * (math.sin(angle) / angle if angle else 1.0)


@lru_cache(maxsize=16)
def kernel_for(from_hz: int, to_hz: int) -> Kernel:
    """The kernel of a pair of rates in hertz, shared by all streams."""
    divisor = math.gcd(from_hz, to_hz)
    return Kernel(to_hz // divisor, from_hz // divisor)


def _bessel_i0(x: float) -> float:
    total = term = 1.0
    k = 1
    while term > total * 1e-12:
        term *= (x / (2 * k)) ** 2
        total += term
        k += 1
    return total
