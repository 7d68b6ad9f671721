"""How does a stream of one sample rate become a stream of another, sample for sample the same however it is split?

soxr was measured first: its int16 streams change with the split and hold back 20-75 ms. This one is exact integer
arithmetic over a short kernel (``bareline.media.kernel``), holds back 1-3 ms, and needs nothing installed. numpy, where
the process has it loaded already, gives the same samples faster.
"""

from __future__ import annotations

import sys
from array import array
from functools import lru_cache
from operator import mul
from typing import Any

from bareline.errors import AudioFormatError, MissingExtra
from bareline.media.kernel import WEIGHT_BITS, Kernel, kernel_for
from bareline.media.samples import samples_of, to_bytes

__all__ = ["RATE_MAX_HZ", "RATE_MIN_HZ", "Resampler", "check_rate", "resampled_length"]

RATE_MIN_HZ = 8_000
RATE_MAX_HZ = 192_000
_ROUND = 1 << (WEIGHT_BITS - 1)
_BLOCK = 4096
"""Output samples computed at a time by numpy: bounds the memory of a large feed."""


def check_rate(hz: int) -> int:
    """``hz`` if it is a sample rate that can be converted, else ``AudioFormatError``."""
    if not RATE_MIN_HZ <= hz <= RATE_MAX_HZ:
        raise AudioFormatError(f"a sample rate of {hz} Hz is outside {RATE_MIN_HZ}-{RATE_MAX_HZ} Hz")
    return hz


def resampled_length(samples: int, from_hz: int, to_hz: int) -> int:
    """How many samples at ``to_hz`` stand for ``samples`` at ``from_hz``.

    All sampling instants that lie before the end of the input: the quotient, rounded up.
    """
    return -(-samples * to_hz // from_hz)


class Resampler:
    """A stream of PCM16 mono from one rate to another (hertz).

    ``feed`` gives the samples that are settled, ``flush`` the rest; together they are exactly
    ``resampled_length(fed)`` samples, aligned in time with the input (no shift). The held-back part is
    ``delay_samples`` of the input. ``clipped`` counts output samples that were cut to 16 bits. ``fast`` chooses numpy
    (None: where it is loaded already); the samples are the same either way. Equal rates pass through.
    """

    def __init__(self, from_hz: int, to_hz: int, *, fast: bool | None = None) -> None:
        self.from_hz = check_rate(from_hz)
        self.to_hz = check_rate(to_hz)
        self.clipped = 0
        self._kernel = kernel_for(from_hz, to_hz)
        if fast is None:
            fast = sys.modules.get("numpy") is not None
        self._sum = _fast_for(self._kernel) if fast else _with_python
        self.reset()

    @property
    def delay_samples(self) -> int:
        """Input samples that ``feed`` holds back before they are settled."""
        return 0 if self.from_hz == self.to_hz else self._kernel.half

    def reset(self) -> None:
        """Begin a new stream; ``clipped`` stays."""
        self._fed = 0
        self._made = 0
        # The kernel reaches back before the first sample: silence stands there.
        self._window = array("h", bytes(2 * (self._kernel.half - 1)))
        self._window_start = -(self._kernel.half - 1)

    def feed(self, pcm: bytes) -> bytes:
        """Take the next samples, give those that are settled."""
        samples = samples_of(pcm)
        self._fed += len(samples)
        if self.from_hz == self.to_hz:
            return pcm
        self._window.extend(samples)
        # An output is settled once its whole kernel has been fed.
        return self._convert(resampled_length(max(0, self._fed - self._kernel.half), self.from_hz, self.to_hz))

    def flush(self) -> bytes:
        """Give the rest, and begin a new stream."""
        if self.from_hz == self.to_hz:
            self.reset()
            return b""
        self._window.frombytes(bytes(2 * self._kernel.half))
        rest = self._convert(resampled_length(self._fed, self.from_hz, self.to_hz))
        self.reset()
        return rest

    def _convert(self, until: int) -> bytes:
        if until <= self._made:
            return b""
        shift = self._kernel.half - 1 + self._window_start
        made, clipped = self._sum(self._kernel, self._window, shift, self._made, until)
        self.clipped += clipped
        self._made = until
        self._forget(until * self._kernel.down // self._kernel.up - self._kernel.half + 1)
        return made

    def _forget(self, first_needed: int) -> None:
        drop = first_needed - self._window_start
        del self._window[:drop]
        self._window_start += drop


def _with_python(kernel: Kernel, window: array[int], shift: int, begin: int, until: int) -> tuple[bytes, int]:
    """Outputs ``begin`` to ``until`` and how many were clipped; ``shift`` leads from input positions to ``window``."""
    output: list[int] = []
    for n in range(begin, until):
        first, phase = divmod(n * kernel.down, kernel.up)
        span = window[first - shift : first - shift + kernel.taps]
        output.append((sum(map(mul, kernel.row(phase), span)) + _ROUND) >> WEIGHT_BITS)
    clipped = sum(not -32768 <= value <= 32767 for value in output)
    if clipped:
        output = [min(32767, max(-32768, value)) for value in output]
    return to_bytes(array("h", output)), clipped


class _WithNumpy:
    """The same as ``_with_python``, with the kernel's rows in a matrix that is filled as phases are needed."""

    def __init__(self, kernel: Kernel) -> None:
        self._np = np = _numpy()
        self._matrix = np.zeros((kernel.up, kernel.taps))
        self._known = np.zeros(kernel.up, dtype=bool)

    def __call__(self, kernel: Kernel, window: array[int], shift: int, begin: int, until: int) -> tuple[bytes, int]:
        blocks = [self._block(kernel, window, shift, n, min(n + _BLOCK, until)) for n in range(begin, until, _BLOCK)]
        return b"".join(block for block, _ in blocks), sum(clipped for _, clipped in blocks)

    def _block(self, kernel: Kernel, window: array[int], shift: int, begin: int, until: int) -> tuple[bytes, int]:
        np = self._np
        positions = np.arange(begin, until, dtype=np.int64) * kernel.down
        starts = positions // kernel.up - shift
        first, last = int(starts[0]), int(starts[-1]) + kernel.taps
        heard = np.frombuffer(window[first:last], dtype=np.int16).astype(np.float64)
        spans = np.lib.stride_tricks.sliding_window_view(heard, kernel.taps)[starts - first]
        # Sums of whole numbers below 2**53: float64 adds them exactly, in any order.
        sums = np.einsum("ij,ij->i", spans, self._rows(kernel, positions % kernel.up)).astype(np.int64)
        values = (sums + _ROUND) >> WEIGHT_BITS
        limited = np.clip(values, -32768, 32767)
        return limited.astype("<i2").tobytes(), int(np.count_nonzero(values != limited))

    def _rows(self, kernel: Kernel, phases: Any) -> Any:
        for phase in sorted(set(phases[~self._known[phases]].tolist())):
            self._matrix[phase] = kernel.row(phase)
            self._known[phase] = True
        return self._matrix[phases]


@lru_cache(maxsize=16)
def _fast_for(kernel: Kernel) -> _WithNumpy:
    """Shared by all streams of a ratio: filling the matrix costs milliseconds."""
    return _WithNumpy(kernel)


def _numpy() -> Any:
    try:
        import numpy as np
    except ImportError as error:
        raise MissingExtra("Fast resampling", "speech") from error
    return np
