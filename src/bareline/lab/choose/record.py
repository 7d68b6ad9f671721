"""How does a decision look as a record that is kept beside the code?"""

from __future__ import annotations

from collections.abc import Sequence

from bareline.lab.choose.decision import Decision, Reason
from bareline.lab.choose.knowledge import Knowledge, shipped_knowledge
from bareline.lab.choose.words import (
    answered_words,
    excluded_words,
    figure_rows,
    flip_words,
    margin_words,
    measured_words,
    open_words,
    price_words,
    profile_words,
    recommended_words,
)

__all__ = ["decision_record"]


def decision_record(decision: Decision, knowledge: Knowledge | None = None) -> str:
    """The whole record in Markdown: context, decision, alternatives, consequences, evidence, first step."""
    knowledge = knowledge or shipped_knowledge()
    title = f"{decision.name}: " if decision.name else ""
    sections = [
        f"# {title}{recommended_words(decision.recommendation)}",
        f"Date: {decision.date}. Status: proposed. Written by `bareline choose`, version {decision.version}.",
        _context(decision, knowledge),
        _decision(decision),
        _alternatives(decision, knowledge),
        _changes(decision, knowledge),
        _consequences(decision),
        _evidence(decision),
        _first_step(decision),
    ]
    return "\n\n".join(sections) + "\n"


def _context(decision: Decision, knowledge: Knowledge) -> str:
    rows = [
        f"| {question.topic} | {question.ask} | {question.words(decision.answers.get(question.id, ''))} |"
        for question in knowledge.questions
    ]
    return "\n".join(["## Context", "", "| topic | question | answer |", "|---|---|---|", *rows])


def _decision(decision: Decision) -> str:
    chosen = decision.recommendation
    lines = [
        "## Decision",
        "",
        f"**{recommended_words(chosen)}.** {chosen.summary} Its strength: {chosen.wins}.",
        "",
        f"Runner-up: {recommended_words(decision.runner_up)} ({margin_words(decision)}).",
        "",
        "What decided:",
        "",
        *_reasons(decision.decided),
    ]
    return "\n".join(lines)


def _alternatives(decision: Decision, knowledge: Knowledge) -> str:
    lines = ["## Alternatives", "", f"For the runner-up, {decision.runner_up.name}, speaks:", ""]
    lines += _reasons(decision.against) or ["- nothing that does not speak for the decision as much"]
    if decision.excluded:
        lines += ["", "Left out by constraints:", ""]
        lines += [f"- {words}" for words in excluded_words(decision, knowledge, sources=True)]
    points = sorted(decision.points.items(), key=lambda pair: -pair[1])
    kept = [f"{knowledge.option(name).name} {value}" for name, value in points if not _left_out(decision, name)]
    return "\n".join([*lines, "", f"Points: {'; '.join(kept)}."])


def _left_out(decision: Decision, option: str) -> bool:
    return any(each.option == option for each in decision.excluded)


def _changes(decision: Decision, knowledge: Knowledge) -> str:
    lines = ["## What would change it", ""]
    lines += [f"- {answers}: {name}" for answers, name in flip_words(decision, knowledge)] or ["- no single answer"]
    still = open_words(decision, knowledge)
    if still:
        lines += ["", "Still open, and able to change it:", "", *(f"- {answers}: {name}" for answers, name in still)]
    return "\n".join(lines)


def _consequences(decision: Decision) -> str:
    lines = ["## Consequences", "", "You now own:", "", *(f"- {each}" for each in decision.owns)]
    if decision.cautions:
        lines += ["", "Know this:", "", *(f"- {each.text} ({each.source})" for each in decision.cautions)]
    return "\n".join(lines)


def _evidence(decision: Decision) -> str:
    lines = ["## Evidence", "", f"A minute at the model (`bareline cost estimate`), in {profile_words(decision)}:", ""]
    lines += [f"- {model}: {words}" for model, words in price_words(decision)]
    if decision.measurements is not None:
        peers, rows = figure_rows(decision.measurements)
        lines += ["", f"Measured ({measured_words(decision.measurements)}; median, lowest and highest):", ""]
        lines += ["| | " + " | ".join(peers) + " |", "|---" * (len(peers) + 1) + "|"]
        lines += ["| " + " | ".join(row) + " |" for row in rows]
    else:
        lines += ["", "No measurements at hand: `bareline bench peers` makes them on this machine."]
    return "\n".join(lines)


def _first_step(decision: Decision) -> str:
    step = decision.first_step
    lines = ["## First step", "", step.do, "", "```console", f"$ {step.install}", f"$ {step.run}", "```", ""]
    lines += ["```python", step.code.strip(), "```"]
    if decision.guides:
        lines += ["", "Read next:", "", *(f"- {guide}" for guide in decision.guides)]
    return "\n".join(lines)


def _reasons(reasons: Sequence[Reason]) -> list[str]:
    return [
        f"- {reason.reason} ({answered_words(reason.because)}: {reason.points:+d}, runner-up "
        f"{reason.runner_up_points:+d}; {reason.source})"
        for reason in reasons
    ]
