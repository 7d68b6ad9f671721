"""When did the user fall silent and the assistant begin, by the recording of the call alone?

No event is looked at: a block of the waveform sounds when its peak stands out from the quiet blocks of its channel. The
edges are then found to the sample.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from pathlib import Path
from typing import NamedTuple

import msgspec

from bareline.errors import AudioFormatError, ConfigurationError
from bareline.media.samples import samples_of
from bareline.media.wav import WavParser
from bareline.units import NS_PER_S

__all__ = ["HearsIn", "Waveform", "read_waveform", "sounding"]

BLOCK_MS = 5
MIN_PEAK = 200
"""What is quieter (-44 dBFS) is silence, as it is for playback."""
OVER_FLOOR = 3
"""So much louder than the quiet blocks speech is at least."""
FLOOR_SHARE = 0.25
"""Of the blocks, so many at least are pauses."""
JOIN_MS = 40
"""A shorter gap belongs to the sound around it."""
SHORTEST_MS = 20
"""A shorter sound is a click."""
READ_MAX_BYTES = 2 * 1024 * 1024 * 1024


class HearsIn(NamedTuple):
    """Sounds of one channel, as times on the trace's clock."""

    begins_ns: list[int]
    ends_ns: list[int]


class Waveform(msgspec.Struct, frozen=True):
    """What sounded in a recording. ``assistant`` is ``None`` where only the microphone was recorded."""

    user: HearsIn
    assistant: HearsIn | None

    def spoken_until(self, at_ns: int) -> int | None:
        """The user's last sample up to ``at_ns``; ``None`` when the user spoke at that moment, or had not spoken."""
        number = bisect_right(self.user.begins_ns, at_ns) - 1
        end_ns = self.user.ends_ns[number] if number >= 0 else None
        return end_ns if end_ns is not None and end_ns <= at_ns else None

    def heard_from(self, at_ns: int, *, not_after_ns: int) -> int | None:
        """The assistant's first sample from ``at_ns`` on; ``None`` where none began until ``not_after_ns``."""
        if self.assistant is None:
            return None
        number = bisect_left(self.assistant.begins_ns, at_ns)
        begins_ns = self.assistant.begins_ns[number : number + 1]
        return begins_ns[0] if begins_ns and begins_ns[0] <= not_after_ns else None


def read_waveform(path: Path, at_ns: int, *, both: bool) -> Waveform:
    """The recording at ``path``, whose first sample is at ``at_ns``; ``both``: user left, assistant right.

    Raises ``ConfigurationError`` for a file that cannot be read, ``AudioFormatError`` for one that is none.
    """
    try:
        if path.stat().st_size > READ_MAX_BYTES:
            raise ConfigurationError(f"the recording {path} is larger than two gigabytes")
        data = path.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"the recording {path} cannot be read: {error.strerror}") from error
    parser = WavParser()
    try:
        pcm = parser.feed(data)
        parser.finish()
    except AudioFormatError as error:
        raise AudioFormatError(f"{path}: {error}") from error
    form = parser.format
    if form is None or form.encoding != "s16" or form.channels != 1 + both:
        wanted = "user left, assistant right" if both else "the microphone alone"
        raise AudioFormatError(f"{path}: not a recording of 16 bits with {wanted}")
    samples = samples_of(pcm[: len(pcm) - len(pcm) % form.frame_bytes])
    user = _at(sounding(samples[:: form.channels], form.rate_hz), form.rate_hz, at_ns)
    assistant = _at(sounding(samples[1::2], form.rate_hz), form.rate_hz, at_ns) if both else None
    return Waveform(user, assistant)


def sounding(samples: array[int], rate_hz: int) -> list[tuple[int, int]]:
    """Where there is sound: first sample and the one after the last, to the sample."""
    step = max(1, rate_hz * BLOCK_MS // 1000)
    peaks = [_peak(samples[start : start + step]) for start in range(0, len(samples), step)]
    if not peaks:
        return []
    floor = sorted(peaks)[int(len(peaks) * FLOOR_SHARE)]
    loud = max(MIN_PEAK, OVER_FLOOR * floor)
    spans: list[tuple[int, int]] = []
    for number, peak in enumerate(peaks):
        if peak < loud:
            continue
        if spans and number - spans[-1][1] < JOIN_MS // BLOCK_MS:
            spans[-1] = (spans[-1][0], number + 1)
        else:
            spans.append((number, number + 1))
    long = [(first, last) for first, last in spans if (last - first) * BLOCK_MS >= SHORTEST_MS]
    return [(_first(samples, first * step, loud), _last(samples, last * step, loud) + 1) for first, last in long]


def _peak(block: array[int]) -> int:
    highest, lowest = max(block), min(block)
    return max(highest, -lowest)


def _first(samples: array[int], start: int, loud: int) -> int:
    return next(index for index in range(start, len(samples)) if abs(samples[index]) >= loud)


def _last(samples: array[int], end: int, loud: int) -> int:
    return next(index for index in range(min(end, len(samples)) - 1, -1, -1) if abs(samples[index]) >= loud)


def _at(spans: list[tuple[int, int]], rate_hz: int, at_ns: int) -> HearsIn:
    def time(sample: int) -> int:
        return at_ns + sample * NS_PER_S // rate_hz

    return HearsIn([time(first) for first, _ in spans], [time(last) for _, last in spans])
