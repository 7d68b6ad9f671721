"""Which unit is which, and how one becomes another without claiming more than happened?

Time is an integer number of nanoseconds inside and of milliseconds on the wire; audio is counted in samples of the one
inner format, PCM16 mono at 24 kHz. Conversions to a coarser unit round down.
"""

from __future__ import annotations

__all__ = [
    "BYTES_PER_MS",
    "BYTES_PER_SAMPLE",
    "NS_PER_MS",
    "NS_PER_S",
    "SAMPLES_PER_MS",
    "SAMPLE_RATE_HZ",
    "ms_to_ns",
    "ms_to_samples",
    "ns_to_ms",
    "ns_to_samples",
    "samples_to_ms",
    "samples_to_ns",
    "seconds_to_ns",
]

SAMPLE_RATE_HZ = 24_000
"""The one inner sample rate: what ``audio/pcm`` means in the Realtime API (REALTIME.md section 12)."""
BYTES_PER_SAMPLE = 2
SAMPLES_PER_MS = SAMPLE_RATE_HZ // 1000
BYTES_PER_MS = SAMPLES_PER_MS * BYTES_PER_SAMPLE
NS_PER_MS = 1_000_000
NS_PER_S = 1_000_000_000


def samples_to_ms(samples: int) -> int:
    """Whole milliseconds in ``samples`` at 24 kHz, rounded down."""
    return samples // SAMPLES_PER_MS


def ms_to_samples(ms: int) -> int:
    """Samples at 24 kHz in ``ms`` milliseconds, exact."""
    return ms * SAMPLES_PER_MS


def samples_to_ns(samples: int) -> int:
    """Nanoseconds in ``samples`` at 24 kHz, rounded down."""
    return samples * NS_PER_S // SAMPLE_RATE_HZ


def ns_to_samples(ns: int) -> int:
    """Whole samples at 24 kHz in ``ns`` nanoseconds, rounded down."""
    return ns * SAMPLE_RATE_HZ // NS_PER_S


def ms_to_ns(ms: int) -> int:
    """Nanoseconds in ``ms`` milliseconds, exact."""
    return ms * NS_PER_MS


def ns_to_ms(ns: int) -> int:
    """Whole milliseconds in ``ns`` nanoseconds, rounded down."""
    return ns // NS_PER_MS


def seconds_to_ns(seconds: float) -> int:
    """Nanoseconds in ``seconds``, rounded down; for configuration given by people in seconds."""
    return int(seconds * NS_PER_S)
