"""What keeps these tools from working well by voice?

Rules are data: each has an id, a severity, a text, advice and the reason for it. A tool accepts a finding with
``lint_ignore=("rule-id",)``.
"""

from __future__ import annotations

from collections.abc import Iterable

from bareline.tools.lint.box_rules import BOX_RULES
from bareline.tools.lint.effect_rules import EFFECT_RULES
from bareline.tools.lint.parameter_rules import PARAMETER_RULES
from bareline.tools.lint.rule import SEVERITIES, Finding, LintRule, Severity
from bareline.tools.lint.wording_rules import WORDING_RULES
from bareline.tools.tool import Tool

__all__ = ["RULES", "SEVERITIES", "Finding", "LintRule", "Severity", "lint"]

RULES: tuple[LintRule, ...] = (*WORDING_RULES, *PARAMETER_RULES, *EFFECT_RULES, *BOX_RULES)


def lint(tools: Iterable[Tool]) -> list[Finding]:
    """All findings about tools that are offered together: the worst first, then in the order of the tools."""
    box = tuple(tools)
    order = {tool.name: index for index, tool in enumerate(box)}
    known = {rule.id for rule in RULES}
    ignored = {(tool.name, name) for tool in box for name in tool.lint_ignore}
    found = [rule.finding(spot) for rule in RULES for spot in rule.check(box) if (spot.tool, rule.id) not in ignored]
    found += [_unknown(tool.name, name) for tool in box for name in tool.lint_ignore if name not in known]
    return sorted(found, key=lambda finding: (SEVERITIES.index(finding.severity), order.get(finding.tool, len(order))))


def _unknown(tool: str, name: str) -> Finding:
    return Finding(
        rule="unknown-rule",
        severity="warning",
        tool=tool,
        parameter="",
        text=f"lint_ignore names '{name}', which is no rule",
        advice="Take it out, or mend its spelling; --rules lists the rules.",
        reason="What it was meant to accept may be found again, or nothing was accepted at all.",
    )
