"""What is known of one function call of the model, and of one execution of its tool?"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import msgspec

from bareline.tools import CallState, CancellationScope, Consent, Tool
from bareline.tools.arguments import Arguments
from bareline.tools.calls import ENDS

__all__ = ["Answer", "Executed", "Running", "ToolCall"]


class ToolCall(msgspec.Struct):
    """One function call of the model and where it stands. ``told``: the application heard of it."""

    call_id: str
    name: str
    arguments: str
    response_id: str
    at_ns: int
    state: CallState = CallState.REQUESTED
    told: bool = False

    @property
    def ended(self) -> bool:
        """Whether it has come to its one end."""
        return self.state in ENDS


class Executed(msgspec.Struct, frozen=True):
    """One execution: the call that asked for it, and the consent and its question, if the tool asks for one."""

    call: ToolCall
    tool: Tool
    arguments: Arguments
    consent: Consent | None = None
    question: str = ""

    @property
    def proposal_id(self) -> str | None:
        """The proposal that was consented to."""
        return self.consent.proposal_id if self.consent else None

    @property
    def key(self) -> str:
        """The idempotency key."""
        return self.tool.idempotency_key(self.call.call_id, self.proposal_id, self.arguments)


Answer = Callable[[ToolCall, str], None]
"""Gives a call's output to whom it is for."""


class Running(msgspec.Struct):
    """One execution under way.

    ``answer`` gets the output instead of the model. ``entered``: the function began to run at least once, so it may
    have done something. ``began``: the application was told. ``limit``: of the first attempt, from before the
    function is entered; armed when ``began`` is set. ``hung_up``: the call ended meanwhile, so that nobody is there to
    be told.
    """

    executed: Executed
    answer: Answer | None = None
    scope: CancellationScope = msgspec.field(default_factory=CancellationScope)
    entered: bool = False
    began: bool = False
    limit: asyncio.Timeout | None = None
    attempts: int = 0
    hung_up: bool = False
    task: asyncio.Task[None] | None = None

    @property
    def call(self) -> ToolCall:
        """The call it serves."""
        return self.executed.call

    @property
    def tool(self) -> Tool:
        """The tool that runs."""
        return self.executed.tool

    @property
    def irreversible(self) -> bool:
        """Whether what it does cannot be taken back."""
        return self.tool.effect == "irreversible"
