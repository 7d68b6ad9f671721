"""Which functions may a model call, and what is known of each?"""

from __future__ import annotations

import hashlib
import inspect
import re
import string
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any, Literal, TypeVar, overload

import msgspec

from bareline.errors import ConfigurationError
from bareline.protocol.events import FunctionTool
from bareline.tools.arguments import Arguments, InvalidArguments, parse_arguments
from bareline.tools.docstring import read_docstring
from bareline.tools.schema import schema_of
from bareline.tools.signature import place_of, read_signature

__all__ = ["CONFIRM_ACTION", "DECLINE_ACTION", "Effect", "Tool", "Toolbox"]

Effect = Literal["read", "idempotent", "irreversible"]
"""What a tool does to the world (D6): nothing; something that may be repeated; something that cannot be taken back."""

CONFIRM_ACTION = "confirm_action"
DECLINE_ACTION = "decline_action"

_NAME = re.compile(r"^[a-zA-Z0-9_-]{1,64}$")
_TIMEOUT_S = 30.0

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Tool:
    """One function as the model sees it, and what the runtime needs to run it.

    ``question``: asked before it runs, as a template over its parameters, or ``None``. ``context``: the parameter that
    takes the ``ToolContext``. ``filler``: said when it takes long.
    """

    name: str
    description: str
    effect: Effect
    function: Callable[..., Any]
    arguments: type[msgspec.Struct]
    parameters: dict[str, Any]
    context: str | None = None
    filler: str | None = None
    question: str | None = None
    timeout_s: float = _TIMEOUT_S

    @property
    def is_async(self) -> bool:
        """Whether calling it gives something to await; others may block and belong in a thread."""
        return inspect.iscoroutinefunction(inspect.unwrap(self.function))

    def definition(self) -> FunctionTool:
        """The tool as it stands in the session."""
        return FunctionTool(name=self.name, description=self.description, parameters=self.parameters)

    def parse(self, text: str) -> Arguments | InvalidArguments:
        """Validate the model's arguments."""
        return parse_arguments(text, self.arguments, self.parameters)

    def ask(self, arguments: Arguments) -> str:
        """The question to put to the user before it runs; empty when it needs none."""
        spoken = {name: _spoken(value) for name, value in arguments.values.items()}
        return self.question.format_map(spoken) if self.question else ""

    def idempotency_key(self, call_id: str, proposal_id: str | None, arguments: Arguments) -> str:
        """Of one execution: asking for the same thing twice on purpose gives two keys."""
        text = "\n".join((self.name, call_id, proposal_id or "", arguments.digest))
        return hashlib.sha256(text.encode()).hexdigest()[:32]


class Toolbox:
    """A set of tools, in the order they were added.

    Iterating gives ``Tool`` values. ``a + b`` gives a new box with the tools of both.
    """

    def __init__(self, tools: Iterable[Tool] = ()) -> None:
        self._tools: dict[str, Tool] = {}
        for tool in tools:
            self._put(tool)

    def __iter__(self) -> Iterator[Tool]:
        return iter(self._tools.values())

    def __len__(self) -> int:
        return len(self._tools)

    def __contains__(self, name: object) -> bool:
        return name in self._tools

    def __add__(self, other: Toolbox) -> Toolbox:
        return Toolbox([*self, *other])

    def get(self, name: str) -> Tool | None:
        """The tool of this name."""
        return self._tools.get(name)

    def include(self, *others: Toolbox) -> Toolbox:
        """Take over the tools of other boxes; returns this one. Raises ``ConfigurationError`` for a name taken."""
        for other in others:
            for tool in other:
                self._put(tool)
        return self

    @overload
    def tool(self, function: F, /) -> F: ...

    @overload
    def tool(
        self,
        function: None = None,
        /,
        *,
        effect: Effect = "read",
        name: str | None = None,
        description: str | None = None,
        filler: str | None = None,
        confirm: str | Literal[False] | None = None,
        timeout_s: float = _TIMEOUT_S,
    ) -> Callable[[F], F]: ...

    def tool(self, function: F | None = None, /, **options: Any) -> F | Callable[[F], F]:
        """Decorate a function as a tool; the function itself stays as it is. Options as for ``add``."""

        def decorate(decorated: F) -> F:
            self.add(decorated, **options)
            return decorated

        return decorate(function) if function is not None else decorate

    def add(
        self,
        function: Callable[..., Any],
        *,
        effect: Effect = "read",
        name: str | None = None,
        description: str | None = None,
        filler: str | None = None,
        confirm: str | Literal[False] | None = None,
        timeout_s: float = _TIMEOUT_S,
    ) -> Tool:
        """Make a tool of a function or bound method, sync (runs in a thread) or async.

        ``confirm`` is the question asked before it runs, with its parameters in braces. An irreversible tool without
        one asks a plain question; ``confirm=False`` means that it really needs none. Raises ``ConfigurationError``.
        """
        if effect not in ("read", "idempotent", "irreversible"):
            raise ConfigurationError(
                f"tool {place_of(function)}: effect is read, idempotent or irreversible, not {effect!r}"
            )
        if timeout_s <= 0:
            raise ConfigurationError(f"tool {place_of(function)}: timeout_s must be above 0, not {timeout_s}")
        signature, documented = read_signature(function), read_docstring(function)
        called = name or getattr(function, "__name__", "")
        made = Tool(
            name=called,
            description=description if description is not None else documented.text,
            effect=effect,
            function=function,
            arguments=signature.arguments,
            parameters=schema_of(signature.arguments, documented.parameters),
            context=signature.context,
            filler=filler,
            question=_question(function, called, effect, confirm, signature.arguments),
            timeout_s=timeout_s,
        )
        self._put(made)
        return made

    def definitions(self) -> list[FunctionTool]:
        """All tools as they stand in the session."""
        return [tool.definition() for tool in self]

    @property
    def confirms(self) -> bool:
        """Whether any tool asks before it runs."""
        return any(tool.question for tool in self)

    def _put(self, tool: Tool) -> None:
        if not _NAME.match(tool.name):
            raise ConfigurationError(
                f"tool {place_of(tool.function)}: the name '{tool.name}' must be 1-64 letters, digits, _ or -"
            )
        if tool.name in (CONFIRM_ACTION, DECLINE_ACTION):
            raise ConfigurationError(f"tool {place_of(tool.function)}: '{tool.name}' is the confirming tool's own name")
        taken = self._tools.get(tool.name)
        if taken is not None and taken != tool:
            raise ConfigurationError(
                f"tool {place_of(tool.function)}: the name '{tool.name}' is taken by {place_of(taken.function)}"
            )
        self._tools[tool.name] = tool


def _question(
    function: Callable[..., Any],
    name: str,
    effect: Effect,
    confirm: str | Literal[False] | None,
    arguments: type[msgspec.Struct],
) -> str | None:
    fields = arguments.__struct_fields__
    if confirm is None and effect == "irreversible":
        details = ", ".join(f"{field.replace('_', ' ')} {{{field}}}" for field in fields)
        return f"Shall I really {name.replace('_', ' ')}{': ' if details else ''}{details}?"
    if not confirm:
        return None
    named = {re.split(r"[.\[]", field)[0] for _, field, _, _ in string.Formatter().parse(confirm) if field is not None}
    unknown = sorted(named - set(fields))
    if unknown:
        raise ConfigurationError(
            f"tool {place_of(function)}: confirm names {{{unknown[0]}}}, which is not one of its parameters"
        )
    return confirm


def _spoken(value: Any) -> Any:
    return value.value if isinstance(value, Enum) else value
