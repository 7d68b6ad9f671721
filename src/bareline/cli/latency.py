"""``bareline latency``: where do the milliseconds from mouth to ear go, and what would change them?"""

from __future__ import annotations

import argparse
import math
import sys
from pathlib import Path

from bareline.cli.arguments import number
from bareline.cli.json_text import json_text
from bareline.cli.terminal import Terminal

__all__ = ["add_parser", "run"]


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:  # pyright: ignore[reportPrivateUsage]
    """The command's options."""
    parser = commands.add_parser(
        "latency",
        help="split a recorded call's latency from mouth to ear",
        description="Capture, encode, network, VAD wait, model, tools, network, jitter buffer and playout of each "
        "answered turn, from a trace; beside it the same measured from the recording's waveforms, where there is one. "
        "Every part says whether it was measured, follows from others, or is assumed.",
    )
    parser.add_argument("trace", type=Path, metavar="TRACE", help="a trace (JSON lines), or the folder of a demo")
    parser.add_argument(
        "--recording", type=Path, metavar="WAV", help="the call's recording, if it is not where the trace names it"
    )
    parser.add_argument(
        "--what-if",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="compute the call with another silence=MS, transport=webrtc or websocket, region=FROM:TO or rtt=MS; "
        "may be given several times, and all hold together",
    )
    parser.add_argument(
        "--budget", type=_budget, metavar="MS", help="exit status 1 when the p95 of the turns takes longer"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Measure and report; 1 when a budget was given and is not kept."""
    from bareline.cli.latency_view import show_latency, show_what_if
    from bareline.lab.latency_report import measure_latency
    from bareline.lab.latency_what_if import parse_what_if, what_if

    change = parse_what_if(args.what_if) if args.what_if else None
    report = measure_latency(args.trace, args.recording)
    changed = what_if(report, change) if change is not None else None
    found = changed.sum_ms if changed is not None else report.by_waveform_ms or report.sum_ms
    kept = args.budget is None or (found is not None and found.p95 <= args.budget)
    if args.json:
        value = {"latency": report, "what_if": changed, "budget_ms": args.budget, "kept": kept}
        print(json_text(value))
        return 0 if kept else 1
    terminal = Terminal(sys.stdout)
    show_latency(terminal, report)
    if changed is not None:
        show_what_if(terminal, report, changed)
    if args.budget is not None:
        terminal.line()
        took = "unknown" if found is None else f"{found.p95:.0f} ms"
        terminal.line(f"Budget of {args.budget:g} ms: p95 is {took}, {'kept' if kept else 'not kept'}.", "bold")
    return 0 if kept else 1


def _budget(text: str) -> float:
    return number(text, "a number of milliseconds", fits=lambda value: 0 < value < math.inf)
