"""How do several contenders do over many recordings, as fast as the machine allows?"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from bareline.speech.silero import SileroVad
from bareline.testing.turns.invariance import any_split_decides_the_same
from bareline.testing.turns.memory import HeardWords, hear_voice
from bareline.testing.turns.outcome import Outcome, judge
from bareline.testing.turns.recordings import Recording
from bareline.testing.turns.replay import Contender, replay
from bareline.turns.contract import VoiceActivity

__all__ = ["Measured", "Source", "hear", "measure"]


class Source(Protocol):
    """A recording that is made or read when it is needed."""

    @property
    def name(self) -> str:
        """Its name."""
        ...

    def make(self) -> Recording:
        """The recording."""
        ...


@dataclass(frozen=True, slots=True)
class Measured:
    """One recording, heard by every contender (by name). ``tags`` are those of its labels; ``splits``: whether any
    split of its audio decided the same, where that was compared."""

    name: str
    digest: str
    length_ms: int
    tags: dict[str, str]
    outcomes: dict[str, Outcome]
    splits: dict[str, bool] | None = None


def hear(
    recording: Recording,
    contenders: Sequence[Contender],
    *,
    vad: Callable[[], VoiceActivity] = SileroVad,
    cache: Path | None = None,
    compare_splits: bool = False,
) -> Measured:
    """Let every contender hear one recording; voice activity and words are computed once for all of them.

    ``compare_splits``: hear it again in other frames, with engines of their own.
    """
    voice = hear_voice(recording.pcm, vad, name=getattr(vad, "__name__", "vad"), cache=cache)
    words: dict[object, HeardWords] = {}
    outcomes = {
        contender.name: judge(recording, replay(recording, contender, voice, words)) for contender in contenders
    }
    splits = None
    if compare_splits:
        splits = {each.name: any_split_decides_the_same(recording, each, vad) for each in contenders}
    tags = recording.labels.tags
    return Measured(recording.name, recording.digest, recording.length_ms, tags, outcomes, splits)


def measure(
    sources: Sequence[Source],
    contenders: Sequence[Contender],
    *,
    vad: Callable[[], VoiceActivity] = SileroVad,
    cache: Path | None = None,
    processes: int | None = None,
    compare_splits: int = 0,
) -> Iterator[Measured]:
    """Each source's measurements, in order, as they come.

    ``cache``: a folder that keeps voice activity. ``compare_splits``: of so many sources, from the first on.
    ``processes``: None for one per core where processes can be copied safely (Linux); 1 stays in this one. Other
    processes are copies of this one: where an engine with threads (Silero, the echo canceller) has run here before,
    stay in this one. With other processes none runs here, not for a single source either. Raises what a source or a
    contender raises.
    """
    global _work  # noqa: PLW0603 - contenders hold functions, which reach other processes only by being there already
    _work = _Work(tuple(contenders), vad, cache, compare_splits)
    count = processes if processes is not None else _cores()
    if count < 2:
        yield from map(_measure_one, enumerate(sources))
        return
    with ProcessPoolExecutor(count, mp_context=multiprocessing.get_context("fork")) as pool:
        yield from pool.map(_measure_one, list(enumerate(sources)))


@dataclass(frozen=True, slots=True)
class _Work:
    contenders: tuple[Contender, ...]
    vad: Callable[[], VoiceActivity]
    cache: Path | None
    compare_splits: int


_work: _Work | None = None


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1


def _measure_one(numbered: tuple[int, Source]) -> Measured:
    if _work is None:
        raise RuntimeError("no work was given")
    number, source = numbered
    compare_splits = number < _work.compare_splits
    return hear(source.make(), _work.contenders, vad=_work.vad, cache=_work.cache, compare_splits=compare_splits)
