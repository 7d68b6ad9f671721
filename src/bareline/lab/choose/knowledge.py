"""What does ``choose`` know: which questions, options, rules and first steps?

All of it is data beside this module, in TOML: a rule can be read, doubted and changed without reading code.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any, Literal

import msgspec

__all__ = [
    "UNKNOWN",
    "Answer",
    "Caution",
    "Constraint",
    "FirstStep",
    "Knowledge",
    "Option",
    "Question",
    "Wish",
    "shipped_knowledge",
]

UNKNOWN = "unknown"
"""The answer that no rule asks for; every question takes it."""

Family = Literal["direct", "framework", "cascade"]
Conditions = dict[str, tuple[str, ...]]


class Answer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One of a question's answers. ``guide``: the page for who gives it and goes direct."""

    id: str
    text: str
    guide: str = ""


class Question(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One question; ``measures`` are those of ``bench peers`` that bear on it."""

    id: str
    topic: str
    ask: str
    why: str
    choices: tuple[Answer, ...]
    measures: tuple[str, ...] = ()

    @property
    def values(self) -> tuple[str, ...]:
        """The answers' ids, ``unknown`` last."""
        return (*(answer.id for answer in self.choices), UNKNOWN)

    def words(self, value: str) -> str:
        """What this answer says in full."""
        return next((answer.text for answer in self.choices if answer.id == value), "not known yet")


class Option(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One way that can be recommended.

    ``owns``: what whoever goes this way takes on. ``models``: names in the prices. ``peer``: its name in ``bench
    peers``. ``carriers``: the options it is built with, where it is no program of its own.
    """

    id: str
    name: str
    family: Family
    is_: str = msgspec.field(name="is")
    wins: str
    owns: tuple[str, ...]
    models: tuple[str, ...]
    peer: str = ""
    carriers: tuple[str, ...] = ()


class FirstStep(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to do first: a program, what it needs, and how it is started."""

    do: str
    install: str
    run: str
    code: str


class _When(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Holds when each question of ``when`` has one of its answers, and no question of ``unless`` has."""

    id: str
    when: Conditions = {}
    unless: Conditions = {}

    def holds(self, answers: Mapping[str, str]) -> bool:
        """Whether these answers meet it; a question that is not answered meets nothing."""
        if any(answers.get(question) not in values for question, values in self.when.items()):
            return False
        return not any(answers.get(question) in values for question, values in self.unless.items())


class Constraint(_When, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Excludes options, whatever speaks for them."""

    excludes: tuple[str, ...]
    reason: str
    source: str


class Wish(_When, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Gives points to options or takes them."""

    points: dict[str, int]
    reason: str
    source: str


class Caution(_When, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What to know when one of ``options`` is recommended (none named: whichever is)."""

    text: str
    source: str
    options: tuple[str, ...] = ()


class Knowledge(msgspec.Struct, frozen=True, kw_only=True):
    """All questions, options and rules."""

    questions: tuple[Question, ...]
    options: tuple[Option, ...]
    constraints: tuple[Constraint, ...]
    wishes: tuple[Wish, ...]
    cautions: tuple[Caution, ...]
    first_steps: dict[str, FirstStep]
    """By option; by ``option.carrier`` where the program is another one with this carrier."""

    def question(self, name: str) -> Question:
        """The question of this id."""
        return next(question for question in self.questions if question.id == name)

    def option(self, name: str) -> Option:
        """The option of this id."""
        return next(option for option in self.options if option.id == name)


@cache
def shipped_knowledge() -> Knowledge:
    """What came with this package."""
    rules = _read("rules")
    return msgspec.convert(
        {
            "questions": _read("questions")["question"],
            "options": _read("options")["option"],
            "constraints": rules["constraint"],
            "wishes": rules["wish"],
            "cautions": rules["caution"],
            "first_steps": _read("first_steps"),
        },
        Knowledge,
    )


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads(resources.files("bareline.lab.choose").joinpath(f"{name}.toml").read_text("utf-8"))
