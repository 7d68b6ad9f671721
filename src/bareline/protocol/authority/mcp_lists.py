"""Which tools of MCP servers has a session, and which of them may be called without asking?

Source: REALTIME.md sections 7 and 10.11. The lists are fetched by the driver (``McpListRequested``).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Any, cast

from bareline.protocol import events as ev
from bareline.protocol.actions import McpListRequested
from bareline.protocol.authority.mcp_offer import McpOffer
from bareline.protocol.authority.shared import Shared
from bareline.protocol.limits import MCP_SERVERS_MAX
from bareline.protocol.refusal import Refusal, quoted

__all__ = ["McpLists"]

_NAME_MAX_CHARS = 64


class McpLists:
    """The lists of one session by ``server_label``; one is kept until its label is given another server."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self._servers: dict[str, ev.McpTool] = {}
        self._tools: dict[str, list[ev.McpListedTool]] = {}
        self._fetching: dict[str, ev.McpTool] = {}

    def follow(self, tools: Sequence[ev.Tool]) -> None:
        """Have the lists fetched that are not known: after ``session.updated``, and for tools of one response."""
        for tool in tools:
            if isinstance(tool, ev.McpTool) and self._is_news(tool):
                self._fetch(tool)

    def listed(self, item_id: str, tools: Sequence[ev.McpListedTool]) -> None:
        """The driver has the list. Ignored when it was not asked for it, as in what follows."""
        tool = self._fetching.pop(item_id, None)
        if tool is None:
            return
        known = [listed for listed in tools if _matches(tool.allowed_tools, listed)]
        if self._servers.get(tool.server_label) is tool:
            self._tools[tool.server_label] = known
        self._done(item_id, tool.server_label, known)
        self._shared.out.emit(ev.McpListToolsCompleted(item_id=item_id))

    def failed(self, item_id: str, message: str) -> None:
        """The driver could not fetch the list."""
        tool = self._fetching.pop(item_id, None)
        if tool is None:
            return
        if self._servers.get(tool.server_label) is tool:
            del self._servers[tool.server_label]
        self._done(item_id, tool.server_label, [])
        self._shared.out.emit(ev.McpListToolsFailed(item_id=item_id))
        why = f"The tools of the MCP server {quoted(tool.server_label)} cannot be listed: {message}"
        self._shared.out.refuse(Refusal(code="mcp_list_tools_failed", message=why, param="session.tools"))

    def offers(self, tools: Sequence[ev.Tool]) -> tuple[tuple[ev.Tool, ...], dict[str, McpOffer]]:
        """The tools for a generator, those of servers written out as functions; and what each of these names calls."""
        taken = {tool.name for tool in tools if isinstance(tool, ev.FunctionTool) and tool.name}
        given: list[ev.Tool] = []
        offers: dict[str, McpOffer] = {}
        for tool in tools:
            if not isinstance(tool, ev.McpTool):
                given.append(tool)
                continue
            label = tool.server_label
            for listed in self._tools.get(label, ()):
                if _matches(tool.allowed_tools, listed):
                    name = _free_name(label, listed.name, taken)
                    taken.add(name)
                    offers[name] = McpOffer(label, listed.name, _needs_approval(tool.require_approval, listed))
                    given.append(_as_function(name, listed))
        return tuple(given), offers

    def _is_news(self, tool: ev.McpTool) -> bool:
        known = self._servers.get(tool.server_label)
        if known is None:
            return True
        return _has_address(tool) and _address(known) != _address(tool)

    def _fetch(self, tool: ev.McpTool) -> None:
        shared, label = self._shared, tool.server_label
        item_id = shared.ids.new("mcpl")
        full = label not in self._servers and len(self._servers) >= MCP_SERVERS_MAX
        if not full:
            self._servers[label] = tool
            self._tools.pop(label, None)
        self._fetching[item_id] = tool
        item = ev.McpListTools(id=item_id, server_label=label, tools=[])
        shared.out.emit(ev.ConversationItemAdded(item=item, previous_item_id=shared.last_item_id()))
        shared.out.emit(ev.McpListToolsInProgress(item_id=item_id))
        if full:
            self.failed(item_id, f"a session has at most {MCP_SERVERS_MAX} servers")
        elif not _has_address(tool):
            self.failed(item_id, "the label has no server_url, and no server was listed under it before")
        else:
            shared.out.act(McpListRequested(item_id=item_id, tool=tool))

    def _done(self, item_id: str, label: str, tools: list[ev.McpListedTool]) -> None:
        previous = self._shared.conversation.previous_id(item_id)
        item = ev.McpListTools(id=item_id, server_label=label, tools=tools)
        self._shared.out.emit(ev.ConversationItemDone(item=item, previous_item_id=previous))


def _has_address(tool: ev.McpTool) -> bool:
    return any((tool.server_url, tool.connector_id, tool.tunnel_id))


def _address(tool: ev.McpTool) -> tuple[object, ...]:
    """What a list depends on; who has to agree to calls is no part of it."""
    where = (tool.server_url, tool.connector_id, tool.tunnel_id)
    return (*where, tool.authorization, tool.headers, tool.allowed_tools)


def _matches(wanted: list[str] | ev.McpToolFilter | None, tool: ev.McpListedTool) -> bool:
    match wanted:
        case None:
            return True
        case ev.McpToolFilter(tool_names=names, read_only=read_only):
            named = names is None or tool.name in names
            return named and (read_only is None or read_only == _reads(tool))
        case _:
            return tool.name in wanted


def _reads(tool: ev.McpListedTool) -> bool:
    hints: Any = tool.annotations
    return isinstance(hints, dict) and cast("dict[str, Any]", hints).get("readOnlyHint") is True


def _needs_approval(policy: str | ev.McpApproval | None, tool: ev.McpListedTool) -> bool:
    """What no filter speaks of needs it, as everything does by default."""
    if isinstance(policy, ev.McpApproval):
        free = policy.never is not None and _matches(policy.never, tool)
        return not free or (policy.always is not None and _matches(policy.always, tool))
    return policy != "never"


def _as_function(name: str, listed: ev.McpListedTool) -> ev.FunctionTool:
    schema: Any = listed.input_schema
    parameters = cast("dict[str, Any]", schema) if isinstance(schema, dict) else None
    return ev.FunctionTool(name=name, description=listed.description or "", parameters=parameters)


def _free_name(label: str, name: str, taken: Collection[str]) -> str:
    """The tool's own name where it can be one and is free; else with the server's before it."""
    plain = re.sub(r"[^a-zA-Z0-9_-]", "_", name)[:_NAME_MAX_CHARS]
    if plain not in taken:
        return plain
    whole = re.sub(r"[^a-zA-Z0-9_-]", "_", f"{label}_{name}")[: _NAME_MAX_CHARS - 4]
    free, number = whole, 2
    while free in taken:
        free, number = f"{whole}_{number}", number + 1
    return free
