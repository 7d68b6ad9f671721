"""Did the user consent to this very action, after having been asked?

Confirmation is state, not prompt text (D6): a proposal is bound to its arguments, expires, and is carried out at most
once. Consent that comes through the model needs a turn of the user after the question was given.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import msgspec

from bareline.ids import IdSource
from bareline.protocol.events import FunctionTool
from bareline.tools.arguments import Arguments
from bareline.tools.consent_policy import EXPIRY_NS
from bareline.tools.results import status_text
from bareline.tools.tool import Tool
from bareline.tools.toolbox import CONFIRM_ACTION, DECLINE_ACTION

__all__ = [
    "PENDING_MAX",
    "Confirmations",
    "Consent",
    "Proposal",
    "Refusal",
    "confirming_tools",
    "proposal_named",
]

PENDING_MAX = 8
"""Questions that wait at once; the oldest gives way."""


@dataclass(slots=True)
class Proposal:
    """One action that waits for consent. ``asked_at_ns``: when the user had heard or read the question."""

    id: str
    tool: Tool
    arguments: Arguments
    call_id: str
    response_id: str
    question: str
    made_at_ns: int
    asked_at_ns: int | None = None
    answered: bool = False

    @property
    def text(self) -> str:
        """What the model is told instead of a result."""
        steps = (
            "Nothing was done yet. Ask the user exactly what 'say' says. If they agree, call "
            f"{CONFIRM_ACTION} with this proposal_id; if they do not, call {DECLINE_ACTION}."
        )
        return status_text("needs_confirmation", proposal_id=self.id, say=self.question, next=steps)


class Consent(msgspec.Struct, frozen=True):
    """Who consented to what, and with which words; carried out at most once."""

    proposal_id: str
    by: Literal["user", "application"]
    words: str
    digest: str


class Refusal(msgspec.Struct, frozen=True):
    """Why there is no consent. ``reason``: not_pending, not_asked."""

    reason: Literal["not_pending", "not_asked"]
    message: str

    @property
    def text(self) -> str:
        """What the model is told."""
        return status_text("error", kind=self.reason, message=self.message)


class Confirmations:
    """The proposals of one call. Time is given in ns on one monotonic clock."""

    def __init__(self, ids: IdSource, *, expiry_ns: int = EXPIRY_NS) -> None:
        self._ids = ids
        self._expiry_ns = expiry_ns
        self._pending: dict[str, Proposal] = {}

    @property
    def pending(self) -> tuple[Proposal, ...]:
        """What waits, oldest first."""
        return tuple(self._pending.values())

    def propose(
        self, tool: Tool, arguments: Arguments, question: str, *, call_id: str, response_id: str, now_ns: int
    ) -> Proposal:
        """Put an action up for consent, called for in ``response_id``.

        The same action again is the same proposal; other arguments end the old one.
        """
        for old in [entry for entry in self.pending if entry.tool.name == tool.name]:
            if old.arguments.digest == arguments.digest:
                return old
            del self._pending[old.id]
        if len(self._pending) >= PENDING_MAX:
            del self._pending[next(iter(self._pending))]
        made = Proposal(self._ids.new("p"), tool, arguments, call_id, response_id, question, now_ns)
        self._pending[made.id] = made
        return made

    def question_given(self, response_id: str, now_ns: int) -> None:
        """What this response said has reached the user: it asked for all that was called for in earlier ones."""
        for proposal in self.pending:
            if proposal.asked_at_ns is None and proposal.response_id != response_id:
                proposal.asked_at_ns = now_ns

    def user_spoke(self) -> None:
        """The user took a turn; questions given before may have been answered by it."""
        for proposal in self.pending:
            proposal.answered = proposal.answered or proposal.asked_at_ns is not None

    def consent(
        self, proposal_id: str, now_ns: int, *, by: Literal["user", "application"] = "user", words: str = ""
    ) -> tuple[Proposal, Consent] | Refusal:
        """Take the consent, once. Afterwards the proposal is gone, whatever becomes of the action."""
        self.expire(now_ns)
        proposal = self._pending.get(proposal_id)
        if proposal is None:
            return _not_pending(proposal_id)
        if by == "user" and not proposal.answered:
            return Refusal("not_asked", f"The user has not answered yet. Ask first: {proposal.question}")
        del self._pending[proposal_id]
        return proposal, Consent(proposal_id, by, words, proposal.arguments.digest)

    def decline(self, proposal_id: str, now_ns: int) -> Proposal | Refusal:
        """Drop the proposal: the user, or the application, said no."""
        self.expire(now_ns)
        return self._pending.pop(proposal_id, None) or _not_pending(proposal_id)

    def expire(self, now_ns: int) -> list[Proposal]:
        """Drop what waited too long and return it."""
        late = [proposal for proposal in self.pending if now_ns >= self._ends(proposal)]
        for proposal in late:
            del self._pending[proposal.id]
        return late

    def deadline(self) -> int | None:
        """When ``expire`` next has something to do."""
        return min((self._ends(proposal) for proposal in self.pending), default=None)

    def _ends(self, proposal: Proposal) -> int:
        """A question that is never given does not wait for ever either."""
        if proposal.asked_at_ns is None:
            return proposal.made_at_ns + 2 * self._expiry_ns
        return proposal.asked_at_ns + self._expiry_ns


def confirming_tools() -> list[FunctionTool]:
    """The two functions through which the model reports the user's answer."""
    argument = {"proposal_id": {"type": "string", "description": "The proposal_id of the question that was answered."}}
    parameters = {
        "type": "object",
        "properties": argument,
        "required": ["proposal_id"],
        "additionalProperties": False,
    }
    return [
        FunctionTool(
            name=CONFIRM_ACTION,
            description="Carry out the action that waits for consent. Only after the user clearly said yes to it.",
            parameters=parameters,
        ),
        FunctionTool(
            name=DECLINE_ACTION,
            description="Drop the action that waits for consent: the user said no, or wants something else.",
            parameters=parameters,
        ),
    ]


def proposal_named(text: str) -> str:
    """The proposal_id in the arguments of a confirming tool; empty when there is none."""
    try:
        return msgspec.json.decode(text or "{}", type=_Named).proposal_id
    except msgspec.MsgspecError:
        return ""


class _Named(msgspec.Struct):
    proposal_id: str = ""


def _not_pending(proposal_id: str) -> Refusal:
    return Refusal(
        "not_pending", f"No action waits under '{proposal_id}': it was answered, replaced or expired. Propose it anew."
    )
