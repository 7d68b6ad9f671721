"""Did the user consent to this very action, after having been asked?

Confirmation is state, not prompt text (D6): a proposal is bound to its arguments, expires, and is carried out at most
once. Consent that comes through the model needs a turn of the user after the question was given. Time is given in ns on
one monotonic clock.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Literal

from bareline.ids import IdSource
from bareline.tools.arguments import Arguments
from bareline.tools.consent_policy import EXPIRY_NS
from bareline.tools.proposals import ANSWERS_MAX, Consent, ConsentBy, Proposal, Refusal
from bareline.tools.tool import Tool
from bareline.units import NS_PER_S

__all__ = ["PENDING_MAX", "REPORT_NS", "Confirmations"]

PENDING_MAX = 8
"""Questions that wait at once; the oldest gives way."""
REPORT_NS = 10 * NS_PER_S
"""How long an answer that was begun in time waits for the model to report it, from the end of the user's turn."""
_ENDED_MAX = 64


class Confirmations:
    """The proposals of one call. ``expiry_ns``: how long a question waits unless its rule says otherwise."""

    def __init__(self, ids: IdSource, *, expiry_ns: int = EXPIRY_NS) -> None:
        self._ids = ids
        self._expiry_ns = expiry_ns
        self._pending: dict[str, Proposal] = {}
        self._ended: OrderedDict[str, str] = OrderedDict()
        self._speaking_since_ns: int | None = None
        self._turn_began_ns: int | None = None

    @property
    def pending(self) -> tuple[Proposal, ...]:
        """What waits, oldest first."""
        return tuple(self._pending.values())

    def get(self, proposal_id: str) -> Proposal | None:
        """What waits under this id."""
        return self._pending.get(proposal_id)

    def propose(
        self,
        tool: Tool | str,
        arguments: Arguments,
        question: str,
        *,
        call_id: str,
        response_id: str,
        now_ns: int,
        asks: Literal["user", "person"] = "user",
        expiry_ns: int | None = None,
    ) -> Proposal:
        """Put an action up for consent, called for in ``response_id``; a name stands for what is no tool of the box.

        The same action again is the same proposal, whose time runs anew once it is asked again. Other arguments in a
        later response end the old one; two calls in one response are two actions.
        """
        name = tool if isinstance(tool, str) else tool.name
        for old in [entry for entry in self.pending if entry.name == name]:
            if old.arguments.digest == arguments.digest and old.asks == asks:
                return _again(old, response_id)
            if old.response_id != response_id:
                self._end(old.id, "replaced")
        if len(self._pending) >= PENDING_MAX:
            self._end(next(iter(self._pending)), "replaced")
        made = Proposal(
            id=self._ids.new("p"),
            name=name,
            tool=None if isinstance(tool, str) else tool,
            arguments=arguments,
            call_id=call_id,
            response_id=response_id,
            question=question,
            expiry_ns=self._expiry_ns if expiry_ns is None else expiry_ns,
            made_at_ns=now_ns,
            asks=asks,
        )
        self._pending[made.id] = made
        return made

    def response_began(self, response_id: str) -> None:
        """A response of the conversation began: it may ask for all that waits by now, but for nothing later."""
        for proposal in self.pending:
            if proposal.asks == "user" and proposal.asked_in is None and response_id != proposal.response_id:
                proposal.asking.add(response_id)

    def question_begun(self, response_id: str, now_ns: int) -> None:
        """What this response says begins to be heard."""
        for proposal in self._asked_in(response_id):
            if proposal.asked_in is None:
                proposal.asked_in, proposal.heard_from_ns = response_id, now_ns

    def question_given(self, response_id: str, now_ns: int) -> list[Proposal]:
        """What this response said has reached the user, or a part of it; the questions that this gave.

        Of a response with several parts the last one counts: time runs from the end of the question.
        """
        self.question_begun(response_id, now_ns)
        given = [proposal for proposal in self._asked_in(response_id) if proposal.asked_in == response_id]
        for proposal in given:
            proposal.asked_at_ns = now_ns
        return given

    def user_began(self, now_ns: int) -> None:
        """The user begins to speak: what waits at this moment waits for the end of it.

        A turn that begins too late answers nothing, and what waited for the report of an earlier one waits no longer:
        a yes in it would be taken for that one's.
        """
        for proposal in self.pending:
            if proposal.asked_at_ns is not None and now_ns >= proposal.ends_at_ns:
                proposal.spoken_until_ns = min(proposal.spoken_until_ns, now_ns)
        self._speaking_since_ns = self._turn_began_ns = now_ns

    def user_ended(self, now_ns: int) -> None:
        """The user's speech is over, or lost with the connection."""
        since, self._speaking_since_ns = self._speaking_since_ns, None
        if since is not None:
            self._in_time(since, now_ns)

    def user_spoke(self, item_id: str, now_ns: int, *, written: bool = False) -> None:
        """The user took a turn: an answer to the questions that had begun to be heard when it began."""
        began = now_ns if written or self._turn_began_ns is None else self._turn_began_ns
        if not written:
            self._turn_began_ns = None
        self._in_time(began, now_ns)
        for proposal in self.pending:
            heard = proposal.heard_from_ns
            if proposal.asked_at_ns is not None and heard is not None and began >= heard:
                proposal.answers = [*proposal.answers, item_id][-ANSWERS_MAX:]

    def consent(
        self, proposal_id: str, now_ns: int, *, by: ConsentBy = "user", words: str = "", agreed: bool = True
    ) -> tuple[Proposal, Consent] | Refusal:
        """Take the consent, once. Afterwards the proposal is gone, whatever becomes of the action.

        ``words``: what the user said since the question; ``agreed=False``: and that was a clear no.
        """
        self.expire(now_ns)
        proposal = self._pending.get(proposal_id)
        if proposal is None:
            return self._not_pending(proposal_id)
        if by == "user":
            refused = _refused(proposal, words, agreed=agreed)
            if refused is not None:
                return refused
        self._end(proposal_id, "agreed")
        return proposal, Consent(proposal_id, by, words, proposal.arguments.digest)

    def decline(self, proposal_id: str, now_ns: int) -> Proposal | Refusal:
        """Drop the proposal: the user, or the application, said no."""
        self.expire(now_ns)
        return self._end(proposal_id, "declined") or self._not_pending(proposal_id)

    def expire(self, now_ns: int) -> list[Proposal]:
        """Drop what waited too long and return it."""
        late = [proposal for proposal in self.pending if (ends := self._ends(proposal)) is not None and now_ns >= ends]
        for proposal in late:
            self._end(proposal.id, "expired")
        return late

    def deadline(self) -> int | None:
        """When ``expire`` next has something to do, if nothing happens before."""
        ends = (self._ends(proposal) for proposal in self.pending)
        return min((at for at in ends if at is not None), default=None)

    def _asked_in(self, response_id: str) -> list[Proposal]:
        return [entry for entry in self.pending if response_id in entry.asking]

    def _in_time(self, began_ns: int, now_ns: int) -> None:
        """A turn that was begun before the time was over is still to be reported by the model."""
        for proposal in self.pending:
            if proposal.asked_at_ns is not None and began_ns < proposal.ends_at_ns:
                proposal.spoken_until_ns = now_ns + REPORT_NS

    def _ends(self, proposal: Proposal) -> int | None:
        """When it expires; ``None`` while that is not known: the user is speaking, or a consent is being looked at."""
        speaking = self._speaking_since_ns
        if proposal.held or (speaking is not None and proposal.asks == "user" and speaking < proposal.ends_at_ns):
            return None
        return max(proposal.ends_at_ns, proposal.spoken_until_ns)

    def _end(self, proposal_id: str, how: str) -> Proposal | None:
        proposal = self._pending.pop(proposal_id, None)
        if proposal is not None:
            self._ended[proposal_id] = how
            if len(self._ended) > _ENDED_MAX:
                self._ended.popitem(last=False)
        return proposal

    def _not_pending(self, proposal_id: str) -> Refusal:
        how = self._ended.get(proposal_id, "")
        return Refusal("not_pending", f"No action waits under '{proposal_id}': {_ENDS[how]}", say=_SAY[how])


_ENDS = {
    "": "there never was one. Call the tool itself to propose an action.",
    "agreed": "it was agreed to and carried out, or is being carried out. Do not propose it again.",
    "declined": "it was declined and not done.",
    "expired": "the question was not answered in time, and it was not done. Propose it anew if it is still wanted.",
    "replaced": "another proposal took its place, and it was not done.",
}
_SAY = {
    "": "Nothing is waiting for a yes.",
    "agreed": "You have agreed to that already.",
    "declined": "That was declined, so I did not do it.",
    "expired": "I waited too long for an answer, so I did not do it.",
    "replaced": "I asked for something else since then, so I did not do it.",
}


def _again(proposal: Proposal, response_id: str) -> Proposal:
    """Asked for once more: if nobody has answered yet, the question is asked anew and its time runs from then."""
    if not proposal.answered:
        proposal.response_id, proposal.asked_in = response_id, None
        proposal.asking.clear()
    return proposal


def _refused(proposal: Proposal, words: str, *, agreed: bool) -> Refusal | None:
    """Why the model's report of the user's yes does not count."""
    if proposal.asks == "person":
        return Refusal("not_asked", "That is not the user's to decide: somebody else was asked and has not answered.")
    if not proposal.answered:
        return Refusal("not_asked", f"The user has not answered yet. Ask first: {proposal.question}")
    if not agreed:
        message = "The user did not agree: see what was heard. Do what they want instead, or ask again."
        return Refusal("not_agreed", message, words)
    return None
