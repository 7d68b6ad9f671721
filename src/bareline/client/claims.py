"""What is done when the assistant says that something was done, and no tool has done it?

Judged when nothing is under way any more: a model may say it in the same breath in which it calls the tool.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from bareline.client.call_events import AgentSaid, CallEvent, ClaimFlagged, ExecutionRecovered, ToolSettled
from bareline.client.feed import Feed
from bareline.client.journal import Journal
from bareline.client.responder import Responder
from bareline.client.tool_runner import ToolRunner
from bareline.clock import now_ns
from bareline.protocol import events as ev
from bareline.tools import CallState
from bareline.tools.claims import CallFact, Claim, ClaimDetector, Claims
from bareline.tools.executions import ExecutionState
from bareline.tools.phrases import Phrases
from bareline.tools.tool import Tool
from bareline.units import seconds_to_ns

__all__ = ["CORRECTED_MAX", "REST_MAX_S", "ClaimWatch"]

REST_MAX_S = 60.0
"""How long a claim waits for what is under way, before it is judged by what is known."""
CORRECTED_MAX = 64
"""Sentences that are remembered as corrected."""
_LOOK_S = 0.05


@dataclass(frozen=True, slots=True)
class _Said:
    item_id: str
    claims: list[Claim]
    since_ns: int


class ClaimWatch:
    """Follows a call's events. ``correct``: the model is told to correct itself, once for each sentence and turn."""

    def __init__(
        self,
        runner: ToolRunner,
        responder: Responder,
        journal: Journal,
        feed: Feed[CallEvent],
        *,
        phrases: Phrases,
        correct: bool,
        post: Callable[[ev.ClientEvent], object],
    ) -> None:
        self._runner = runner
        self._responder = responder
        self._journal = journal
        self._feed = feed
        self._phrases = phrases
        self._correct = correct
        self._post = post
        self._claims = Claims()
        self._since_ns = 0
        self._tools: tuple[Tool, ...] | None = None
        self._detector = ClaimDetector(())
        self._waiting: asyncio.Queue[_Said] = asyncio.Queue()
        self._corrected: dict[str, None] = {}
        self._corrected_at_ns = -1

    def user_spoke(self) -> None:
        """The user took a turn: what is said from now on needs calls of its own."""
        self._since_ns = now_ns()

    async def run(self) -> None:
        """Judge what is said, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._judge())
            async for event in self._feed.follow():
                self._take(event)

    def _take(self, event: CallEvent) -> None:
        match event:
            case ToolSettled():
                tool = self._runner.toolbox.get(event.name) if event.server_label is None else None
                self._ended(tool, event.state is CallState.ANSWERED, event.arguments)
            case ExecutionRecovered(execution=execution):
                tool = self._runner.toolbox.get(execution.tool)
                self._ended(tool, execution.state is ExecutionState.ANSWERED, execution.arguments)
            case AgentSaid(item_id=item_id, text=text):
                claims = self._detecting().claims(text)
                if claims:
                    self._waiting.put_nowait(_Said(item_id, claims, self._since_ns))
            case _:
                pass

    def _ended(self, tool: Tool | None, answered: bool, arguments: str) -> None:
        effect, name = (tool.effect, tool.name) if tool is not None else ("idempotent", "")
        fact = CallFact(tool=name, effect=effect, answered=answered, arguments=arguments, at_ns=now_ns())
        self._claims.ended(fact)

    def _detecting(self) -> ClaimDetector:
        """For the tools of the moment."""
        tools = tuple(self._runner.toolbox)
        if tools != self._tools:
            self._tools, self._detector = tools, ClaimDetector(tools)
        return self._detector

    async def _judge(self) -> None:
        while True:
            said = await self._waiting.get()
            await self._rest()
            for claim in self._claims.unfounded(said.claims, said.since_ns):
                self._flag(said, claim)

    async def _rest(self) -> None:
        """Until nothing is under way; what was reported meanwhile has been taken by then."""
        ends_ns = now_ns() + seconds_to_ns(REST_MAX_S)
        while True:
            await asyncio.sleep(_LOOK_S)
            if (self._responder.idle and not self._runner.busy) or now_ns() >= ends_ns:
                return

    def _flag(self, said: _Said, claim: Claim) -> None:
        corrected = self._correct and self._may_correct(said, claim)
        self._journal.decision(
            "claim_flagged",
            "no call has done it",
            item_id=said.item_id,
            claim=claim.sentence,
            tools=list(claim.tools),
            corrected=corrected,
        )
        self._feed.put(
            ClaimFlagged(
                at_ns=now_ns(), item_id=said.item_id, text=claim.sentence, tools=claim.tools, corrected=corrected
            )
        )
        if corrected:
            words = self._phrases.claim_correction.format(claim=claim.sentence)
            message = ev.Message(role="system", content=[ev.InputText(text=words)])
            self._post(ev.ConversationItemCreate(item=message))
            self._responder.ask("claim_flagged")

    def _may_correct(self, said: _Said, claim: Claim) -> bool:
        sentence = claim.sentence.casefold()
        if sentence in self._corrected or self._corrected_at_ns == said.since_ns:
            return False
        if len(self._corrected) >= CORRECTED_MAX:
            del self._corrected[next(iter(self._corrected))]
        self._corrected[sentence] = None
        self._corrected_at_ns = said.since_ns
        return True
