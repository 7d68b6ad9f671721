"""Does the built-in server really list and call the tools of MCP servers, and only of those it may?"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest

from bareline import RealtimeServer, connect
from bareline.client.line import Line
from bareline.protocol import events as ev
from bareline.protocol.generation import CallDelta, Outcome, Output, ResponseRequest, TextDelta
from bareline.server.mcp_hosts import McpHosts
from bareline.testing.function_backend import FunctionBackend
from bareline.testing.mcp_program import mcp_at_address

pytest.importorskip("mcp", reason="the optional part 'mcp' is not installed")

PROGRAM = Path(__file__).parents[2] / "data" / "mcp" / "server.py"
LISTED = ("mcp_list_tools.completed", "error")


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("mcp") / "scratch"


@pytest.fixture(scope="module")
def url(scratch: Path) -> Iterator[str]:
    with mcp_at_address(PROGRAM, "--scratch", str(scratch)) as address:
        yield address


def desk(url: str | None, **settings: Any) -> ev.McpTool:
    return ev.McpTool(server_label="desk", server_url=url, **settings)


def calling(name: str, arguments: str) -> FunctionBackend:
    """Calls the tool as soon as it is offered, and says what it gave."""

    async def respond(request: ResponseRequest) -> AsyncIterator[Output | Outcome]:
        outputs = [item.output for item in request.context if isinstance(item, ev.FunctionCallOutput)]
        if outputs:
            yield TextDelta(text=outputs[-1])
        else:
            yield CallDelta(name=name, arguments=arguments)

    return FunctionBackend(respond)


def run(work: Coroutine[Any, Any, Any]) -> Any:
    async def bounded() -> Any:
        async with asyncio.timeout(40):
            return await work

    return asyncio.run(bounded())


async def until(line: Line, *kinds: str) -> list[Any]:
    """The events up to the first of one of these kinds."""
    found: list[Any] = []
    async for event in line:
        found.append(event)
        if kind_of(event) in kinds:
            return found
    raise AssertionError


def kind_of(event: Any) -> str:
    return str(type(event).__struct_config__.tag)


def kinds(events: list[Any]) -> list[str]:
    return [kind_of(event) for event in events if not kind_of(event).startswith("rate_limits")]


async def written(scratch: Path, line: str) -> None:
    """Until another process has written this."""
    while line not in (scratch.read_text() if scratch.exists() else ""):  # noqa: ASYNC110, ASYNC240
        await asyncio.sleep(0.02)


async def use(line: Line, *tools: ev.Tool) -> list[Any]:
    config = ev.RealtimeSessionConfig(output_modalities=["text"], tools=list(tools))
    await line.send(ev.SessionUpdate(session=config))
    return await until(line, *LISTED)


async def converse(backend: FunctionBackend, tool: ev.McpTool, **settings: Any) -> tuple[list[Any], list[Any]]:
    """What is said about the list, and about a response to its very end."""
    async with RealtimeServer(backend, **settings) as server, await opened(server) as line:
        listed = await use(line, tool)
        await line.send(ev.ResponseCreate())
        answered = await until(line, "response.done")
        while answered[-1].response.output and isinstance(answered[-1].response.output[0], ev.McpCall):
            answered += await until(line, "response.done")
        return listed, answered


async def opened(server: RealtimeServer) -> Line:
    return await connect(model="gpt-realtime", base_url=server.url, api_key="sk-test")


def test_tools_are_listed_called_and_told_in_the_order_of_the_service(url: str) -> None:
    backend = calling("add", '{"a": 2, "b": 3}')
    listed, answered = run(converse(backend, desk(url, require_approval="never", allowed_tools=["add", "weather"])))
    assert kinds(listed)[1:] == [
        "session.updated",
        "conversation.item.added",
        "mcp_list_tools.in_progress",
        "conversation.item.done",
        "mcp_list_tools.completed",
    ]
    assert [tool.name for tool in listed[-2].item.tools] == ["add", "weather"]
    assert listed[-2].item.tools[0].annotations == {"readOnlyHint": True}
    assert kinds(answered)[:11] == [
        "response.created",
        "response.output_item.added",
        "conversation.item.added",
        "response.mcp_call_arguments.delta",
        "response.mcp_call_arguments.done",
        "response.mcp_call.in_progress",
        "response.mcp_call.completed",
        "conversation.item.done",
        "response.output_item.done",
        "response.done",
        "response.created",
    ]
    done = [event for event in answered if isinstance(event, ev.ResponseDone)]
    assert done[0].response.output[0].output == "5"
    assert done[1].response.output[0].content[0].text == "5"
    offered = backend.requests[0].tools
    assert [tool.name for tool in offered] == ["add", "weather"]


@pytest.mark.parametrize(
    ("name", "arguments", "kind", "words"),
    [
        ("fail", "{}", "tool_execution_error", "the shelf is empty"),
        ("add", '{"a": "two", "b": 3}', "tool_execution_error", "valid integer"),
        ("add", "[]", "protocol_error", "no JSON object"),
        ("crash_reading", "{}", "http_error", "connection"),
    ],
)
def test_failures_are_of_the_kind_that_they_are(name: str, arguments: str, kind: str, words: str) -> None:
    with mcp_at_address(PROGRAM) as url:
        _, answered = run(converse(calling(name, arguments), desk(url, require_approval="never")))
    done = next(event for event in answered if isinstance(event, ev.ResponseDone))
    error = done.response.output[0].error
    assert error.type == kind
    assert words in error.message
    assert (error.code is None) == (kind == "tool_execution_error")
    assert "response.mcp_call.failed" in kinds(answered)
    assert done.response.status == "completed"


async def approval(url: str, approves: bool) -> list[Any]:
    backend = calling("delete_note", '{"title": "milk"}')
    async with RealtimeServer(backend) as server, await opened(server) as line:
        await use(line, desk(url))
        await line.send(ev.ResponseCreate())
        asked = await until(line, "response.done")
        request = asked[-1].response.output[0]
        assert isinstance(request, ev.McpApprovalRequest)
        item = ev.McpApprovalResponse(approval_request_id=request.id, approve=approves)
        await line.send(ev.ConversationItemCreate(item=item))
        first = await until(line, "response.done")
        return first if not approves else first + await until(line, "response.done")


def test_what_is_approved_is_done(url: str, scratch: Path) -> None:
    scratch.unlink(missing_ok=True)
    answered = run(approval(url, approves=True))
    assert scratch.read_text() == "deleted milk\n"
    assert answered[-1].response.output[0].content[0].text == "milk is deleted."


def test_what_is_refused_is_not_done_and_said_so(url: str, scratch: Path) -> None:
    scratch.unlink(missing_ok=True)
    answered = run(approval(url, approves=False))
    assert not scratch.exists()
    assert "did not approve" in answered[-1].response.output[0].content[0].text


def test_an_interrupted_call_is_cancelled_at_the_server(url: str, scratch: Path) -> None:
    scratch.unlink(missing_ok=True)

    async def work() -> list[Any]:
        backend = calling("look_up", '{"seconds": 30}')
        async with RealtimeServer(backend) as server, await opened(server) as line:
            await use(line, desk(url, require_approval="never"))
            await line.send(ev.ResponseCreate())
            await until(line, "response.mcp_call.in_progress")
            await written(scratch, "look up began")
            await line.send(ev.ResponseCancel())
            cancelled = await until(line, "response.done")
            await written(scratch, "look up cancelled")
            return cancelled

    cancelled = run(work())
    assert cancelled[-1].response.status == "cancelled"
    assert "not known whether it took effect" in cancelled[-1].response.output[0].error.message


@pytest.mark.slow
def test_a_server_that_was_away_is_connected_to_again() -> None:
    async def work() -> tuple[str, str]:
        backend = calling("weather", '{"city": "Oslo"}')
        async with RealtimeServer(backend) as server:
            with mcp_at_address(PROGRAM) as url:
                port = int(url.split(":")[2].split("/")[0])
                line = await opened(server)
                await use(line, desk(url, require_approval="never"))
            with mcp_at_address(PROGRAM, port=port):
                outcomes: list[str] = []
                for _ in range(2):
                    await line.send(ev.ResponseCreate(response=ev.ResponseConfig(input=[])))
                    done = (await until(line, "response.done"))[-1].response
                    outcomes.append(str(done.output[0].output))
                    await until(line, "response.done")
            await line.close()
            return outcomes[0], outcomes[1]

    assert "It is sunny in Oslo." in run(work())


def test_only_hosts_that_may_be_called_are_and_the_reason_is_said(url: str) -> None:
    async def listing(tool: ev.McpTool, hosts: list[str] | None) -> ev.Error:
        async with RealtimeServer(calling("add", "{}"), mcp_hosts=hosts) as server, await opened(server) as line:
            return (await use(line, tool))[-1]

    refused = run(listing(desk("http://mcp.example.com/mcp"), None))
    assert (refused.error.code, refused.error.param) == ("mcp_list_tools_failed", "session.tools")
    assert "may not call the host 'mcp.example.com'" in refused.error.message
    assert "may not call the host '127.0.0.1'" in run(listing(desk(url), [])).error.message
    by_connector = ev.McpTool(server_label="desk", connector_id="connector_gmail")
    assert "by server_url alone" in run(listing(by_connector, None)).error.message
    nobody = run(listing(desk("http://127.0.0.1:9/mcp"), None))
    assert "cannot be listed" in nobody.error.message


@pytest.mark.parametrize(
    ("allowed", "url", "may"),
    [
        (None, "http://127.0.0.1:9/mcp", True),
        (None, "https://localhost/mcp", True),
        (None, "http://[::1]:9/mcp", True),
        (None, "http://127.0.0.1.example.com/mcp", False),
        (None, "http://192.168.1.1/mcp", False),
        (None, "file:///etc/passwd", False),
        (None, "http://user:pass@127.0.0.1/mcp", False),
        (None, "http://127.0.0.1:port/mcp", False),
        (("mcp.example.com:8000",), "http://MCP.example.com:8000/mcp", True),
        (("mcp.example.com:8000",), "http://mcp.example.com/mcp", False),
        (("MCP.example.com",), "https://mcp.example.com:1/mcp", True),
        (("*",), "https://anywhere.example/mcp", True),
        ((), "http://127.0.0.1:9/mcp", False),
    ],
)
def test_hosts(allowed: tuple[str, ...] | None, url: str, may: bool) -> None:
    assert (McpHosts(allowed).refusal(url) is None) is may


def test_the_address_of_a_label_can_change_and_the_session_end_while_a_list_is_fetched(url: str) -> None:
    async def work() -> None:
        before = asyncio.all_tasks()
        async with RealtimeServer(calling("add", "{}")) as server:
            line = await opened(server)
            await use(line, desk(url))
            assert kind_of((await use(line, desk(url, headers={"X-Desk": "2"})))[-1]) == LISTED[0]
            await line.send(ev.SessionUpdate(session=ev.RealtimeSessionConfig(tools=[desk(url, allowed_tools=[])])))
            await until(line, "mcp_list_tools.in_progress")
            await line.close()
        await asyncio.sleep(0)
        assert asyncio.all_tasks() == before

    run(work())
