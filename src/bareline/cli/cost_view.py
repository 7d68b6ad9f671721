"""How do an account, an estimate and a list of prices look on a terminal?"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from bareline.cli.terminal import Terminal
from bareline.lab.cost_estimate import Estimate
from bareline.lab.cost_explained import QUOTED_CALL, CacheChange, MinuteQuote, QuotedCall
from bareline.lab.cost_profile import CallProfile
from bareline.observe.charges import Charge
from bareline.observe.cost import CallCost
from bareline.observe.forecast import Forecast
from bareline.observe.prices import Price, PriceList, TokenPrices

__all__ = ["show_account", "show_estimate", "show_estimates", "show_explained", "show_prices"]

_DIRECTIONS = {"input": "in, fresh", "cached": "in, cached", "output": "out"}


def show_account(terminal: Terminal, cost: CallCost, coming: Forecast | None) -> None:
    """The account of a trace: sums, turns, and what to think about."""
    terminal.line(f"{_usd(cost.usd)}  {cost.model}, {cost.seconds:.1f} s, {len(cost.responses)} responses", "bold")
    if cost.priced_as != cost.model:
        terminal.line(f"priced as {cost.priced_as}", "dim")
    terminal.line()
    terminal.line(f"{'':<20}{'tokens':>10}{'cost':>12}", "dim")
    for charge in cost.charges:
        terminal.line(f"{_what(charge):<20}{charge.tokens:>10,}{_usd(charge.usd):>12}")
    if cost.transcription_usd:
        terminal.line(f"{'transcription':<20}{'':>10}{_usd(cost.transcription_usd):>12}")
    terminal.line(f"{'all':<20}{'':>10}{_usd(cost.usd):>12}", "bold")
    terminal.line()
    terminal.line(f"{'turn':>5}{'responses':>11}{'in':>9}{'cached':>9}{'out':>8}{'cost':>12}{'unheard':>12}", "dim")
    for turn in cost.turns:
        unheard = _usd(turn.unheard_usd) if turn.unheard_usd else ""
        terminal.line(
            f"{turn.turn:>5}{turn.responses:>11}{turn.input_tokens:>9,}{turn.cached_tokens:>9,}"
            f"{turn.output_tokens:>8,}{_usd(turn.usd):>12}{unheard:>12}"
        )
    terminal.line()
    _remarks(terminal, cost, coming)


def show_estimates(terminal: Terminal, profile: CallProfile, estimates: Sequence[Estimate]) -> None:
    """All ways to hold a call, and what the call is."""
    terminal.line(
        f"{profile.minutes:g} minutes: user {profile.user_minutes:g}, assistant {profile.assistant_minutes:g}, "
        f"{profile.turns} turns, prompt of {profile.prompt_tokens} tokens, {profile.tool_calls} tool calls, "
        f"{profile.images} images, {profile.cache_share:.0%} of the repeated context cached"
    )
    terminal.line()
    terminal.line(f"{'':<38}{'':<15}{'call':>10}{'a minute':>11}{'no cache':>11}  prices of", "dim")
    for each in estimates:
        terminal.line(
            f"{each.name:<38}{each.way:<15}{_usd(each.usd):>10}{_usd(each.usd_per_minute):>11}"
            f"{_usd(each.usd_uncached):>11}  {each.read}"
        )


def show_estimate(terminal: Terminal, estimate: Estimate, changes: Sequence[CacheChange]) -> None:
    """One way in its parts."""
    terminal.line(f"{_usd(estimate.usd)}  {estimate.name}, {_usd(estimate.usd_per_minute)} a minute", "bold")
    for name, usd in estimate.parts.items():
        terminal.line(f"  {name:<20}{_usd(usd):>10}")
    terminal.line(f"  nothing cached: {_usd(estimate.usd_uncached)}")
    if estimate.note:
        terminal.line(estimate.note, "dim")
    _changes(terminal, changes)


def show_explained(
    terminal: Terminal, quotes: Sequence[MinuteQuote], calls: Sequence[QuotedCall], changes: Sequence[CacheChange]
) -> None:
    """What is quoted, and where it comes from."""
    terminal.line("A minute of speech, billed once: 600 tokens of the user, 1,200 of the assistant", "bold")
    for quote in quotes:
        terminal.line(
            f"  {quote.model:<38}{quote.user_usd_per_million:>5} in{quote.assistant_usd_per_million:>5} out"
            f"{_usd(quote.user_minute_usd):>10}{_usd(quote.assistant_minute_usd):>10}"
        )
    terminal.line()
    profile = QUOTED_CALL
    terminal.line(
        f"A call of {profile.minutes:g} minutes at 32 and 64 dollars: {profile.turns} turns, {profile.user_minutes:g} "
        f"and {profile.assistant_minutes:g} minutes of speech, a prompt of {profile.prompt_tokens} tokens",
        "bold",
    )
    terminal.line(f"  {'cached':>8}{'said once':>12}{'prompt, text, context again':>30}{'together':>12}", "dim")
    for call in calls:
        terminal.line(
            f"  {call.cache_share:>8.0%}{_usd(call.once_usd):>12}{_usd(call.again_usd):>30}{_usd(call.usd):>12}"
        )
    _changes(terminal, changes, ", this call, gpt-realtime-2.1, all else cached")


def show_prices(terminal: Terminal, prices: PriceList) -> None:
    """Every price with its source and date."""
    terminal.line("US dollars a million tokens: fresh input / cached input / output")
    for price in prices.models:
        terminal.line()
        terminal.line(f"{', '.join((price.model, *price.aliases))}  ({price.kind})", "bold")
        terminal.line(f"  {_price(price)}")
        end = "shut down; " if price.shut_down else f"ends {price.ends}; " if price.ends else ""
        terminal.line(f"  {end}read {price.read}, {price.source}", "dim")
        if price.note:
            terminal.line(f"  {price.note}", "dim")


def _remarks(terminal: Terminal, cost: CallCost, coming: Forecast | None) -> None:
    if cost.unheard_usd is None:
        terminal.line("The trace does not say what was heard.")
    else:
        share = float(cost.unheard_usd / cost.usd) if cost.usd else 0.0
        terminal.line(f"Paid but never heard: {_usd(cost.unheard_usd)} ({share:.1%}).")
    terminal.line(f"The prompt cache saved {_usd(cost.cached_saved_usd)}.")
    for loss in cost.cache_losses:
        after = f" after a change of {' and '.join(loss.after)}" if loss.after else ""
        terminal.line(f"Cache lost in turn {loss.turn}{after}: {loss.tokens:,} tokens again, {_usd(loss.usd)}.")
    for missing in cost.unpriced:
        terminal.line(f"Not included: {missing}.")
    if coming is not None:
        terminal.line(
            f"At {coming.minutes:g} minutes: about {_usd(coming.usd)}, {coming.turns} turns "
            f"(the next one {_usd(coming.next_turn_usd)})."
        )
    terminal.line(f"Prices of {cost.prices_read}; check them before you bill anybody.", "dim")


def _changes(terminal: Terminal, changes: Sequence[CacheChange], which: str = "") -> None:
    if not changes:
        return
    terminal.line()
    terminal.line(f"Tools or instructions changed in mid-call{which} (each change loses the cache once)", "bold")
    for change in changes:
        terminal.line(f"  {change.changes:>4} times{_usd(change.usd):>12}{'+' + _usd(change.more_usd):>12}")


def _price(price: Price) -> str:
    parts = [_tokens(name, price.of(name)) for name in ("text", "audio", "image") if getattr(price, name) is not None]
    if price.usd_per_minute is not None:
        parts.append(f"${price.usd_per_minute} a minute")
    if price.usd_per_standby_minute is not None:
        parts.append(f"${price.usd_per_standby_minute} a minute of standby")
    if price.usd_per_million_characters is not None:
        parts.append(f"${price.usd_per_million_characters} a million characters")
    return "; ".join(parts)


def _tokens(name: str, prices: TokenPrices) -> str:
    cached = "-" if prices.cached is None else prices.cached
    return f"{name} {prices.input} / {cached} / {prices.output or '-'}"


def _what(charge: Charge) -> str:
    return f"{charge.modality} {_DIRECTIONS[charge.direction]}"


def _usd(value: Decimal) -> str:
    return f"${value:.4f}"
