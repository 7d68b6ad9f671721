"""``bareline doctor``: what is there, what is missing, what to do."""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from bareline.cli.json_text import json_text
from bareline.cli.terminal import Terminal
from bareline.errors import ConfigurationError

if TYPE_CHECKING:
    from bareline.lab.finding import Finding
    from bareline.transports.webrtc.settings import IceServer

__all__ = ["add_parser", "run"]

_MARKS = {"ok": ("ok", "green"), "missing": ("missing", "yellow"), "wrong": ("wrong", "red"), "skipped": ("-", "dim")}


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:  # pyright: ignore[reportPrivateUsage]
    """The command's options."""
    parser = commands.add_parser("doctor", help="check this machine, the key and the endpoint, and say what to do")
    parser.add_argument(
        "--live", action="store_true", help="make a short real call over WebSocket and WebRTC (a fraction of a cent)"
    )
    parser.add_argument(
        "--trace",
        type=Path,
        default=Path("doctor-live.jsonl"),
        help="where --live leaves its trace; that of WebRTC beside it, as NAME-webrtc",
    )
    parser.add_argument(
        "--stun", action="append", default=[], metavar="URL", help="ask this server (stun:host:port); may be repeated"
    )
    parser.add_argument(
        "--turn",
        action="append",
        default=[],
        metavar="URL,USER,CREDENTIAL",
        help="borrow a relay of this server (turn:host:port?transport=udp|tcp or turns:host:port); may be repeated",
    )
    parser.add_argument("--json", action="store_true", help="print the findings as JSON")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the findings; 1 when something is wrong."""
    findings = asyncio.run(_examine(args))
    if args.json:
        print(json_text(findings))
    return 1 if any(finding.verdict == "wrong" for finding in findings) else 0


async def _examine(args: argparse.Namespace) -> list[Finding]:
    from bareline.lab.doctor import examine
    from bareline.lab.doctor_live import live_calls
    from bareline.lab.finding import Finding

    servers = _servers(args.stun, args.turn)
    terminal = Terminal(silent=args.json)
    findings: list[Finding] = []

    def found(finding: Finding) -> None:
        findings.append(finding)
        _show(terminal, finding)

    async for finding in examine(servers):
        found(finding)
    if args.live and any(finding.subject == "key" and finding.verdict == "ok" for finding in findings):
        async for finding in live_calls(args.trace, servers):
            found(finding)
    elif args.live:
        found(Finding("live calls", "skipped", "there is no key"))
    return findings


def _servers(stun: list[str], turn: list[str]) -> list[IceServer]:
    from bareline.transports.webrtc.settings import IceServer

    servers = [IceServer(url) for url in stun]
    for named in turn:
        parts = named.split(",", 2)
        if len(parts) != 3:
            raise ConfigurationError("--turn takes URL,USER,CREDENTIAL, with commas between them")
        servers.append(IceServer(*parts))
    return servers


def _show(terminal: Terminal, finding: Finding) -> None:
    word, colour = _MARKS[finding.verdict]
    terminal.line(f"{terminal.paint(f'{word:>8}', colour)}  {finding.subject:<16} {finding.detail}")
    if finding.advice:
        terminal.line(f"{'':>8}  {'':<16} → {finding.advice}", "dim")
