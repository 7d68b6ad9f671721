"""How do the peers take turns, and which of their visits count?"""

from __future__ import annotations

import datetime
import os
import platform
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from bareline.lab.bench_load import cores
from bareline.lab.bench_wire import FOREIGN_CORES_MAX
from bareline.lab.peers.contenders import Peer, choose_peers
from bareline.lab.peers.environments import Environment, NotInstallable, make_environment
from bareline.lab.peers.outcomes import outcome_of
from bareline.lab.peers.report import Absence, Outcome, PeersReport
from bareline.lab.peers.samples import environment_samples, figures, visit_samples
from bareline.lab.peers.scenes import QUICK_SCENES, SCENES, Scene
from bareline.lab.peers.speech import speech_files
from bareline.lab.peers.stage import Stage
from bareline.lab.peers.visit import Visit, play

__all__ = ["PeersOptions", "plan_rounds", "run_bench_peers"]

_QUICK_SPARE_S = 60.0
"""So long may a quick run take for visits that are made again."""
_IMPORTS = 3


@dataclass(frozen=True, slots=True)
class PeersOptions:
    """``peers`` by name, all when empty; the raw loop always takes part.

    A visit is made up to ``attempts`` times until nobody else used the machine; ``quiet_only=False`` counts disturbed
    ones too, and says so.
    """

    peers: tuple[str, ...] = ()
    quick: bool = False
    rounds: int = 3
    attempts: int = 3
    quiet_only: bool = True

    @property
    def whole(self) -> bool:
        """Whether its report is worth to be quoted: all peers were asked, and strangers' load did not count."""
        return not self.peers and self.quiet_only


@dataclass(slots=True)
class _Gathered:
    """What has come together so far."""

    rounds: dict[str, list[dict[str, list[float]]]] = field(default_factory=dict[str, list[dict[str, list[float]]]])
    outcomes: list[Outcome] = field(default_factory=list[Outcome])
    absent: list[Absence] = field(default_factory=list[Absence])
    void: list[str] = field(default_factory=list[str])
    spare_s: float = float("inf")


def plan_rounds(options: PeersOptions) -> list[tuple[Scene, ...]]:
    """The scenes of each round. What fails is seen once; a quick run has two scenes, and talks twice."""
    if options.quick:
        quick = tuple(scene for scene in SCENES if scene.name in QUICK_SCENES)
        return [quick, quick[:1]]
    repeated = tuple(scene for scene in SCENES if scene.kind != "failure")
    return [SCENES, *(repeated for _ in range(options.rounds - 1))]


def run_bench_peers(options: PeersOptions, progress: Callable[[str], None] = lambda _: None) -> PeersReport:
    """Measure; makes environments first where they are missing. ``progress`` gets lines.

    Raises ``BarelineError`` when the built-in server fails, ``ConfigurationError`` for a peer that is not known.
    """
    peers = choose_peers(options.peers)
    gathered = _Gathered(spare_s=_QUICK_SPARE_S if options.quick else float("inf"))
    environments = _environments(peers, gathered, progress)
    plan = plan_rounds(options)
    for environment in environments:
        progress(f"{environment.peer.name}: importing it {_IMPORTS} times")
        first = environment_samples(environment, _IMPORTS)
        gathered.rounds[environment.peer.name] = [first, *({} for _ in plan[1:])]
    with Stage() as stage:
        speech = speech_files(stage.folder)
        for number, scenes in enumerate(plan):
            for scene in scenes:
                for environment in _in_turn(environments, number):
                    if environment.peer.transport in scene.over:
                        make = partial(play, stage, environment, scene, speech)
                        visit = _quiet_visit(make, gathered, options)
                        _gather(gathered, visit, number, options, progress)
    return _report(options, environments, gathered, plan)


def _environments(peers: tuple[Peer, ...], gathered: _Gathered, progress: Callable[[str], None]) -> list[Environment]:
    made: list[Environment] = []
    for peer in peers:
        try:
            made.append(make_environment(peer, progress))
        except NotInstallable as error:
            progress(f"{peer.name}: absent, {error}")
            gathered.absent.append(Absence(peer.name, str(error)))
    return made


def _in_turn(environments: list[Environment], number: int) -> list[Environment]:
    """Another one begins each round."""
    first = number % max(1, len(environments))
    return environments[first:] + environments[:first]


def _quiet_visit(make: Callable[[], Visit], gathered: _Gathered, options: PeersOptions) -> Visit:
    """The first visit that nobody disturbed, else the last one."""
    visit = make()
    for _ in range(options.attempts - 1 if options.quiet_only else 0):
        if gathered.spare_s <= 0 or not _disturbed(visit):
            break
        began = time.monotonic()
        visit = make()
        gathered.spare_s -= time.monotonic() - began
    return visit


def _disturbed(visit: Visit) -> bool:
    """Failures are facts whatever else the machine did."""
    return visit.scene.kind != "failure" and (visit.foreign_cores or 0.0) > FOREIGN_CORES_MAX


def _gather(
    gathered: _Gathered, visit: Visit, number: int, options: PeersOptions, progress: Callable[[str], None]
) -> None:
    name, scene = visit.peer.name, visit.scene
    where = f"round {number + 1}, {scene.name}, {name}"
    if visit.problem:
        gathered.absent.append(Absence(name, visit.problem, scene.name))
        progress(f"{where}: {visit.problem}")
    elif options.quiet_only and _disturbed(visit):
        gathered.void.append(f"{where}: other programs used {visit.foreign_cores:.2f} of a core")
        progress(f"{gathered.void[-1]}; void")
    elif scene.kind == "failure":
        gathered.outcomes.append(outcome_of(visit))
        progress(f"{where}: {gathered.outcomes[-1].verdict}")
    else:
        samples = gathered.rounds[name][number]
        for measure, values in visit_samples(visit).items():
            samples.setdefault(measure, []).extend(values)
        progress(f"{where}: done")


def _report(
    options: PeersOptions, environments: list[Environment], gathered: _Gathered, plan: list[tuple[Scene, ...]]
) -> PeersReport:
    notes = (
        [] if options.quiet_only else ["disturbed visits were counted too, as asked for: these figures are no evidence"]
    )
    if gathered.void:
        notes.append(f"{len(gathered.void)} visits were void, since other programs used the machine")
    return PeersReport(
        machine=_machine(),
        date=datetime.datetime.now(datetime.UTC).isoformat(timespec="minutes"),
        rows=figures(gathered.rounds),
        outcomes=tuple(gathered.outcomes),
        absent=tuple(gathered.absent),
        versions=_versions(environments),
        scenes=tuple(scene.name for scene in plan[0]),
        rounds=len(plan),
        void=tuple(gathered.void),
        notes=tuple(notes),
        quick=options.quick,
    )


def _versions(environments: list[Environment]) -> dict[str, str]:
    return {environment.peer.name: environment.version for environment in environments}


def _machine() -> str:
    program, server = cores()
    python = sys.version.split()[0]
    system = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"
    return f"{system}, programs on core {program}, server on core {server}, Python {python}"
