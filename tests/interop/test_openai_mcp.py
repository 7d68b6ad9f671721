"""Does the unmodified official SDK see MCP tools listed, approved and called by the server?"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from bareline.testing.mcp_program import mcp_at_address

pytest.importorskip("openai", reason="the interop suite needs the official SDK (pip install openai)")
pytest.importorskip("mcp", reason="the optional part 'mcp' is not installed")
pytestmark = pytest.mark.interop

PROGRAM = Path(__file__).parents[1] / "data" / "mcp" / "server.py"


@pytest.fixture
def url() -> Iterator[str]:
    with mcp_at_address(PROGRAM) as address:
        yield address


def session(url: str, **settings) -> dict:
    tool = {"type": "mcp", "server_label": "desk", "server_url": url, **settings}
    return {"type": "realtime", "output_modalities": ["text"], "tools": [tool]}


def test_a_tool_is_listed_and_called(server, until, url) -> None:
    async def main() -> None:
        async with server.connect() as connection:
            await connection.session.update(session=session(url, require_approval="never"))
            listed = await until(connection, "mcp_list_tools.completed")
            assert "weather" in [tool.name for tool in listed[-2].item.tools]
            await connection.response.create(response={"instructions": 'call: weather {"city": "Oslo"}'})
            events = await until(connection, "response.done")
            kinds = [event.type for event in events]
            assert kinds.index("response.mcp_call_arguments.done") < kinds.index("response.mcp_call.in_progress")
            call = events[-1].response.output[0]
            assert (call.type, call.server_label, call.name) == ("mcp_call", "desk", "weather")
            assert (call.output, call.error) == ("It is sunny in Oslo.", None)
            following = await until(connection, "response.done")
            assert following[-1].response.status == "completed"

    asyncio.run(main())


def test_a_tool_is_called_after_it_was_approved(server, until, url) -> None:
    async def main() -> None:
        async with server.connect() as connection:
            await connection.session.update(session=session(url))
            await until(connection, "mcp_list_tools.completed")
            await connection.response.create(response={"instructions": 'call: delete_note {"title": "milk"}'})
            request = (await until(connection, "response.done"))[-1].response.output[0]
            assert (request.type, request.name) == ("mcp_approval_request", "delete_note")
            answer = {"type": "mcp_approval_response", "id": "answer", "approval_request_id": request.id}
            await connection.conversation.item.create(item={**answer, "approve": True})
            call = (await until(connection, "response.done"))[-1].response.output[0]
            assert (call.approval_request_id, call.output) == (request.id, "milk is deleted.")

    asyncio.run(main())
