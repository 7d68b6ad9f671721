"""Which functions may a model call?"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Literal, TypedDict, TypeVar, Unpack, overload

from bareline.errors import ConfigurationError
from bareline.protocol.events import FunctionTool
from bareline.tools.arguments import arguments_reader
from bareline.tools.consent_policy import Confirm, ConsentRule, Forbid
from bareline.tools.docstring import read_docstring
from bareline.tools.ladder import SILENT, FillerLadder
from bareline.tools.questions import unknown_names
from bareline.tools.retry import DEFAULT_RETRY, NO_RETRY, RetryPolicy
from bareline.tools.schema import schema_of
from bareline.tools.signature import place_of, read_signature
from bareline.tools.tool import TIMEOUT_S, Effect, OnInterrupt, Tool

__all__ = ["CONFIRM_ACTION", "DECLINE_ACTION", "ToolOptions", "Toolbox"]

CONFIRM_ACTION = "confirm_action"
DECLINE_ACTION = "decline_action"

_NAME = re.compile(r"^[a-zA-Z0-9_-]{1,64}$")
_EFFECTS = ("read", "idempotent", "irreversible")

F = TypeVar("F", bound=Callable[..., Any])


class ToolOptions(TypedDict, total=False):
    """What may be said of a tool; docs/reference/tools.md has the defaults.

    ``filler``: a text for the first stage, a whole ladder, or ``False`` for silence; ``None``: as the call has it.
    ``confirm``: a question, a rule or several, or ``False``: it needs no consent, although it cannot be taken back.
    ``retry=False``: never. ``lint_ignore``: rules of ``bareline tools lint`` that it need not follow.
    """

    effect: Effect
    name: str | None
    description: str | None
    filler: str | FillerLadder | Literal[False] | None
    confirm: str | ConsentRule | tuple[ConsentRule, ...] | Literal[False] | None
    timeout_s: float
    retry: RetryPolicy | Literal[False]
    concurrency: int | None
    keyed: bool
    on_interrupt: OnInterrupt | None
    lint_ignore: tuple[str, ...]


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
    def tool(self, function: None = None, /, **options: Unpack[ToolOptions]) -> Callable[[F], F]: ...

    def tool(self, function: F | None = None, /, **options: Unpack[ToolOptions]) -> F | Callable[[F], F]:
        """Decorate a function as a tool; the function itself stays as it is. Options as for ``add``."""

        def decorate(decorated: F) -> F:
            self.add(decorated, **options)
            return decorated

        return decorate(function) if function is not None else decorate

    def add(self, function: Callable[..., Any], **options: Unpack[ToolOptions]) -> Tool:
        """Make a tool of a function or bound method, sync (runs in a thread) or async.

        An irreversible tool without ``confirm`` asks a plain question. Raises ``ConfigurationError``.
        """
        made = _made(function, options)
        self._put(made)
        return made

    def put(self, tool: Tool) -> Tool:
        """Take a tool that was made elsewhere. Raises ``ConfigurationError`` for a name that cannot be or is taken."""
        self._put(tool)
        return tool

    def remove(self, name: str) -> Tool:
        """Take a tool out of the box. Raises ``ConfigurationError`` when there is none of this name."""
        if name not in self._tools:
            raise ConfigurationError(
                f"there is no tool '{name}' to remove; there are: {', '.join(self._tools) or 'none'}"
            )
        return self._tools.pop(name)

    def definitions(self) -> list[FunctionTool]:
        """All tools as they stand in the session."""
        return [tool.definition() for tool in self]

    @property
    def confirms(self) -> bool:
        """Whether any tool may need consent."""
        return any(tool.consent for tool in self)

    def _put(self, tool: Tool) -> None:
        if not _NAME.match(tool.name):
            raise ConfigurationError(
                f"tool {place_of(tool.function)}: the name '{tool.name}' must be 1-64 letters, digits, _ or -"
            )
        if tool.name in (CONFIRM_ACTION, DECLINE_ACTION):
            raise ConfigurationError(f"tool {place_of(tool.function)}: '{tool.name}' is the confirming tool's own name")
        taken = self._tools.get(tool.name)
        if taken is not None and taken is not tool:
            raise ConfigurationError(
                f"tool {place_of(tool.function)}: the name '{tool.name}' is taken by {place_of(taken.function)}"
            )
        self._tools[tool.name] = tool


def _made(function: Callable[..., Any], options: ToolOptions) -> Tool:
    effect = options.get("effect", "read")
    _check(function, effect, options)
    signature, documented = read_signature(function), read_docstring(function)
    name = options.get("name") or getattr(function, "__name__", "")
    description = options.get("description")
    parameters = schema_of(signature.arguments, documented.parameters)
    retry = options.get("retry", DEFAULT_RETRY)
    return Tool(
        name=name,
        description=documented.text if description is None else description,
        effect=effect,
        function=function,
        parameters=parameters,
        reader=arguments_reader(signature.arguments, parameters),
        context=signature.context,
        filler=_filler(options.get("filler")),
        consent=_rules(function, effect, options.get("confirm"), signature.arguments.__struct_fields__),
        timeout_s=options.get("timeout_s", TIMEOUT_S),
        retry=retry or NO_RETRY,
        concurrency=options.get("concurrency"),
        keyed=options.get("keyed", False),
        interrupted=options.get("on_interrupt") or ("cancel" if effect == "read" else "finish"),
        lint_ignore=options.get("lint_ignore", ()),
    )


def _check(function: Callable[..., Any], effect: str, options: ToolOptions) -> None:
    place = f"tool {place_of(function)}"
    if effect not in _EFFECTS:
        raise ConfigurationError(f"{place}: effect is read, idempotent or irreversible, not {effect!r}")
    timeout_s, concurrency = options.get("timeout_s", TIMEOUT_S), options.get("concurrency")
    if timeout_s <= 0:
        raise ConfigurationError(f"{place}: timeout_s must be above 0, not {timeout_s}")
    if concurrency is not None and concurrency < 1:
        raise ConfigurationError(f"{place}: concurrency must be at least 1, not {concurrency}")
    if effect == "irreversible" and options.get("on_interrupt") == "cancel":
        raise ConfigurationError(f"{place}: an irreversible tool cannot be cancelled; nobody would know what it did")


def _filler(filler: str | FillerLadder | Literal[False] | None) -> FillerLadder | str | None:
    """Not to say anything about it is not the same as silence."""
    if filler is None or isinstance(filler, FillerLadder):
        return filler
    return filler or SILENT


def _rules(
    function: Callable[..., Any],
    effect: Effect,
    confirm: str | ConsentRule | tuple[ConsentRule, ...] | Literal[False] | None,
    fields: tuple[str, ...],
) -> tuple[ConsentRule, ...]:
    if confirm is None:
        confirm = Confirm() if effect == "irreversible" else ()
    if isinstance(confirm, str):
        confirm = Confirm(confirm)
    rules = confirm if isinstance(confirm, tuple) else (confirm,) if confirm else ()
    return tuple(_checked(function, rule, fields) for rule in rules)


def _checked(function: Callable[..., Any], rule: ConsentRule, fields: tuple[str, ...]) -> ConsentRule:
    if rule.when is not None and inspect.iscoroutinefunction(rule.when):
        raise ConfigurationError(f"tool {place_of(function)}: 'when' of a rule decides at once and cannot be async")
    if isinstance(rule, Forbid) or not rule.question:
        return rule
    try:
        unknown = unknown_names(rule.question, fields)
    except ValueError as error:
        raise ConfigurationError(
            f"tool {place_of(function)}: confirm {rule.question!r} cannot be read: {error}"
        ) from error
    if unknown:
        raise ConfigurationError(
            f"tool {place_of(function)}: confirm names {{{unknown[0]}}}, which is not one of its parameters"
        )
    return rule
