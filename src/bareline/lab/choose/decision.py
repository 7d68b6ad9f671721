"""Which way fits these answers: with the runner-up, the reasons, what would change it, and what one takes on?"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import msgspec

from bareline.lab.choose.evidence import Measurements, PriceQuote, compared_options, measured, priced
from bareline.lab.choose.knowledge import Caution, FirstStep, Knowledge, Option, shipped_knowledge
from bareline.lab.choose.ranking import Flip, Ranking, find_flips, rank
from bareline.lab.cost_profile import CallProfile
from bareline.observe.prices import PriceList, shipped_prices
from bareline.version import __version__

__all__ = ["Decision", "Exclusion", "Reason", "Recommended", "decide"]


class Recommended(msgspec.Struct, frozen=True):
    """An option and its points. ``carrier``: the framework it is built with, by name, where it needs one."""

    option: str
    name: str
    summary: str
    wins: str
    points: int
    carrier: str = ""


class Reason(msgspec.Struct, frozen=True):
    """A wish that held: points for the recommendation and for the runner-up, and the answers that called for it."""

    rule: str
    because: dict[str, str]
    points: int
    runner_up_points: int
    reason: str
    source: str


class Exclusion(msgspec.Struct, frozen=True):
    """An option that a constraint left out."""

    option: str
    rule: str
    because: dict[str, str]
    reason: str
    source: str


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """All of it, as ``--json`` prints it and a record tells it.

    ``draw``: the names of those with as many points as the recommendation, which only stands before them in the list.
    ``decided``: what speaks for the recommendation, the most telling first. ``against``: what speaks for the runner-up.
    ``flips``: single answers that would change the recommendation; where ``answered`` is unknown, the question is open.
    """

    name: str
    date: str
    version: str
    answers: dict[str, str]
    unanswered: tuple[str, ...]
    recommendation: Recommended
    runner_up: Recommended
    margin: int
    draw: tuple[str, ...]
    decided: tuple[Reason, ...]
    against: tuple[Reason, ...]
    excluded: tuple[Exclusion, ...]
    points: dict[str, int]
    flips: tuple[Flip, ...]
    owns: tuple[str, ...]
    cautions: tuple[Caution, ...]
    guides: tuple[str, ...]
    first_step: FirstStep
    profile: CallProfile
    prices: tuple[PriceQuote, ...]
    measurements: Measurements | None


def decide(
    answers: Mapping[str, str],
    *,
    name: str = "",
    knowledge: Knowledge | None = None,
    prices: PriceList | None = None,
    today: dt.date | None = None,
) -> Decision:
    """Decide by answers that ``read_answers`` or the interview took; those left out are unknown."""
    knowledge = knowledge or shipped_knowledge()
    ranking = rank(answers, knowledge)
    best, second = ranking.order[0], ranking.order[1]
    reasons = _reasons(answers, ranking, best, second)
    decided = tuple(reason for reason in reasons if reason.points > max(0, reason.runner_up_points))
    compared = compared_options(ranking)
    profile, quotes = priced(answers, compared, prices or shipped_prices())
    telling = dict.fromkeys(question for reason in reasons for question in reason.because)
    return Decision(
        name=" ".join(name.split()),
        date=(today or dt.datetime.now(dt.UTC).date()).isoformat(),
        version=__version__,
        answers=dict(answers),
        unanswered=tuple(question.id for question in knowledge.questions if question.id not in answers),
        recommendation=_recommended(best, ranking, knowledge),
        runner_up=_recommended(second, ranking, knowledge),
        margin=ranking.points[best.id] - ranking.points[second.id],
        draw=tuple(option.name for option in ranking.order[1:] if ranking.points[option.id] == ranking.points[best.id]),
        decided=decided + tuple(reason for reason in reasons if reason.points > 0 and reason not in decided),
        against=tuple(reason for reason in reversed(reasons) if reason.points < reason.runner_up_points),
        excluded=_exclusions(answers, ranking),
        points=ranking.points,
        flips=find_flips(answers, knowledge),
        owns=_owns(best, ranking, knowledge),
        cautions=tuple(
            rule for rule in knowledge.cautions if rule.holds(answers) and best.id in (rule.options or (best.id,))
        ),
        guides=_guides(answers, best, knowledge),
        first_step=_first_step(best, ranking, knowledge),
        profile=profile,
        prices=quotes,
        measurements=measured(telling, compared, ranking, knowledge),
    )


def _recommended(option: Option, ranking: Ranking, knowledge: Knowledge) -> Recommended:
    carrier = ranking.carrier(option)
    return Recommended(
        option=option.id,
        name=option.name,
        summary=option.is_,
        wins=option.wins,
        points=ranking.points[option.id],
        carrier=knowledge.option(carrier).name if carrier else "",
    )


def _reasons(answers: Mapping[str, str], ranking: Ranking, best: Option, second: Option) -> list[Reason]:
    """Every wish that touches either, by how much more it gives to the best."""
    found = [
        Reason(
            rule=wish.id,
            because={question: answers[question] for question in wish.when},
            points=wish.points.get(best.id, 0),
            runner_up_points=wish.points.get(second.id, 0),
            reason=wish.reason,
            source=wish.source,
        )
        for wish in ranking.wishes
        if best.id in wish.points or second.id in wish.points
    ]
    return sorted(found, key=lambda reason: (reason.runner_up_points - reason.points, -reason.points))


def _exclusions(answers: Mapping[str, str], ranking: Ranking) -> tuple[Exclusion, ...]:
    return tuple(
        Exclusion(
            option=option,
            rule=rule.id,
            because={question: answers[question] for question in rule.when},
            reason=rule.reason,
            source=rule.source,
        )
        for option, rules in ranking.excluded.items()
        for rule in rules
    )


def _owns(best: Option, ranking: Ranking, knowledge: Knowledge) -> tuple[str, ...]:
    carrier = ranking.carrier(best)
    return best.owns + (knowledge.option(carrier).owns if carrier else ())


def _first_step(best: Option, ranking: Ranking, knowledge: Knowledge) -> FirstStep:
    steps = knowledge.first_steps
    return steps.get(f"{best.id}.{ranking.carrier(best)}", steps[best.id])


def _guides(answers: Mapping[str, str], best: Option, knowledge: Knowledge) -> tuple[str, ...]:
    """Pages for the answers given; they are about going direct, so only for those who do."""
    if best.family != "direct" or best.id == "gpt_live":
        return ()
    guides = (
        answer.guide
        for question in knowledge.questions
        for answer in question.choices
        if answer.guide and answers.get(question.id) == answer.id
    )
    return tuple(dict.fromkeys(guides))
