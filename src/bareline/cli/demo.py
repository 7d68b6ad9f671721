"""``bareline demo``: a complete spoken call, watched as it happens."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from bareline.cli.json_text import json_text
from bareline.cli.terminal import Terminal
from bareline.errors import ConfigurationError, MissingExtra

__all__ = ["add_parser", "run"]


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:  # pyright: ignore[reportPrivateUsage]
    """The command's options."""
    parser = commands.add_parser(
        "demo",
        help="hold a complete spoken call against the built-in server",
        description="A simulated caller speaks to a task manager run by the built-in server: tools, a deletion "
        "confirmed by voice, an interruption. Needs no key, no network, no microphone.",
    )
    parser.add_argument(
        "--scene",
        choices=("call", "tools"),
        default="call",
        help="call: tasks by voice and an interruption (default); tools: slow, failing and parallel tools, and "
        "confirmations of every kind",
    )
    parser.add_argument("--seed", type=int, default=1, help="draws tasks, wording and voices (default: 1)")
    parser.add_argument("--out", type=Path, metavar="DIR", help="where to leave recording, trace and summary")
    parser.add_argument(
        "--transport",
        choices=("webrtc", "websocket"),
        default="webrtc",
        help="what the call goes over (default: webrtc)",
    )
    parser.add_argument(
        "--loss", type=float, default=0.0, metavar="PERCENT", help="lose so many of the packets each way (webrtc)"
    )
    parser.add_argument("--json", action="store_true", help="print the summary as JSON and nothing else")
    parser.add_argument("-v", "--verbose", action="store_true", help="show the protocol, on standard error")
    parser.add_argument("--base-url", metavar="URL", help="talk to another Realtime server instead")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Hold the call; 0 when the scene's goals were met."""
    from bareline.cli.call_view import ProtocolView
    from bareline.cli.demo_view import DemoView
    from bareline.cli.running import run_call
    from bareline.lab.demo.play import DemoOptions, play_demo

    out = _folder(args.out)
    view = DemoView(Terminal(sys.stdout, silent=args.json))
    protocol = ProtocolView(Terminal(sys.stderr)) if args.verbose else None
    if not 0 <= args.loss < 100:
        raise ConfigurationError("--loss is a share of the packets, from 0 up to 100 percent")
    options = DemoOptions(
        seed=args.seed,
        out=out,
        scene=args.scene,
        transport=args.transport,
        loss_percent=args.loss,
        base_url=args.base_url,
        observer=protocol,
    )
    view.begin(options)
    try:
        summary = run_call(play_demo(options, view.show))
    except MissingExtra as missing:
        if missing.extra != "webrtc":
            raise
        raise ConfigurationError(f"{missing}; or hold the call over --transport websocket") from missing
    if args.json:
        print(json_text(summary))
    else:
        view.finish(summary, out)
    return 0 if summary.ok else 1


def _folder(wanted: Path | None) -> Path:
    if wanted is None:
        return Path(tempfile.mkdtemp(prefix="bareline-demo-"))
    try:
        wanted.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(f"--out {wanted}: {error.strerror}") from error
    return wanted
