"""Which command was asked for, and how does it end?

Exit status: 0 done; 1 the command ran and its goal was not met; 2 wrong options, files or surroundings (one line says
which); 130 interrupted, 143 terminated. No traceback reaches a user; ``BARELINE_DEBUG=1`` shows it.
"""

from __future__ import annotations

import argparse
import importlib
import io
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn, Protocol, cast

from bareline.errors import BarelineError
from bareline.version import __version__

__all__ = ["COMMANDS", "main", "make_parser"]

COMMANDS = ("demo", "talk", "serve", "token", "doctor", "bench", "tune", "turns", "tools", "cost", "choose", "latency")


class _Command(Protocol):
    def add_parser(self, commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None: ...  # pyright: ignore[reportPrivateUsage]
    def run(self, args: argparse.Namespace) -> int: ...


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    command = "bareline"
    try:
        _mend_streams()
        args = make_parser().parse_args(arguments)
        command = f"bareline {args.command}"
        return cast("int", args.run(args))
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    except (BarelineError, OSError) as error:  # of the system: a full disk, a folder that may not be written
        if os.environ.get("BARELINE_DEBUG"):
            raise
        print(f"{command}: {' '.join(str(error).split())}", file=sys.stderr)
        return 2


def make_parser() -> argparse.ArgumentParser:
    """All commands with their options."""
    parser = cast(
        "argparse.ArgumentParser",  # the commands' parsers are of the same class, whatever it is called here
        _Parser(
            prog="bareline",
            description="The direct line to realtime voice models.",
            epilog="Start with: bareline demo",
        ),
    )
    parser.add_argument("--version", action="version", version=f"bareline {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name in COMMANDS:
        command = cast("_Command", importlib.import_module(f"bareline.cli.{name}"))
        command.add_parser(commands)
    return parser


def _mend_streams() -> None:
    """Nothing ends the program because a stream is closed or the locale has no letter for what is to be shown."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        stream = getattr(sys, name)
        if stream is None:  # closed by who started us
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115 - to the end
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line instead of the whole usage."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message} (see {self.prog} --help)\n")
