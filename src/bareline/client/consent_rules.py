"""What do the rules of a tool make of one call: run it, refuse it, ask the user, or ask somebody else?"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable, Coroutine
from typing import Any, Protocol

from bareline.client.journal import Journal
from bareline.client.lookups import Found, Lookups
from bareline.client.tool_runner import Executed, ToolCall, ToolRunner, ToolSettings
from bareline.errors import Denied, ToolError
from bareline.tools import AskPerson, CallStep, Confirm, Forbid, Tool, ToolContext
from bareline.tools.arguments import Arguments
from bareline.tools.consent_policy import Describe, deciding_rule
from bareline.tools.questions import question_about
from bareline.tools.results import error_text

__all__ = ["AskingRule", "ConsentRules", "Put"]

AskingRule = Confirm | AskPerson


class Put(Protocol):
    """Puts an action to whom its rule names."""

    def __call__(self, call: ToolCall, tool: Tool, arguments: Arguments, question: str, rule: AskingRule) -> None:
        """``question``: the words."""
        ...


class ConsentRules:
    """Decides about each call of a tool with rules; ``put`` takes those that wait for consent.

    ``today`` gives the day that dates are said from.
    """

    def __init__(
        self,
        runner: ToolRunner,
        journal: Journal,
        *,
        settings: ToolSettings,
        today: Callable[[], dt.date],
        spawn: Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]],
        put: Put,
    ) -> None:
        self._runner = runner
        self._journal = journal
        self._settings = settings
        self._today = today
        self._spawn = spawn
        self._put = put
        self._lookups = Lookups()

    def decide(self, call: ToolCall, tool: Tool, arguments: Arguments) -> None:
        """The first rule that applies decides; where none does, the tool runs."""
        rule, broken = deciding_rule(tool.consent, arguments.values, self._settings.app)
        if broken is not None:
            self._trouble("rule_failed", call, f"{type(broken).__name__}: {broken}")
        match rule:
            case None:
                self._runner.start(Executed(call, tool, arguments), CallStep.START)
            case Forbid(say=say):
                self._journal.decision("forbidden", say, call_id=call.call_id, tool=tool.name)
                self._refuse(call, Denied(say, say=say))
            case Confirm() | AskPerson():
                if rule.describe is None:
                    self._ask(call, tool, arguments, rule, Found())
                else:
                    self._spawn(self._looked_up(call, tool, arguments, rule, rule.describe))

    def close(self) -> None:
        """Look nothing up any more; may be called twice."""
        self._lookups.close()

    async def _looked_up(
        self, call: ToolCall, tool: Tool, arguments: Arguments, rule: AskingRule, describe: Describe
    ) -> None:
        key = tool.idempotency_key(call.call_id, None, arguments)
        context = ToolContext(tool.name, call.call_id, key, app=self._settings.app, call=self._settings.call)
        found = await self._lookups.look_up(describe, arguments, context)
        if found.trouble:
            self._trouble("lookup_failed", call, found.trouble)
        if found.error is not None:
            self._refuse(call, found.error)
        else:
            self._ask(call, tool, arguments, rule, found)

    def _ask(self, call: ToolCall, tool: Tool, arguments: Arguments, rule: AskingRule, found: Found) -> None:
        question = question_about(tool.name, rule.question, arguments.values, found.words, self._today())
        self._put(call, tool, arguments, question, rule)

    def _refuse(self, call: ToolCall, error: ToolError) -> None:
        output = error_text(error, phrases=self._settings.phrases)
        self._runner.settle(call, CallStep.FAIL, output)
        self._runner.answer(call, output)

    def _trouble(self, name: str, call: ToolCall, why: str) -> None:
        self._journal.decision(name, why, call_id=call.call_id, tool=call.name)
