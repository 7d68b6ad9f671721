"""Is each mistake a client can make refused as the service refuses it, and the session kept open? (REALTIME.md 11)"""

from __future__ import annotations

import asyncio
import base64
import json

import pytest

pytest.importorskip("openai", reason="the interop suite needs the official SDK (pip install openai)")
import websockets
from websockets.asyncio.client import connect

pytestmark = pytest.mark.interop

KEY = {"Authorization": "Bearer sk-any"}


def update(**session) -> dict:
    return {"type": "session.update", "session": {"type": "realtime", **session}}


def create(item: dict) -> dict:
    return {"type": "conversation.item.create", "item": item}


def on_item(kind: str, item_id: str = "item_none", **fields) -> dict:
    return {"type": f"conversation.item.{kind}", "item_id": item_id, **fields}


TOO_LONG = create({"type": "function_call_output", "call_id": "c" * 33, "output": ""})

MISTAKES = [
    ({"type": "session.destroy"}, "invalid_value", "type", "Invalid value: 'session.destroy'. Supported values are"),
    (update(output_modalities=["video"]), "invalid_value", "session.output_modalities[0]", "Invalid value: 'video'"),
    (update(foo=1), "unknown_parameter", "session.foo", "Unknown parameter: 'session.foo'."),
    ({"type": "session.update", "session": {}}, "missing_required_parameter", "session.type", "Missing required"),
    ({"type": "conversation.item.delete"}, "missing_required_parameter", "item_id", "Missing required parameter"),
    (update(instructions=5), "invalid_type", "session.instructions", "Invalid type for 'session.instructions'"),
    ({"type": "input_audio_buffer.commit"}, "input_audio_buffer_commit_empty", None, "Expected at least 100ms"),
    ({"type": "response.cancel"}, "response_cancel_not_active", None, "Cancellation failed"),
    (on_item("delete"), "item_delete_invalid_item_id", None, "Error deleting item: the item with id 'item_none'"),
    (on_item("retrieve"), "item_retrieve_invalid_item_id", None, "Error retrieving item: the item with id 'item_none'"),
    (
        on_item("truncate", content_index=0, audio_end_ms=1),
        "item_truncate_invalid_item_id",
        None,
        "Item with item_id not found: item_none",
    ),
    (TOO_LONG, "string_above_max_length", "item.call_id", "Invalid 'item.call_id': string too long."),
    ({"type": "output_audio_buffer.clear"}, "invalid_value", "type", "Invalid value: 'output_audio_buffer.clear'"),
    ({"type": "input_audio_buffer.append", "audio": "%"}, "invalid_value", "audio", "audio"),
]


@pytest.mark.parametrize("mistake", MISTAKES, ids=[f"{row[1]}-{row[0]['type']}" for row in MISTAKES])
def test_a_mistake_is_refused_and_the_session_stays_open(server, until, mistake) -> None:
    event, code, param, message = mistake

    async def main() -> None:
        async with server.connect() as connection:
            await connection.send({**event, "event_id": "event_mine"})
            error = (await until(connection, "error"))[-1].error
            assert (error.code, error.event_id) == (code, "event_mine")
            assert message in error.message
            if param is not None:
                assert error.param == param
            await connection.session.update(session={"type": "realtime", "instructions": "still open"})
            await until(connection, "session.updated")

    asyncio.run(main())


@pytest.mark.parametrize(
    ("raw", "code"), [("{not json", "invalid_json"), ("[1, 2]", "invalid_event"), (b"\x00\x01", "invalid_event")]
)
def test_what_is_not_an_event_is_refused(server, raw, code) -> None:
    async def main() -> None:
        async with connect(f"{server.socket_url}?model=gpt-realtime-2.1", additional_headers=KEY) as socket:
            await socket.recv()
            await socket.send(raw)
            assert json.loads(await socket.recv())["error"]["code"] == code
            await socket.send(json.dumps(update(instructions="still open")))
            assert json.loads(await socket.recv())["type"] == "session.updated"

    asyncio.run(main())


def test_a_model_that_does_not_reason_refuses_to(server, until) -> None:
    async def main() -> None:
        async with server.connect(model="gpt-realtime") as connection:
            await connection.session.update(session={"type": "realtime", "reasoning": {"effort": "low"}})
            error = (await until(connection, "error"))[-1].error
            assert (error.code, error.param) == ("invalid_value", "session.reasoning")

    asyncio.run(main())


def test_a_second_response_is_refused_while_one_is_active(server, until) -> None:
    async def main() -> None:
        async with server.connect() as connection:
            await connection.response.create(response={"instructions": "long"})
            await until(connection, "response.created")
            await connection.response.create()
            error = (await until(connection, "error"))[-1].error
            assert error.code == "conversation_already_has_active_response"
            assert error.message.startswith("Conversation already has an active response in progress: resp_")

    asyncio.run(main())


def test_what_depends_on_assistant_audio(server, until) -> None:
    async def main() -> None:
        async with server.connect() as connection:
            await connection.response.create(response={"instructions": "speech: 2"})
            item = (await until(connection, "response.done"))[-1].response.output[0].id
            await connection.conversation.item.truncate(item_id=item, content_index=0, audio_end_ms=57_340)
            error = (await until(connection, "error"))[-1].error
            assert error.message == "Audio content of 2000ms is already shorter than 57340ms"
            await connection.session.update(session={"type": "realtime", "audio": {"output": {"voice": "marin"}}})
            await until(connection, "session.updated")
            await connection.session.update(session={"type": "realtime", "audio": {"output": {"voice": "ash"}}})
            error = (await until(connection, "error"))[-1].error
            assert (error.code, error.param) == ("cannot_update_voice", "session.audio.output.voice")

    asyncio.run(main())


def test_only_audio_of_the_assistant_is_truncated(server, until) -> None:
    async def main() -> None:
        async with server.connect() as connection:
            user = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "hi"}]}
            await connection.conversation.item.create(item=user)
            item = (await until(connection, "conversation.item.done"))[-1].item.id
            await connection.conversation.item.truncate(item_id=item, content_index=0, audio_end_ms=1)
            error = (await until(connection, "error"))[-1].error
            assert error.message == "Only model output audio messages can be truncated"

    asyncio.run(main())


@pytest.mark.parametrize(
    "case",
    [
        ({"model": "gpt-realtime-2.1"}, "ek_expired", "invalid_api_key", 3000),
        ({}, "sk-any", "missing_model", 4000),
        ({"model": "gpt-4"}, "sk-any", "invalid_model", 4000),
    ],
    ids=lambda case: case[2],
)
def test_a_session_that_cannot_open_says_why_and_closes(server, until, case) -> None:
    query, key, code, close = case

    async def main() -> None:
        async with server.client(key).realtime.connect(extra_query=query) as connection:
            assert (await until(connection, "error"))[-1].error.code == code
            with pytest.raises(websockets.ConnectionClosed) as closed:
                await connection.recv()
            assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (close, f"invalid_request_error.{code}")

    asyncio.run(main())


def test_the_beta_shape_is_refused(server, until) -> None:
    async def main() -> None:
        opening = server.connect(extra_headers={"OpenAI-Beta": "realtime=v1"})
        async with opening as connection:
            assert (await until(connection, "error"))[-1].error.code == "beta_api_shape_disabled"
            with pytest.raises(websockets.ConnectionClosed) as closed:
                await connection.recv()
            assert closed.value.rcvd.code == 4000

    asyncio.run(main())


def test_browsers_authenticate_by_subprotocol(server) -> None:
    async def main() -> None:
        offered = ["realtime", "openai-insecure-api-key.sk-any", "openai-agents-sdk.0.20.0"]
        async with connect(f"{server.socket_url}?model=gpt-realtime-2.1", subprotocols=offered) as socket:
            assert socket.subprotocol == "realtime"
            assert json.loads(await socket.recv())["type"] == "session.created"

    asyncio.run(main())


def test_the_session_ends_at_its_limit(start, until) -> None:
    async def main() -> None:
        async with start("--session-limit", "1s").connect() as connection:
            assert (await until(connection, "error"))[-1].error.code == "session_expired"
            with pytest.raises(websockets.ConnectionClosed) as closed:
                await connection.recv()
            assert closed.value.rcvd.code == 1001
            assert closed.value.rcvd.reason.startswith("Your session hit the maximum duration")

    asyncio.run(main())


@pytest.mark.parametrize(
    ("fault", "code"),
    [("rate_limit", "rate_limit_exceeded"), ("quota", "insufficient_quota"), ("server", "server_error")],
)
def test_trouble_of_the_service_fails_one_response(start, until, fault, code) -> None:
    async def main() -> None:
        async with start("--fault", f"error={fault}@response:1").connect() as connection:
            await connection.response.create()
            response = (await until(connection, "response.done"))[-1].response
            assert (response.status, response.status_details.error.code) == ("failed", code)
            await connection.response.create()
            assert (await until(connection, "response.done"))[-1].response.status == "completed"

    asyncio.run(main())


def test_a_set_key_is_the_only_one(start, until) -> None:
    async def main() -> None:
        served = start("--api-key", "sk-mine")
        async with served.connect(key="sk-mine") as connection:
            await until(connection, "session.created")
        async with served.connect(key="sk-other") as connection:
            assert (await until(connection, "error"))[-1].error.code == "invalid_api_key"

    asyncio.run(main())


def test_audio_up_to_the_limit_of_one_message_and_beyond(server, until) -> None:
    async def main() -> None:
        async with server.connect() as connection:
            await connection.session.update(session={"type": "realtime", "audio": {"input": {"turn_detection": None}}})
            await connection.input_audio_buffer.append(audio=base64.b64encode(bytes(15 * 1024 * 1024)).decode())
            await connection.input_audio_buffer.commit()
            await until(connection, "input_audio_buffer.committed")
            await connection.input_audio_buffer.append(audio=base64.b64encode(bytes(15 * 1024 * 1024 + 2)).decode())
            assert (await until(connection, "error"))[-1].error.param == "audio"

    asyncio.run(main())
