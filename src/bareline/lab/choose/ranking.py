"""Which options do these answers leave, and which of them is best?

Constraints exclude; wishes give points; of equal points the option that stands first in the data wins.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from bareline.lab.choose.knowledge import UNKNOWN, Constraint, Knowledge, Option, Wish

__all__ = ["Flip", "Ranking", "find_flips", "rank"]


class Ranking(msgspec.Struct, frozen=True):
    """``order``: what is left, best first, never empty. ``points`` are of all options, excluded ones too."""

    order: tuple[Option, ...]
    points: dict[str, int]
    excluded: dict[str, tuple[Constraint, ...]]
    wishes: tuple[Wish, ...]

    def carrier(self, option: Option) -> str:
        """The best of what is left that ``option`` can be built with (of equals its first), if it is built with any."""
        left = {each.id for each in self.order}
        fit = [carrier for carrier in option.carriers if carrier in left]
        return max(fit, key=lambda carrier: self.points[carrier], default="")


class Flip(msgspec.Struct, frozen=True):
    """Another answer to one question would give another recommendation."""

    question: str
    answered: str
    instead: str
    option: str


def rank(answers: Mapping[str, str], knowledge: Knowledge) -> Ranking:
    """All options in their order under these answers."""
    constraints = [rule for rule in knowledge.constraints if rule.holds(answers)]
    wishes = tuple(rule for rule in knowledge.wishes if rule.holds(answers))
    excluded = {
        option.id: found
        for option in knowledge.options
        if (found := tuple(rule for rule in constraints if option.id in rule.excludes))
    }
    points = {option.id: sum(rule.points.get(option.id, 0) for rule in wishes) for option in knowledge.options}
    left = [option for option in knowledge.options if option.id not in excluded]
    order = sorted(left, key=lambda option: -points[option.id])  # stable: of equals the first in the data
    return Ranking(tuple(order), points, excluded, wishes)


def find_flips(answers: Mapping[str, str], knowledge: Knowledge) -> tuple[Flip, ...]:
    """Every single answer that, given otherwise, would change the recommendation; in the order of the questions."""
    best = rank(answers, knowledge).order[0].id
    found: list[Flip] = []
    for question in knowledge.questions:
        answered = answers.get(question.id, UNKNOWN)
        for value in question.values[:-1]:
            if value != answered:
                other = rank({**answers, question.id: value}, knowledge).order[0].id
                if other != best:
                    found.append(Flip(question.id, answered, value, other))
    return tuple(found)
