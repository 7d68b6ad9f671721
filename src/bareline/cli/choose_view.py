"""How does a decision look on a terminal?"""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Iterable

from bareline.cli.terminal import Terminal
from bareline.lab.choose.decision import Decision, Reason
from bareline.lab.choose.knowledge import Knowledge
from bareline.lab.choose.words import (
    answered_words,
    excluded_words,
    figure_rows,
    flip_words,
    margin_words,
    measured_words,
    open_words,
    price_words,
    profile_words,
    recommended_words,
)

__all__ = ["show_decision"]

_WIDEST = 110
_MOST_OPEN = 8


def show_decision(terminal: Terminal, decision: Decision, knowledge: Knowledge) -> None:
    """All of it, the recommendation first and last."""
    chosen = decision.recommendation
    if decision.name:
        terminal.line(decision.name, "dim")
    terminal.line(recommended_words(chosen), "bold", "green")
    _wrapped(terminal, f"{chosen.summary} Its strength: {chosen.wins}.", "")
    _wrapped(terminal, f"Runner-up: {recommended_words(decision.runner_up)}. {margin_words(decision)}.", "")
    title = "What decided (points, and the runner-up's)"
    _reasons(terminal, title, decision.decided, "nothing yet: answer more questions")
    if decision.against:
        _reasons(terminal, f"What speaks for {decision.runner_up.name}", decision.against, "")
    _list(terminal, "Left out", excluded_words(decision, knowledge))
    _changes(terminal, decision, knowledge)
    _list(terminal, "You now own", decision.owns)
    _list(terminal, "Know this", (caution.text for caution in decision.cautions))
    _evidence(terminal, decision)
    _first_step(terminal, decision)
    terminal.line()  # the beginning has scrolled away
    _wrapped(terminal, f"In short: {recommended_words(chosen)}; else {decision.runner_up.name}.", "", "bold", "green")


def _reasons(terminal: Terminal, title: str, reasons: Iterable[Reason], none: str) -> None:
    _title(terminal, title)
    shown = False
    for reason in reasons:
        shown = True
        terminal.line(f"  {reason.points:+d} ({reason.runner_up_points:+d})  {answered_words(reason.because)}", "cyan")
        _wrapped(terminal, reason.reason, " " * 11)
        _wrapped(terminal, reason.source, " " * 11, "dim")
    if not shown:
        terminal.line(f"  {none}")


def _changes(terminal: Terminal, decision: Decision, knowledge: Knowledge) -> None:
    flips, still = flip_words(decision, knowledge), open_words(decision, knowledge)
    if decision.answers:
        _list(terminal, "What would change it", (f"{said}: {name}" for said, name in flips), "no single answer would")
    if still:
        more = [f"and {len(still) - _MOST_OPEN} more"] if len(still) > _MOST_OPEN else []
        shown = [f"{said}: {name}" for said, name in still[:_MOST_OPEN]]
        _list(terminal, "Still open, and able to change it", shown + more)


def _evidence(terminal: Terminal, decision: Decision) -> None:
    _title(terminal, "A minute at the model")
    _wrapped(terminal, f"{profile_words(decision)} (bareline cost estimate)", "  ", "dim")
    for model, words in price_words(decision):
        terminal.line(f"  {model:<36}{words}")
    if decision.measurements is None:
        _title(terminal, "Measured")
        terminal.line("  nothing yet: bareline bench peers measures on this machine")
        return
    _title(terminal, "Measured (median, lowest-highest)")
    _wrapped(terminal, measured_words(decision.measurements), "  ", "dim")
    peers, rows = figure_rows(decision.measurements)
    table = [["", *peers], *rows]
    widths = [max(len(row[column]) for row in table) for column in range(len(peers) + 1)]
    for row in table:
        terminal.line("  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _first_step(terminal: Terminal, decision: Decision) -> None:
    step = decision.first_step
    _title(terminal, "First step")
    _wrapped(terminal, step.do, "  ")
    terminal.line()
    terminal.line(f"  $ {step.install}")
    terminal.line(f"  $ {step.run}")
    terminal.line()
    for line in step.code.strip().splitlines():
        terminal.line(f"    {line}".rstrip(), "dim")
    _list(terminal, "Read next", decision.guides)


def _list(terminal: Terminal, title: str, entries: Iterable[str], none: str = "") -> None:
    """A titled list; without entries ``none``, or not at all."""
    entries = list(entries) or ([none] if none else [])
    if entries:
        _title(terminal, title)
    for entry in entries:
        _wrapped(terminal, entry, "    ", first="  - ")


def _title(terminal: Terminal, text: str) -> None:
    terminal.line()
    terminal.line(text, "bold")


def _wrapped(terminal: Terminal, text: str, indent: str, *styles: str, first: str | None = None) -> None:
    width = min(shutil.get_terminal_size((_WIDEST, 24)).columns, _WIDEST)
    lines = textwrap.wrap(
        text,
        max(width, 40),
        initial_indent=indent if first is None else first,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
    for line in lines:
        terminal.line(line, *styles)
