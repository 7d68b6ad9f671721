"""``bareline tune``: which settings fit these recordings best?"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import cast

from bareline.cli.arguments import count, number
from bareline.cli.imported import imported
from bareline.cli.json_text import json_text
from bareline.cli.terminal import Terminal
from bareline.errors import ConfigurationError

__all__ = ["add_parser", "run_turns"]


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:  # pyright: ignore[reportPrivateUsage]
    """The command's options."""
    parser = commands.add_parser("tune", help="find the settings that fit your recordings")
    actions = parser.add_subparsers(dest="action", required=True, metavar="WHAT")
    turns = actions.add_parser(
        "turns",
        help="who ends turns best, and who yields to interruptions",
        description="Replays labelled recordings (NAME.wav with NAME.json) through turn detectors and interruption "
        "policies, shows what each trades for what, and recommends one. Exit status 1 when none keeps to --cut-ins.",
    )
    turns.add_argument("folder", type=Path, metavar="DIR", help="the recordings")
    turns.add_argument(
        "--contenders",
        metavar="MODULE:NAME",
        help="your own: a list of bareline.testing.turns.replay.Contender, or a function that makes one",
    )
    turns.add_argument(
        "--grammar", type=Path, metavar="FILE", help="compare detectors that know what may be said (JSGF), too"
    )
    turns.add_argument("--only", action="store_true", help="compare nothing but your own")
    turns.add_argument(
        "--cut-ins", type=_percent, default=0.05, metavar="PERCENT", help="accepted share of turns (default: 5)"
    )
    turns.add_argument("--lock", action="store_true", help="write DIR/turns.lock.json for what is recommended")
    turns.add_argument("--lock-name", action="append", default=[], metavar="NAME", help="lock this contender instead")
    turns.add_argument("--processes", type=count, metavar="N", help="how many at once (default: one per core)")
    turns.add_argument("--json", action="store_true", help="print the report as JSON")
    turns.set_defaults(run=run_turns)


def run_turns(args: argparse.Namespace) -> int:
    """Measure, recommend, lock."""
    from bareline.lab.tune_turns import TuneOptions, render_tune, run_tune
    from bareline.lab.turn_contenders import by_grammar
    from bareline.testing.turns.replay import Contender

    own: tuple[Contender, ...] = ()
    if args.contenders:
        found = imported("--contenders ", args.contenders)
        listed = list(cast("Iterable[object]", found() if callable(found) else found))
        own = tuple(each for each in listed if isinstance(each, Contender))
        if len(own) < len(listed) or not own:
            raise ConfigurationError(f"--contenders {args.contenders}: not a list of Contender")
    if args.grammar is not None:
        own = (*own, *by_grammar(_text(args.grammar)))
    options = TuneOptions(
        contenders=own,
        only=args.only,
        cut_ins_max=args.cut_ins,
        lock=args.lock,
        lock_names=args.lock_name,
        processes=args.processes,
    )
    terminal = Terminal(sys.stderr, silent=args.json)
    report = run_tune(args.folder, options, progress=terminal.status)
    terminal.status("")
    print(json_text(report) if args.json else render_tune(report))
    return 0 if any(delay_ms is not None for delay_ms in report.delay_at_limit.values()) else 1


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"cannot read {path}: {error}") from error


def _percent(text: str) -> float:
    return number(text, "a percentage", fits=lambda value: 0 <= value <= 100) / 100
