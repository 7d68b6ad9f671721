"""``bareline cost``: what did a call cost, what would one cost, and who says so?"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from bareline.cli.arguments import number
from bareline.cli.json_text import json_text
from bareline.cli.terminal import Terminal
from bareline.errors import ConfigurationError

if TYPE_CHECKING:
    from bareline.lab.cost_profile import CallProfile

__all__ = ["add_parser", "run_estimate", "run_explain", "run_prices", "run_trace"]


def _amount(text: str) -> float:
    return number(text, "an amount", fits=lambda value: 0 <= value < math.inf)


def _count(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"'{text}' is not a whole number")
    return int(text)


_OPTIONS: dict[str, tuple[Callable[[str], Any], str]] = {
    "minutes": (_amount, "how long the line is open; without a profile all else follows in proportion"),
    "user_minutes": (_amount, "speech of the user"),
    "assistant_minutes": (_amount, "speech of the assistant"),
    "turns": (_count, "turns of the user"),
    "prompt_tokens": (_count, "instructions and tools together"),
    "tool_calls": (_count, "in the whole call"),
    "tool_tokens": (_count, "arguments and result of one call"),
    "images": (_count, "shown in the call"),
    "image_tokens": (_count, "of one image"),
    "cache_share": (_amount, "of the repeated context, from the prompt cache: 0 to 1"),
    "changes": (_count, "of tools or instructions in mid-call"),
    "unheard_share": (_amount, "of the assistant's speech, cut off by interruptions: 0 to 1"),
    "transcription": (str, "the model that writes down what the user says"),
}


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:  # pyright: ignore[reportPrivateUsage]
    """The command's options."""
    parser = commands.add_parser("cost", help="account for a recorded call, estimate one, list prices")
    actions = parser.add_subparsers(dest="action", required=True, metavar="WHAT")
    trace = actions.add_parser(
        "trace",
        help="account for a recorded call from its usage",
        description="Per turn and modality, cached or not, paid but never heard, and what lost the prompt cache.",
    )
    trace.add_argument("file", type=Path, metavar="TRACE", help="a trace (JSON lines)")
    trace.add_argument("--model", help="where the trace names none, or to price the same tokens elsewhere")
    trace.add_argument("--until", type=_amount, metavar="MINUTES", help="forecast the cost of the call at this length")
    trace.set_defaults(run=run_trace)
    estimate = actions.add_parser(
        "estimate",
        help="what a call would cost with every model, cascade and product",
        description="Cheapest first. Every figure of the profile can be given as an option, or in a JSON file.",
    )
    estimate.add_argument("--profile", type=Path, metavar="FILE", help="a profile; options win over it")
    estimate.add_argument("--model", help="this one alone, with its parts")
    estimate.add_argument("--all", action="store_true", help="models that are shut down too")
    for name, (kind, text) in _OPTIONS.items():
        metavar = "MODEL" if name == "transcription" else "N"
        estimate.add_argument(f"--{name.replace('_', '-')}", type=kind, metavar=metavar, help=text)
    estimate.set_defaults(run=run_estimate)
    explain = actions.add_parser(
        "explain", help="where the quoted prices come from: a minute, the four-minute call, a change in mid-call"
    )
    explain.set_defaults(run=run_explain)
    listed = actions.add_parser("prices", help="list the prices with their sources and dates")
    listed.set_defaults(run=run_prices)
    for action in (trace, estimate, explain, listed):
        action.add_argument("--prices", type=Path, metavar="FILE", help="prices of your own, before the shipped ones")
        action.add_argument("--json", action="store_true", help="print JSON")


def run_trace(args: argparse.Namespace) -> int:
    """Account for a trace."""
    from bareline.cli.cost_view import show_account
    from bareline.observe.cost_meter import account
    from bareline.observe.forecast import forecast
    from bareline.observe.prices import load_prices
    from bareline.observe.recorder import read_trace

    cost = account(read_trace(args.file), model=args.model, prices=load_prices(args.prices))
    coming = forecast(cost, args.until) if args.until else None
    if args.json:
        print(json_text({"account": cost, "forecast": coming}))
    else:
        show_account(Terminal(sys.stdout), cost, coming)
    return 0


def run_estimate(args: argparse.Namespace) -> int:
    """Estimate a call."""
    from bareline.cli.cost_view import show_estimate, show_estimates
    from bareline.lab.cost_estimate import estimate_all, estimate_model
    from bareline.lab.cost_explained import cache_changes
    from bareline.observe.prices import load_prices

    prices, profile = load_prices(args.prices), _profile(args)
    terminal = Terminal(sys.stdout, silent=args.json)
    if args.model:
        price = prices.of(args.model)
        estimate = estimate_model(profile, price, prices)
        changes = cache_changes(prices, args.model, profile) if price.kind == "realtime" else []
        report: dict[str, Any] = {"profile": profile, "estimate": estimate, "changes": changes}
        show_estimate(terminal, estimate, changes)
    else:
        estimates = estimate_all(profile, prices, shut_down=args.all)
        report = {"profile": profile, "estimates": estimates}
        show_estimates(terminal, profile, estimates)
    if args.json:
        print(json_text(report))
    return 0


def run_explain(args: argparse.Namespace) -> int:
    """Reproduce what is quoted."""
    from bareline.cli.cost_view import show_explained
    from bareline.lab.cost_explained import QUOTED_CALL, cache_changes, minute_quotes, quoted_calls
    from bareline.observe.prices import load_prices

    prices = load_prices(args.prices)
    quotes, calls = minute_quotes(prices), quoted_calls(prices)
    changes = cache_changes(prices, "gpt-realtime-2.1", msgspec.structs.replace(QUOTED_CALL, cache_share=1.0))
    if args.json:
        print(json_text({"minutes": quotes, "profile": QUOTED_CALL, "calls": calls, "changes": changes}))
    else:
        show_explained(Terminal(sys.stdout), quotes, calls, changes)
    return 0


def run_prices(args: argparse.Namespace) -> int:
    """List the prices."""
    from bareline.cli.cost_view import show_prices
    from bareline.observe.prices import load_prices

    prices = load_prices(args.prices)
    if args.json:
        print(json_text(prices))
    else:
        show_prices(Terminal(sys.stdout), prices)
    return 0


def _profile(args: argparse.Namespace) -> CallProfile:
    from bareline.lab.cost_profile import CallProfile, load_profile

    given = {name: getattr(args, name) for name in _OPTIONS if getattr(args, name) is not None}
    try:
        if args.profile:
            profile = load_profile(args.profile)
        else:
            profile = CallProfile() if args.minutes is None else CallProfile.lasting(args.minutes)
        return msgspec.convert(msgspec.structs.asdict(profile) | given, CallProfile)
    except (msgspec.ValidationError, ValueError) as error:
        raise ConfigurationError(f"not a profile of a call: {error}") from error
