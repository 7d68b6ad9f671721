"""What becomes of an action that waits for consent, and who is told?

It is carried out, dropped, or ends without an answer; the call that asked for it settles with it, the model is told,
and the trace has each step. ``Confirmations`` alone decides whether a consent counts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bareline.client.call_events import ApprovalAsked, CallEvent, ConfirmationAsked
from bareline.client.journal import Journal
from bareline.client.tool_runner import Executed, ToolCall, ToolRunner
from bareline.clock import now_ns
from bareline.protocol import events as ev
from bareline.tools import CallStep, Confirmations, ConsentBy, Proposal, Refusal
from bareline.tools.results import status_text

__all__ = ["Answer", "PendingActions", "Waiting"]

Answer = Callable[[str], None]
"""Tells the model what became of an action."""

_WHO: dict[ConsentBy, str] = {
    "user": "the user",
    "application": "the application",
    "person": "the person who was asked to approve it",
}


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits: a call of the model, or whoever asked otherwise and is told what was ``decided``."""

    arguments: str
    call: ToolCall | None = None
    decided: Callable[[bool], None] | None = None


class PendingActions:
    """The actions behind the proposals of one call.

    ``post`` sends an event, ``respond`` asks for a response, ``emit`` tells the application, ``changed`` is called with
    every change of what waits. ``expiry_spoken``: a response is asked for when the user did not answer in time.
    """

    def __init__(
        self,
        runner: ToolRunner,
        journal: Journal,
        confirmations: Confirmations,
        *,
        expiry_spoken: bool,
        post: Callable[[ev.ClientEvent], object],
        respond: Callable[[str], None],
        emit: Callable[[CallEvent], None],
        changed: Callable[[], None],
    ) -> None:
        self._runner = runner
        self._journal = journal
        self._confirmations = confirmations
        self._expiry_spoken = expiry_spoken
        self._post = post
        self._respond = respond
        self._emit = emit
        self._changed = changed
        self._waiting: dict[str, Waiting] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, proposal: Proposal, waiting: Waiting) -> None:
        """It waits from now on, in place of what it repeats or replaces."""
        repeated = self._waiting.pop(proposal.id, None)
        if repeated is not None:
            self._withdraw(repeated, "asked for again")
        self._waiting[proposal.id] = waiting
        self._sweep()
        self._changed()
        self._asked(proposal, waiting)

    def carry_out(
        self, proposal_id: str, by: ConsentBy, answer: Answer | None = None, *, words: str = "", agreed: bool = True
    ) -> Refusal | None:
        """Take the consent and carry the action out; or why not. Without ``answer`` the model is told by an item."""
        at_ns = self.expire()
        taken = self._confirmations.consent(proposal_id, at_ns, by=by, words=words, agreed=agreed)
        if isinstance(taken, Refusal):
            heard: dict[str, Any] = {"words": taken.heard} if taken.heard else {}
            self._journal.decision("consent_refused", taken.reason, proposal_id=proposal_id, by=by, **heard)
            return taken
        proposal, consent = taken
        self._journal.decision(
            "consent", f"by the {by}", proposal_id=proposal.id, by=by, words=consent.words, digest=consent.digest
        )
        waiting = self._waiting.pop(proposal.id)
        self._changed()

        def tell(output: str) -> None:
            if answer is not None:
                answer(output)
            else:
                self._decided(waiting, proposal, by, output)

        if waiting.call is not None and proposal.tool is not None:
            executed = Executed(waiting.call, proposal.tool, proposal.arguments, consent, proposal.question)
            self._runner.start(executed, CallStep.CONSENT, lambda _, output: tell(output))
        if waiting.decided is not None:
            waiting.decided(True)
            tell(status_text("approved", message="It is being carried out; its result follows."))
        return None

    def drop(self, proposal_id: str, by: ConsentBy, answer: Answer | None = None) -> Refusal | None:
        """It was declined; or why there is nothing to decline."""
        at_ns = self.expire()
        dropped = self._confirmations.decline(proposal_id, at_ns)
        if isinstance(dropped, Refusal):
            return dropped
        self._journal.decision("declined", f"by the {by}", proposal_id=proposal_id, by=by)
        waiting = self._waiting.pop(proposal_id)
        self._withdraw(waiting, f"declined by the {by}")
        self._changed()
        output = status_text("declined", message="It was not done.")
        if answer is not None:
            answer(output)
        else:
            self._decided(waiting, dropped, by, output)
        return None

    def expire(self) -> int:
        """End what waited too long, as of now, which is returned. The model is told, so that it claims nothing else."""
        at_ns = now_ns()
        for proposal in self._confirmations.expire(at_ns):
            self._journal.decision("consent_expired", f"no answer of the {proposal.asks}", proposal_id=proposal.id)
            waiting = self._waiting.pop(proposal.id)
            self._withdraw(waiting, "expired")
            self._changed()
            whom = "The user did not answer" if proposal.asks == "user" else "Nobody approved"
            self.tell(
                f"{whom} in time: the pending action '{proposal.name}' with {waiting.arguments} has expired and was "
                "not done. Do not claim otherwise; propose it anew if it is still wanted."
            )
            if self._expiry_spoken or proposal.asks == "person":
                self._respond("consent_expired")
        return at_ns

    def tell(self, words: str) -> None:
        """Let the model know, beside the calls that it can be answered by."""
        self._post(ev.ConversationItemCreate(item=ev.Message(role="system", content=[ev.InputText(text=words)])))

    def _decided(self, waiting: Waiting, proposal: Proposal, by: ConsentBy, output: str) -> None:
        """What others decided has no call of the model that it could answer."""
        self.tell(
            f"The pending action '{proposal.name}' with {waiting.arguments} was decided by {_WHO[by]}. Result: {output}"
        )
        self._respond(f"{by}_decided")

    def _asked(self, proposal: Proposal, waiting: Waiting) -> None:
        data: dict[str, Any] = {"tool": proposal.name, "question": proposal.question}
        self._journal.decision(
            "consent_asked",
            f"of the {proposal.asks}",
            proposal_id=proposal.id,
            digest=proposal.arguments.digest,
            **data,
        )
        event = ConfirmationAsked if proposal.asks == "user" else ApprovalAsked
        self._emit(
            event(
                at_ns=now_ns(),
                proposal_id=proposal.id,
                name=proposal.name,
                arguments=waiting.arguments,
                question=proposal.question,
            )
        )

    def _sweep(self) -> None:
        """What was replaced is over."""
        for proposal_id in [known for known in self._waiting if self._confirmations.get(known) is None]:
            self._journal.decision("replaced", "another proposal took its place", proposal_id=proposal_id)
            self._withdraw(self._waiting.pop(proposal_id), "replaced")

    def _withdraw(self, waiting: Waiting, why: str) -> None:
        if waiting.call is not None:
            self._runner.settle(waiting.call, CallStep.WITHDRAW, status_text("cancelled", message=why))
        if waiting.decided is not None:
            waiting.decided(False)
