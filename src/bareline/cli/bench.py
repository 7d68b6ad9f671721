"""``bareline bench``: what things cost on this machine, beside a floor in the same run."""

from __future__ import annotations

import argparse
import math
import sys

import msgspec

from bareline.cli.terminal import Terminal

__all__ = ["add_parser", "run"]


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:  # pyright: ignore[reportPrivateUsage]
    """The command's options."""
    parser = commands.add_parser("bench", help="measure on this machine, beside a floor in the same run")
    benches = parser.add_subparsers(dest="bench", required=True, metavar="WHAT")
    wire = benches.add_parser(
        "wire",
        help="events over WebSocket: Bareline beside raw websockets and json",
        description="Runs the clients in turns, each in a process of its own; runs that other programs disturbed do "
        "not count. Exit status 1 when a goal was missed.",
    )
    wire.add_argument("--runs", type=_count, default=5, help="valid runs wanted (default: 5)")
    wire.add_argument("--attempts", type=_count, default=15, help="runs made at most (default: 15)")
    wire.add_argument("--seconds", type=_seconds, default=6.0, help="for each client in each run (default: 6)")
    wire.add_argument("--any-machine", action="store_true", help="count disturbed runs too, and say so")
    wire.add_argument("--json", action="store_true", help="print the report as JSON")
    wire.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Measure and report."""
    from bareline.lab.bench_wire import BenchWireOptions, run_bench_wire
    from bareline.lab.bench_wire_report import render_bench_wire

    progress = Terminal(sys.stderr, silent=not sys.stderr.isatty() and args.json)
    options = BenchWireOptions(
        runs=args.runs, attempts=args.attempts, seconds=args.seconds, quiet_only=not args.any_machine
    )
    report = run_bench_wire(options, progress=lambda line: progress.line(line, "dim"))
    if args.json:
        print(msgspec.json.format(msgspec.json.encode(report), indent=2).decode())
    else:
        print(render_bench_wire(report))
    return 0 if all(goal.met for goal in report.goals) else 1


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number from 1 on")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not (math.isfinite(seconds) and seconds > 0):
        raise argparse.ArgumentTypeError(f"'{text}' is not a number of seconds")
    return seconds
