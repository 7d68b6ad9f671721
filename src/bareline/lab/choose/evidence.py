"""Which figures, measured and priced, bear on a choice?

Measurements are those of ``bench peers``: this machine's last run, else the run that came with the package. Prices are
estimates of ``bareline cost`` for a call that goes as the answers say.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

import msgspec

from bareline.lab.choose.knowledge import Knowledge, Option
from bareline.lab.choose.ranking import Ranking
from bareline.lab.cost_estimate import Estimate, estimate_model, estimate_pipeline
from bareline.lab.cost_profile import CallProfile
from bareline.lab.peers.report import Outcome, PeerFigure, PeersReport, latest_report, local_report_path
from bareline.observe.prices import PriceList

__all__ = [
    "ALWAYS_QUOTED",
    "Measurements",
    "PriceQuote",
    "compared_options",
    "measured",
    "peer_of",
    "priced",
    "profile_of",
]

ALWAYS_QUOTED = ("install size", "start to ready", "memory")
"""Measures that bear on every choice; questions name the others."""

_CENTS: dict[str, Decimal] = {"ten_cents": Decimal("0.10"), "three_cents": Decimal("0.03")}
_TALK: dict[str, CallProfile] = {
    "dense": CallProfile(minutes=4, user_minutes=1.8, assistant_minutes=2, turns=14, tool_calls=2),
    "quiet": CallProfile(minutes=4, user_minutes=0.5, assistant_minutes=0.6, turns=4, tool_calls=1),
}


class Measurements(msgspec.Struct, frozen=True):
    """Figures of one run of ``bench peers``, and what became of calls that failed.

    ``where`` says whether it was this machine's run or the reference. ``peers``: by option.
    """

    where: str
    machine: str
    date: str
    peers: dict[str, str]
    figures: tuple[PeerFigure, ...]
    outcomes: tuple[Outcome, ...] = ()


class PriceQuote(msgspec.Struct, frozen=True):
    """A minute of such a call at the model. ``within``: whether the budget covers it (no budget: it does)."""

    option: str
    model: str
    usd_per_minute: Decimal
    read: str
    within: bool


def compared_options(ranking: Ranking) -> tuple[Option, ...]:
    """The best, the second, and so many more that something direct and some framework is there with figures."""
    compared = list(ranking.order[:2])
    for family in ("direct", "framework"):
        if not any(option.family == family and option.peer for option in compared):
            compared += [option for option in ranking.order if option.family == family and option.peer][:1]
    return tuple(compared)


def measured(
    questions: Iterable[str], options: Sequence[Option], ranking: Ranking, knowledge: Knowledge
) -> Measurements | None:
    """What ``bench peers`` found about these options, where it bears on these questions; nothing without a report."""
    latest = latest_report()
    if latest is None:
        return None
    report, path = latest
    peers = {option.id: peer for option in options if (peer := peer_of(option, ranking, knowledge))}
    wanted = [*ALWAYS_QUOTED, *(name for question in questions for name in knowledge.question(question).measures)]
    return Measurements(
        where="this machine" if path == local_report_path() else "the reference run",
        machine=report.machine,
        date=report.date,
        peers=peers,
        figures=_figures(report, dict.fromkeys(wanted), peers),
        outcomes=tuple(outcome for outcome in report.outcomes if outcome.peer in peers.values()),
    )


def peer_of(option: Option, ranking: Ranking, knowledge: Knowledge) -> str:
    """Its name in ``bench peers``, or that of what carries it."""
    carrier = ranking.carrier(option)
    return option.peer or (knowledge.option(carrier).peer if carrier else "")


def priced(
    answers: Mapping[str, str], options: Sequence[Option], prices: PriceList
) -> tuple[CallProfile, tuple[PriceQuote, ...]]:
    """The call that the answers tell of, and a minute of it with the models of these options."""
    profile = profile_of(answers)
    limit = _CENTS.get(answers.get("budget", ""))
    quotes: list[PriceQuote] = []
    for option in options:
        for model in option.models:
            estimate = _estimate(model, profile, prices)
            within = limit is None or estimate.usd_per_minute <= limit
            quotes.append(PriceQuote(option.id, model, estimate.usd_per_minute, estimate.read, within))
    return profile, tuple(quotes)


def profile_of(answers: Mapping[str, str]) -> CallProfile:
    """The call in numbers, as far as the answers say how it goes."""
    profile = _TALK.get(answers.get("talk", ""), CallProfile())
    return msgspec.structs.replace(profile, images=2) if answers.get("pictures") == "yes" else profile


def _estimate(model: str, profile: CallProfile, prices: PriceList) -> Estimate:
    pipeline = next((each for each in prices.pipelines if each.name == model), None)
    if pipeline is not None:
        return estimate_pipeline(profile, pipeline, prices)
    return estimate_model(profile, prices.of(model), prices)


def _figures(report: PeersReport, measures: Iterable[str], peers: Mapping[str, str]) -> tuple[PeerFigure, ...]:
    found = (report.find(peer, measure) for measure in measures for peer in dict.fromkeys(peers.values()))
    return tuple(figure for figure in found if figure is not None)
