"""Every field of a request that can be refused, with the code and the path."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bareline.protocol.strict import Refusal, check_client_message

LONG = "x" * 33


def refusal(kind: str, **fields: Any) -> Refusal:
    found = check_client_message(json.dumps({"type": kind, **fields}))
    assert isinstance(found, Refusal)
    return found


def session(**patch: Any) -> tuple[str, str | None]:
    found = refusal("session.update", session={"type": "realtime", **patch})
    return str(found.code), found.param


def vad(**detection: Any) -> tuple[str, str | None]:
    return session(audio={"input": {"turn_detection": {"type": "server_vad", **detection}}})


def item(**fields: Any) -> tuple[str, str | None]:
    found = refusal("conversation.item.create", item=fields)
    return str(found.code), found.param


def part(role: str, **fields: Any) -> tuple[str, str | None]:
    return item(type="message", role=role, content=[fields])


def response(**fields: Any) -> tuple[str, str | None]:
    found = refusal("response.create", response=fields)
    return str(found.code), found.param


@pytest.mark.parametrize(
    ("patch", "code", "param"),
    [
        ({"foo": 1}, "unknown_parameter", "session.foo"),
        ({"id": "sess_1"}, "unknown_parameter", "session.id"),
        ({"temperature": 0.8}, "unknown_parameter", "session.temperature"),
        ({"instructions": 5}, "invalid_type", "session.instructions"),
        ({"instructions": None}, "invalid_type", "session.instructions"),
        ({"parallel_tool_calls": 1}, "invalid_type", "session.parallel_tool_calls"),
        ({"tools": {}}, "invalid_type", "session.tools"),
        ({"tools": [5]}, "invalid_type", "session.tools[0]"),
        ({"audio": []}, "invalid_type", "session.audio"),
        ({"output_modalities": []}, "invalid_value", "session.output_modalities"),
        ({"output_modalities": ["audio", "text"]}, "invalid_value", "session.output_modalities"),
        ({"output_modalities": ["video"]}, "invalid_value", "session.output_modalities[0]"),
        ({"max_output_tokens": 0}, "integer_below_min_value", "session.max_output_tokens"),
        ({"max_output_tokens": 2**31}, "integer_above_max_value", "session.max_output_tokens"),
        ({"max_output_tokens": 10.5}, "invalid_type", "session.max_output_tokens"),
        ({"max_output_tokens": "lots"}, "invalid_value", "session.max_output_tokens"),
        ({"include": ["all"]}, "invalid_value", "session.include[0]"),
        ({"reasoning": {"effort": "huge"}}, "invalid_value", "session.reasoning.effort"),
        ({"truncation": "never"}, "invalid_value", "session.truncation"),
        ({"truncation": {"type": "wise"}}, "invalid_value", "session.truncation.type"),
        (
            {"truncation": {"type": "retention_ratio"}},
            "missing_required_parameter",
            "session.truncation.retention_ratio",
        ),
        (
            {"truncation": {"type": "retention_ratio", "retention_ratio": 1.5}},
            "decimal_above_max_value",
            "session.truncation.retention_ratio",
        ),
        ({"tracing": "on"}, "invalid_value", "session.tracing"),
        ({"tracing": {"metadata": 5}}, "invalid_type", "session.tracing.metadata"),
        ({"tool_choice": "always"}, "invalid_value", "session.tool_choice"),
        ({"tool_choice": {"type": "best"}}, "invalid_value", "session.tool_choice.type"),
        ({"tools": [{"type": "web"}]}, "invalid_value", "session.tools[0].type"),
        ({"tools": [{"type": "bareline.unknown_tool", "value": {}}]}, "invalid_value", "session.tools[0].type"),
        ({"tools": [{"type": "function", "name": None}]}, "invalid_type", "session.tools[0].name"),
        (
            {"tools": [{"type": "function", "name": "f", "parameters": []}]},
            "invalid_type",
            "session.tools[0].parameters",
        ),
        ({"audio": {"output": {"voice": "bob"}}}, "invalid_value", "session.audio.output.voice"),
        (
            {"audio": {"output": {"voice": {"id": "v", "type": "x"}}}},
            "unknown_parameter",
            "session.audio.output.voice.type",
        ),
        ({"audio": {"output": {"voice": {}}}}, "missing_required_parameter", "session.audio.output.voice.id"),
        ({"audio": {"output": {"speed": 0.2}}}, "decimal_below_min_value", "session.audio.output.speed"),
        ({"audio": {"output": {"speed": 1.6}}}, "decimal_above_max_value", "session.audio.output.speed"),
        ({"audio": {"output": {"format": {"type": "mp3"}}}}, "invalid_value", "session.audio.output.format.type"),
        (
            {"audio": {"input": {"format": {"type": "audio/pcm", "rate": 8000}}}},
            "invalid_value",
            "session.audio.input.format.rate",
        ),
        (
            {"audio": {"input": {"noise_reduction": {"type": "all"}}}},
            "invalid_value",
            "session.audio.input.noise_reduction.type",
        ),
        (
            {"audio": {"input": {"turn_detection": {}}}},
            "missing_required_parameter",
            "session.audio.input.turn_detection.type",
        ),
        (
            {"audio": {"input": {"transcription": {"language": ["de"]}}}},
            "invalid_type",
            "session.audio.input.transcription.language",
        ),
        ({"prompt": {"version": "1"}}, "missing_required_parameter", "session.prompt.id"),
    ],
)
def test_a_session_is_refused(patch: dict[str, Any], code: str, param: str) -> None:
    assert session(**patch) == (code, param)


@pytest.mark.parametrize(
    ("detection", "code", "key"),
    [
        ({"threshold": 1.1}, "decimal_above_max_value", "threshold"),
        ({"threshold": -0.1}, "decimal_below_min_value", "threshold"),
        ({"threshold": "0.5"}, "invalid_type", "threshold"),
        ({"threshold": True}, "invalid_type", "threshold"),
        ({"silence_duration_ms": 200.5}, "invalid_type", "silence_duration_ms"),
        ({"prefix_padding_ms": -1}, "integer_below_min_value", "prefix_padding_ms"),
        ({"idle_timeout_ms": 4999}, "integer_below_min_value", "idle_timeout_ms"),
        ({"idle_timeout_ms": 30001}, "integer_above_max_value", "idle_timeout_ms"),
        ({"type": "semantic_vad", "threshold": 0.5}, "unknown_parameter", "threshold"),
        ({"type": "semantic_vad", "idle_timeout_ms": 6000}, "unknown_parameter", "idle_timeout_ms"),
        ({"type": "semantic_vad", "eagerness": "keen"}, "invalid_value", "eagerness"),
        ({"type": "other"}, "invalid_value", "type"),
    ],
)
def test_turn_detection_is_refused(detection: dict[str, Any], code: str, key: str) -> None:
    assert vad(**detection) == (code, f"session.audio.input.turn_detection.{key}")


MCP = {"type": "mcp", "server_label": "a"}


@pytest.mark.parametrize(
    ("tools", "param"),
    [
        ([{**MCP, "server_url": "https://a", "tunnel_id": "t"}], "session.tools[0].tunnel_id"),
        ([{**MCP, "connector_id": "connector_slack"}], "session.tools[0].connector_id"),
        ([{**MCP, "authorization": "x", "headers": {"AUTHORIZATION": "y"}}], "session.tools[0].authorization"),
        ([MCP, {"type": "function", "name": "f"}, MCP], "session.tools[2].server_label"),
        ([{**MCP, "require_approval": "sometimes"}], "session.tools[0].require_approval"),
        ([{**MCP, "allowed_callers": ["me"]}], "session.tools[0].allowed_callers[0]"),
    ],
)
def test_an_mcp_server_is_refused(tools: list[Any], param: str) -> None:
    assert session(tools=tools) == ("invalid_value", param)


@pytest.mark.parametrize(
    ("fields", "code", "param"),
    [
        ({}, "missing_required_parameter", "item.type"),
        ({"type": "item_reference", "id": "item_1"}, "invalid_value", "item.type"),
        ({"type": "bareline.unknown_item", "value": {}}, "invalid_value", "item.type"),
        ({"type": "message", "role": "user"}, "missing_required_parameter", "item.content"),
        ({"type": "message", "role": "bot", "content": []}, "invalid_value", "item.role"),
        ({"type": "message", "role": "user", "content": [], "id": LONG}, "string_above_max_length", "item.id"),
        ({"type": "message", "role": "user", "content": [], "status": "done"}, "invalid_value", "item.status"),
        ({"type": "message", "role": "user", "content": [], "object": "item"}, "invalid_value", "item.object"),
        ({"type": "message", "role": "user", "content": "hi"}, "invalid_type", "item.content"),
        ({"type": "message", "role": "user", "content": ["hi"]}, "invalid_type", "item.content[0]"),
        ({"type": "function_call_output", "call_id": "c"}, "missing_required_parameter", "item.output"),
        ({"type": "function_call_output", "call_id": "c", "output": {}}, "invalid_type", "item.output"),
        (
            {"type": "function_call", "name": "f", "arguments": "", "call_id": LONG},
            "string_above_max_length",
            "item.call_id",
        ),
        ({"type": "mcp_approval_response", "approval_request_id": "a"}, "missing_required_parameter", "item.approve"),
    ],
)
def test_an_item_is_refused(fields: dict[str, Any], code: str, param: str) -> None:
    assert item(**fields) == (code, param)


@pytest.mark.parametrize(
    ("role", "fields", "code", "key"),
    [
        ("user", {"type": "output_text", "text": "a"}, "invalid_value", "type"),
        ("user", {"type": "text", "text": "a"}, "invalid_value", "type"),
        ("system", {"type": "input_audio", "audio": "AAAA"}, "invalid_value", "type"),
        ("assistant", {"type": "input_text", "text": "a"}, "invalid_value", "type"),
        ("assistant", {"type": "output_audio", "audio": "AAAA"}, "invalid_value", "audio"),
        ("assistant", {"type": "output_text"}, "missing_required_parameter", "text"),
        ("user", {"type": "input_text", "text": None}, "invalid_type", "text"),
        ("user", {"type": "input_audio", "audio": "A"}, "invalid_value", "audio"),
        ("user", {"type": "input_image"}, "missing_required_parameter", "image_url"),
        ("user", {"type": "input_image", "image_url": "https://x/a.png"}, "invalid_value", "image_url"),
        ("user", {"type": "input_image", "image_url": "data:image/png;base64,AAAA"}, "invalid_value", "image_url"),
        (
            "user",
            {"type": "input_image", "image_url": "data:image/png;base64,", "detail": "max"},
            "invalid_value",
            "detail",
        ),
    ],
)
def test_a_content_part_is_refused(role: str, fields: dict[str, Any], code: str, key: str) -> None:
    assert part(role, **fields) == (code, f"item.content[0].{key}")


@pytest.mark.parametrize(
    ("fields", "code", "param"),
    [
        ({"conversation": "other"}, "invalid_value", "response.conversation"),
        ({"model": "x"}, "unknown_parameter", "response.model"),
        ({"output_modalities": ["text", "audio"]}, "invalid_value", "response.output_modalities"),
        ({"metadata": {"a": 1}}, "invalid_type", "response.metadata.a"),
        ({"metadata": {str(n): "" for n in range(17)}}, "object_above_max_properties", "response.metadata"),
        ({"metadata": {"k" * 65: ""}}, "string_above_max_length", "response.metadata"),
        ({"metadata": {"k": "v" * 513}}, "string_above_max_length", "response.metadata.k"),
        ({"audio": {"output": {"voice": "bob"}}}, "invalid_value", "response.audio.output.voice"),
        ({"audio": {"output": {"speed": 1}}}, "unknown_parameter", "response.audio.output.speed"),
        ({"input": [{"type": "item_reference"}]}, "missing_required_parameter", "response.input[0].id"),
    ],
)
def test_a_response_is_refused(fields: dict[str, Any], code: str, param: str) -> None:
    assert response(**fields) == (code, param)


@pytest.mark.parametrize(
    ("fields", "code", "param"),
    [
        ({"content_index": 0, "audio_end_ms": 5}, "missing_required_parameter", "item_id"),
        ({"item_id": "i", "content_index": 0, "audio_end_ms": -1}, "integer_below_min_value", "audio_end_ms"),
        ({"item_id": "i", "content_index": 0, "audio_end_ms": 1.5}, "invalid_type", "audio_end_ms"),
        ({"item_id": "i", "content_index": -1, "audio_end_ms": 5}, "integer_below_min_value", "content_index"),
        ({"item_id": "i", "content_index": 0, "audio_end_ms": 10**30}, "integer_above_max_value", "audio_end_ms"),
    ],
)
def test_a_truncation_is_refused(fields: dict[str, Any], code: str, param: str) -> None:
    found = refusal("conversation.item.truncate", **fields)
    assert (found.code, found.param) == (code, param)
