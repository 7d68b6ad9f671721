"""When does a tool need consent, whose, and what is asked?

A tool has a tuple of rules; the first whose ``when`` holds decides, and where none holds the tool runs. A ``when`` that
fails counts as holding: in doubt somebody is asked.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
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
    "deciding_rule",
]

EXPIRY_NS = 30 * NS_PER_S
"""How long a question waits for its answer, from when it was given."""

Condition = Callable[[Mapping[str, Any], Any], bool]
"""``(arguments by name, what the application gave as Call(context=...))`` → whether the rule applies."""

Describe = Callable[..., str | Awaitable[str | None] | None]
"""Looks up what the arguments mean, given those of them that it takes, by name: "'review proposal', due Friday".

``None``: there is none; ``NotFound`` may say more. It may take a ``context``, the ``ToolContext``. Plain functions run
in a thread.
"""


@dataclass(frozen=True, slots=True)
class Confirm:
    """The user is asked. ``question``: a template over the parameters, and ``{object}``, what ``describe`` found.

    An empty question is made from what ``describe`` found, or from the tool's name and arguments. ``when=None``:
    always. ``expiry_ns=None``: as long as the call's other questions.
    """

    question: str = ""
    when: Condition | None = None
    describe: Describe | None = None
    expiry_ns: int | None = None


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


def deciding_rule(
    rules: Sequence[ConsentRule], arguments: Mapping[str, Any], app: Any
) -> tuple[ConsentRule | None, Exception | None]:
    """The rule that decides about these arguments, if any, and what its ``when`` raised, if it did. Never raises."""
    for rule in rules:
        try:
            if rule.when is None or rule.when(arguments, app):
                return rule, None
        except Exception as error:  # noqa: BLE001 (the application's code; a broken rule must not let an action pass)
            return rule, error
    return None, None
