"""What does the application hear of MCP tools that the service calls itself, and who approves them?

A remote call is told as every other tool's, with the label of its server. An approval that the service asks for is a
proposal like all others: by voice, by the application, with its expiry (REALTIME.md 10.11, D6).
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

from bareline.client.call_events import CallEvent, RemoteToolsListed, ToolArguments, ToolCalled, ToolSettled
from bareline.client.consent import ConsentDesk
from bareline.client.journal import Journal
from bareline.clock import now_ns
from bareline.errors import InvalidRequest
from bareline.ids import IdSource
from bareline.protocol import events as ev
from bareline.protocol.conversation import Conversation
from bareline.tools import CallState
from bareline.units import ns_to_ms

__all__ = ["RemoteTools"]


@dataclass(frozen=True, slots=True)
class _Running:
    """A call of the service that has not ended."""

    item: ev.McpCall
    since_ns: int


class RemoteTools:
    """Follows the service's own tool calls.

    ``post`` sends an event, ``emit`` tells the application, ``wrote`` gets pieces of arguments.
    """

    def __init__(
        self,
        consent: ConsentDesk,
        journal: Journal,
        *,
        ids: IdSource,
        post: Callable[[ev.ClientEvent], object],
        emit: Callable[[CallEvent], None],
        wrote: Callable[[ToolArguments], None],
    ) -> None:
        self._consent = consent
        self._journal = journal
        self._ids = ids
        self._post = post
        self._emit = emit
        self._wrote = wrote
        self._running: dict[str, _Running] = {}
        self._asked: dict[str, str] = {}

    def take(self, event: ev.ServerEvent, conversation: Conversation) -> None:
        """Follow one server event, which the conversation has taken already."""
        match event:
            case ev.McpListToolsInProgress(item_id=item_id):
                self._listed(item_id, "in_progress", conversation)
            case ev.McpListToolsCompleted(item_id=item_id):
                self._listed(item_id, "completed", conversation)
            case ev.McpListToolsFailed(item_id=item_id):
                self._listed(item_id, "failed", conversation)
            case ev.ResponseMcpCallArgumentsDelta(item_id=item_id, delta=delta):
                item = _call(item_id, conversation)
                name = item.name if item is not None else ""
                self._wrote(ToolArguments(at_ns=now_ns(), call_id=item_id, name=name, delta=delta))
            case ev.ResponseMcpCallInProgress(item_id=item_id):
                self._began(_call(item_id, conversation))
            case ev.ResponseOutputItemDone(item=ev.McpCall() as item):
                self._ended(item)
            case ev.ConversationItemDone(item=ev.McpApprovalRequest() as item):
                self._ask(item, conversation)
            case _:
                pass

    def connection_lost(self) -> None:
        """What became of the calls nobody will tell, and a new session knows of no request."""
        self.close()
        asked, self._asked = self._asked, {}
        for proposal_id in asked.values():
            with suppress(InvalidRequest):
                self._consent.decline(proposal_id)

    def close(self) -> None:
        """No more is heard of the calls under way; may be called twice."""
        for running in list(self._running.values()):
            self._settle(running, CallState.UNKNOWN, "")

    def _listed(
        self, item_id: str, state: Literal["in_progress", "completed", "failed"], conversation: Conversation
    ) -> None:
        entry = conversation.item(item_id)
        item = entry.item if entry is not None else None
        label = item.server_label if isinstance(item, ev.McpListTools) else ""
        names = tuple(tool.name for tool in item.tools) if isinstance(item, ev.McpListTools) else ()
        self._journal.note("remote_tools", server_label=label, state=state, names=list(names))
        self._emit(RemoteToolsListed(at_ns=now_ns(), server_label=label, state=state, names=names))

    def _began(self, item: ev.McpCall | None) -> None:
        if item is None or item.id in self._running:
            return
        at_ns = now_ns()
        self._running[item.id] = _Running(item, at_ns)
        self._journal.tool(item.name, item.id, CallState.REQUESTED, arguments=item.arguments, server=item.server_label)
        self._journal.tool(item.name, item.id, CallState.RUNNING)
        self._emit(
            ToolCalled(
                at_ns=at_ns, call_id=item.id, name=item.name, arguments=item.arguments, server_label=item.server_label
            )
        )

    def _ended(self, item: ev.McpCall) -> None:
        running = self._running.get(item.id)
        if running is None:
            self._journal.decision("call_ignored", "cut off before it was made", call_id=item.id)
        elif isinstance(item.error, ev.McpError):
            self._settle(running, CallState.FAILED, item.error.message)
        else:
            self._settle(running, CallState.ANSWERED, item.output or "")

    def _settle(self, running: _Running, state: CallState, output: str) -> None:
        item = running.item
        del self._running[item.id]
        self._journal.tool(item.name, item.id, state, output=output)
        self._emit(
            ToolSettled(
                at_ns=now_ns(),
                call_id=item.id,
                name=item.name,
                arguments=item.arguments,
                state=state,
                output=output,
                duration_ms=ns_to_ms(now_ns() - running.since_ns),
                server_label=item.server_label,
            )
        )

    def _ask(self, item: ev.McpApprovalRequest, conversation: Conversation) -> None:
        if item.id in self._asked:
            return
        entry = conversation.item(item.id)
        response_id = (entry.response_id if entry is not None else None) or ""
        self._asked[item.id] = ""

        def decided(approves: bool) -> None:
            if self._asked.pop(item.id, None) is not None:
                answer = ev.McpApprovalResponse(id=self._ids.new("item"), approval_request_id=item.id, approve=approves)
                self._post(ev.ConversationItemCreate(item=answer))

        proposal = self._consent.ask(item.name, item.arguments, response_id=response_id, decided=decided)
        self._asked[item.id] = proposal.id


def _call(item_id: str, conversation: Conversation) -> ev.McpCall | None:
    entry = conversation.item(item_id)
    return entry.item if entry is not None and isinstance(entry.item, ev.McpCall) else None
