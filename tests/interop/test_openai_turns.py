"""Does the unmodified official SDK hold a call with the server?"""

from __future__ import annotations

import asyncio
import base64
import json

import pytest

pytest.importorskip("openai", reason="the interop suite needs the official SDK (pip install openai)")
pytestmark = pytest.mark.interop


def text_turn(text: str) -> dict:
    return {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}


def output_audio(events) -> bytes:
    return b"".join(base64.b64decode(event.delta) for event in events if event.type == "response.output_audio.delta")


def test_a_text_turn(server, until) -> None:
    async def main() -> None:
        async with server.connect() as connection:
            await connection.session.update(session={"type": "realtime", "output_modalities": ["text"]})
            await connection.conversation.item.create(item=text_turn("Hello"))
            await connection.response.create(response={"instructions": "text: good day to you"})
            events = await until(connection, "response.done")
            assert [event.type for event in events[:4]] == [
                "session.created",
                "session.updated",
                "conversation.item.added",
                "conversation.item.done",
            ]
            done = events[-1].response
            assert (done.status, done.output[0].content[0].text) == ("completed", "good day to you ")
            assert done.usage.output_tokens > 0

    asyncio.run(main())


def test_a_function_call_and_its_answer(server, until) -> None:
    tool = {"type": "function", "name": "list_tasks", "parameters": {"type": "object", "properties": {}}}

    async def main() -> None:
        async with server.connect() as connection:
            session = {"type": "realtime", "output_modalities": ["text"], "tools": [tool]}
            await connection.session.update(session=session)
            await connection.conversation.item.create(item=text_turn("What is on my list?"))
            await connection.response.create(response={"instructions": 'call: list_tasks {"status": "pending"}'})
            events = await until(connection, "response.done")
            (finished,) = [event for event in events if event.type == "response.function_call_arguments.done"]
            assert (finished.name, json.loads(finished.arguments)) == ("list_tasks", {"status": "pending"})
            deltas = [event.delta for event in events if event.type == "response.function_call_arguments.delta"]
            assert "".join(deltas) == finished.arguments
            output = {"type": "function_call_output", "call_id": finished.call_id, "output": "two tasks"}
            await connection.conversation.item.create(item=output)
            await connection.response.create()
            assert (await until(connection, "response.done"))[-1].response.output[0].content[0].text == "two tasks"

    asyncio.run(main())


def test_a_spoken_answer_arrives_whole(server, until) -> None:
    async def main() -> None:
        async with server.connect() as connection:
            await connection.response.create(response={"instructions": "speech: 3"})
            events = await until(connection, "response.done")
            assert len(output_audio(events)) == 3 * 48_000
            assert events[-1].response.output[0].content[0].transcript == "All right. " * 3

    asyncio.run(main())


def test_a_response_out_of_band_beside_the_conversation(server, until) -> None:
    async def main() -> None:
        async with server.connect() as connection:
            await connection.response.create(
                response={
                    "conversation": "none",
                    "metadata": {"topic": "summary"},
                    "output_modalities": ["text"],
                    "input": [],
                    "instructions": "text: in short",
                }
            )
            events = await until(connection, "response.done")
            assert not [event for event in events if event.type.startswith("conversation.item")]
            response = events[-1].response
            assert (response.conversation_id, response.metadata) == (None, {"topic": "summary"})

    asyncio.run(main())


def test_cancel_and_truncate(server, until) -> None:
    async def main() -> None:
        async with server.connect() as connection:
            await connection.response.create(response={"instructions": "long"})
            events = await until(connection, "response.output_audio.delta")
            await connection.response.cancel()
            events += await until(connection, "response.done")
            response = events[-1].response
            assert (response.status, response.status_details.reason) == ("cancelled", "client_cancelled")
            item = response.output[0]
            assert item.status == "incomplete"
            await connection.conversation.item.truncate(item_id=item.id, content_index=0, audio_end_ms=200)
            assert (await until(connection, "conversation.item.truncated"))[-1].audio_end_ms == 200
            await connection.conversation.item.retrieve(item_id=item.id)
            assert (await until(connection, "conversation.item.retrieved"))[-1].item.id == item.id
            await connection.conversation.item.delete(item_id=item.id)
            await until(connection, "conversation.item.deleted")

    asyncio.run(main())


def test_a_client_secret_is_minted_and_opens_a_session(server, until) -> None:
    async def main() -> None:
        async with server.client() as client:
            secret = await client.realtime.client_secrets.create(
                expires_after={"anchor": "created_at", "seconds": 60},
                session={"type": "realtime", "instructions": "text: bound", "output_modalities": ["text"]},
            )
        assert secret.value.startswith("ek_")
        assert secret.session.type == "realtime"
        async with server.connect(key=secret.value) as connection:
            await connection.response.create()
            assert (await until(connection, "response.done"))[-1].response.output[0].content[0].text == "bound "

    asyncio.run(main())


def test_the_models_are_listed(server) -> None:
    async def main() -> None:
        async with server.client() as client:
            names = [model.id async for model in client.models.list()]
            assert "gpt-realtime-2.1" in names
            assert (await client.models.retrieve("gpt-realtime-2.1")).object == "model"

    asyncio.run(main())
