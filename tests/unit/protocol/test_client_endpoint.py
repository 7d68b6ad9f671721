"""Does the client's endpoint carry what it is given, and refuse what the protocol forbids?"""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from bareline.errors import LocalProtocolError, RemoteProtocolError
from bareline.protocol import events as ev
from bareline.protocol.client_endpoint import ClientEndpoint
from bareline.protocol.limits import APPEND_MAX_BYTES, LEDGER_MAX_PARTS, MESSAGE_MAX_BYTES

PLACE = {"response_id": "resp_1", "item_id": "item_a", "output_index": 0, "content_index": 0}


def from_server(endpoint: ClientEndpoint, kind: str, **keys: Any) -> None:
    endpoint.receive(json.dumps({"type": kind, "event_id": "event_1", **keys}).encode(), 7)


def session(
    endpoint: ClientEndpoint,
    *,
    kind: str = "realtime",
    vad: dict[str, Any] | None = None,
    input_: str = "audio/pcm",
    output: str | None = "audio/pcm",
) -> None:
    audio: dict[str, Any] = {"input": {"format": {"type": input_}, "turn_detection": vad}}
    if output:
        audio["output"] = {"format": {"type": output}, "voice": "marin"}
    value = {"type": kind, "object": "realtime.session", "id": "sess_1", "model": "m", "audio": audio}
    from_server(endpoint, "session.created", session=value)


def response(endpoint: ClientEndpoint, name: str = "resp_1", conversation: str | None = "conv_1", **keys: Any) -> None:
    value = {"id": name, "status": "in_progress", "conversation_id": conversation, **keys}
    from_server(endpoint, "response.created", response=value)


def audio(endpoint: ClientEndpoint, count: int, **place: Any) -> None:
    delta = base64.b64encode(bytes(count)).decode()
    from_server(endpoint, "response.output_audio.delta", delta=delta, **{**PLACE, **place})


def refused(endpoint: ClientEndpoint, event: ev.ClientEvent) -> str | None:
    """The code with which ``event`` is refused; nothing was queued then."""
    with pytest.raises(LocalProtocolError) as refusal:
        endpoint.send(event, 0)
    assert list(endpoint.outgoing()) == []
    return refusal.value.code


def accepted(endpoint: ClientEndpoint, event: ev.ClientEvent) -> None:
    endpoint.send(event, 0)
    assert len(list(endpoint.outgoing())) == 1


@pytest.fixture
def checked() -> ClientEndpoint:
    return ClientEndpoint(checks=True)


# --- carrying --------------------------------------------------------------------------------------------------------


def test_events_come_with_their_message_and_time_and_are_gone_then() -> None:
    endpoint = ClientEndpoint()
    endpoint.receive(b'{"type":"input_audio_buffer.cleared"}', 5)
    endpoint.receive(b"nonsense", 6)
    first, second = endpoint.events()
    assert (first.event, first.raw, first.at_ns) == (
        ev.InputAudioBufferCleared(),
        b'{"type":"input_audio_buffer.cleared"}',
        5,
    )
    assert isinstance(second.event, RemoteProtocolError)
    assert list(endpoint.events()) == []


def test_messages_go_out_in_order_right_or_wrong() -> None:
    endpoint = ClientEndpoint()
    endpoint.send(ev.OutputAudioBufferClear(), 0)
    endpoint.send_raw(b"wrong")
    assert list(endpoint.outgoing()) == [b'{"type":"output_audio_buffer.clear"}', b"wrong"]
    assert list(endpoint.outgoing()) == []
    endpoint.tick(10**18)
    assert endpoint.deadline() is None


def test_session_and_conversation_follow_the_server() -> None:
    endpoint = ClientEndpoint()
    assert endpoint.session is None
    session(endpoint)
    item = {"type": "message", "id": "item_u", "role": "user", "content": [{"type": "input_text", "text": "hi"}]}
    from_server(endpoint, "conversation.item.added", item=item, previous_item_id=None)
    assert isinstance(endpoint.session, ev.RealtimeSession)
    assert endpoint.conversation is not None
    assert [entry.id for entry in endpoint.conversation.items] == ["item_u"]
    thin = ClientEndpoint(fold=False)
    session(thin)
    assert (thin.session, thin.conversation) == (endpoint.session, None)


# --- refusing --------------------------------------------------------------------------------------------------------


def test_second_response_waits_for_the_first_to_be_done(checked: ClientEndpoint) -> None:
    accepted(checked, ev.ResponseCreate())
    assert refused(checked, ev.ResponseCreate()) == "conversation_already_has_active_response"
    response(checked)
    assert refused(checked, ev.ResponseCreate(response=ev.ResponseConfig())) is not None
    accepted(checked, ev.ResponseCreate(response=ev.ResponseConfig(conversation="none")))
    response(checked, "resp_2", conversation=None)
    from_server(checked, "response.done", response={"id": "resp_2", "status": "completed"})
    assert refused(checked, ev.ResponseCreate()) is not None
    from_server(checked, "response.done", response={"id": "resp_1", "status": "completed"})
    accepted(checked, ev.ResponseCreate())


def test_refused_response_makes_room_for_another(checked: ClientEndpoint) -> None:
    accepted(checked, ev.ResponseCreate(event_id="mine"))
    error = {"type": "invalid_request_error", "message": "", "event_id": "other"}
    from_server(checked, "error", error=error)
    assert refused(checked, ev.ResponseCreate()) is not None
    from_server(checked, "error", error={**error, "event_id": "mine"})
    accepted(checked, ev.ResponseCreate())
    from_server(checked, "error", error={**error, "event_id": None})
    accepted(checked, ev.ResponseCreate())


@pytest.mark.parametrize(("wire", "per_ms"), [("audio/pcm", 48), ("audio/pcmu", 8)])
def test_commit_needs_100_ms_since_the_last_one(checked: ClientEndpoint, wire: str, per_ms: int) -> None:
    accepted(checked, ev.InputAudioBufferCommit())  # nobody knows yet who takes the turns
    session(checked, input_=wire)
    accepted(checked, ev.InputAudioBufferAppend(audio=bytes(100 * per_ms - 1)))
    assert refused(checked, ev.InputAudioBufferCommit()) == "input_audio_buffer_commit_empty"
    accepted(checked, ev.InputAudioBufferAppend(audio=b"x"))
    accepted(checked, ev.InputAudioBufferCommit())
    assert refused(checked, ev.InputAudioBufferCommit()) is not None
    accepted(checked, ev.InputAudioBufferAppend(audio=bytes(100 * per_ms)))
    accepted(checked, ev.InputAudioBufferClear())
    assert refused(checked, ev.InputAudioBufferCommit()) is not None


def test_commits_of_the_servers_detection_empty_the_buffer_too(checked: ClientEndpoint) -> None:
    session(checked, vad={"type": "server_vad"})
    accepted(checked, ev.InputAudioBufferAppend(audio=bytes(4800)))
    accepted(checked, ev.InputAudioBufferCommit())
    accepted(checked, ev.InputAudioBufferAppend(audio=bytes(4800)))
    from_server(checked, "input_audio_buffer.committed", item_id="item_u")
    session(checked)
    assert refused(checked, ev.InputAudioBufferCommit()) is not None
    accepted(checked, ev.InputAudioBufferAppend(audio=bytes(4800)))
    from_server(checked, "input_audio_buffer.committed", item_id="item_v")  # the answer to an earlier commit of ours
    accepted(checked, ev.InputAudioBufferCommit())


@pytest.mark.parametrize(("wire", "per_ms"), [("audio/pcm", 48), ("audio/pcma", 8)])
def test_truncation_stays_within_what_was_received(checked: ClientEndpoint, wire: str, per_ms: int) -> None:
    def truncate(ms: int, item: str = "item_a", part: int = 0) -> ev.ConversationItemTruncate:
        return ev.ConversationItemTruncate(item_id=item, content_index=part, audio_end_ms=ms)

    session(checked, output=wire)
    assert refused(checked, truncate(0)) == "item_truncate_invalid_item_id"
    audio(checked, 200 * per_ms)
    audio(checked, 100 * per_ms)
    accepted(checked, truncate(300))
    assert refused(checked, truncate(301)) == "invalid_value"
    assert refused(checked, truncate(-1)) == "invalid_value"
    item = {"type": "message", "id": "item_u", "role": "user", "content": []}
    from_server(checked, "conversation.item.added", item=item, previous_item_id=None)
    assert refused(checked, truncate(0, "item_u")) is None
    from_server(checked, "conversation.item.deleted", item_id="item_a")
    assert refused(checked, truncate(0)) == "item_truncate_invalid_item_id"


def test_response_in_a_format_of_its_own_is_counted_in_it(checked: ClientEndpoint) -> None:
    session(checked)
    response(checked, audio={"output": {"format": {"type": "audio/pcmu"}, "voice": "marin"}})
    audio(checked, 800)
    accepted(checked, ev.ConversationItemTruncate(item_id="item_a", content_index=0, audio_end_ms=100))


def test_where_the_server_plays_only_it_knows_how_much_came() -> None:
    sideband = ClientEndpoint(checks=True, output_buffer=True)
    item = {"type": "message", "id": "item_a", "role": "assistant", "content": []}
    from_server(sideband, "response.output_item.added", item=item, response_id="resp_1", output_index=0)
    accepted(sideband, ev.ConversationItemTruncate(item_id="item_a", content_index=0, audio_end_ms=100))
    accepted(sideband, ev.OutputAudioBufferClear())


def test_where_the_users_audio_comes_as_media_a_commit_is_left_to_the_server() -> None:
    call = ClientEndpoint(checks=True, output_buffer=True)
    session(call)
    accepted(call, ev.InputAudioBufferCommit())


def test_output_buffer_exists_only_where_the_server_plays(checked: ClientEndpoint) -> None:
    assert refused(checked, ev.OutputAudioBufferClear()) == "invalid_value"


def update(**keys: Any) -> ev.SessionUpdate:
    return ev.SessionUpdate(session=ev.RealtimeSessionConfig(**keys))


def voice(name: str) -> ev.AudioConfig:
    return ev.AudioConfig(output=ev.AudioOutputConfig(voice=name))


def test_voice_is_locked_once_the_assistant_spoke(checked: ClientEndpoint) -> None:
    session(checked)
    accepted(checked, update(audio=voice("ash")))
    part = {"type": "audio", "transcript": ""}
    from_server(checked, "response.content_part.added", part=part, **PLACE)
    assert refused(checked, update(audio=voice("ash"))) == "cannot_update_voice"
    accepted(checked, update(audio=voice("marin")))
    accepted(checked, update(audio=ev.AudioConfig(output=ev.AudioOutputConfig(speed=1.0))))
    accepted(checked, update(audio=ev.AudioConfig()))
    accepted(checked, update(instructions="x"))


def test_model_and_type_of_a_session_never_change(checked: ClientEndpoint) -> None:
    accepted(checked, update(model="other"))
    session(checked)
    accepted(checked, update(model="m"))
    assert refused(checked, update(model="other")) == "invalid_value"
    assert refused(checked, ev.SessionUpdate(session=ev.TranscriptionSessionConfig())) == "invalid_value"
    transcribing = ClientEndpoint(checks=True)
    session(transcribing, kind="transcription", output=None)
    accepted(transcribing, ev.SessionUpdate(session=ev.TranscriptionSessionConfig()))


def test_text_response_is_no_speech_and_locks_no_voice(checked: ClientEndpoint) -> None:
    session(checked)
    from_server(checked, "response.content_part.added", part={"type": "text", "text": ""}, **PLACE)
    accepted(checked, update(audio=voice("ash")))


def test_memory_is_bounded(checked: ClientEndpoint) -> None:
    for number in range(LEDGER_MAX_PARTS + 5):
        audio(checked, 2, item_id=f"item_{number}")
    truncate = ev.ConversationItemTruncate(item_id="item_0", content_index=0, audio_end_ms=0)
    assert refused(checked, truncate) == "item_truncate_invalid_item_id"


# --- limits ----------------------------------------------------------------------------------------------------------


def message(part: ev.Part) -> ev.ConversationItemCreate:
    return ev.ConversationItemCreate(item=ev.Message(role="user", content=[part]))


def vad(idle_timeout_ms: int) -> ev.SessionUpdate:
    detection = ev.ServerVad(idle_timeout_ms=idle_timeout_ms)
    return update(audio=ev.AudioConfig(input=ev.AudioInputConfig(turn_detection=detection)))


def create(**keys: Any) -> ev.ResponseCreate:
    return ev.ResponseCreate(response=ev.ResponseConfig(**keys))


UNKNOWN_TOOL = ev.UnknownTool(value={"type": "new"})


@pytest.mark.parametrize(
    ("event", "code"),
    [
        (ev.InputAudioBufferAppend(audio=bytes(APPEND_MAX_BYTES + 1)), "string_above_max_length"),
        (message(ev.InputImage(image_url="x" * MESSAGE_MAX_BYTES)), "string_above_max_length"),
        (ev.InputAudioBufferClear(event_id="x" * 513), "string_above_max_length"),
        (ev.ConversationItemCreate(item=ev.Message(id="x" * 33, role="user", content=[])), "string_above_max_length"),
        (
            ev.ConversationItemCreate(item=ev.FunctionCallOutput(call_id="x" * 33, output="")),
            "string_above_max_length",
        ),
        (ev.ConversationItemCreate(item=ev.UnknownItem(value={"type": "new"})), "invalid_value"),
        (message(ev.UnknownPart(value={"type": "new"})), "invalid_value"),
        (message(ev.OutputAudio(audio="AAAA")), "invalid_value"),
        (update(tools=[UNKNOWN_TOOL]), "invalid_value"),
        (update(output_modalities=["text", "audio"]), "invalid_value"),
        (update(audio=ev.AudioConfig(output=ev.AudioOutputConfig(speed=1.6))), "invalid_value"),
        (vad(4_999), "invalid_value"),
        (create(tools=[UNKNOWN_TOOL]), "invalid_value"),
        (create(output_modalities=[]), "invalid_value"),
        (create(input=[ev.UnknownItem(value={"type": "new"})]), "invalid_value"),
        (create(metadata={str(n): "" for n in range(17)}), "object_above_max_properties"),
        (create(metadata={"x" * 65: ""}), "string_above_max_length"),
        (create(metadata={"x": "x" * 513}), "string_above_max_length"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_beyond_a_limit(checked: ClientEndpoint, event: ev.ClientEvent, code: str) -> None:
    assert refused(checked, event) == code


@pytest.mark.parametrize(
    "event",
    [
        ev.InputAudioBufferClear(event_id="x" * 512),
        ev.InputAudioBufferClear(event_id=None),
        message(ev.InputText(text="hello")),
        message(ev.OutputAudio(transcript="said")),
        ev.ConversationItemCreate(item=ev.FunctionCallOutput(call_id="x" * 32, output="")),
        ev.ConversationItemDelete(item_id="anything"),
        update(tools=[ev.FunctionTool(name="f")], output_modalities=["text"]),
        update(audio=ev.AudioConfig(output=ev.AudioOutputConfig(speed=1.5))),
        vad(5_000),
        ev.SessionUpdate(
            session=ev.TranscriptionSessionConfig(audio=ev.TranscriptionAudioConfig(input=ev.AudioInputConfig()))
        ),
        create(metadata={"x": "y"}, input=[ev.ItemReference(id="item_1")], tools=[ev.FunctionTool(name="f")]),
    ],
    ids=lambda value: type(value).__name__,
)
def test_within_the_limits(checked: ClientEndpoint, event: ev.ClientEvent) -> None:
    accepted(checked, event)
