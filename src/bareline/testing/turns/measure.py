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
from bareline.testing.turns.memory import HeardWords, hear_voice
from bareline.testing.turns.outcome import Outcome, judge
from bareline.testing.turns.recordings import Recording
from bareline.testing.turns.replay import Contender, replay
from bareline.turns.contract import VoiceActivity

__all__ = ["Measured", "Source", "hear", "measure"]

_CHUNK = 4
"""Recordings that a process takes at a time."""


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
    """One recording, heard by every contender (by name). ``tags`` are those of its labels."""

    name: str
    digest: str
    length_ms: int
    tags: dict[str, str]
    outcomes: dict[str, Outcome]


def hear(
    recording: Recording,
    contenders: Sequence[Contender],
    *,
    vad: Callable[[], VoiceActivity] = SileroVad,
    cache: Path | None = None,
) -> Measured:
    """Let every contender hear one recording; voice activity and words are computed once for all of them."""
    voice = hear_voice(recording.pcm, vad, name=getattr(vad, "__name__", "vad"), cache=cache)
    words: dict[object, HeardWords] = {}
    outcomes = {
        contender.name: judge(recording, replay(recording, contender, voice, words)) for contender in contenders
    }
    return Measured(recording.name, recording.digest, recording.length_ms, recording.labels.tags, outcomes)


def measure(
    sources: Sequence[Source],
    contenders: Sequence[Contender],
    *,
    vad: Callable[[], VoiceActivity] = SileroVad,
    cache: Path | None = None,
    processes: int | None = None,
) -> Iterator[Measured]:
    """Each source's measurements, in order, as they come.

    ``cache``: a folder that keeps voice activity. ``processes``: None for one per core; 1 stays in this one. Raises
    what a source or a contender raises.
    """
    global _work  # noqa: PLW0603 - contenders hold functions, which reach other processes only by being there already
    _work = _Work(tuple(contenders), vad, cache)
    count = processes if processes is not None else len(os.sched_getaffinity(0))
    if count < 2 or len(sources) < 2:
        yield from map(_measure_one, sources)
        return
    with ProcessPoolExecutor(count, mp_context=multiprocessing.get_context("fork")) as pool:
        yield from pool.map(_measure_one, sources, chunksize=_CHUNK)


@dataclass(frozen=True, slots=True)
class _Work:
    contenders: tuple[Contender, ...]
    vad: Callable[[], VoiceActivity]
    cache: Path | None


_work: _Work | None = None


def _measure_one(source: Source) -> Measured:
    if _work is None:
        raise RuntimeError("no work was given")
    return hear(source.make(), _work.contenders, vad=_work.vad, cache=_work.cache)
