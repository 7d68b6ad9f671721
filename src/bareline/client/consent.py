"""How does the user's yes reach the action it is meant for?

Between the model's calls (the action, then the confirming tool) and ``Confirmations``, which alone decides. Every step
is traced with who consented and the words that were known then.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Literal

from bareline.client.call_events import CallEvent, ConfirmationAsked
from bareline.client.journal import Journal
from bareline.client.tool_runner import Executed, ToolCall, ToolRunner
from bareline.clock import now_ns
from bareline.errors import InvalidRequest
from bareline.ids import IdSource
from bareline.protocol import events as ev
from bareline.tools import CallStep, Confirm, Confirmations, Proposal, Refusal, Tool
from bareline.tools.arguments import Arguments
from bareline.tools.confirmation import confirming_tools, proposal_named
from bareline.tools.questions import fill_question
from bareline.tools.results import status_text
from bareline.tools.toolbox import CONFIRM_ACTION, DECLINE_ACTION
from bareline.units import NS_PER_S

__all__ = ["ConfirmingPolicy", "ConsentDesk"]

ConfirmingPolicy = Literal["standing", "pending"]
"""``standing``: the confirming tools are always offered and refuse without a proposal. ``pending``: they are offered
only while something waits, which costs the prompt cache at each change (D6)."""


class ConsentDesk:
    """Keeps the calls that wait for consent. ``words`` gives what the user said last, as far as it is known."""

    def __init__(
        self,
        runner: ToolRunner,
        journal: Journal,
        *,
        ids: IdSource,
        policy: ConfirmingPolicy,
        words: Callable[[], str],
        post: Callable[[ev.ClientEvent], object],
        respond: Callable[[str], None],
        emit: Callable[[CallEvent], None],
        tools_changed: Callable[[], None],
    ) -> None:
        self._runner = runner
        self._journal = journal
        self._policy: ConfirmingPolicy = policy
        self._words = words
        self._post = post
        self._respond = respond
        self._emit = emit
        self._tools_changed = tools_changed
        self._confirmations = Confirmations(ids)
        self._waiting: dict[str, ToolCall] = {}
        self._news = asyncio.Event()
        runner.propose = self.propose

    @property
    def pending(self) -> tuple[Proposal, ...]:
        """What waits for consent."""
        return self._confirmations.pending

    def definitions(self) -> list[ev.FunctionTool]:
        """The confirming tools, when they are to be offered now."""
        standing = self._policy == "standing" and self._runner.toolbox.confirms
        return confirming_tools() if standing or self._waiting else []

    def propose(self, call: ToolCall, tool: Tool, arguments: Arguments) -> None:
        """Put the action to the user instead of running it."""
        question = next(rule.question for rule in tool.consent if isinstance(rule, Confirm))
        words = fill_question(question, arguments.values, None)
        proposal = self._confirmations.propose(
            tool, arguments, words, call_id=call.call_id, response_id=call.response_id, now_ns=now_ns()
        )
        repeated = self._waiting.pop(proposal.id, None)
        if repeated is not None:
            self._withdraw(repeated, "asked for again")
        self._runner.step(call, CallStep.PROPOSE, proposal_id=proposal.id, question=proposal.question)
        self._waiting[proposal.id] = call
        self._sweep("replaced")
        self._changed()
        self._emit(
            ConfirmationAsked(
                at_ns=now_ns(),
                proposal_id=proposal.id,
                name=tool.name,
                arguments=call.arguments,
                question=proposal.question,
            )
        )
        self._runner.answer(call, proposal.text)

    def reported(self, call: ToolCall) -> bool:
        """Take a call of a confirming tool; False when it is another tool's."""
        if call.name == CONFIRM_ACTION:
            self._confirmed(call, proposal_named(call.arguments))
        elif call.name == DECLINE_ACTION:
            self._declined(call, proposal_named(call.arguments))
        else:
            return False
        return True

    def confirm(self, proposal_id: str) -> None:
        """Consent by the application. Raises ``InvalidRequest`` when nothing waits under this id."""
        self._consented(proposal_id, "application", self._tell)

    def decline(self, proposal_id: str) -> None:
        """Refusal by the application. Raises ``InvalidRequest`` when nothing waits under this id."""
        dropped = self._confirmations.decline(proposal_id, now_ns())
        if isinstance(dropped, Refusal):
            raise InvalidRequest(dropped.message, field="proposal_id")
        self._tell(
            self._dropped(dropped, "declined by the application"), "The application declined it; it was not done."
        )

    def question_given(self, response_id: str) -> None:
        """What a response said has reached the user."""
        self._confirmations.question_given(response_id, now_ns())
        self._news.set()

    def user_spoke(self) -> None:
        """The user took a turn."""
        self._confirmations.user_spoke()

    async def run(self) -> None:
        """End what waited too long, until cancelled."""
        while True:
            self._news.clear()
            deadline = self._confirmations.deadline()
            try:
                async with asyncio.timeout(None if deadline is None else max(0, deadline - now_ns()) / NS_PER_S):
                    await self._news.wait()
            except TimeoutError:
                self._confirmations.expire(now_ns())
                self._sweep("expired")
                self._changed()

    def _confirmed(self, call: ToolCall, proposal_id: str) -> None:
        refusal = self._consented(proposal_id, "user", lambda _, output: self._report(call, CallStep.ANSWER, output))
        if refusal is None:
            self._runner.step(call, CallStep.START, proposal_id=proposal_id)
        else:
            self._report(call, CallStep.FAIL, refusal.text)

    def _consented(
        self, proposal_id: str, by: Literal["user", "application"], answer: Callable[[ToolCall, str], None]
    ) -> Refusal | None:
        taken = self._confirmations.consent(proposal_id, now_ns(), by=by, words=self._words() if by == "user" else "")
        if isinstance(taken, Refusal):
            self._journal.decision("consent_refused", taken.reason, proposal_id=proposal_id, by=by)
            if by == "application":
                raise InvalidRequest(taken.message, field="proposal_id")
            self._sweep("expired")
            return taken
        proposal, consent = taken
        self._journal.decision(
            "consent", f"by the {by}", proposal_id=proposal.id, by=by, words=consent.words, digest=consent.digest
        )
        original = self._waiting.pop(proposal.id)
        self._changed()
        self._runner.start(Executed(original, proposal.tool, proposal.arguments, consent), CallStep.CONSENT, answer)
        return None

    def _declined(self, call: ToolCall, proposal_id: str) -> None:
        dropped = self._confirmations.decline(proposal_id, now_ns())
        if isinstance(dropped, Refusal):
            self._report(call, CallStep.FAIL, dropped.text)
            return
        self._dropped(dropped, "declined by the user")
        self._runner.step(call, CallStep.START, proposal_id=proposal_id)
        self._report(call, CallStep.ANSWER, status_text("declined", message="It was not done."))

    def _dropped(self, proposal: Proposal, why: str) -> ToolCall:
        original = self._waiting.pop(proposal.id)
        self._withdraw(original, why)
        self._changed()
        return original

    def _report(self, call: ToolCall, step: CallStep, output: str) -> None:
        """The end of a confirming tool's own call; the application hears of the action, not of this."""
        self._runner.step(call, step, output=output)
        self._runner.answer(call, output)

    def _tell(self, call: ToolCall, output: str) -> None:
        """What the application decided has no call of the model that it could answer."""
        words = (
            f"The pending action '{call.name}' with {call.arguments} was decided by the application. Result: {output}"
        )
        self._post(
            ev.ConversationItemCreate(item=ev.Message(role="system", content=[ev.InputText(text=words)])),
        )
        self._respond("application_decided")

    def _sweep(self, why: str) -> None:
        """What does not wait any more is over."""
        pending = {proposal.id for proposal in self._confirmations.pending}
        for proposal_id in [known for known in self._waiting if known not in pending]:
            self._withdraw(self._waiting.pop(proposal_id), why)

    def _withdraw(self, call: ToolCall, why: str) -> None:
        self._runner.settle(call, CallStep.WITHDRAW, status_text("cancelled", message=why))

    def _changed(self) -> None:
        self._news.set()
        if self._policy == "pending":
            self._tools_changed()
