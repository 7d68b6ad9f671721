"""How does an application use the tools of an MCP server?

``async with bareline.mcp_stdio("uvx", ["mcp-server-time"]) as clock: Call(tools=mine + clock.tools)``. The box follows
the server: a list that changes changes it.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypedDict, Unpack

from bareline.clock import now_ns
from bareline.errors import ConfigurationError
from bareline.mcp.connection import OPEN_WITHIN_S, Connection
from bareline.mcp.replies import gone, refused, reply_value
from bareline.mcp.stderr import StderrTail
from bareline.mcp.tools import Choices, Confirming, make_tools
from bareline.mcp.values import Endpoint, HttpEndpoint, ListedTool, ServerGone, ServerRefused, StdioEndpoint
from bareline.tools import Effect, Toolbox, ToolContext
from bareline.tools.tool import TIMEOUT_S
from bareline.units import seconds_to_ns

__all__ = ["RESTART_AFTER_S", "TOOLS_MAX", "McpOptions", "McpServer", "mcp_http", "mcp_stdio"]

TOOLS_MAX = 128
"""Of one server; a session takes no more."""
RESTART_AFTER_S = 10.0
"""A server that is gone is started or connected to again when it is needed, but not twice within this time."""

_log = logging.getLogger(__name__)


class McpOptions(TypedDict, total=False):
    """What may be said of a server's tools, by the names that the server gives them.

    ``prefix``: before every name. ``allowed``: only these. ``effects``: instead of what the server's hints say.
    ``confirm``: questions or rules, as for a tool of one's own; ``False`` needs no consent. ``timeout_s``: of one
    call; ``open_timeout_s``: until the server answers. ``changed``: is given the box after the server changed its list.
    """

    prefix: str
    allowed: Collection[str] | None
    effects: Mapping[str, Effect]
    confirm: Mapping[str, Confirming]
    timeout_s: float
    open_timeout_s: float
    changed: Callable[[Toolbox], object]


def mcp_stdio(
    command: str,
    args: Sequence[str] = (),
    *,
    env: Mapping[str, str] | None = None,
    cwd: str | Path | None = None,
    **options: Unpack[McpOptions],
) -> McpServer:
    """A server that is a program of this machine, to be entered with ``async with``.

    ``env``: variables beside PATH, HOME and the like, which are all that it is given otherwise.
    """
    return McpServer(StdioEndpoint(command, tuple(args), env, Path(cwd) if cwd is not None else None), **options)


def mcp_http(url: str, *, headers: Mapping[str, str] | None = None, **options: Unpack[McpOptions]) -> McpServer:
    """A server at an address (streamable HTTP), to be entered with ``async with``. ``headers``: of every request."""
    if not url.startswith(("http://", "https://")):
        raise ConfigurationError(f"the address of an MCP server begins with http:// or https://, not '{url}'")
    return McpServer(HttpEndpoint(url, headers or {}), **options)


class McpServer:
    """One MCP server and its tools. Made by ``mcp_stdio`` and ``mcp_http``.

    Entering starts or connects to it and lists its tools; raises ``ConfigurationError`` when that fails or an option
    names a tool that it does not have, ``MissingExtra`` without the package. A server that goes away is brought back
    when it is needed next; until then its tools fail as ``Temporary``.
    """

    def __init__(self, endpoint: Endpoint, **options: Unpack[McpOptions]) -> None:
        self.tools = Toolbox()
        self._endpoint = endpoint
        self._choices = Choices(
            prefix=options.get("prefix", ""),
            allowed=options.get("allowed"),
            effects=options.get("effects", {}),
            confirm=options.get("confirm", {}),
            timeout_s=options.get("timeout_s", TIMEOUT_S),
        )
        self._open_timeout_s = options.get("open_timeout_s", OPEN_WITHIN_S)
        self._told = options.get("changed", lambda _: None)
        self._stderr = StderrTail()
        self._news = asyncio.Event()
        self._opening = asyncio.Lock()
        self._restarted_ns: int | None = None
        self._connection: Connection | None = None
        self._following: asyncio.Task[None] | None = None

    @property
    def stderr(self) -> str:
        """The end of what the program wrote to its standard error. It stays on this side: no model is given it."""
        return self._stderr.text

    async def close(self) -> None:
        """End the connection, and the program if it is one; may be called twice. Its tools fail afterwards."""
        following, self._following = self._following, None
        connection, self._connection = self._connection, None
        if following is not None:
            following.cancel()
            await asyncio.wait([following])
        if connection is not None:
            await connection.close()
        self._stderr.close()

    async def __aenter__(self) -> Self:
        try:
            connection = await self._connect()
            listed = await connection.list_tools(at_most=TOOLS_MAX)
            self._choices.check(listed)
        except (ServerGone, ServerRefused) as error:
            await self.close()
            said = f"; it said:\n{self.stderr.strip()}" if self.stderr.strip() else ""
            raise ConfigurationError(f"the MCP server {self._endpoint} cannot be used: {error}{said}") from error
        except BaseException:
            await self.close()
            raise
        self._fill(listed)
        self._following = asyncio.create_task(self._follow(), name=f"mcp list of {self._endpoint}")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _connect(self) -> Connection:
        connection = Connection(self._endpoint, stderr=self._stderr, tools_changed=self._news.set)
        await connection.open(self._open_timeout_s)
        self._connection = connection
        return connection

    async def _connected(self) -> Connection:
        """The connection, made anew if it is gone. Raises ``ServerGone``."""
        async with self._opening:
            if self._following is None:
                raise ServerGone("it was closed")
            old = self._connection
            if old is not None and not old.over:
                return old
            before, self._restarted_ns = self._restarted_ns, now_ns()
            if before is not None and self._restarted_ns - before < seconds_to_ns(RESTART_AFTER_S):
                self._restarted_ns = before
                raise ServerGone("it went away again")
            if old is not None:
                await old.close()
            connection = await self._connect()
            self._news.set()
            return connection

    async def _run(self, tool: ListedTool, effect: Effect, arguments: dict[str, Any], context: ToolContext) -> Any:
        try:
            reply = await self._called(tool, arguments, context)
        except ServerGone as error:
            raise gone(error, tool.name, effect) from error
        except ServerRefused as error:
            raise refused(error, tool.name) from error
        return reply_value(reply)

    async def _called(self, tool: ListedTool, arguments: dict[str, Any], context: ToolContext) -> Any:
        connection = await self._connected()
        try:
            return await connection.call(tool.name, arguments, context.progress)
        except ServerGone as error:
            if error.sent:
                raise
        # It was gone before it was asked, so asking it again repeats nothing.
        await connection.close()
        return await (await self._connected()).call(tool.name, arguments, context.progress)

    async def _follow(self) -> None:
        """Read the list again when it changed."""
        while True:
            await self._news.wait()
            self._news.clear()
            with contextlib.suppress(ServerGone, ServerRefused):
                connection = self._connection
                if connection is not None:
                    self._fill(await connection.list_tools(at_most=TOOLS_MAX))
                    self._told(self.tools)

    def _fill(self, listed: list[ListedTool]) -> None:
        """The box has the tools of this list; what is no more is gone from it."""
        made = make_tools(listed, self._choices, self._run)
        for name in [tool.name for tool in self.tools]:
            self.tools.remove(name)
        for tool in made:
            self.tools.put(tool)
