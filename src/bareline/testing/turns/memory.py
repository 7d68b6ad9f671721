"""How is one recording heard by many detectors, and each engine asked only once?

Voice activity is a function of the audio: it is computed once, and kept on disk if wanted. A recogniser hears what a
detector takes for speech: the same stretch from the same beginning is recognised once.
"""

from __future__ import annotations

import hashlib
from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterator
from pathlib import Path

from bareline.errors import ConfigurationError
from bareline.media.frames import AudioFrame
from bareline.media.samples import samples_of, to_bytes
from bareline.turns.contract import Hypothesis, SpeechProbability, StreamingSTT, VoiceActivity
from bareline.units import BYTES_PER_SAMPLE, ms_to_samples, samples_to_ns

__all__ = ["FRAME_SAMPLES", "HeardVoice", "HeardWords", "frames_of", "hear_voice"]

FRAME_SAMPLES = ms_to_samples(20)
"""A microphone's frame: what is replayed at a time."""
_CACHE_VERSION = 1


def frames_of(pcm: bytes) -> Iterator[AudioFrame]:
    """The recording as a microphone gives it, in frames of 20 ms; a last piece that is shorter is left out."""
    step = FRAME_SAMPLES * BYTES_PER_SAMPLE
    for number in range(len(pcm) // step):
        first = number * FRAME_SAMPLES
        yield AudioFrame(pcm[number * step : (number + 1) * step], first, samples_to_ns(first))


def hear_voice(
    pcm: bytes, make: Callable[[], VoiceActivity], *, name: str = "", cache: Path | None = None
) -> HeardVoice:
    """What a voice activity says of a recording; from ``cache`` (a folder) where it stands there, under ``name``."""
    path = cache and cache / f"{name}-{_CACHE_VERSION}-{hashlib.sha256(pcm).hexdigest()[:32]}.vad"
    if path is not None and path.is_file():
        return HeardVoice.from_bytes(path.read_bytes())
    heard = HeardVoice.listen(make(), pcm)
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(".new")
        fresh.write_bytes(heard.to_bytes())
        fresh.replace(path)
    return heard


class HeardVoice:
    """The windows of one recording, and after how many samples each was known."""

    def __init__(self, window_samples: int, known: array[int], probabilities: array[float]) -> None:
        self._window = window_samples
        self._known = known
        self._probabilities = probabilities

    @classmethod
    def listen(cls, vad: VoiceActivity, pcm: bytes) -> HeardVoice:
        """Let ``vad`` hear the recording."""
        window, known, probabilities = 1, array("i"), array("f")
        for frame in frames_of(pcm):
            for found in vad.feed(frame):
                window = found.end_sample - found.first_sample
                known.append(frame.end_sample)
                probabilities.append(found.probability)
        return cls(window, known, probabilities)

    @classmethod
    def from_bytes(cls, data: bytes) -> HeardVoice:
        """What ``to_bytes`` gave. Raises ``ConfigurationError`` when it is damaged."""
        count, rest = divmod(len(data) - 4, 8)
        if rest or count < 0:
            raise ConfigurationError("a file of the cache is damaged: remove the folder .cache beside the recordings")
        end = 4 + 4 * count
        return cls(samples_of(data[:4], "i")[0], samples_of(data[4:end], "i"), samples_of(data[end:], "f"))

    def to_bytes(self) -> bytes:
        """For a file."""
        return to_bytes(array("i", [self._window])) + to_bytes(self._known) + to_bytes(self._probabilities)

    def vad(self) -> VoiceActivity:
        """Says again what was said, at the same moments; for the same recording in the same frames."""
        return _SaidAgain(self._window, self._known, self._probabilities)


class _SaidAgain:
    def __init__(self, window: int, known: array[int], probabilities: array[float]) -> None:
        self._window, self._known, self._probabilities = window, known, probabilities
        self._next = 0

    def feed(self, frame: AudioFrame) -> list[SpeechProbability]:
        first, self._next = self._next, bisect_right(self._known, frame.end_sample, self._next)
        window, probabilities = self._window, self._probabilities
        return [SpeechProbability(at * window, (at + 1) * window, probabilities[at]) for at in range(first, self._next)]

    def reset(self) -> None:
        self._next = 0


class HeardWords:
    """What a recogniser makes of stretches of one recording; asked about the same stretch again, it knows.

    ``recogniser()`` gives a ``StreamingSTT`` for one replay; the engine behind all of them is made when first needed.
    ``final``: whether somebody wants to know how an utterance ends up; if not, its last partial stands for that, which
    saves hearing it again for every contender that ends it at another moment.
    """

    def __init__(self, make: Callable[[], StreamingSTT], *, final: bool = True) -> None:
        self.final = final
        self._make = make
        self._engine: StreamingSTT | None = None
        self.said: dict[tuple[int, int, bool], Hypothesis | None] = {}

    def recogniser(self) -> StreamingSTT:
        """For one replay."""
        return _Remembering(self)

    def engine(self) -> StreamingSTT:
        """The engine, about to hear an utterance from its beginning."""
        if self._engine is None:
            self._engine = self._make()
        self._engine.reset()
        return self._engine


class _Remembering:
    """The engine hears an utterance only once something is asked that is not known yet."""

    def __init__(self, memory: HeardWords) -> None:
        self._memory = memory
        self._frames: list[AudioFrame] = []
        self._engine: StreamingSTT | None = None
        self._engine_heard = 0
        self._last: Hypothesis | None = None

    def feed(self, frame: AudioFrame) -> None:
        if frame.samples:
            self._frames.append(frame)

    def partial(self) -> Hypothesis | None:
        if not self._frames:
            return None
        key = (self._frames[0].first_sample, self._frames[-1].end_sample, False)
        if key not in self._memory.said:
            self._memory.said[key] = self._caught_up().partial()
        self._last = self._memory.said[key]
        return self._last

    def finish(self) -> Hypothesis:
        if not self._frames or not self._memory.final:
            last = self._last
            self.reset()
            return last or Hypothesis("", 0.0)
        key = (self._frames[0].first_sample, self._frames[-1].end_sample, True)
        said = self._memory.said.get(key)
        if said is None:
            said = self._memory.said[key] = self._caught_up().finish()
        self.reset()
        return said

    def reset(self) -> None:
        self._frames.clear()
        self._engine = self._last = None
        self._engine_heard = 0

    def _caught_up(self) -> StreamingSTT:
        if self._engine is None:
            self._engine = self._memory.engine()
        for frame in self._frames[self._engine_heard :]:
            self._engine.feed(frame)
        self._engine_heard = len(self._frames)
        return self._engine
