"""What does ``bareline bench turns`` say?"""

from __future__ import annotations

import msgspec

from bareline.lab.bench_wire_report import Goal, goal_line
from bareline.lab.turn_tables import overlap_table, plot, rows_text, turn_table
from bareline.testing.turns.curve import Point, delay_at
from bareline.testing.turns.figures import Figures

__all__ = ["BenchTurnsReport", "Group", "render_bench_turns"]

CUT_INS_MAX = 0.05


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """Recordings of one matter. ``figures`` by contender over all; over those at 20 dB of noise or less, and no echo
    louder than the user (``quiet``); and over the others (``noisy``). ``families``: the curves."""

    name: str
    title: str
    recordings: int
    minutes: float
    figures: dict[str, Figures]
    quiet: dict[str, Figures]
    noisy: dict[str, Figures]
    families: dict[str, list[Point]]

    @property
    def has_turns(self) -> bool:
        """Whether it is about the ends of turns."""
        return any(found.cut_ins.of for found in self.figures.values())


class BenchTurnsReport(msgspec.Struct, frozen=True, kw_only=True):
    """Everything of one bench."""

    machine: dict[str, str]
    part: str
    seed: int
    share: float
    minutes: float
    seconds: float
    groups: list[Group]
    splits_same: int
    splits: int
    goals: list[Goal]
    notes: list[str]


def render_bench_turns(report: BenchTurnsReport) -> str:
    """The report as plain text for a terminal or a file."""
    recordings = sum(group.recordings for group in report.groups)
    lines = [f"{name}: {value}" for name, value in report.machine.items()]
    part = report.part.replace("_", " ")
    lines += ["", f"{part} part, seed {report.seed}: {recordings} recordings, {report.minutes:.0f} minutes of audio"]
    lines += [f"made and heard in {report.seconds:.0f} s; 95 % confidence intervals in brackets"]
    for group in report.groups:
        lines += ["", f"{group.title}: {group.recordings} recordings, {group.minutes:.1f} minutes"]
        lines += ["", *(_turn_lines(group) if group.has_turns else _overlap_lines(group))]
    lines += ["", f"any split of the same audio: {report.splits_same} of {report.splits} comparisons decide the same"]
    lines += ["", *(goal_line(goal) for goal in report.goals), *(f"note: {note}" for note in report.notes)]
    return "\n".join(lines)


def _turn_lines(group: Group) -> list[str]:
    lines = [turn_table(group.figures), ""]
    if group.name == "household":
        for title, figures in (("at 20 dB of noise or less", group.quiet), ("at 10 and 5 dB", group.noisy)):
            chosen = {name: found for name, found in figures.items() if not name.startswith("silence")}
            lines += [f"{title}:", turn_table(chosen), ""]
    lines += [plot(group.families, limit=CUT_INS_MAX), ""]
    for name, points in group.families.items():
        reached = delay_at(points, CUT_INS_MAX)
        lines.append(f"median delay at 5 % cut-ins, {name}: {'never' if reached is None else f'{reached:.0f} ms'}")
    return lines


def _overlap_lines(group: Group) -> list[str]:
    lines = [overlap_table(group.figures), ""]
    if group.name == "echo":
        for title, figures in (("no louder than the user", group.quiet), ("louder than the user", group.noisy)):
            lines += [f"with the echo {title}:", overlap_table(figures), ""]
    return [*lines, *_kinds(group)]


def _kinds(group: Group) -> list[str]:
    """What each kind of sound was taken for, by the default policy."""
    judged = group.figures["rules balanced"].judged
    taken = sorted({kind for row in judged.values() for kind in row})
    rows = [["rules balanced takes", *taken]]
    rows += [[name, *(str(row.get(kind, "")) for kind in taken)] for name, row in sorted(judged.items())]
    return [rows_text(rows)]
