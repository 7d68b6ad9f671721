"""What waits for consent, what is a consent to it, and why is something none?"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import msgspec

from bareline.tools.arguments import Arguments
from bareline.tools.results import status_text
from bareline.tools.tool import Tool
from bareline.tools.toolbox import CONFIRM_ACTION, DECLINE_ACTION

__all__ = ["ANSWERS_MAX", "Consent", "ConsentBy", "Proposal", "Refusal", "RefusalReason"]

ANSWERS_MAX = 16
"""Turns of the user that are remembered as answers to one question; the oldest go."""

ConsentBy = Literal["user", "application", "person"]
"""Who consents: the user of the call, the application, or the person whom a rule asks."""

RefusalReason = Literal["not_pending", "not_asked", "not_agreed"]


@dataclass(slots=True, kw_only=True)
class Proposal:
    """One action that waits for consent, and how far it has come.

    ``name``: the tool's; ``tool`` is ``None`` for an action that is not of the call's toolbox. ``asks``: whose consent
    it needs. ``heard_from_ns``: when the question began to reach the user; ``asked_at_ns``: when it had, and its time
    began to run. ``answers``: the items in which the user spoke afterwards. ``held``: a consent is being looked at.
    """

    id: str
    name: str
    tool: Tool | None
    arguments: Arguments
    call_id: str
    response_id: str
    question: str
    expiry_ns: int
    made_at_ns: int
    asks: Literal["user", "person"] = "user"
    asking: set[str] = field(default_factory=set[str])
    asked_in: str | None = None
    heard_from_ns: int | None = None
    asked_at_ns: int | None = None
    answers: list[str] = field(default_factory=list[str])
    spoken_until_ns: int = 0
    held: bool = False

    @property
    def answered(self) -> bool:
        """Whether the user has taken a turn since the question was given."""
        return bool(self.answers)

    @property
    def ends_at_ns(self) -> int:
        """When its time is over, if the user says nothing; a question that is never given does not wait for ever."""
        if self.asks == "person":
            return self.made_at_ns + self.expiry_ns
        if self.asked_at_ns is None:
            return self.made_at_ns + 2 * self.expiry_ns
        return self.asked_at_ns + self.expiry_ns

    @property
    def text(self) -> str:
        """What the model is told instead of a result."""
        if self.asks == "person":
            return status_text("needs_approval", proposal_id=self.id, say=_WAITS, next=_WAITS_NEXT)
        if self.answered:
            steps = f"The user was asked this already and has answered. {_REPORT}"
        else:
            steps = f"Nothing was done yet. Ask the user exactly what 'say' says. {_REPORT}"
        return status_text("needs_confirmation", proposal_id=self.id, say=self.question, next=steps)


class Consent(msgspec.Struct, frozen=True):
    """Who consented to what, and with which words; carried out at most once."""

    proposal_id: str
    by: ConsentBy
    words: str
    digest: str


class Refusal(msgspec.Struct, frozen=True):
    """Why there is no consent. ``heard``: the user's words, where they are the reason; ``say``: for the user."""

    reason: RefusalReason
    message: str
    heard: str = ""
    say: str = ""

    @property
    def text(self) -> str:
        """What the model is told."""
        further = {key: text for key, text in (("say", self.say), ("heard", self.heard)) if text}
        return status_text("error", kind=self.reason, message=self.message, **further)


_REPORT = (
    f"If they agree, call {CONFIRM_ACTION} with this proposal_id; if they do not, or want something else, call "
    f"{DECLINE_ACTION}."
)
_WAITS = "Somebody has to approve that first. I have asked, and tell you as soon as I know."
_WAITS_NEXT = (
    "Nothing was done yet. Say that it waits for approval and go on with the conversation; do not ask the user to "
    f"confirm it. You will be told the decision. If the user does not want it any more, call {DECLINE_ACTION}."
)
