"""In which words is the user asked before a tool runs?

Templates over the tool's parameters (``{title}``, ``{due:%d %B}``) and ``{object}``, what was looked up.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Any

__all__ = ["OBJECT", "fill_question", "plain_question", "unknown_names"]

OBJECT = "object"
"""The name in a template that stands for what was looked up."""


def plain_question(tool: str, fields: Iterable[str]) -> str:
    """A template for a tool that brings none."""
    details = ", ".join(f"{field.replace('_', ' ')} {{{field}}}" for field in fields)
    return f"Shall I really {tool.replace('_', ' ')}{': ' if details else ''}{details}?"


def unknown_names(template: str, fields: Iterable[str]) -> list[str]:
    """What the template names and the tool has not. Raises ``ValueError`` for a template that cannot be read."""
    parsed = string.Formatter().parse(template)
    named = {re.split(r"[.\[]", field)[0] for _, field, _, _ in parsed if field is not None}
    return sorted(named - {*fields, OBJECT})


def fill_question(template: str, values: Mapping[str, Any], described: str | None) -> str:
    """The question about these arguments."""
    spoken = {name: value.value if isinstance(value, Enum) else value for name, value in values.items()}
    return template.format_map({**spoken, OBJECT: described or "it"})
