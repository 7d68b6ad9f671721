"""``bareline turns``: make labelled recordings of turns."""

from __future__ import annotations

import argparse
from pathlib import Path

__all__ = ["add_parser", "run_label"]


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:  # pyright: ignore[reportPrivateUsage]
    """The command's options."""
    parser = commands.add_parser("turns", help="label recordings of turns")
    actions = parser.add_subparsers(dest="action", required=True, metavar="WHAT")
    label = actions.add_parser(
        "label",
        help="draft the labels of a call from its trace",
        description="Finds speech on the microphone's recording and the assistant's voice in the trace, writes "
        "DIR/NAME.wav and DIR/NAME.json for bareline tune turns, and says what a person should look at.",
    )
    label.add_argument("trace", type=Path, metavar="TRACE", help="the trace of the call")
    label.add_argument("--audio", type=Path, metavar="FILE", help="the microphone (default: the one the trace names)")
    label.add_argument("--out", type=Path, metavar="DIR", default=Path(), help="where to (default: here)")
    label.add_argument("--name", default="", help="NAME (default: the trace's)")
    label.add_argument(
        "--pause-max", type=int, default=2_000, metavar="MS", help="longer silences part turns (default: 2000)"
    )
    label.set_defaults(run=run_label)


def run_label(args: argparse.Namespace) -> int:
    """Draft the labels."""
    from bareline.lab.label_turns import label_trace, render_draft

    draft = label_trace(args.trace, args.out, audio=args.audio, name=args.name, pause_max_ms=args.pause_max)
    print(render_draft(draft))
    return 0
