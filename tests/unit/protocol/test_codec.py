"""Bytes to events and back: the fast path, the lenient second look, and what cannot be read."""

from __future__ import annotations

import json

import pytest

from bareline.errors import LocalProtocolError, RemoteProtocolError
from bareline.protocol import events
from bareline.protocol.codec import decode_client, decode_object, decode_server, encode, encode_append, encode_object

DELTA = {"response_id": "resp_1", "item_id": "item_1", "output_index": 0, "content_index": 0}


def server(kind: str, **fields: object) -> events.ServerEvent | RemoteProtocolError:
    return decode_server(json.dumps({"type": kind, **fields}).encode())


def refused(kind: str, **fields: object) -> str:
    error = server(kind, **fields)
    assert isinstance(error, RemoteProtocolError)
    assert error.raw == json.dumps({"type": kind, **fields}).encode()
    return str(error)


def test_audio_is_bytes_here_and_base64_on_the_wire() -> None:
    event = events.ResponseOutputAudioDelta(**DELTA, event_id="event_1", delta=b"\x00\x01\xff\x7f")
    assert json.loads(encode(event))["delta"] == "AAH/fw=="
    assert decode_server(encode(event)) == event


@pytest.mark.parametrize("audio", [b"", b"\x00", b"\x00\x01", bytes(range(256))])
def test_appended_audio_is_written_as_the_event_would_be(audio: bytes) -> None:
    assert encode_append(audio) == encode(events.InputAudioBufferAppend(audio=audio))


def test_keys_that_we_do_not_know_are_ignored() -> None:
    event = server(
        "response.output_text.delta", **DELTA, delta="a", obfuscation="xx", phase="commentary", new={"a": [1]}
    )
    assert event == events.ResponseOutputTextDelta(**DELTA, delta="a", obfuscation="xx")


def test_null_for_an_optional_key_is_the_same_as_absent() -> None:
    usage = {"total_tokens": None, "input_token_details": {"cached_tokens": None, "text_tokens": 3}}
    event = server("response.done", event_id=None, response={"id": "resp_1", "usage": usage, "output": None})
    assert isinstance(event, events.ResponseDone)
    assert event.event_id is events.UNSET
    assert event.response.usage == events.Usage(input_token_details=events.InputTokens(text_tokens=3))


def test_null_in_a_request_is_not_absent() -> None:
    session = {"type": "realtime", "audio": {"input": {"turn_detection": None}}, "instructions": None}
    error = decode_client(json.dumps({"type": "session.update", "session": session}).encode())
    assert isinstance(error, RemoteProtocolError)
    assert "$.session.instructions" in str(error)


def test_null_and_absent_stay_apart_in_a_request() -> None:
    event = decode_client(
        b'{"type":"session.update","session":{"type":"realtime","audio":{"input":{"transcription":null}}}}'
    )
    assert isinstance(event, events.SessionUpdate)
    assert isinstance(event.session, events.RealtimeSessionConfig)
    assert event.session.audio is not events.UNSET
    assert event.session.audio.input is not events.UNSET
    assert event.session.audio.input.transcription is None
    assert event.session.audio.input.turn_detection is events.UNSET


@pytest.mark.parametrize(
    ("kind", "fields", "path"),
    [
        ("response.output_text.delta", {**DELTA, "delta": 5}, "$.delta"),
        ("response.output_text.delta", {"delta": "a"}, "response_id"),
        ("response.output_text.delta", {**DELTA, "delta": None}, "$.delta"),
        ("conversation.item.added", {"item": {"type": "message", "role": "user", "content": 1}}, "$.item.content"),
        ("response.output_audio.delta", {**DELTA, "delta": "!"}, "$.delta"),
        ("conversation.item.added", {"item": "x"}, "$.item"),
        ("conversation.item.added", {"item": []}, "$.item"),
        (
            "response.done",
            {"response": {"output": [{"type": "function_call", "name": 1}]}},
            "$.response.output[0].name",
        ),
    ],
)
def test_a_wrong_field_is_an_error_that_names_it(kind: str, fields: dict[str, object], path: str) -> None:
    message = refused(kind, **fields)
    assert message.startswith(f"{kind}: ")
    assert path in message


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"\xff", "not JSON"),
        (b'"\\ud800"', "not JSON"),
        (b'{"type":"error","error":NaN}', "not JSON"),
        (b'{"a":' * 3000, "not JSON"),
        (b"[]", "not an event but list"),
        (b"3", "not an event but int"),
        (b"{}", "no type"),
        (b'{"type":5}', "no type"),
    ],
)
def test_what_is_no_event_is_an_error_with_its_bytes(raw: bytes, why: str) -> None:
    error = decode_server(raw)
    assert isinstance(error, RemoteProtocolError)
    assert why in str(error)
    assert error.raw == raw


def test_an_unknown_event_keeps_everything_and_tells_its_id() -> None:
    event = server("response.brand_new", event_id="event_9", deep={"a": [1, None]})
    assert isinstance(event, events.UnknownEvent)
    assert event.type == "response.brand_new"
    assert event.event_id == "event_9"
    assert json.loads(encode(event)) == {"type": "response.brand_new", "event_id": "event_9", "deep": {"a": [1, None]}}
    assert events.UnknownEvent(type="x", value={}).event_id is events.UNSET


def test_an_unknown_client_event_is_an_error() -> None:
    error = decode_client(b'{"type":"session.close"}')
    assert isinstance(error, RemoteProtocolError)
    assert "session.close" in str(error)
    assert isinstance(decode_client(b"{"), RemoteProtocolError)


CALL = events.McpCall(id="i", server_label="s", name="n", arguments="{}")
SESSION = {"type": "realtime", "object": "realtime.session", "id": "sess_1"}


@pytest.mark.parametrize(
    ("kind", "fields", "unknown"),
    [
        ("conversation.item.added", {"item": {"type": "hologram", "id": "item_1"}}, events.UnknownItem),
        ("conversation.item.added", {"item": {"id": "no type"}}, events.UnknownItem),
        ("conversation.item.added", {"item": {"type": "bareline.unknown_item", "value": {"a": 1}}}, events.UnknownItem),
        ("response.content_part.added", {**DELTA, "part": {"type": "smell"}}, events.UnknownPart),
        ("session.updated", {"session": {"type": "dream", "id": "sess_1"}}, events.UnknownSession),
        ("session.updated", {"session": {**SESSION, "tools": [{"type": "web"}]}}, events.UnknownTool),
        ("session.updated", {"session": {**SESSION, "tool_choice": {"type": "best"}}}, events.UnknownToolChoice),
        ("session.updated", {"session": {**SESSION, "truncation": {"type": "wise"}}}, events.UnknownTruncation),
    ],
)
def test_an_object_of_an_unknown_type_is_kept_whole(kind: str, fields: dict[str, object], unknown: type) -> None:
    event = server(kind, **fields)
    assert unknown.__name__ in repr(event)
    written = json.loads(encode(event))  # type: ignore[arg-type]  (an error has no encoding and would fail here)
    for name, value in fields.items():
        if isinstance(value, dict) and name == "session":
            assert written[name].items() >= value.items()
        else:
            assert written[name] == value


def test_our_own_mark_is_found_even_when_it_is_escaped() -> None:
    raw = b'{"type":"conversation.item.added","item":{"type":"\\u0062areline.unknown_item","value":{"a":1}}}'
    event = decode_server(raw)
    assert isinstance(event, events.ConversationItemAdded)
    assert event.item == events.UnknownItem({"type": "bareline.unknown_item", "value": {"a": 1}})


def test_what_looks_like_our_mark_inside_a_schema_or_a_text_stays() -> None:
    tool = {
        "type": "function",
        "name": "bareline.unknown_tool",
        "parameters": {"type": "bareline.unknown_tool", "value": 1},
    }
    event = server("session.updated", session={**SESSION, "tools": [tool, {"type": "web"}]})
    assert json.loads(encode(event))["session"]["tools"] == [tool, {"type": "web"}]  # type: ignore[arg-type]  (as above)


def test_an_unknown_item_tells_its_id() -> None:
    assert events.UnknownItem({"type": "x", "id": "item_1"}).id == "item_1"
    assert events.UnknownItem({"type": "x", "id": 5}).id is None


@pytest.mark.parametrize("text", ["\ud800", object()])
def test_what_json_cannot_hold_is_our_own_mistake(text: str) -> None:
    with pytest.raises(LocalProtocolError, match="ResponseOutputTextDelta cannot be written"):
        encode(events.ResponseOutputTextDelta(**DELTA, delta=text))


def test_parts_of_events_are_read_and_written_alone() -> None:
    item = events.Message(role="user", content=[events.UnknownPart({"type": "smell"})], id="item_1")
    assert encode_object(item) == b'{"type":"message","role":"user","content":[{"type":"smell"}],"id":"item_1"}'
    assert decode_object(encode_object(item), events.Message) == item
    assert isinstance(decode_object(b"{", events.Message), RemoteProtocolError)


@pytest.mark.parametrize(
    ("value", "keys"),
    [
        (events.InputText(text=""), {"type", "text"}),
        (events.InputAudio(), {"type", "transcript"}),
        (events.OutputText(text=""), {"type", "text"}),
        (events.OutputAudio(transcript="a"), {"type", "transcript"}),
        (events.FunctionCallOutput(call_id="call_1", output=""), {"type", "call_id", "output"}),
        (CALL, {"type", "id", "server_label", "name", "arguments", "output"}),
        (events.AudioFormat(type="audio/pcmu"), {"type"}),
        (events.AudioFormat(), {"type"}),
        (events.ErrorDetail(type="t", message="m"), {"type", "message", "code", "param", "event_id"}),
    ],
)
def test_the_wire_has_the_keys_that_peers_need_and_no_others(value: object, keys: set[str]) -> None:
    assert json.loads(encode_object(value)).keys() == keys  # type: ignore[arg-type]  (each is a struct)
