"""Are tools of MCP servers, local and remote, tools of a call like all others?"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from bareline import Call, RealtimeServer, mcp_http, mcp_stdio
from bareline.client.call_events import (
    AgentSaid,
    ConfirmationAsked,
    ErrorHappened,
    Reconnected,
    RemoteToolsListed,
    ToolCalled,
    ToolSettled,
)
from bareline.protocol import events as ev
from bareline.protocol.generation import CallDelta, Outcome, Output, ResponseRequest, TextDelta
from bareline.server.faults import read_faults
from bareline.testing.function_backend import FunctionBackend
from bareline.testing.mcp_program import mcp_at_address
from bareline.tools import CallState

pytest.importorskip("mcp", reason="the optional part 'mcp' is not installed")

PROGRAM = Path(__file__).parents[2] / "data" / "mcp" / "server.py"
DELETE = ("delete_note", {"title": "milk"})


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    return tmp_path / "scratch"


@pytest.fixture
def url(scratch: Path) -> Iterator[str]:
    with mcp_at_address(PROGRAM, "--scratch", str(scratch)) as address:
        yield address


def model(*wishes: tuple[str, dict[str, Any]]) -> FunctionBackend:
    """Calls these tools one after the other, asks what it is told to ask, and reports a yes or no that it hears."""

    async def respond(request: ResponseRequest) -> AsyncIterator[Output | Outcome]:
        called = [item.name for item in request.context if isinstance(item, ev.FunctionCall)]
        left = [wish for wish in wishes if wish[0] not in called]
        last = request.context[-1] if request.context else None
        if isinstance(last, ev.Message) and last.role == "user" and said(last) in ("yes", "no"):
            decision = "confirm_action" if said(last) == "yes" else "decline_action"
            yield CallDelta(name=decision, arguments=json.dumps({"proposal_id": asked(request)["proposal_id"]}))
        elif left:
            yield CallDelta(name=left[0][0], arguments=json.dumps(left[0][1]))
        elif isinstance(last, ev.FunctionCallOutput):
            yield TextDelta(text=f"Result: {last.output}")
        else:
            yield TextDelta(text=asked(request).get("say", "Well."))

    return FunctionBackend(respond)


def said(message: ev.Message) -> str:
    return "".join(part.text for part in message.content if isinstance(part, ev.InputText))


def asked(request: ResponseRequest) -> dict[str, Any]:
    """The newest question that the client wants put to the user."""
    for item in reversed(request.context):
        text = said(item) if isinstance(item, ev.Message) and item.role == "system" else getattr(item, "output", "")
        if "needs_confirmation" in text:
            return json.loads(text[text.index('{"status"') :])
    return {}


def written(scratch: Path) -> str:
    """What tools did."""
    return scratch.read_text() if scratch.exists() else ""


def run(work: Coroutine[Any, Any, Any]) -> Any:
    async def bounded() -> Any:
        async with asyncio.timeout(45):
            return await work

    return asyncio.run(bounded())


class Talk:
    """A call in writing, and what happened in it."""

    def __init__(self, call: Call) -> None:
        self.call = call
        self.events: list[Any] = []
        self._news = asyncio.Event()

    async def follow(self) -> None:
        async for event in self.call.events():
            self.events.append(event)
            self._news.set()

    async def until(self, holds: Callable[[Any], bool]) -> Any:
        """The first event of which this holds."""
        while True:
            self._news.clear()
            for event in self.events:
                if holds(event):
                    return event
            await self._news.wait()

    async def seen(self, kind: type) -> Any:
        return await self.until(lambda event: isinstance(event, kind))

    async def said(self, words: str) -> Any:
        return await self.until(lambda event: isinstance(event, AgentSaid) and words in event.text)


@asynccontextmanager
async def talking(backend: FunctionBackend, *, faults: str = "", **options: Any) -> AsyncIterator[Talk]:
    settings = {"model": "gpt-realtime", "output_modalities": ["text"], "api_key": "sk-test", **options}
    faulty = {"faults": read_faults(faults)} if faults else {}
    async with RealtimeServer(backend, **faulty) as server, Call(base_url=server.url, **settings) as call:
        talk = Talk(call)
        following = asyncio.create_task(talk.follow())
        yield talk
        await call.hang_up()
        await following


def remote(url: str, **settings: Any) -> ev.McpTool:
    return ev.McpTool(server_label="desk", server_url=url, **settings)


def test_tools_of_a_local_program_are_called_as_ones_own(scratch: Path) -> None:
    async def work() -> tuple[Any, ...]:
        args = [str(PROGRAM), "--scratch", str(scratch)]
        wishes = model(("add", {"a": 2, "b": 3}), DELETE)
        async with (
            mcp_stdio(sys.executable, args, open_timeout_s=30) as desk,
            talking(wishes, tools=desk.tools) as talk,
        ):
            talk.call.send_text("two and three, and away with the milk")
            added = await talk.seen(ToolSettled)
            question = await talk.seen(ConfirmationAsked)
            assert written(scratch) == ""
            talk.call.confirm(question.proposal_id)
            deleted = await talk.until(lambda event: isinstance(event, ToolSettled) and event.name == "delete_note")
            return added, question, deleted

    added, question, deleted = run(work())
    assert (added.name, added.state, added.output) == ("add", CallState.ANSWERED, "5")
    assert added.server_label is None
    assert question.name == "delete_note"
    assert "milk" in question.question
    assert (deleted.output, deleted.consent) == ("milk is deleted.", "application")
    assert written(scratch) == "deleted milk\n"


def test_a_bad_argument_goes_back_to_the_model_and_the_server_is_not_asked(url: str) -> None:
    async def work() -> Any:
        async with mcp_http(url) as desk, talking(model(("add", {"a": "two", "b": 3})), tools=desk.tools) as talk:
            talk.call.send_text("two and three")
            return await talk.seen(ToolSettled)

    refused = run(work())
    assert refused.state is CallState.FAILED
    told = json.loads(refused.output)
    assert (told["kind"], told["field"], told["expected"]["type"]) == ("invalid_arguments", "a", "integer")


def test_remote_tools_are_told_as_calls_of_the_service(url: str) -> None:
    pieces: list[Any] = []

    async def work() -> list[Any]:
        tools = [remote(url, require_approval="never")]
        async with talking(model(("add", {"a": 2, "b": 3})), more_tools=tools) as talk:

            async def listen() -> None:
                pieces.extend([piece async for piece in talk.call.tool_arguments()])

            listening = asyncio.create_task(listen())
            await talk.until(lambda event: isinstance(event, RemoteToolsListed) and event.state == "completed")
            talk.call.send_text("two and three")
            await talk.said("Result: 5")
            items = [entry.item for entry in talk.call.conversation.items]
            assert sum(isinstance(item, ev.McpCall | ev.McpListTools) for item in items) == 2
        await listening
        return talk.events

    events = run(work())
    listed = [event for event in events if isinstance(event, RemoteToolsListed)]
    assert [(event.server_label, event.state) for event in listed] == [("desk", "in_progress"), ("desk", "completed")]
    assert "add" in listed[1].names
    (called,) = [event for event in events if isinstance(event, ToolCalled)]
    (settled,) = [event for event in events if isinstance(event, ToolSettled)]
    assert (called.name, called.arguments, called.server_label) == ("add", '{"a": 2, "b": 3}', "desk")
    assert (settled.call_id, settled.state, settled.output) == (called.call_id, CallState.ANSWERED, "5")
    assert "".join(piece.delta for piece in pieces) == called.arguments
    assert {piece.call_id for piece in pieces} == {called.call_id}


def test_a_failure_of_a_remote_tool_is_told_as_such(url: str) -> None:
    async def work() -> Any:
        async with talking(model(("fail", {})), more_tools=[remote(url, require_approval="never")]) as talk:
            await talk.until(lambda event: isinstance(event, RemoteToolsListed) and event.state == "completed")
            talk.call.send_text("try it")
            return await talk.seen(ToolSettled)

    settled = run(work())
    assert settled.state is CallState.FAILED
    assert "the shelf is empty" in settled.output


@pytest.mark.parametrize("by", ["voice", "application"])
@pytest.mark.parametrize("approves", [True, False])
def test_approval_of_a_remote_tool_is_a_confirmation_like_all_others(
    url: str, scratch: Path, by: str, approves: bool
) -> None:
    async def work() -> Any:
        async with talking(model(DELETE), more_tools=[remote(url)]) as talk:
            await talk.until(lambda event: isinstance(event, RemoteToolsListed) and event.state == "completed")
            talk.call.send_text("away with the milk")
            question = await talk.seen(ConfirmationAsked)
            await talk.said(question.question)
            assert written(scratch) == ""
            if by == "application":
                (talk.call.confirm if approves else talk.call.decline)(question.proposal_id)
            else:
                talk.call.send_text("yes" if approves else "no")
            if approves:
                await talk.until(lambda event: isinstance(event, ToolSettled) and event.name == "delete_note")
            await talk.call.quiet(for_s=0.5)
            assert talk.call.pending == ()
            return question

    question = run(work())
    assert (question.name, question.arguments) == ("delete_note", '{"title": "milk"}')
    assert written(scratch) == ("deleted milk\n" if approves else "")


def test_a_list_that_cannot_be_had_is_told_with_its_reason() -> None:
    async def work() -> tuple[Any, Any]:
        async with talking(model(), more_tools=[remote("http://mcp.example.com/mcp")]) as talk:
            failed = await talk.until(lambda event: isinstance(event, RemoteToolsListed) and event.state == "failed")
            return failed, await talk.seen(ErrorHappened)

    failed, error = run(work())
    assert (failed.server_label, failed.names) == ("desk", ())
    assert (error.severity, error.code) == ("turn", "mcp_list_tools_failed")
    assert "may not call the host" in error.message


@pytest.mark.slow
def test_what_becomes_of_a_call_is_unknown_when_the_connection_is_lost(url: str) -> None:
    async def work() -> Any:
        tools = [remote(url, require_approval="never")]
        wish = model(("look_up", {"seconds": 30}))
        async with talking(wish, faults="close=1001@3s", more_tools=tools) as talk:
            await talk.until(lambda event: isinstance(event, RemoteToolsListed) and event.state == "completed")
            talk.call.send_text("look it up")
            await talk.seen(ToolCalled)
            settled = await talk.seen(ToolSettled)
            await talk.seen(Reconnected)
            return settled

    assert run(work()).state is CallState.UNKNOWN


@pytest.mark.slow
def test_an_approval_that_waits_is_dropped_with_its_session(url: str, scratch: Path) -> None:
    async def work() -> None:
        async with talking(model(DELETE), faults="close=1001@3s", more_tools=[remote(url)]) as talk:
            await talk.until(lambda event: isinstance(event, RemoteToolsListed) and event.state == "completed")
            talk.call.send_text("away with the milk")
            await talk.seen(ConfirmationAsked)
            await talk.seen(Reconnected)
            assert talk.call.pending == ()

    run(work())
    assert not scratch.exists()


def test_the_end_of_the_call_settles_what_the_service_still_does(url: str) -> None:
    async def work() -> list[Any]:
        tools = [remote(url, require_approval="never")]
        async with talking(model(("look_up", {"seconds": 30})), more_tools=tools) as talk:
            await talk.until(lambda event: isinstance(event, RemoteToolsListed) and event.state == "completed")
            talk.call.send_text("look it up")
            await talk.seen(ToolCalled)
        return [event.state for event in talk.events if isinstance(event, ToolSettled)]

    assert run(work()) == [CallState.UNKNOWN]
