"""``bareline bench turns``: who ends turns best, and who yields to interruptions?"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from bareline.cli.arguments import count, number
from bareline.cli.json_text import json_text
from bareline.cli.terminal import Terminal

__all__ = ["add_bench_turns", "run_bench"]


def add_bench_turns(benches: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:  # pyright: ignore[reportPrivateUsage]
    """The options."""
    turns = benches.add_parser(
        "turns",
        help="turn detectors and interruption policies beside silence timers, on a corpus made here",
        description="Makes a seeded corpus (voices, pauses, backchannels, interruptions, coughs, noise; a person's "
        "recordings where the Debian package asterisk-core-sounds-en-wav is installed) and lets every detector and "
        "policy hear it, faster than real time. Exit status 1 when a goal was missed.",
    )
    turns.add_argument("--seed", type=int, default=1, help="another corpus (default: 1)")
    turns.add_argument("--share", type=_share, default=1.0, help="so much of the corpus, 0-1 (default: 1)")
    turns.add_argument("--development", action="store_true", help="the part that defaults were chosen by")
    turns.add_argument("--processes", type=count, metavar="N", help="how many at once (default: one per core)")
    turns.add_argument("--write", type=Path, metavar="DIR", help="only write the corpus, for bareline tune turns")
    turns.add_argument("--json", action="store_true", help="print the report as JSON")
    turns.set_defaults(run=run_bench)


def run_bench(args: argparse.Namespace) -> int:
    """Measure and report, or write the corpus."""
    from bareline.lab.turns_bench.report import render_bench_turns
    from bareline.lab.turns_bench.run import BenchTurnsOptions, run_bench_turns, write_corpus

    part = "development" if args.development else "held_out"
    options = BenchTurnsOptions(part=part, share=args.share, seed=args.seed, processes=args.processes)
    terminal = Terminal(sys.stderr, silent=not sys.stderr.isatty() and args.json)
    if args.write is not None:
        written = write_corpus(args.write, options, progress=terminal.status)
        terminal.status("")
        print(f"{written} recordings in {args.write}")
        return 0
    report = run_bench_turns(options, progress=lambda line: terminal.line(line, "dim"))
    print(json_text(report) if args.json else render_bench_turns(report))
    return 0 if all(goal.met for goal in report.goals) else 1


def _share(text: str) -> float:
    return number(text, "a share above 0, up to 1", fits=lambda share: 0 < share <= 1)
