"""Each refusal of the server, in the service's code, words and path."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from bareline.protocol import events
from bareline.protocol.bodies import ClientSecretRequest
from bareline.protocol.limits import APPEND_MAX_BYTES
from bareline.protocol.strict import Refusal, check_body, check_client_message, check_session
from bareline.testing.images import TINY_IMAGE

LONG = "x" * 33


def check(kind: str, *, media: bool = False, **fields: Any) -> events.ClientEvent | Refusal:
    return check_client_message(json.dumps({"type": kind, **fields}), media=media)


def refusal(kind: str, **fields: Any) -> Refusal:
    found = check(kind, **fields)
    assert isinstance(found, Refusal)
    return found


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "invalid_json"),
        (b"{", "invalid_json"),
        (b"\xff\xfe", "invalid_json"),
        (b'{"type":"response.cancel","x":NaN}', "invalid_json"),
        (b"[" * 5000, "invalid_json"),
        ("\ud800", "invalid_json"),
        (b"[1]", "invalid_event"),
        ('"response.cancel"', "invalid_event"),
        (b"null", "invalid_event"),
    ],
)
def test_what_is_no_object_is_refused(raw: bytes | str, code: str) -> None:
    found = check_client_message(raw)
    assert isinstance(found, Refusal)
    assert (found.code, found.type, found.param, found.event_id) == (code, "invalid_request_error", None, None)


@pytest.mark.parametrize(
    ("fields", "code", "message"),
    [
        ({}, "missing_required_parameter", "Missing required parameter: 'type'."),
        ({"type": 5}, "invalid_type", "Invalid type for 'type': expected a string, but got an integer instead."),
        ({"type": None}, "invalid_type", "Invalid type for 'type': expected a string, but got null instead."),
        ({"type": "nope"}, "invalid_value", "Invalid value: 'nope'. Supported values are: 'session.update', "),
    ],
)
def test_an_event_needs_a_known_type(fields: dict[str, Any], code: str, message: str) -> None:
    found = check_client_message(json.dumps({"event_id": "event_1", **fields}))
    assert isinstance(found, Refusal)
    assert (found.code, found.param, found.event_id) == (code, "type", "event_1")
    assert found.message.startswith(message)


def test_the_output_buffer_can_be_cleared_only_where_there_is_one() -> None:
    assert check("output_audio_buffer.clear", media=True) == events.OutputAudioBufferClear()
    found = refusal("output_audio_buffer.clear")
    assert (found.code, found.param) == ("invalid_value", "type")
    assert found.message.count("output_audio_buffer.clear") == 1


@pytest.mark.parametrize("event_id", ["event_1", "e" * 600])
def test_the_clients_event_id_is_echoed(event_id: str) -> None:
    assert refusal("session.update", event_id=event_id).event_id == event_id
    assert refusal("session.update", event_id=5).event_id is None
    assert refusal("session.update").detail() == events.ErrorDetail(
        type="invalid_request_error",
        code="missing_required_parameter",
        message="Missing required parameter: 'session'.",
        param="session",
    )


def test_an_event_id_has_a_limit() -> None:
    assert check("response.cancel", event_id="e" * 512) == events.ResponseCancel(event_id="e" * 512)
    assert check("response.cancel", event_id=None) == events.ResponseCancel(event_id=None)
    for kind, more in (("response.cancel", {}), ("input_audio_buffer.append", {"audio": ""})):
        found = refusal(kind, event_id="e" * 513, **more)
        assert (found.code, found.param) == ("string_above_max_length", "event_id")


def test_wrong_keys_are_named_by_their_path() -> None:
    found = refusal("session.update", session={"type": "realtime", "audio": {"input": {"loud": True}}})
    assert found.code == "unknown_parameter"
    assert found.message == "Unknown parameter: 'session.audio.input.loud'."
    assert found.param == "session.audio.input.loud"
    assert refusal("response.cancel", id="x").message == "Unknown parameter: 'id'."


def test_missing_keys_are_told_before_unknown_ones() -> None:
    nested = {"type": "function", "function": {"name": "f"}}
    found = refusal("session.update", session={"type": "realtime", "tools": [nested]})
    assert (found.code, found.param) == ("missing_required_parameter", "session.tools[0].name")


def test_an_endless_key_is_quoted_short() -> None:
    found = refusal("response.cancel", **{"k" * 100_000: 1})
    assert len(found.message) < 300
    assert len(str(found.param)) < 300


def test_the_words_of_the_service() -> None:
    def words(**patch: Any) -> str:
        return refusal("session.update", session={"type": "realtime", **patch}).message

    assert words(output_modalities=["text", "audio"]) == (
        "Invalid modalities: ['text', 'audio']. Supported combinations are: ['text'] and ['audio']."
    )
    assert words(max_output_tokens=0) == (
        "Invalid 'session.max_output_tokens': integer below minimum value. Expected a value >= 1, but got 0 instead."
    )
    assert words(audio={"output": {"speed": 2}}) == (
        "Invalid 'session.audio.output.speed': decimal above maximum value. Expected a value <= 1.5, but got 2 instead."
    )
    assert words(tool_choice=5) == (
        "Invalid type for 'session.tool_choice': expected one of 'none' or 'auto' or 'required' or an object, "
        "but got an integer instead."
    )
    assert words(max_output_tokens=[]) == (
        "Invalid type for 'session.max_output_tokens': expected one of an integer or 'inf', but got an array instead."
    )
    assert words(audio={"output": {"voice": []}}).endswith("or 'cedar' or an object, but got an array instead.")
    assert words(tracing=1.5).endswith("expected one of 'auto' or an object or null, but got a decimal instead.")
    output = {"type": "function_call_output", "call_id": LONG, "output": ""}
    assert refusal("conversation.item.create", item=output).message == (
        "Invalid 'item.call_id': string too long. Expected a string with maximum length 32, "
        "but got a string with length 33 instead."
    )


MCP = {"type": "mcp", "server_label": "a"}


def test_an_append_holds_base64() -> None:
    assert check("input_audio_buffer.append", audio="AAAA") == events.InputAudioBufferAppend(audio=bytes(3))
    found = refusal("input_audio_buffer.append", audio="not base64", event_id="event_1")
    assert (found.code, found.param, found.event_id) == ("invalid_value", "audio", "event_1")
    assert refusal("input_audio_buffer.append").param == "audio"
    assert refusal("input_audio_buffer.append", audio=[1]).code == "invalid_type"
    assert refusal("input_audio_buffer.append", audio="", extra=1).code == "unknown_parameter"


def test_an_append_has_a_limit() -> None:
    fits = base64.b64encode(bytes(APPEND_MAX_BYTES)).decode()
    event = check("input_audio_buffer.append", audio=fits)
    assert isinstance(event, events.InputAudioBufferAppend)
    assert len(event.audio) == APPEND_MAX_BYTES
    found = refusal("input_audio_buffer.append", audio=base64.b64encode(bytes(APPEND_MAX_BYTES + 1)).decode())
    assert (found.code, found.param) == ("string_above_max_length", "audio")
    assert len(found.message) < 300


@pytest.mark.parametrize(
    "patch",
    [
        {},
        {"model": "gpt-realtime-2.1", "tracing": "auto"},
        {"tracing": None, "prompt": None, "reasoning": None, "include": None},
        {"audio": {"input": {"turn_detection": {"type": "semantic_vad", "eagerness": "low"}, "noise_reduction": None}}},
        {"audio": {"output": {"voice": {"id": "voice_1"}, "speed": 1}}},
        {"tools": [{"type": "function", "name": "f", "parameters": {"type": "object", "anything": [1]}}]},
        {
            "tools": [
                {
                    **MCP,
                    "server_url": "https://a",
                    "headers": {"X": "y"},
                    "require_approval": {"never": {"tool_names": ["t"]}},
                }
            ]
        },
        {"tool_choice": {"type": "mcp", "server_label": "a"}, "max_output_tokens": "inf", "truncation": "disabled"},
        {"prompt": {"id": "p", "variables": {"a": {"type": "input_text", "text": "x"}}}},
    ],
)
def test_a_session_is_accepted(patch: dict[str, Any]) -> None:
    assert isinstance(check("session.update", session={"type": "realtime", **patch}), events.SessionUpdate)


@pytest.mark.parametrize(
    "fields",
    [
        {"type": "message", "role": "system", "content": [{"type": "input_text", "text": ""}]},
        {"type": "message", "role": "assistant", "content": [{"type": "output_audio", "transcript": "Hi."}]},
        {
            "type": "message",
            "role": "user",
            "id": None,
            "content": [{"type": "input_audio", "audio": "AAAA", "transcript": None}],
        },
        {
            "type": "message",
            "role": "user",
            "content": [{"type": "input_image", "image_url": TINY_IMAGE}],
        },
        {"type": "function_call", "name": "f", "arguments": " {}\n", "call_id": "c" * 32, "status": "completed"},
        {"type": "mcp_approval_response", "approval_request_id": "a", "approve": False},
    ],
)
def test_an_item_is_accepted(fields: dict[str, Any]) -> None:
    event = check("conversation.item.create", item=fields, previous_item_id="root")
    assert isinstance(event, events.ConversationItemCreate)
    assert event.previous_item_id == "root"


def test_a_response_may_be_asked_for_with_nothing_or_null() -> None:
    assert check("response.create") == events.ResponseCreate()
    assert check("response.create", response=None) == events.ResponseCreate(response=None)
    event = check("response.create", response={"input": [{"type": "item_reference", "id": "item_1"}], "metadata": None})
    assert isinstance(event, events.ResponseCreate)


def test_a_session_in_an_http_body_is_checked_alike() -> None:
    config = check_session({"type": "realtime", "instructions": "Hi."})
    assert config == events.RealtimeSessionConfig(instructions="Hi.")
    found = check_session({"type": "transcription", "model": "x"}, param="body.session")
    assert isinstance(found, Refusal)
    assert (found.code, found.param) == ("unknown_parameter", "body.session.model")
    for value in (None, 5, "x", [], True):
        found = check_session(value)
        assert isinstance(found, Refusal)
        assert (found.code, found.param) == ("invalid_type", "session")


def test_a_body_is_checked_alike() -> None:
    assert check_body(b"{}", ClientSecretRequest) == ClientSecretRequest()
    found = check_body(b'{"session":{"type":"realtime","voice":"ash"}}', ClientSecretRequest)
    assert isinstance(found, Refusal)
    assert found.param == "session.voice"
    found = check_body(b"[", ClientSecretRequest)
    assert isinstance(found, Refusal)
    assert found.code == "invalid_json"
