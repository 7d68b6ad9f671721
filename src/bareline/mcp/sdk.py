"""How is the Model Context Protocol's package used? The only module that imports it.

It is imported itself when a server is first connected to (``bareline.mcp.connection``).
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Generator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, TextIO

import anyio
import httpx
from mcp import ClientSession, McpError, StdioServerParameters, stdio_client, types
from mcp.client.streamable_http import streamable_http_client

from bareline.mcp.values import Endpoint, HttpEndpoint, ListedTool, ServerGone, ServerRefused, StdioEndpoint, ToolReply
from bareline.version import __version__

__all__ = ["LIST_PAGES_MAX", "REPLY_MAX_BYTES", "ClientSession", "ask", "forget", "list_tools", "open_session"]

REPLY_MAX_BYTES = 16 * 1024 * 1024
"""Of one HTTP answer, a stream of events included."""
LIST_PAGES_MAX = 32
"""Of one list of tools."""

_SESSION_UNKNOWN = 32600
"""What the package makes of a 404: the server began anew, and was asked for nothing."""
_CONNECT_S = 10.0
_READ_S = 300.0
_SOUND_AND_SIGHT = {"image": "an image", "audio": "a sound", "resource": "a file"}


@asynccontextmanager
async def open_session(
    endpoint: Endpoint, *, errors: TextIO | None, tools_changed: Callable[[], None], lost: Callable[[], None]
) -> AsyncGenerator[ClientSession]:
    """An initialised session, entered and left in one task.

    ``errors`` gets what a program writes to its stderr. ``lost``: answers that were asked for will not come.
    """

    async def take(message: object) -> None:
        root = getattr(message, "root", None)
        if isinstance(root, types.ToolListChangedNotification):
            tools_changed()

    ours = types.Implementation(name="bareline", version=__version__)
    async with (
        _streams(endpoint, errors, lost) as (incoming, outgoing),
        ClientSession(incoming, outgoing, message_handler=take, client_info=ours) as session,
    ):
        await session.initialize()
        yield session


async def list_tools(session: ClientSession, *, at_most: int) -> list[ListedTool]:
    """All tools, page by page, as far as ``at_most``. Raises ``ServerGone`` and ``ServerRefused``."""
    found: list[ListedTool] = []
    cursor: str | None = None
    with _told_apart():
        for _ in range(LIST_PAGES_MAX):
            page = await session.list_tools(params=types.PaginatedRequestParams(cursor=cursor))
            found += [_listed(tool) for tool in page.tools]
            cursor = page.nextCursor
            if not cursor or len(found) >= at_most:
                break
    return found[:at_most]


async def ask(
    session: ClientSession,
    name: str,
    arguments: dict[str, Any],
    *,
    began: Callable[[int], None],
    said: Callable[[str], None] | None,
) -> ToolReply:
    """Call a tool; ``began`` is given the request's id, ``said`` what it says of its progress.

    Raises ``ServerGone`` and ``ServerRefused``.
    """

    async def report(progress: float, total: float | None, message: str | None) -> None:
        words = message or (f"{progress / total:.0%} is done" if total else "")
        if words and said is not None:
            said(words)

    # The package tells nobody the id, without which nothing can be cancelled; it is taken before anything is awaited.
    began(session._request_id)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    with _told_apart():
        result = await session.call_tool(name, arguments, progress_callback=report if said else None)
    return _reply(result)


async def forget(session: ClientSession, request_id: int, reason: str) -> None:
    """Tell the server that nobody waits for a request any more."""
    params = types.CancelledNotificationParams(requestId=request_id, reason=reason)
    await session.send_notification(types.ClientNotification(types.CancelledNotification(params=params)))


@asynccontextmanager
async def _streams(
    endpoint: Endpoint, errors: TextIO | None, lost: Callable[[], None]
) -> AsyncGenerator[tuple[Any, Any]]:
    match endpoint:
        case StdioEndpoint(command=command, args=args, env=env, cwd=cwd):
            program = StdioServerParameters(
                command=command,
                args=list(args),
                env=dict(env) if env is not None else None,
                cwd=cwd,
                encoding_error_handler="replace",
            )
            async with stdio_client(program, errlog=errors or sys.stderr) as streams:
                yield streams
        case HttpEndpoint(url=url, headers=headers, direct=direct):
            timeout = httpx.Timeout(_CONNECT_S, read=_READ_S)
            hooks = {"response": [_watched(lost)]}
            async with (
                httpx.AsyncClient(
                    headers=dict(headers), timeout=timeout, event_hooks=hooks, trust_env=not direct
                ) as client,
                streamable_http_client(url, http_client=client) as (incoming, outgoing, _),
            ):
                yield incoming, outgoing


def _watched(lost: Callable[[], None]) -> Callable[[httpx.Response], Coroutine[Any, Any, None]]:
    async def watch(response: httpx.Response) -> None:
        events = response.headers.get("content-type", "").startswith("text/event-stream")
        answers = events and response.request.method == "POST"
        if isinstance(response.stream, httpx.AsyncByteStream):
            response.stream = _WatchedStream(response.stream, lost if answers else None)

    return watch


class _WatchedStream(httpx.AsyncByteStream):
    """Bounds what comes, and tells of events that end before an answer.

    The package reads no further than to the answer, and tells nobody when there is none (its caller waits for ever)
    unless the server numbers its events, so that they can be resumed.
    """

    def __init__(self, inner: httpx.AsyncByteStream, lost: Callable[[], None] | None) -> None:
        self._inner = inner
        self._lost = lost

    async def __aiter__(self) -> AsyncIterator[bytes]:
        taken = 0
        resumable = False
        try:
            async for chunk in self._inner:
                taken += len(chunk)
                if taken > REPLY_MAX_BYTES:
                    raise httpx.ReadError(f"the answer has more than {REPLY_MAX_BYTES} bytes")
                resumable = resumable or b"\nid:" in b"\n" + chunk
                yield chunk
        except httpx.TransportError:
            self._tell(resumable)
            raise
        self._tell(resumable)

    async def aclose(self) -> None:
        await self._inner.aclose()

    def _tell(self, resumable: bool) -> None:
        if self._lost is not None and not resumable:
            self._lost()


@contextmanager
def _told_apart() -> Generator[None]:
    """Errors of the package as ours: is the connection over, or did the server refuse?"""
    try:
        yield
    except McpError as error:
        if error.error.code == types.CONNECTION_CLOSED:
            raise ServerGone("the connection was closed while it was asked", sent=True) from error
        if error.error.code == _SESSION_UNKNOWN:
            raise ServerGone("the server does not know the session any more") from error
        raise ServerRefused(error.error.code, error.error.message) from error
    except (anyio.ClosedResourceError, anyio.BrokenResourceError) as error:
        raise ServerGone("the connection is closed") from error
    except (RuntimeError, ValueError) as error:  # what was answered is not what the protocol, or its schema, says
        raise ServerRefused(types.INTERNAL_ERROR, str(error)) from error


def _listed(tool: types.Tool) -> ListedTool:
    annotations = tool.annotations.model_dump(exclude_none=True) if tool.annotations else {}
    title = annotations.get("title") or tool.title or ""
    return ListedTool(tool.name, tool.description or title, tool.inputSchema, annotations)


def _reply(result: types.CallToolResult) -> ToolReply:
    texts: list[str] = []
    left_out: Counter[str] = Counter()
    for block in result.content:
        match block:
            case types.TextContent(text=text):
                texts.append(text)
            case types.EmbeddedResource(resource=types.TextResourceContents(text=text)):
                texts.append(text)
            case types.ResourceLink(uri=uri, name=name):
                texts.append(f"{name}: {uri}")
            case _:
                left_out[_SOUND_AND_SIGHT[block.type]] += 1
    notes = tuple(what if count == 1 else f"{what} ({count} times)" for what, count in left_out.items())
    return ToolReply("\n".join(texts), result.structuredContent, notes, result.isError)
