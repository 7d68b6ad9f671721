"""How is a decision said, on a terminal and in a record alike?"""

from __future__ import annotations

from collections.abc import Mapping

from bareline.lab.choose.decision import Decision, Recommended
from bareline.lab.choose.evidence import Measurements
from bareline.lab.choose.knowledge import UNKNOWN, Knowledge
from bareline.lab.peers.report import PeerFigure

__all__ = [
    "answered_words",
    "excluded_words",
    "figure_rows",
    "flip_words",
    "margin_words",
    "measured_words",
    "open_words",
    "price_words",
    "profile_words",
    "recommended_words",
]


def recommended_words(recommended: Recommended) -> str:
    """The name, with what carries it."""
    return f"{recommended.name} (built with {recommended.carrier})" if recommended.carrier else recommended.name


def margin_words(decision: Decision) -> str:
    """How sure it is, in points and in answers."""
    margin, points, second = decision.margin, decision.recommendation.points, decision.runner_up.points
    kind = "close" if margin == 1 else "clear" if margin < 5 else "wide"
    if decision.draw:
        kind = f"a draw (as good: {'; '.join(decision.draw)})"
    answered = len(decision.answers)
    asked = answered + len(decision.unanswered)
    return f"{points} to {second} points, {kind}; {answered} of {asked} questions answered"


def answered_words(because: Mapping[str, str]) -> str:
    """The answers that a rule went by."""
    return ", ".join(f"{question} = {value}" for question, value in because.items()) or "always"


def excluded_words(decision: Decision, knowledge: Knowledge, *, sources: bool = False) -> list[str]:
    """What each constraint left out, why, and by which answers."""
    lines: list[str] = []
    for rule in dict.fromkeys(each.rule for each in decision.excluded):
        found = [each for each in decision.excluded if each.rule == rule]
        names = "; ".join(knowledge.option(each.option).name for each in found)
        source = f"; {found[0].source}" if sources else ""
        lines.append(f"{names}: {found[0].reason} ({answered_words(found[0].because)}{source})")
    return lines


def flip_words(decision: Decision, knowledge: Knowledge) -> list[tuple[str, str]]:
    """Per question and new recommendation: the answers that would give it, and its name. Open questions apart."""
    return _grouped(decision, knowledge, unknown=False)


def open_words(decision: Decision, knowledge: Knowledge) -> list[tuple[str, str]]:
    """As ``flip_words``, for questions that were not answered."""
    return _grouped(decision, knowledge, unknown=True)


def profile_words(decision: Decision) -> str:
    """The call that was priced."""
    profile = decision.profile
    return (
        f"a call of {profile.minutes:g} minutes, user {profile.user_minutes:g}, assistant "
        f"{profile.assistant_minutes:g}, {profile.turns} turns, {profile.tool_calls} tool calls, "
        f"{profile.images} pictures, {profile.cache_share:.0%} cached"
    )


def price_words(decision: Decision) -> list[tuple[str, str]]:
    """Each model that the compared options may use, and its price for a minute of such a call; models once."""
    rows: dict[str, str] = {}
    for quote in decision.prices:
        over = "" if quote.within else ", over your budget"
        rows.setdefault(quote.model, f"${quote.usd_per_minute:.3f} (prices of {quote.read}){over}")
    return list(rows.items())


def measured_words(measurements: Measurements) -> str:
    """Whose figures they are."""
    return f"bareline bench peers, {measurements.where}: {measurements.machine}, {measurements.date}"


def figure_rows(measurements: Measurements) -> tuple[list[str], list[list[str]]]:
    """A table: peers as columns; rows are measures (median, lowest and highest), then what became of failures."""
    peers = [peer for peer in dict.fromkeys(measurements.peers.values()) if _has(measurements, peer)]
    cells = {(figure.measure, figure.peer): figure for figure in measurements.figures}
    measures = {figure.measure: figure.unit for figure in measurements.figures}
    rows = [
        [f"{measure}, {unit}" if unit else measure, *(_cell(cells.get((measure, peer))) for peer in peers)]
        for measure, unit in measures.items()
    ]
    verdicts = {(outcome.scene, outcome.peer): outcome.verdict for outcome in measurements.outcomes}
    scenes = dict.fromkeys(outcome.scene for outcome in measurements.outcomes)
    rows += [[scene, *(verdicts.get((scene, peer), "-") for peer in peers)] for scene in scenes]
    return peers, rows


def _has(measurements: Measurements, peer: str) -> bool:
    return any(figure.peer == peer for figure in measurements.figures)


def _cell(figure: PeerFigure | None) -> str:
    if figure is None:
        return "-"
    spread = "" if figure.low == figure.high else f" ({_number(figure.low)}-{_number(figure.high)})"
    return f"{_number(figure.median)}{spread}"


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _grouped(decision: Decision, knowledge: Knowledge, *, unknown: bool) -> list[tuple[str, str]]:
    groups: dict[tuple[str, str], list[str]] = {}
    for flip in decision.flips:
        if (flip.answered == UNKNOWN) == unknown:
            groups.setdefault((flip.question, flip.option), []).append(flip.instead)
    return [
        (f"{question} = {' or '.join(values)}", knowledge.option(option).name)
        for (question, option), values in groups.items()
    ]
