"""``bareline bench peers``: what do a framework and an SDK cost, in the same scenes on this machine?"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from bareline.cli.arguments import count
from bareline.cli.json_text import json_text
from bareline.cli.terminal import Terminal
from bareline.errors import ConfigurationError

__all__ = ["add_bench_peers", "run_bench"]


def add_bench_peers(benches: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:  # pyright: ignore[reportPrivateUsage]
    """The options."""
    peers = benches.add_parser(
        "peers",
        help="Bareline beside openai, the Agents SDKs, LiveKit Agents, Pipecat and Pydantic AI",
        description="Plays the same scenes with every peer, unmodified and in an environment of its own that is made "
        "on demand and kept in the cache folder, against the built-in server; in turns, pinned, beside a raw loop. A "
        "visit that other programs disturbed is made again, and does not count if it is disturbed again. A peer that "
        "cannot be installed is left out and named. The report of a run with all peers on a quiet machine is kept for "
        "bareline choose.",
    )
    peers.add_argument("--quick", action="store_true", help="two scenes, under five minutes")
    peers.add_argument("--peer", action="append", metavar="NAME", default=[], help="only this one; may be repeated")
    peers.add_argument("--rounds", type=count, default=3, help="of all scenes, without --quick (default: 3)")
    peers.add_argument("--any-machine", action="store_true", help="count disturbed visits too, and say so")
    peers.add_argument(
        "--output", type=Path, metavar="DIR", help="also write report.json, table.md and peers.svg there"
    )
    peers.add_argument("--show", action="store_true", help="measure nothing, show the last report")
    peers.add_argument("--json", action="store_true", help="print the report as JSON")
    peers.set_defaults(run=run_bench)


def run_bench(args: argparse.Namespace) -> int:
    """Measure, keep the report, and show it."""
    from bareline.lab.peers.plot import plot_peers
    from bareline.lab.peers.report import PeersReport, latest_report, local_report_path, save_report
    from bareline.lab.peers.run import PeersOptions, run_bench_peers
    from bareline.lab.peers.table import render_markdown, render_peers

    terminal = Terminal(sys.stderr, silent=not sys.stderr.isatty() and args.json)
    report: PeersReport
    if args.show:
        latest = latest_report()
        if latest is None:
            raise ConfigurationError("there is no report yet; measure one without --show")
        report, path = latest
        terminal.line(f"from {path}", "dim")
    else:
        options = PeersOptions(
            peers=tuple(args.peer), quick=args.quick, rounds=args.rounds, quiet_only=not args.any_machine
        )
        report = run_bench_peers(options, progress=lambda line: terminal.line(line, "dim"))
        if options.whole:
            save_report(report, local_report_path())
            local_report_path().with_name("peers.svg").write_text(plot_peers(report))
            terminal.line(f"kept in {local_report_path()}, with a plot beside it", "dim")
    if args.output is not None:
        save_report(report, args.output / "report.json")
        (args.output / "table.md").write_text(render_markdown(report) + "\n")
        (args.output / "peers.svg").write_text(plot_peers(report))
    if args.json:
        print(json_text(report))
    else:
        print(render_peers(report))
    return 0
