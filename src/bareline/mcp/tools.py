"""How does a tool that a server lists become a tool of a call, and what does it do to the world?"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from bareline.errors import ConfigurationError
from bareline.mcp.schemas import flat_schema, schema_reader
from bareline.mcp.values import ListedTool
from bareline.tools import Confirm, ConsentRule, Effect, Forbid, Tool, ToolContext
from bareline.tools.questions import unknown_names
from bareline.tools.tool import TIMEOUT_S

__all__ = ["DESCRIPTION_MAX_CHARS", "Choices", "Confirming", "Run", "effect_of", "make_tools"]

DESCRIPTION_MAX_CHARS = 4_000
"""Of one tool; every response is given all of them."""

_NAME_MAX_CHARS = 64
_CONTEXT = "bareline_context"

Run = Callable[[ListedTool, Effect, dict[str, Any], ToolContext], Awaitable[Any]]
"""Calls the tool at its server."""

Confirming = str | ConsentRule | tuple[ConsentRule, ...] | Literal[False]
"""As the option ``confirm`` of a tool: a question, rules, or ``False``: it needs no consent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What the application chose of a server's tools, by the names that the server gives them."""

    prefix: str = ""
    allowed: Collection[str] | None = None
    effects: Mapping[str, Effect] = field(default_factory=dict[str, Effect])
    confirm: Mapping[str, Confirming] = field(default_factory=dict[str, Confirming])
    timeout_s: float = TIMEOUT_S

    def check(self, listed: Iterable[ListedTool]) -> None:
        """Raises ``ConfigurationError`` for a name that the server does not have, or a question that names none."""
        known = {tool.name: tool for tool in listed}
        for what, names in (("allowed", self.allowed or ()), ("effects", self.effects), ("confirm", self.confirm)):
            for name in names:
                if name not in known:
                    there = ", ".join(known) or "none"
                    raise ConfigurationError(
                        f"{what} names '{name}', which is no tool of the server; there are: {there}"
                    )
        for name in self.confirm:
            for rule in _rules(known[name], "irreversible", self):
                question = "" if isinstance(rule, Forbid) else rule.question
                unknown = unknown_names(question, flat_schema(known[name].input_schema)["properties"])
                if unknown:
                    raise ConfigurationError(
                        f"confirm of '{name}' names {{{unknown[0]}}}, which is none of its parameters"
                    )


def effect_of(tool: ListedTool) -> Effect:
    """By the server's hints, where what is not said is the worst, as the specification has it (2025-06-18, tools)."""
    if tool.annotations.get("readOnlyHint"):
        return "read"
    harmless = tool.annotations.get("destructiveHint") is False
    return "idempotent" if harmless and tool.annotations.get("idempotentHint") else "irreversible"


def make_tools(listed: Iterable[ListedTool], choices: Choices, run: Run) -> list[Tool]:
    """The tools that are allowed, each with a name that a model may use and that none of the others has."""
    made: dict[str, Tool] = {}
    for tool in listed:
        if choices.allowed is None or tool.name in choices.allowed:
            name = _free_name(choices.prefix + tool.name, made)
            made[name] = _tool(tool, name, choices, run)
    return list(made.values())


def _tool(listed: ListedTool, name: str, choices: Choices, run: Run) -> Tool:
    effect = choices.effects.get(listed.name) or effect_of(listed)
    parameters = flat_schema(listed.input_schema)

    async def call(**given: Any) -> Any:
        context: ToolContext = given.pop(_CONTEXT)
        return await run(listed, effect, given, context)

    call.__qualname__ = listed.name
    return Tool(
        name=name,
        description=listed.description[:DESCRIPTION_MAX_CHARS],
        effect=effect,
        function=call,
        parameters=parameters,
        reader=schema_reader(listed.input_schema),
        context=_CONTEXT,
        consent=_rules(listed, effect, choices),
        timeout_s=choices.timeout_s,
        interrupted="cancel" if effect == "read" else "finish",
    )


def _rules(listed: ListedTool, effect: Effect, choices: Choices) -> tuple[ConsentRule, ...]:
    """As chosen; else whatever may destroy something is asked about, in plain words made from the arguments."""
    chosen = choices.confirm.get(listed.name)
    if chosen is None:
        adds = listed.annotations.get("destructiveHint") is False
        chosen = Confirm() if effect == "irreversible" and not adds else False
    if isinstance(chosen, str):
        chosen = Confirm(chosen)
    return chosen if isinstance(chosen, tuple) else (chosen,) if chosen else ()


def _free_name(wanted: str, taken: Collection[str]) -> str:
    name = re.sub(r"[^a-zA-Z0-9_-]", "_", wanted)[:_NAME_MAX_CHARS] or "tool"
    number = 2
    free = name
    while free in taken:
        free = f"{name[: _NAME_MAX_CHARS - 4]}_{number}"
        number += 1
    return free
