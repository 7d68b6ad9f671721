"""Does an assistant over loudspeakers interrupt itself, and does it still hear the user?

The part of ``bench barge-in`` that has an echo path between the loudspeaker and the microphone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from statistics import median

import msgspec

from bareline.lab.bench_wire_report import Goal
from bareline.lab.echo_bench.rooms import ROOMS, Heard, hear_room
from bareline.lab.echo_bench.voices import spoken
from bareline.testing.voice import Speech
from bareline.units import SAMPLES_PER_MS

__all__ = [
    "JUDGED_FROM_DB",
    "MISSED_MAX_PERCENT",
    "RATIOS_DB",
    "EchoFigures",
    "InterruptionFigures",
    "RoomFigures",
    "echo_goals",
    "measure_echo",
    "render_echo",
]

RATIOS_DB = (6, 0, -10)
"""The user's level over the echo's."""
JUDGED_FROM_DB = 0
"""A user who is softer than the echo is reported, not judged."""
MISSED_MAX_PERCENT = 10.0
"""Of the interruptions of a user who is judged."""
_SECONDS_EACH = 4.6


class RoomFigures(msgspec.Struct, frozen=True):
    """One room, in which only the assistant speaks.

    ``bare_starts``: how often its voice is taken for the user's without echo control. ``server_starts``: with it, by a
    voice activity detection like the service's; ``local_starts``: by one on this side, held to ``EchoControl.vad``.
    ``pauses`` and ``stops``: what the balanced rules on this side would have done to the voice.
    """

    delay_ms: float
    reverberation_ms: int
    overdrive: float
    seconds: float
    bare_starts: int
    server_starts: int
    local_starts: int
    pauses: int
    stops: int
    erle_db: float | None
    residual_dbfs: float | None
    measured_delay_ms: int | None
    half_duplex: bool


class InterruptionFigures(msgspec.Struct, frozen=True):
    """A user who speaks over the assistant, ``ratio_db`` louder than its echo, ``said`` times in all rooms.

    ``server_found`` and ``local_found``: how often speech was found in time, and the delays from the first sound of
    it, in ms. ``unprovoked``: starts on this side where the user did not speak.
    """

    ratio_db: int
    said: int
    server_found: int
    local_found: int
    server_p50_ms: float
    server_p95_ms: float
    local_p50_ms: float
    local_p95_ms: float
    unprovoked: int


class EchoFigures(msgspec.Struct, frozen=True):
    """Of all rooms."""

    rooms: list[RoomFigures]
    interruptions: list[InterruptionFigures]

    @property
    def agent_minutes(self) -> float:
        """Time in which only the assistant spoke."""
        return sum(room.seconds for room in self.rooms) / 60

    @property
    def self_interruptions(self) -> int:
        """In that time, by whichever detection found more, or by the rules."""
        return sum(max(room.server_starts, room.local_starts, room.stops) for room in self.rooms)


def measure_echo(
    *,
    agent_minutes: float = 10.0,
    interruptions: int = 100,
    seed: int = 1,
    progress: Callable[[str], None] = lambda _: None,
) -> EchoFigures:
    """Measure in virtual time: some four minutes of one core, whatever else the machine does.

    ``interruptions``: for each level of the user. Raises ``MissingExtra`` without the extras ``speech``, ``devices``.
    """
    agent, user = spoken()
    rooms: list[RoomFigures] = []
    for number, path in enumerate(ROOMS):
        seconds = 60 * agent_minutes / len(ROOMS)
        heard = hear_room(path, seconds, agent, (), seed + number)
        rooms.append(_room(heard, number, seconds))
        progress(f"room {number + 1}: {heard.state}")
    found: list[InterruptionFigures] = []
    for ratio_db in RATIOS_DB:
        found.append(_interrupted(ratio_db, interruptions, agent, user, seed + 100))
        progress(f"user {ratio_db:+d} dB over the echo: {found[-1].local_found} of {found[-1].said} found")
    return EchoFigures(rooms, found)


def echo_goals(figures: EchoFigures) -> list[Goal]:
    """The promises."""
    goals = [
        Goal(
            f"self-interruptions in {figures.agent_minutes:.0f} minutes of the assistant over loudspeakers",
            float(figures.self_interruptions),
            0,
            "",
        )
    ]
    for each in figures.interruptions:
        if each.ratio_db >= JUDGED_FROM_DB:
            missed = 100 * (1 - each.local_found / each.said)
            goals.append(
                Goal(f"interruptions missed, user {each.ratio_db:+d} dB over the echo", missed, MISSED_MAX_PERCENT, "%")
            )
    return goals


def render_echo(figures: EchoFigures) -> list[str]:
    """Lines of a report."""
    lines = [
        "loudspeaker in the room  seconds  starts bare/server/local  pauses/stops  ERLE dB  left dBFS  half duplex"
    ]
    for room in figures.rooms:
        name = f"{room.delay_ms:.0f} ms, {room.reverberation_ms} ms" + (", overdriven" if room.overdrive else "")
        starts = f"{room.bare_starts}/{room.server_starts}/{room.local_starts}"
        lines.append(
            f"  {name:<22} {room.seconds:>8.0f}  {starts:>24}  {f'{room.pauses}/{room.stops}':>12}  "
            f"{_number(room.erle_db):>7}  "
            f"{_number(room.residual_dbfs):>9}  {'yes' if room.half_duplex else 'no':>11}"
        )
    lines.append("user over the echo  said  found server/local  p50, p95 ms server    p50, p95 ms local  unprovoked")
    for each in figures.interruptions:
        found = f"{each.server_found}/{each.local_found}"
        server = f"{each.server_p50_ms:.0f}, {each.server_p95_ms:.0f}"
        local = f"{each.local_p50_ms:.0f}, {each.local_p95_ms:.0f}"
        lines.append(
            f"  {each.ratio_db:>+14d} dB  {each.said:>4}  {found:>18}  {server:>19}  {local:>19}  {each.unprovoked:>10}"
        )
    return lines


def _room(heard: Heard, number: int, seconds: float) -> RoomFigures:
    path, state = ROOMS[number], heard.state
    return RoomFigures(
        delay_ms=path.delay_ms,
        reverberation_ms=path.reverberation_ms,
        overdrive=path.overdrive,
        seconds=seconds,
        bare_starts=len(heard.bare.starts),
        server_starts=len(heard.server.starts),
        local_starts=len(heard.local.starts),
        pauses=heard.judge.paused,
        stops=heard.judge.stopped,
        erle_db=state.levels.erle_db if state is not None else None,
        residual_dbfs=state.levels.residual_dbfs if state is not None else None,
        measured_delay_ms=state.delay_ms if state is not None else None,
        half_duplex=heard.half_duplex,
    )


def _interrupted(
    ratio_db: int, interruptions: int, agent: Sequence[Speech], user: Sequence[Speech], seed: int
) -> InterruptionFigures:
    said, unprovoked = 0, 0
    server: list[int] = []
    local: list[int] = []
    for number, path in enumerate(ROOMS):
        seconds = math.ceil(interruptions / len(ROOMS)) * _SECONDS_EACH + 8
        heard = hear_room(replace(path, level_db=-ratio_db), seconds, agent, user, seed + number)
        said += len(heard.said)
        server += heard.server.found(heard.said)
        local += heard.local.found(heard.said)
        unprovoked += heard.local.unprovoked(heard.said)
    return InterruptionFigures(
        ratio_db=ratio_db,
        said=said,
        server_found=len(server),
        local_found=len(local),
        server_p50_ms=_ms(server, 0.5),
        server_p95_ms=_ms(server, 0.95),
        local_p50_ms=_ms(local, 0.5),
        local_p95_ms=_ms(local, 0.95),
        unprovoked=unprovoked,
    )


def _ms(samples: list[int], share: float) -> float:
    if not samples:
        return 0.0
    ordered = sorted(samples)
    found = median(ordered) if share == 0.5 else ordered[min(len(ordered) - 1, math.ceil(share * len(ordered)) - 1)]
    return found / SAMPLES_PER_MS


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.0f}"
