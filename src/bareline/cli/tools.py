"""``bareline tools``: do these tools work by voice?"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from types import ModuleType

import msgspec

from bareline.cli.imported import imported_module
from bareline.cli.json_text import json_text
from bareline.cli.terminal import Terminal
from bareline.errors import BarelineError, ConfigurationError
from bareline.tools import Toolbox
from bareline.tools.lint import RULES, SEVERITIES, Finding, Severity, lint
from bareline.tools.signature import place_of

__all__ = ["add_parser", "run_lint"]

_STYLES: dict[Severity, str] = {"error": "red", "warning": "yellow", "hint": "blue"}


class _Report(msgspec.Struct, frozen=True):
    toolbox: str
    tools: int
    findings: list[Finding]


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:  # pyright: ignore[reportPrivateUsage]
    """The command's options."""
    parser = commands.add_parser("tools", help="check tools for use by voice")
    actions = parser.add_subparsers(dest="action", required=True, metavar="WHAT")
    parser = actions.add_parser(
        "lint",
        help="what keeps these tools from working well by voice",
        description="Imports the module and checks every toolbox in it, or the one that is named. A tool accepts a "
        "finding with lint_ignore=('rule',). Exit status: 0 clean, 1 findings, 2 it cannot be loaded.",
    )
    parser.add_argument(
        "module",
        nargs="?",
        metavar="MODULE[:NAME]",
        help="package.module or path/to/module.py; NAME is a Toolbox, or a function that makes one without arguments",
    )
    parser.add_argument(
        "--fail-on", choices=SEVERITIES, default="error", help="the mildest finding for exit status 1 (default: error)"
    )
    parser.add_argument("--json", action="store_true", help="print the findings as JSON")
    parser.add_argument("--rules", action="store_true", help="list the rules and why they are")
    parser.set_defaults(run=run_lint)


def run_lint(args: argparse.Namespace) -> int:
    """Check and report."""
    if args.rules:
        _show_rules(Terminal())
        return 0
    if args.module is None:
        raise ConfigurationError("name a module to check, such as shop.tools or examples/shop.py")
    boxes = _toolboxes(args.module)
    reports = [_Report(name, len(box), lint(box)) for name, box in boxes.items()]
    if args.json:
        print(json_text(reports))
    else:
        terminal = Terminal()
        for report, box in zip(reports, boxes.values(), strict=True):
            _show(terminal, report, box)
    counted = SEVERITIES[: SEVERITIES.index(args.fail_on) + 1]
    return 1 if any(finding.severity in counted for report in reports for finding in report.findings) else 0


def _toolboxes(source: str) -> dict[str, Toolbox]:
    """By name, each once. Raises ``ConfigurationError`` when there are none."""
    path, colon, name = source.rpartition(":")
    named = bool(colon) and name.isidentifier()
    module = imported_module(source, path if named else source)
    if named:
        return {name: _named(module, source, name)}
    found = {id(value): (name, value) for name, value in reversed(vars(module).items()) if isinstance(value, Toolbox)}
    if not found:
        raise ConfigurationError(
            f"{source}: has no Toolbox at its top; if a function makes it, name that: {source}:FUNCTION"
        )
    return dict(reversed(found.values()))


def _named(module: ModuleType, source: str, name: str) -> Toolbox:
    value: object = getattr(module, name, None)
    if value is None:
        raise ConfigurationError(f"{source}: the module has no '{name}'")
    if callable(value) and not isinstance(value, Toolbox):
        try:
            value = value()
        except BarelineError:
            raise
        except Exception as error:  # a function of the user's own may raise anything
            raise ConfigurationError(f"{source}: {type(error).__name__}: {error}") from error
    if not isinstance(value, Toolbox):
        raise ConfigurationError(f"{source}: is a {type(value).__name__}, not a Toolbox")
    return value


def _show(terminal: Terminal, report: _Report, box: Toolbox) -> None:
    places = {tool.name: place_of(tool.function) for tool in box}
    for tool in dict.fromkeys(finding.tool for finding in report.findings):
        terminal.line(terminal.paint(f"{tool}  {places[tool]}" if tool else f"all of {report.toolbox}", "bold"))
        for finding in report.findings:
            if finding.tool == tool:
                severity = terminal.paint(f"{finding.severity:7}", _STYLES[finding.severity])
                terminal.line(f"  {severity}  {finding.text}  {terminal.paint(f'[{finding.rule}]', 'dim')}")
                terminal.line(f"           {finding.advice}", "dim")
        terminal.line()
    terminal.line(f"{report.toolbox}: {_counted(report.tools, 'tool')}, {_summary(report.findings)}")


def _show_rules(terminal: Terminal) -> None:
    for rule in sorted(RULES, key=lambda rule: SEVERITIES.index(rule.severity)):
        terminal.line(f"{terminal.paint(f'{rule.severity:7}', _STYLES[rule.severity])}  {rule.id}")
        terminal.line(f"         {rule.reason} {rule.advice}", "dim")


def _summary(findings: Sequence[Finding]) -> str:
    counts = {severity: sum(finding.severity == severity for finding in findings) for severity in SEVERITIES}
    return ", ".join(_listed(counts.items())) or "nothing to mend"


def _listed(counts: Iterable[tuple[str, int]]) -> list[str]:
    return [_counted(count, name) for name, count in counts if count]


def _counted(count: int, name: str) -> str:
    return f"{count} {name}{'' if count == 1 else 's'}"
