"""``bareline bench``: what things cost on this machine, beside a floor in the same run."""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec

from bareline.cli.arguments import count, number
from bareline.cli.bench_peers import add_bench_peers
from bareline.cli.bench_turns import add_bench_turns
from bareline.cli.json_text import json_text
from bareline.cli.terminal import Terminal
from bareline.errors import ConfigurationError

__all__ = ["add_parser", "run_barge_in", "run_media", "run_tools", "run_wire"]


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
    _add_options(wire)
    wire.set_defaults(run=run_wire)
    media = benches.add_parser(
        "media",
        help="audio over WebRTC: Bareline beside stock aiortc and libwebrtc",
        description="Lets each stack call itself, a process on a core each side, in turns; runs that other programs "
        "disturbed do not count. libwebrtc takes part once scripts/peers has made its environment. Exit status 1 when "
        "a goal was missed.",
    )
    _add_options(media)
    media.add_argument("--peers", type=Path, metavar="DIR", default=Path(".peers"), help="environments of other stacks")
    media.set_defaults(run=run_media)
    tools = benches.add_parser(
        "tools",
        help="function calls over WebSocket: Bareline beside a bare loop that calls the function at once",
        description="Runs a bare loop and a Call in turns, with an async function and with one in a thread; runs that "
        "other programs disturbed do not count. Exit status 1 when a goal was missed.",
    )
    _add_options(tools, seconds=3.0)
    tools.set_defaults(run=run_tools)
    _add_barge_in(benches)
    add_bench_turns(benches)
    add_bench_peers(benches)


def run_wire(args: argparse.Namespace) -> int:
    """Measure and report."""
    _check(args)
    from bareline.lab.bench_wire import BenchWireOptions, run_bench_wire
    from bareline.lab.bench_wire_report import render_bench_wire

    options = BenchWireOptions(
        runs=args.runs, attempts=args.attempts, seconds=args.seconds, quiet_only=not args.any_machine
    )
    report = run_bench_wire(options, progress=_progress(args))
    _show(args, report, render_bench_wire(report))
    return 0 if all(goal.met for goal in report.goals) else 1


def run_media(args: argparse.Namespace) -> int:
    """Measure and report."""
    _check(args)
    from bareline.lab.media_bench.report import render_bench_media
    from bareline.lab.media_bench.run import BenchMediaOptions, run_bench_media

    options = BenchMediaOptions(
        runs=args.runs,
        attempts=args.attempts,
        seconds=args.seconds,
        peers=args.peers,
        quiet_only=not args.any_machine,
    )
    report = run_bench_media(options, progress=_progress(args))
    _show(args, report, render_bench_media(report))
    return 0 if all(goal.met for goal in report.goals) else 1


def run_tools(args: argparse.Namespace) -> int:
    """Measure and report."""
    _check(args)
    from bareline.lab.bench_tools import BenchToolsOptions, render_bench_tools, run_bench_tools

    options = BenchToolsOptions(
        runs=args.runs, attempts=args.attempts, seconds=args.seconds, quiet_only=not args.any_machine
    )
    report = run_bench_tools(options, progress=_progress(args))
    _show(args, report, render_bench_tools(report))
    return 0 if all(goal.met for goal in report.goals) else 1


def run_barge_in(args: argparse.Namespace) -> int:
    """Measure and report."""
    from bareline.lab.barge_in_bench.report import render_bench_barge_in
    from bareline.lab.barge_in_bench.run import BenchBargeInOptions, run_bench_barge_in

    options = BenchBargeInOptions(
        interruptions=args.interruptions,
        listening=args.listening,
        truths=args.truths,
        echo_minutes=0.0 if args.no_echo else 10.0,
        attempts=args.attempts,
        quiet_only=not args.any_machine,
        virtual=args.virtual,
    )
    report = run_bench_barge_in(options, progress=_progress(args))
    _show(args, report, render_bench_barge_in(report))
    return 0 if all(goal.met for goal in report.goals) else 1


def _add_barge_in(benches: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:  # pyright: ignore[reportPrivateUsage]
    parser = benches.add_parser(
        "barge-in",
        help="from the caller's first sound to silence, and what is told of it",
        description="Holds real calls over both transports, with the service's and with local voice activity, and "
        "speaks over the assistant; compares what is told of an interruption with what was really heard. A run that "
        "other programs disturbed does not count. Exit status 1 when a goal was missed.",
    )
    parser.add_argument("--interruptions", type=count, default=20, help="in each call (default: 20)")
    parser.add_argument("--listening", type=count, default=12, help="listeners' sounds in each call (default: 12)")
    parser.add_argument("--truths", type=count, default=50, help="in virtual time, of each kind (default: 50)")
    parser.add_argument(
        "--virtual", action="store_true", help="hold the calls in virtual time, the same on any machine"
    )
    parser.add_argument("--no-echo", action="store_true", help="measure nothing over loudspeakers, which takes minutes")
    parser.add_argument("--attempts", type=count, default=3, help="runs made at most (default: 3)")
    _add_choices(parser)
    parser.set_defaults(run=run_barge_in)


def _check(args: argparse.Namespace) -> None:
    if args.attempts < args.runs:
        raise ConfigurationError(f"--attempts {args.attempts} can never give --runs {args.runs}")


def _add_options(parser: argparse.ArgumentParser, seconds: float = 6.0) -> None:
    parser.add_argument("--runs", type=count, default=5, help="valid runs wanted (default: 5)")
    parser.add_argument("--attempts", type=count, default=15, help="runs made at most (default: 15)")
    parser.add_argument(
        "--seconds", type=_seconds, default=seconds, help=f"for each measurement (default: {seconds:g})"
    )
    _add_choices(parser)


def _add_choices(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--any-machine", action="store_true", help="count disturbed runs too, and say so")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")


def _progress(args: argparse.Namespace) -> Callable[[str], None]:
    terminal = Terminal(sys.stderr, silent=not sys.stderr.isatty() and args.json)
    return lambda line: terminal.line(line, "dim")


def _show(args: argparse.Namespace, report: msgspec.Struct, text: str) -> None:
    print(json_text(report) if args.json else text)


def _seconds(text: str) -> float:
    return number(text, "a number of seconds", fits=lambda seconds: 0 < seconds < math.inf)
