"""The events package: names, freezing, and shapes of real servers."""

from __future__ import annotations

import json
import re
from typing import Any

import msgspec
import pytest

import bareline
from bareline.protocol import events
from bareline.protocol.codec import decode_server, encode
from bareline.protocol.shapes import object_shapes, shape_of

KINDS = [
    *object_shapes(shape_of(events.ClientEvent)).items(),
    *object_shapes(shape_of(events.KnownServerEvent)).items(),
]


@pytest.mark.parametrize(("wire", "shape"), KINDS)
def test_a_class_is_named_after_its_wire_name(wire: str, shape: Any) -> None:
    assert shape.cls.__name__ == "".join(word.capitalize() for word in re.split(r"[._]", wire))
    assert getattr(events, shape.cls.__name__) is shape.cls


def test_every_public_name_exists_and_the_package_is_offered_at_the_top() -> None:
    assert all(hasattr(events, name) for name in events.__all__)
    assert len(set(events.__all__)) == len(events.__all__)
    assert bareline.events is events


def test_an_event_says_its_wire_name() -> None:
    assert events.ResponseCreate().type == "response.create"
    known = decode_server(b'{"type":"input_audio_buffer.cleared","event_id":"event_1"}')
    unknown = decode_server(b'{"type":"weather.changed","event_id":"event_2"}')
    assert [getattr(event, "type", None) for event in (known, unknown)] == [
        "input_audio_buffer.cleared",
        "weather.changed",
    ]


def test_events_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        events.ResponseCancel().event_id = "event_1"  # type: ignore[misc]  (that is the point)


CREATED = {
    "type": "session.created",
    "event_id": "event_1",
    "session": {
        "type": "realtime",
        "object": "realtime.session",
        "id": "sess_1",
        "model": "gpt-realtime",
        "output_modalities": ["audio"],
        "instructions": "Be kind.",
        "tools": [],
        "tool_choice": "auto",
        "max_output_tokens": "inf",
        "tracing": None,
        "truncation": "auto",
        "prompt": None,
        "expires_at": 1760000000,
        "audio": {
            "input": {
                "format": {"type": "audio/pcm", "rate": 24000},
                "transcription": None,
                "noise_reduction": None,
                "turn_detection": {
                    "type": "server_vad",
                    "threshold": 0.5,
                    "prefix_padding_ms": 300,
                    "silence_duration_ms": 200,
                    "idle_timeout_ms": None,
                    "create_response": True,
                    "interrupt_response": True,
                },
            },
            "output": {"format": {"type": "audio/pcm", "rate": 24000}, "voice": "alloy", "speed": 1.0},
        },
        "include": None,
    },
}
DONE = {
    "type": "response.done",
    "event_id": "event_2",
    "response": {
        "object": "realtime.response",
        "id": "resp_1",
        "status": "cancelled",
        "status_details": {"type": "cancelled", "reason": "turn_detected"},
        "output": [
            {
                "id": "item_1",
                "type": "message",
                "status": "incomplete",
                "role": "assistant",
                "phase": "commentary",
                "content": [{"type": "output_audio", "transcript": "Let me"}],
            },
            {
                "id": "item_2",
                "type": "function_call",
                "status": "completed",
                "name": "f",
                "call_id": "call_1",
                "arguments": '{ "a": 1 }\n',
            },
        ],
        "conversation_id": None,
        "output_modalities": ["audio"],
        "max_output_tokens": "inf",
        "audio": {"output": {"format": {"type": "audio/pcm", "rate": 24000}, "voice": "alloy"}},
        "usage": {
            "total_tokens": 30,
            "input_tokens": 10,
            "output_tokens": 20,
            "input_token_details": {
                "text_tokens": 4,
                "audio_tokens": 6,
                "image_tokens": 0,
                "cached_tokens": 2,
                "cached_tokens_details": {"text_tokens": 2, "audio_tokens": 0, "image_tokens": 0},
            },
            "output_token_details": {"text_tokens": 5, "audio_tokens": 15, "reasoning_tokens": 3},
        },
        "metadata": {"topic": "x"},
    },
}
ADDED = {
    "type": "conversation.item.added",
    "event_id": "event_3",
    "previous_item_id": None,
    "item": {
        "id": "item_3",
        "type": "message",
        "status": "completed",
        "role": "user",
        "content": [{"type": "input_audio", "transcript": None}],
    },
}
TRANSCRIBED = {
    "type": "conversation.item.input_audio_transcription.completed",
    "event_id": "event_4",
    "item_id": "item_3",
    "content_index": 0,
    "transcript": "Hi.",
    "usage": {"type": "duration", "seconds": 3},
    "logprobs": None,
}
PART = {
    "type": "response.content_part.added",
    "event_id": "event_5",
    "response_id": "resp_1",
    "item_id": "item_1",
    "output_index": 0,
    "content_index": 0,
    "part": {"type": "audio", "transcript": ""},
}
FAILED = {
    "type": "error",
    "event_id": "event_6",
    "error": {"type": "invalid_request_error", "code": None, "message": "No.", "param": None, "event_id": "mine"},
}


@pytest.mark.parametrize("value", [CREATED, DONE, ADDED, TRANSCRIBED, PART, FAILED], ids=lambda value: value["type"])
def test_what_the_service_sends_is_written_again_key_for_key(value: dict[str, Any]) -> None:
    event = decode_server(json.dumps(value).encode())
    assert isinstance(event, msgspec.Struct)
    assert json.loads(encode(event)) == value


@pytest.mark.parametrize(
    "value",
    [
        {"type": "input_audio_buffer.dtmf_event_received", "event": "9", "received_at": 1763605109},
        {
            "type": "rate_limits.updated",
            "rate_limits": [{"name": "tokens", "limit": 1, "remaining": 1, "reset_seconds": 0}],
        },
        {
            "type": "session.updated",
            "session": {"type": "transcription", "object": "o", "id": "s", "audio": {"input": {}}},
        },
        {
            "type": "response.function_call_arguments.done",
            "response_id": "r",
            "item_id": "i",
            "output_index": 0,
            "call_id": "c",
            "arguments": "",
        },
        {"type": "response.created", "response": {"id": "resp_1", "usage": None, "metadata": None, "output": []}},
        {
            "type": "conversation.item.input_audio_transcription.failed",
            "item_id": "i",
            "content_index": 0,
            "error": {"param": None},
        },
        {
            "type": "conversation.item.done",
            "item": {
                "type": "mcp_call",
                "id": "i",
                "server_label": "s",
                "name": "n",
                "arguments": "{}",
                "error": {"type": "http_error", "code": 500, "message": "no"},
            },
        },
        {
            "type": "conversation.item.added",
            "item": {"type": "mcp_list_tools", "id": "i", "server_label": "s", "tools": []},
        },
        {
            "type": "conversation.item.created",
            "item": {"type": "function_call_output", "call_id": "c", "output": "", "object": None},
        },
    ],
    ids=lambda value: value["type"],
)
def test_what_servers_leave_out_or_null_is_understood(value: dict[str, Any]) -> None:
    event = decode_server(json.dumps(value).encode())
    assert type(event).__struct_config__.tag == value["type"]
