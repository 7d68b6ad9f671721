"""How does the user's yes reach the action it is meant for?

Between the model's calls (the action, then the confirming tool) and ``Confirmations``, which alone decides. Every step
is traced: what was asked, when it was given, who consented and the words that were known then. Actions that are no
tools of the call's toolbox (approvals of remote MCP tools) come in by ``ConsentDesk.ask``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import msgspec

from bareline.client.approvals import Approvals
from bareline.client.call_events import CallEvent
from bareline.client.consent_rules import AskingRule, ConsentRules
from bareline.client.consent_settings import ConsentSettings
from bareline.client.heard_answers import HeardAnswers
from bareline.client.journal import Journal
from bareline.client.pending_actions import Answer, PendingActions, Waiting
from bareline.client.tool_runner import ToolCall, ToolRunner, ToolSettings
from bareline.client.transcript import Transcript
from bareline.clock import now_ns
from bareline.errors import InvalidRequest
from bareline.ids import IdSource
from bareline.protocol import events as ev
from bareline.tools import Approval, AskPerson, CallStep, Confirmations, Proposal, Refusal, Tool
from bareline.tools.arguments import Arguments
from bareline.tools.confirming import confirming_tools, proposal_named
from bareline.tools.questions import question_about
from bareline.tools.toolbox import CONFIRM_ACTION, DECLINE_ACTION
from bareline.units import NS_PER_S

__all__ = ["ConsentDesk"]

_CONFIRMING = frozenset({CONFIRM_ACTION, DECLINE_ACTION})


class ConsentDesk:
    """Keeps the actions that wait for consent.

    ``post`` sends an event, ``respond`` asks for a response, ``spawn`` starts a task that the call owns, ``emit`` tells
    the application; ``transcribes`` says whether the session transcribes what the user says.
    """

    def __init__(
        self,
        runner: ToolRunner,
        journal: Journal,
        settings: ConsentSettings,
        tools: ToolSettings,
        *,
        ids: IdSource,
        transcript: Transcript,
        transcribes: Callable[[], bool],
        post: Callable[[ev.ClientEvent], object],
        respond: Callable[[str], None],
        spawn: Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]],
        emit: Callable[[CallEvent], None],
        tools_changed: Callable[[], None],
    ) -> None:
        self._runner = runner
        self._journal = journal
        self._settings = settings
        self._app = tools.app
        self._respond = respond
        self._spawn = spawn
        self._tools_changed = tools_changed
        self._confirmations = Confirmations(ids, expiry_ns=settings.expiry_ns)
        self._actions = PendingActions(
            runner,
            journal,
            self._confirmations,
            expiry_spoken=settings.expiry_spoken,
            post=post,
            respond=respond,
            emit=emit,
            changed=self._changed,
        )
        self._heard = HeardAnswers(transcript, journal, settings.languages, transcribes=transcribes)
        self._approvals = Approvals(journal, spawn=spawn, decided=self._person_decided)
        self._rules = ConsentRules(
            runner,
            journal,
            settings=tools,
            today=settings.today,
            spawn=spawn,
            put=self._put,
        )
        self._offered = False
        self._news = asyncio.Event()
        runner.propose = self._rules.decide

    @property
    def pending(self) -> tuple[Proposal, ...]:
        """What waits for consent."""
        return self._confirmations.pending

    def definitions(self) -> list[ev.FunctionTool]:
        """The confirming tools, when they are to be offered now."""
        standing = self._settings.policy == "standing" and self._runner.toolbox.confirms
        self._offered = standing or bool(len(self._actions))
        return confirming_tools() if self._offered else []

    def ask(
        self,
        name: str,
        arguments: str,
        *,
        response_id: str,
        decided: Callable[[bool], None],
        question: str = "",
        expiry_ns: int | None = None,
    ) -> Proposal:
        """Ask the user about an action that is no tool of the toolbox, such as an approval of a remote MCP tool.

        ``arguments``: its JSON text. ``response_id``: the response that wanted it, which does not count as asking.
        ``question=""``: a plain one. The model is told to ask; ``decided`` is called once with the answer, ``False``
        also when it was replaced or not answered in time, and not at all when the call ends before. The same rules hold
        as for tools.
        """
        parsed = _arguments(arguments)
        words = question or question_about(name, "", parsed.values, None, self._settings.today())
        proposal = self._confirmations.propose(
            name, parsed, words, call_id="", response_id=response_id, now_ns=now_ns(), expiry_ns=expiry_ns
        )
        self._actions.add(proposal, Waiting(arguments, decided=decided))
        self._actions.tell(f"The action '{name}' with {arguments} waits for consent. {proposal.text}")
        self._respond("consent_needed")
        return proposal

    def reported(self, call: ToolCall) -> bool:
        """Take a call of a confirming tool; False when it is another tool's."""
        if call.name not in _CONFIRMING:
            return False
        proposal_id = proposal_named(call.arguments)
        self._runner.step(call, CallStep.START, proposal_id=proposal_id)
        if call.name == CONFIRM_ACTION:
            self._confirmed(call, proposal_id)
        else:
            self._report_refusal(call, self._actions.drop(proposal_id, "user", self._answer_to(call)))
        return True

    def confirm(self, proposal_id: str) -> None:
        """Consent by the application. Raises ``InvalidRequest`` when nothing waits under this id."""
        _obeyed(self._actions.carry_out(proposal_id, "application"))

    def decline(self, proposal_id: str) -> None:
        """Refusal by the application. Raises ``InvalidRequest`` when nothing waits under this id."""
        _obeyed(self._actions.drop(proposal_id, "application"))

    def response_began(self, response_id: str) -> None:
        """A response of the conversation began, which may ask what waits."""
        self._confirmations.response_began(response_id)

    def question_begun(self, response_id: str, at_ns: int) -> None:
        """What a response says begins to reach the user."""
        self._confirmations.question_begun(response_id, at_ns)

    def question_given(self, response_id: str) -> None:
        """What a response said has reached the user."""
        for proposal in self._confirmations.question_given(response_id, now_ns()):
            self._journal.decision("question_given", "it reached the user", proposal_id=proposal.id)
        self._news.set()

    def user_began(self, at_ns: int) -> None:
        """The user begins to speak."""
        self._confirmations.user_began(at_ns)
        self._news.set()

    def user_ended(self) -> None:
        """The user's speech is over, or lost."""
        self._confirmations.user_ended(now_ns())
        self._news.set()

    def user_spoke(self, item_id: str, text: str | None = None) -> None:
        """The user took a turn, in writing where there is ``text``."""
        if text is not None:
            self._heard.wrote(item_id, text)
        self._confirmations.user_spoke(item_id, now_ns(), written=text is not None)
        self._news.set()

    def transcribed(self, item_id: str) -> None:
        """The words of a turn are known, or never will be."""
        self._heard.transcribed(item_id)

    async def run(self) -> None:
        """End what waited too long, until cancelled."""
        while True:
            self._news.clear()
            deadline = self._confirmations.deadline()
            try:
                async with asyncio.timeout(None if deadline is None else max(0, deadline - now_ns()) / NS_PER_S):
                    await self._news.wait()
            except TimeoutError:
                self._actions.expire()

    def close(self) -> None:
        """Ask and look up nothing any more; may be called twice."""
        self._rules.close()

    def _put(self, call: ToolCall, tool: Tool, arguments: Arguments, question: str, rule: AskingRule) -> None:
        """Put the action to whom the rule names, instead of running it."""
        proposal = self._confirmations.propose(
            tool,
            arguments,
            question,
            call_id=call.call_id,
            response_id=call.response_id,
            now_ns=now_ns(),
            asks="person" if isinstance(rule, AskPerson) else "user",
            expiry_ns=rule.expiry_ns,
        )
        self._runner.step(call, CallStep.PROPOSE, proposal_id=proposal.id, question=proposal.question)
        self._actions.add(proposal, Waiting(call.arguments, call))
        if isinstance(rule, AskPerson):
            approval = Approval(proposal.id, tool.name, arguments.values, proposal.question, self._app)
            self._approvals.ask(rule.approve, approval)
        self._runner.answer(call, proposal.text)

    def _confirmed(self, call: ToolCall, proposal_id: str) -> None:
        """The model reports a yes; the words that it was given in are worth waiting for."""
        proposal = self._confirmations.get(proposal_id)
        if proposal is not None and self._heard.unknown(proposal):
            proposal.held = True
            self._spawn(self._confirm_when_heard(call, proposal))
        else:
            self._confirm(call, proposal_id)

    async def _confirm_when_heard(self, call: ToolCall, proposal: Proposal) -> None:
        await self._heard.known(proposal)
        proposal.held = False
        self._confirm(call, proposal.id)
        self._news.set()

    def _confirm(self, call: ToolCall, proposal_id: str) -> None:
        proposal = self._confirmations.get(proposal_id)
        words = self._heard.words(proposal) if proposal is not None else ""
        agreed = proposal is None or self._heard.answer(proposal) != "no"
        answer = self._answer_to(call)
        refused = self._actions.carry_out(proposal_id, "user", answer, words=words, agreed=agreed)
        self._report_refusal(call, refused)
        if refused is None and proposal is not None:
            self._heard.acted_on(proposal)

    def _person_decided(self, proposal_id: str, approved: bool) -> None:
        """Too late is too late: then the model knows already."""
        if approved:
            self._actions.carry_out(proposal_id, "person")
        else:
            self._actions.drop(proposal_id, "person")

    def _answer_to(self, call: ToolCall) -> Answer:
        return lambda output: self._report(call, CallStep.ANSWER, output)

    def _report_refusal(self, call: ToolCall, refusal: Refusal | None) -> None:
        if refusal is not None:
            self._report(call, CallStep.FAIL, refusal.text)

    def _report(self, call: ToolCall, step: CallStep, output: str) -> None:
        """The end of a confirming tool's own call; the application hears of the action, not of this."""
        self._runner.step(call, step, output=output)
        self._runner.answer(call, output)

    def _changed(self) -> None:
        """Something else waits now."""
        self._news.set()
        self._approvals.keep({proposal.id for proposal in self.pending})
        offered = self._offered
        if offered != bool(self.definitions()):
            self._tools_changed()


def _arguments(text: str) -> Arguments:
    """Of an action that has no types here: its JSON as it is."""
    try:
        values = msgspec.json.decode(text or "{}", type=dict[str, Any])
    except msgspec.MsgspecError:
        values = {"arguments": text}
    return Arguments(values, msgspec.json.encode(values, order="deterministic").decode())


def _obeyed(refusal: Refusal | None) -> None:
    if refusal is not None:
        raise InvalidRequest(refusal.message, field="proposal_id")
