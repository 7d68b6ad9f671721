"""Who lists and calls the MCP tools of a session?

What the authority asks for, with real MCP servers over streamable HTTP (REALTIME.md 10.11). Everything a server does
wrong is an answer; nothing of it ends the session.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import msgspec

from bareline.clock import now_ns
from bareline.errors import MissingExtra
from bareline.mcp.connection import Connection
from bareline.mcp.replies import reply_value
from bareline.mcp.values import HttpEndpoint, ListedTool, ServerGone, ServerRefused, ToolReply
from bareline.protocol import events as ev
from bareline.protocol.actions import McpCallRequested, McpCallStopped, McpListRequested
from bareline.protocol.server_endpoint import ServerEndpoint
from bareline.server.jobs import Jobs
from bareline.server.mcp_hosts import McpHosts, is_own
from bareline.tools.results import result_text

__all__ = ["CALL_WITHIN_S", "LIST_WITHIN_S", "OUTPUT_MAX_CHARS", "TOOLS_MAX", "RemoteTools"]

LIST_WITHIN_S = 15.0
"""For connecting to a server and listing its tools."""
CALL_WITHIN_S = 60.0
"""For one call."""
TOOLS_MAX = 128
"""Of one server; more are left out."""
OUTPUT_MAX_CHARS = 64_000
"""Of what a call gave; what is longer is cut and says so."""

_INVALID_PARAMS = -32602
_BAD_GATEWAY = 502
_GATEWAY_TIMEOUT = 504

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Server:
    endpoint: HttpEndpoint
    connection: Connection


class RemoteTools:
    """The MCP servers of one session by their labels, each with one connection. ``tasks`` owns the work."""

    def __init__(
        self, endpoint: ServerEndpoint, tasks: asyncio.TaskGroup, hosts: McpHosts, settle: Callable[[], None]
    ) -> None:
        self._endpoint = endpoint
        self._tasks = tasks
        self._hosts = hosts
        self._settle = settle
        self._jobs = Jobs()
        self._servers: dict[str, _Server] = {}

    def act(self, action: McpListRequested | McpCallRequested | McpCallStopped) -> None:
        """Begin or stop what the authority asks for."""
        match action:
            case McpListRequested(item_id=item_id, tool=tool):
                self._jobs.start(self._tasks, item_id, self._list(item_id, tool))
            case McpCallRequested(item_id=item_id):
                self._jobs.start(self._tasks, item_id, self._call(action))
            case McpCallStopped(item_id=item_id):
                self._jobs.cancel(item_id)

    async def room(self) -> None:
        """Wait until more may be begun."""
        await self._jobs.room()

    def cancel_all(self) -> None:
        """The session is over."""
        self._jobs.cancel_all()

    async def close(self) -> None:
        """Leave all servers; may be called twice."""
        servers, self._servers = self._servers, {}
        await asyncio.gather(*(server.connection.close() for server in servers.values()))

    async def _list(self, item_id: str, tool: ev.McpTool) -> None:
        try:
            async with asyncio.timeout(LIST_WITHIN_S):
                listed = await self._listed(tool)
        except TimeoutError:
            self._failed(item_id, tool, f"no answer within {LIST_WITHIN_S:g} s.")
        except (ServerGone, ServerRefused, MissingExtra, _NotCalled) as error:
            self._failed(item_id, tool, str(error))
        else:
            self._endpoint.mcp_listed(item_id, [_as_listed(entry) for entry in listed], now_ns())
        self._settle()

    def _failed(self, item_id: str, tool: ev.McpTool, why: str) -> None:
        _log.warning("the MCP server %r cannot be listed: %s", tool.server_label, why)
        self._endpoint.mcp_list_failed(item_id, why, now_ns())

    async def _listed(self, tool: ev.McpTool) -> list[ListedTool]:
        if tool.server_url is None:
            raise _NotCalled("this server calls MCP servers by server_url alone, not by a connector or a tunnel.")
        if refusal := self._hosts.refusal(tool.server_url):
            raise _NotCalled(refusal)
        endpoint = HttpEndpoint(
            tool.server_url, _headers(tool), direct=is_own(urlsplit(tool.server_url).hostname or "")
        )
        connection = await self._connect(endpoint)
        replaced = self._servers.pop(tool.server_label, None)
        self._servers[tool.server_label] = _Server(endpoint, connection)
        if replaced is not None:
            self._tasks.create_task(replaced.connection.close())
        return await connection.list_tools(at_most=TOOLS_MAX)

    async def _connect(self, endpoint: HttpEndpoint) -> Connection:
        connection = Connection(endpoint)
        await connection.open(LIST_WITHIN_S)
        return connection

    async def _call(self, action: McpCallRequested) -> None:
        output: str | None = None
        error: ev.McpError | None = None
        try:
            async with asyncio.timeout(CALL_WITHIN_S):
                reply = await self._reply(action)
            if reply.failed:
                error = ev.McpError(type="tool_execution_error", message=reply.text[:OUTPUT_MAX_CHARS])
            else:
                output = result_text(reply_value(reply), OUTPUT_MAX_CHARS)
        except TimeoutError:
            error = ev.McpError(
                type="http_error", code=_GATEWAY_TIMEOUT, message=f"no answer within {CALL_WITHIN_S:g} s"
            )
        except ServerGone as gone:
            error = ev.McpError(type="http_error", code=_BAD_GATEWAY, message=str(gone))
        except ServerRefused as refused:
            error = ev.McpError(type="protocol_error", code=refused.code, message=str(refused))
        self._endpoint.mcp_called(action.item_id, output, error, now_ns())
        self._settle()

    async def _reply(self, action: McpCallRequested) -> ToolReply:
        try:
            arguments = msgspec.json.decode(action.arguments, type=dict[str, Any])
        except msgspec.MsgspecError as error:
            raise ServerRefused(_INVALID_PARAMS, f"the arguments are no JSON object: {error}") from error
        server = self._servers.get(action.server_label)
        if server is None:
            raise ServerGone("there is no such server")
        if not server.connection.over:
            try:
                return await server.connection.call(action.name, arguments)
            except ServerGone as gone:
                if gone.sent:
                    raise
        # It was gone before it was asked.
        self._tasks.create_task(server.connection.close())
        server.connection = await self._connect(server.endpoint)
        return await server.connection.call(action.name, arguments)


class _NotCalled(Exception):
    """The address is not one that this server calls."""


def _headers(tool: ev.McpTool) -> dict[str, str]:
    headers = dict(tool.headers or {})
    if tool.authorization is not None:
        headers["Authorization"] = f"Bearer {tool.authorization}"
    return headers


def _as_listed(tool: ListedTool) -> ev.McpListedTool:
    return ev.McpListedTool(
        name=tool.name,
        input_schema=tool.input_schema,
        description=tool.description or None,
        annotations=tool.annotations or None,
    )
