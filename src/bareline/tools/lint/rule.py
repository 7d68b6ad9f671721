"""What is a rule for tools, and what does it find?"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

import msgspec

from bareline.tools.tool import Tool

__all__ = ["SEVERITIES", "Box", "Finding", "LintRule", "Severity", "Spot", "name_words", "properties", "returns"]

Severity = Literal["error", "warning", "hint"]
"""``error``: it will go wrong on a call. ``warning``: it works worse than it could. ``hint``: worth a look."""
SEVERITIES: tuple[Severity, ...] = get_args(Severity)
Box = tuple[Tool, ...]


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to mend. ``tool`` is empty when it is about all of them, ``parameter`` when it is about the tool."""

    rule: str
    severity: Severity
    tool: str
    parameter: str
    text: str
    advice: str
    reason: str


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a rule is broken; ``words`` fill in its text."""

    tool: str
    parameter: str = ""
    words: dict[str, object] = field(default_factory=dict[str, object])


@dataclass(frozen=True, slots=True, kw_only=True)
class LintRule:
    """One rule. ``text``: what is wrong, over the words of the spot. ``check`` sees all tools that go together."""

    id: str
    severity: Severity
    text: str
    advice: str
    reason: str
    check: Callable[[Box], Iterator[Spot]]

    def finding(self, spot: Spot) -> Finding:
        """What is said of one spot."""
        return Finding(
            rule=self.id,
            severity=self.severity,
            tool=spot.tool,
            parameter=spot.parameter,
            text=self.text.format(parameter=spot.parameter, **spot.words),
            advice=self.advice,
            reason=self.reason,
        )


def name_words(name: str) -> list[str]:
    """The words of ``delete_all_tasks`` or ``deleteAllTasks``."""
    return [word.casefold() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+", name)]


def properties(tool: Tool) -> dict[str, dict[str, Any]]:
    """The schema of each parameter."""
    return tool.parameters["properties"]


def returns(tool: Tool) -> str | None:
    """The return hint as it is written; ``None`` when there is none."""
    annotations: dict[str, Any] = getattr(getattr(tool.function, "__func__", tool.function), "__annotations__", {})
    hint = annotations.get("return", tool)
    return None if hint is tool else hint if isinstance(hint, str) else getattr(hint, "__name__", "") + str(hint)
