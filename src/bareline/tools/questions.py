"""In which words is the user asked before a tool runs?

Templates over the tool's parameters (``{title}``, ``{due}``, ``{due:%d %B}``) and ``{object}``, what was looked up.
Values without a format of their own are said as a person would.
"""

from __future__ import annotations

import datetime as dt
import re
import string
from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Any

from bareline.tools.spoken import spoken

__all__ = ["OBJECT", "fill_question", "object_question", "plain_question", "question_about", "unknown_names"]

OBJECT = "object"
"""The name in a template that stands for what was looked up."""

_DETERMINED = frozenset({"all", "every", "each", "my", "your", "the", "this", "that", "any", "some", "to", "up", "out"})


def plain_question(tool: str, fields: Iterable[str]) -> str:
    """A template for a tool that brings none."""
    details = ", ".join(f"{field.replace('_', ' ')} {{{field}}}" for field in fields)
    return f"Shall I really {tool.replace('_', ' ')}{': ' if details else ''}{details}?"


def object_question(tool: str) -> str:
    """A template for a tool that can look up what it is about: "Shall I really delete the task {object}?"."""
    verb, *rest = tool.split("_")
    determined = not rest or rest[0] in _DETERMINED
    return f"Shall I really {' '.join([verb, *([] if determined else ['the']), *rest])} {{{OBJECT}}}?"


def unknown_names(template: str, fields: Iterable[str]) -> list[str]:
    """What the template names and the tool has not. Raises ``ValueError`` for a template that cannot be read."""
    return sorted(_names(template) - {*fields, OBJECT})


def question_about(
    tool: str, template: str, values: Mapping[str, Any], described: str | None, today: dt.date | None = None
) -> str:
    """The question about these arguments: the rule's own, or a plain one where there is none or it cannot be filled.

    ``described``: what was looked up, if it was. Never raises: a question that cannot be asked well is asked plainly.
    """
    if not template and described:
        template = object_question(tool)
    if not template or (OBJECT in _names(template) and described is None):
        return _plainly(tool, values, today)
    try:
        return fill_question(template, values, described, today)
    except (ValueError, TypeError, LookupError, AttributeError):  # a format that does not fit this value
        return _plainly(tool, values, today)


def fill_question(template: str, values: Mapping[str, Any], described: str | None, today: dt.date | None = None) -> str:
    """The question about these arguments. Raises what a format raises that does not fit its value."""
    plain = {name: value.value if isinstance(value, Enum) else value for name, value in values.items()}
    return _Spoken(today).vformat(template, (), {**plain, OBJECT: described or "it"})


class _Spoken(string.Formatter):
    """Says what has no format of its own."""

    def __init__(self, today: dt.date | None) -> None:
        self._today = today

    def format_field(self, value: Any, format_spec: str) -> Any:
        return format(value, format_spec) if format_spec else spoken(value, self._today)


def _plainly(tool: str, values: Mapping[str, Any], today: dt.date | None) -> str:
    """Made of the values at hand; what is left out is not mentioned."""
    details = [
        f"{name.replace('_', ' ')} {spoken(value, today)}" for name, value in values.items() if value is not None
    ]
    return f"Shall I really {tool.replace('_', ' ')}{': ' if details else ''}{', '.join(details)}?"


def _names(template: str) -> set[str]:
    parsed = string.Formatter().parse(template)
    return {re.split(r"[.\[]", field)[0] for _, field, _, _ in parsed if field is not None}
