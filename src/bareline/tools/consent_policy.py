"""When does a tool need consent, whose, and what is asked?

A tool has a tuple of rules; the first whose ``when`` holds decides, and where none holds the tool runs.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bareline.units import NS_PER_S

__all__ = [
    "EXPIRY_NS",
    "Approval",
    "Approver",
    "AskPerson",
    "Condition",
    "Confirm",
    "ConsentRule",
    "Describe",
    "Forbid",
]

EXPIRY_NS = 30 * NS_PER_S
"""How long a question waits for its answer, from when it was given."""

Condition = Callable[[Mapping[str, Any], Any], bool]
"""``(arguments by name, what the application gave as Call(context=...))`` → whether the rule applies."""

Describe = Callable[..., str | Awaitable[str | None] | None]
"""Looks up what the arguments mean, given them by name: "'review proposal', due Friday". ``None``: there is none."""


@dataclass(frozen=True, slots=True)
class Confirm:
    """The user is asked. ``question``: a template over the parameters, and ``{object}``, what ``describe`` found.

    An empty question is made from the tool's name and arguments. ``when=None``: always.
    """

    question: str = ""
    when: Condition | None = None
    describe: Describe | None = None
    expiry_ns: int = EXPIRY_NS


@dataclass(frozen=True, slots=True)
class Forbid:
    """Never in this context: refused as ``Denied``, with ``say`` to be said."""

    say: str = "I may not do that here."
    when: Condition | None = None


@dataclass(frozen=True, slots=True)
class Approval:
    """What a person is asked to approve. ``question`` as in ``Confirm``; ``arguments`` by name."""

    proposal_id: str
    tool: str
    arguments: Mapping[str, Any]
    question: str
    app: Any = None


Approver = Callable[[Approval], Awaitable[bool]]
"""Asks somebody, for example on a supervisor's screen; cancelled when the approval is not wanted any more."""


@dataclass(frozen=True, slots=True)
class AskPerson:
    """Somebody else than the user decides. Until then the model is told that it waits for approval."""

    approve: Approver
    question: str = ""
    when: Condition | None = None
    describe: Describe | None = None
    expiry_ns: int = 10 * EXPIRY_NS


ConsentRule = Confirm | Forbid | AskPerson
