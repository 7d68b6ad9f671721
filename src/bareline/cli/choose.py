"""``bareline choose``: direct or a framework, for this project, with reasons?"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from bareline.cli.json_text import json_text
from bareline.cli.terminal import Terminal
from bareline.errors import ConfigurationError

if TYPE_CHECKING:
    from bareline.lab.choose.answers import AnswerSheet
    from bareline.lab.choose.decision import Decision

__all__ = ["add_parser", "run_choose"]


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:  # pyright: ignore[reportPrivateUsage]
    """The command's options."""
    parser = commands.add_parser(
        "choose",
        help="direct or a framework? asks twenty questions and gives reasons",
        description="Asks about your project and recommends a way: with the runner-up, the reasons, what would change "
        "the answer, what you take on, prices, measurements and a first step. Every question may be left open.",
    )
    parser.add_argument(
        "--answers", type=Path, metavar="FILE", help="answers in a .toml or .json file, instead of the interview"
    )
    parser.add_argument("--ask", action="store_true", help="ask all the same, with the file's answers as defaults")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--record", type=Path, metavar="FILE", help="write a decision record (Markdown); a new file")
    parser.add_argument("--save", type=Path, metavar="FILE", help="write the answers (TOML), for --answers")
    parser.add_argument("--name", default="", help="what the project is called, for the record")
    parser.add_argument("--template", action="store_true", help="print a file for --answers with all that may be said")
    parser.add_argument("--prices", type=Path, metavar="FILE", help="prices of your own, before the shipped ones")
    parser.set_defaults(run=run_choose)


def run_choose(args: argparse.Namespace) -> int:
    """Ask, decide, show and write."""
    from bareline.cli.choose_view import show_decision
    from bareline.lab.choose.answers import AnswerSheet, answer_file, read_answers
    from bareline.lab.choose.decision import decide
    from bareline.lab.choose.knowledge import shipped_knowledge
    from bareline.observe.prices import load_prices

    _refuse_existing(args)
    knowledge, prices = shipped_knowledge(), load_prices(args.prices)
    given = read_answers(args.answers) if args.answers else AnswerSheet()
    if args.template:
        print(answer_file(given.answers, args.name or given.name), end="")
        return 0
    asked = args.ask or not args.answers
    sheet = _asked(given, json=args.json) if asked else given
    decision = decide(sheet.answers, name=args.name or sheet.name, prices=prices)
    if args.json:
        print(json_text(decision))
    else:
        show_decision(Terminal(sys.stdout), decision, knowledge)
    _write(args, decision)
    with_person = asked and not args.json and sys.stdin.isatty() and sys.stdout.isatty()
    if with_person and decision.answers and args.save is None:
        _offer_to_keep(decision)
    return 0


def _asked(given: AnswerSheet, *, json: bool) -> AnswerSheet:
    from bareline.cli.choose_interview import interview
    from bareline.lab.choose.answers import AnswerSheet
    from bareline.lab.choose.knowledge import shipped_knowledge

    apart = json or not sys.stdout.isatty()  # the answer is for another program: questions go beside it
    terminal = Terminal(sys.stderr if apart else sys.stdout)
    try:
        answers = interview(shipped_knowledge(), given.answers, terminal, sys.stdin)
    except KeyboardInterrupt:
        print("\nNothing was decided, nothing was written.", file=sys.stderr)
        raise
    if sys.stdin.isatty():
        terminal.line()
    return AnswerSheet(answers, given.name)


def _offer_to_keep(decision: Decision) -> None:
    """Twenty answers are worth a file."""
    from bareline.lab.choose.answers import answer_file

    terminal = Terminal(sys.stdout)
    terminal.line()
    while True:
        terminal.prompt("Keep the answers in which file, for --answers (Enter: in none)? ")
        path = Path(sys.stdin.readline().strip())
        if path == Path():
            return
        if path.suffix == ".toml" and not path.exists() and path.absolute().parent.is_dir():
            path.write_text(answer_file(decision.answers, decision.name), encoding="utf-8")
            return
        terminal.line("A new file whose name ends in .toml, in a folder that exists.", "yellow")


def _refuse_existing(args: argparse.Namespace) -> None:
    """Before anybody has answered twenty questions."""
    if args.record is not None and args.record.exists():
        raise ConfigurationError(f"{args.record} is there already; a decision record is not overwritten")
    for path in (args.record, args.save):
        if path is not None and not path.absolute().parent.is_dir():
            raise ConfigurationError(f"{path}: there is no folder {path.absolute().parent}")


def _write(args: argparse.Namespace, decision: Decision) -> None:
    from bareline.lab.choose.answers import answer_file
    from bareline.lab.choose.record import decision_record

    note = Terminal(sys.stderr)
    if args.record is not None:
        args.record.write_text(decision_record(decision), encoding="utf-8")
        note.line(f"record   {args.record}")
    if args.save is not None:
        args.save.write_text(answer_file(decision.answers, decision.name), encoding="utf-8")
        note.line(f"answers  {args.save}")
