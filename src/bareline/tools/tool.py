"""What is known of one function that a model may call?"""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from bareline.protocol.events import FunctionTool
from bareline.tools.arguments import Arguments, InvalidArguments
from bareline.tools.consent_policy import ConsentRule
from bareline.tools.ladder import FillerLadder
from bareline.tools.retry import DEFAULT_RETRY, RetryPolicy

__all__ = ["TIMEOUT_S", "Effect", "OnInterrupt", "Tool"]

Effect = Literal["read", "idempotent", "irreversible"]
"""What a tool does to the world (D6): nothing; something that may be repeated; something that cannot be taken back."""

OnInterrupt = Literal["cancel", "finish"]
"""What an interruption by the user does to a running execution."""

TIMEOUT_S = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """One function as the model sees it, and what the runtime needs to run it.

    ``reader`` turns the model's text into arguments. ``context``: the parameter that takes the ``ToolContext``.
    ``filler``: what is said while it runs, as ``ladder_of`` reads it. ``consent``: the rules that decide whether it
    needs consent. ``keyed``: it honours ``ToolContext.idempotency_key``, so that repeating an execution with its key
    does nothing twice. ``concurrency``: so many executions of it at once; more wait. ``interrupted``: what an
    interruption does to it. ``lint_ignore``: rules of ``bareline tools lint`` that it need not follow.
    """

    name: str
    description: str
    effect: Effect
    function: Callable[..., Any]
    parameters: dict[str, Any]
    reader: Callable[[str], Arguments | InvalidArguments]
    context: str | None = None
    filler: FillerLadder | str | None = None
    consent: tuple[ConsentRule, ...] = ()
    timeout_s: float = TIMEOUT_S
    retry: RetryPolicy = DEFAULT_RETRY
    concurrency: int | None = None
    keyed: bool = False
    interrupted: OnInterrupt = "finish"
    lint_ignore: tuple[str, ...] = ()
    is_async: bool = field(init=False, repr=False, compare=False)
    """Whether calling it gives something to await; others may block and belong in a thread."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "is_async", inspect.iscoroutinefunction(inspect.unwrap(self.function)))

    def definition(self) -> FunctionTool:
        """The tool as it stands in the session."""
        return FunctionTool(name=self.name, description=self.description, parameters=self.parameters)

    def parse(self, text: str) -> Arguments | InvalidArguments:
        """Validate the model's arguments."""
        return self.reader(text)

    def idempotency_key(self, call_id: str, proposal_id: str | None, arguments: Arguments) -> str:
        """Of one execution: asking for the same thing twice on purpose gives two keys."""
        text = "\n".join((self.name, call_id, proposal_id or "", arguments.digest))
        return hashlib.sha256(text.encode()).hexdigest()[:32]
