"""Does the server refuse with the codes, words, params and echoes of REALTIME.md section 11?"""

from __future__ import annotations

from base64 import b64encode

import pytest

from bareline.errors import LocalProtocolError
from bareline.protocol import events as ev
from bareline.protocol import limits
from bareline.protocol.authority import items
from bareline.protocol.generation import CallDelta, EndItem, SpeechDelta, TextDelta
from bareline.protocol.server_endpoint import ServerOptions

SECOND = b"\1\0" * 24_000


def manual(**audio) -> ev.SessionUpdate:
    user = ev.AudioInputConfig(turn_detection=None, **audio)
    return ev.SessionUpdate(session=ev.RealtimeSessionConfig(audio=ev.AudioConfig(input=user)))


def voice(name: str) -> ev.AudioConfig:
    return ev.AudioConfig(output=ev.AudioOutputConfig(voice=name))


def spoken(served, audio: bytes = SECOND) -> str:
    """An answer of one second that is over; returns its item."""
    response_id = served.respond().response_id
    item_id = served.produce(response_id, SpeechDelta(transcript="hi", audio=audio))[0].item.id
    served.finish(response_id)
    return item_id


@pytest.mark.parametrize(
    ("raw", "code", "param"),
    [
        (b"{", "invalid_json", None),
        (b"\xff\x00", "invalid_json", None),
        (b"[]", "invalid_event", None),
        (b'{"type":"response.begin","event_id":"e1"}', "invalid_value", "type"),
        (b'{"type":"output_audio_buffer.clear","event_id":"e1"}', "invalid_value", "type"),
        (b'{"type":"session.update","event_id":"e1","session":{"type":"realtime","foo":1}}', "unknown_parameter", None),
        (b'{"type":"conversation.item.delete","event_id":"e1"}', "missing_required_parameter", "item_id"),
        (b'{"type":"conversation.item.delete","event_id":"e1","item_id":1}', "invalid_type", "item_id"),
        (b'{"type":"input_audio_buffer.append","event_id":"e1","audio":"*"}', None, "audio"),
    ],
)
def test_what_is_not_the_protocol_is_refused_and_the_session_goes_on(serve, refusal, raw, code, param) -> None:
    served = serve()
    error = refusal(served.raw(raw))
    assert error.type == "invalid_request_error"
    assert code is None or error.code == code
    assert param is None or error.param == param
    assert error.event_id == ("e1" if b"e1" in raw else None)
    assert served.write()


def test_binary_frames_are_refused(serve, refusal) -> None:
    served = serve()
    served.endpoint.receive_binary(0)
    assert refusal(served.heard()).code == "invalid_event"


def test_commit_under_100_ms_keeps_the_buffer(serve, refusal) -> None:
    served = serve()
    served.say(manual())
    expected = (
        "Error committing input audio buffer: buffer too small. Expected at least 100ms of audio, "
        "but buffer only has {}ms of audio."
    )
    empty = refusal(served.say(ev.InputAudioBufferCommit(event_id="c")))
    assert (empty.code, empty.event_id) == ("input_audio_buffer_commit_empty", "c")
    assert empty.message == expected.format("0.00")
    served.say(ev.InputAudioBufferAppend(audio=bytes(99 * 48 + 24)))
    assert refusal(served.say(ev.InputAudioBufferCommit())).message == expected.format("99.50")
    served.say(ev.InputAudioBufferAppend(audio=bytes(24)))
    assert len(served.say(ev.InputAudioBufferCommit())) == 3


def test_a_second_response_and_a_cancel_of_none(serve, refusal) -> None:
    served = serve()
    assert refusal(served.say(ev.ResponseCancel(event_id="c"))) == ev.ErrorDetail(
        type="invalid_request_error",
        code="response_cancel_not_active",
        message="Cancellation failed: no active response found",
        event_id="c",
    )
    response_id = served.respond().response_id
    error = refusal(served.say(ev.ResponseCreate(event_id="again")))
    assert (error.code, error.event_id) == ("conversation_already_has_active_response", "again")
    assert error.message == (
        f"Conversation already has an active response in progress: {response_id}. "
        "Wait until the response is finished before creating a new one."
    )
    assert refusal(served.say(ev.ResponseCancel(response_id="resp_x"))).code == "response_cancel_not_active"


@pytest.mark.parametrize(
    ("event", "code", "message"),
    [
        (
            ev.ConversationItemDelete(item_id="x"),
            "item_delete_invalid_item_id",
            "Error deleting item: the item with id 'x' does not exist.",
        ),
        (
            ev.ConversationItemRetrieve(item_id="x"),
            "item_retrieve_invalid_item_id",
            "Error retrieving item: the item with id 'x' does not exist.",
        ),
        (
            ev.ConversationItemTruncate(item_id="x", content_index=0, audio_end_ms=0),
            "item_truncate_invalid_item_id",
            "Item with item_id not found: x",
        ),
        (
            ev.ConversationItemCreate(item=ev.FunctionCallOutput(call_id="call_x", output="")),
            "invalid_tool_call_id",
            "Tool call ID 'call_x' not found in conversation.",
        ),
    ],
)
def test_unknown_items_and_calls(serve, refusal, event, code, message) -> None:
    error = refusal(serve().say(event))
    assert (error.code, error.message, error.param) == (code, message, None)


def test_an_item_of_a_response_beside_is_unknown_to_the_conversation(serve, refusal) -> None:
    served = serve()
    beside = served.respond(ev.ResponseConfig(conversation="none")).response_id
    item_id = served.produce(beside, TextDelta(text="x"))[0].item.id
    assert refusal(served.say(ev.ConversationItemDelete(item_id=item_id))).code == "item_delete_invalid_item_id"


def test_truncation_is_never_clamped(serve, refusal) -> None:
    served = serve()
    item_id = spoken(served)
    beyond = ev.ConversationItemTruncate(item_id=item_id, content_index=0, audio_end_ms=1_001)
    error = refusal(served.say(beyond))
    assert (error.code, error.message) == ("invalid_value", "Audio content of 1000ms is already shorter than 1001ms")
    other = ev.ConversationItemTruncate(item_id=item_id, content_index=1, audio_end_ms=0)
    assert refusal(served.say(other)).param == "content_index"
    served.say(ev.ConversationItemTruncate(item_id=item_id, content_index=0, audio_end_ms=400))
    again = ev.ConversationItemTruncate(item_id=item_id, content_index=0, audio_end_ms=500)
    assert refusal(served.say(again)).message == "Audio content of 400ms is already shorter than 500ms"


def test_only_speech_of_the_model_is_truncated(serve, refusal) -> None:
    served = serve()
    said = ev.Message(role="assistant", content=[ev.OutputAudio(transcript="told again")])
    replayed = served.say(ev.ConversationItemCreate(item=said))[0].item.id
    response_id = served.respond().response_id
    written = served.produce(response_id, TextDelta(text="x"))[0].item.id
    for item_id in (served.write(), replayed, written):
        error = refusal(served.say(ev.ConversationItemTruncate(item_id=item_id, content_index=0, audio_end_ms=0)))
        assert (error.code, error.message) == (None, "Only model output audio messages can be truncated")


def test_the_voice_is_locked_by_assistant_audio(serve, refusal, types) -> None:
    served = serve()
    change = ev.SessionUpdate(session=ev.RealtimeSessionConfig(audio=voice("ash"), instructions="new"), event_id="v")
    assert types(served.say(change)) == ["session.updated"]
    spoken(served)
    other = ev.RealtimeSessionConfig(audio=voice("echo"), instructions="newer")
    error = refusal(served.say(ev.SessionUpdate(session=other, event_id="w")))
    assert (error.code, error.param, error.event_id) == ("cannot_update_voice", "session.audio.output.voice", "w")
    assert error.message == "Cannot update a conversation's voice if assistant audio is present."
    assert served.endpoint.session.instructions == "new"
    assert types(served.say(change)) == ["session.updated"]
    output = ev.ResponseAudioConfig(output=ev.ResponseAudioOutputConfig(voice="echo"))
    error = refusal(served.say(ev.ResponseCreate(response=ev.ResponseConfig(audio=output))))
    assert (error.code, error.param) == ("cannot_update_voice", "response.audio.output.voice")


@pytest.mark.parametrize(
    ("config", "param"),
    [
        (ev.RealtimeSessionConfig(model="gpt-realtime-2"), "session.model"),
        (ev.RealtimeSessionConfig(tracing=None), "session.tracing"),
        (ev.RealtimeSessionConfig(tracing=ev.Tracing(workflow_name="w")), "session.tracing"),
        (ev.RealtimeSessionConfig(reasoning=ev.Reasoning(effort="low")), "session.reasoning"),
        (ev.TranscriptionSessionConfig(), "session.type"),
    ],
)
def test_what_an_update_cannot_change(serve, refusal, types, config, param) -> None:
    served = serve()
    tracing = ev.SessionUpdate(session=ev.RealtimeSessionConfig(tracing="auto", model="gpt-realtime"))
    assert types(served.say(tracing, tracing)) == ["session.updated"] * 2
    error = refusal(served.say(ev.SessionUpdate(session=config)))
    assert (error.code, error.param) == ("invalid_value", param)


def test_reasoning_is_accepted_by_models_that_reason(serve, types) -> None:
    served = serve(model="gpt-realtime-2.1")
    update = ev.SessionUpdate(session=ev.RealtimeSessionConfig(reasoning=ev.Reasoning(effort="low")))
    assert types(served.say(update)) == ["session.updated"]


def test_a_transcription_session_cannot_become_another(serve, refusal) -> None:
    served = serve(initial=ev.TranscriptionSessionConfig())
    assert refusal(served.say(ev.SessionUpdate(session=ev.RealtimeSessionConfig()))).param == "session.type"


@pytest.mark.parametrize(
    ("event", "param"),
    [
        (ev.ConversationItemCreate(item=ev.McpListTools(server_label="s", tools=[])), "item.type"),
        (
            ev.ConversationItemCreate(
                item=ev.Message(role="user", content=[ev.InputText(text="x")]), previous_item_id="nobody"
            ),
            "previous_item_id",
        ),
        (ev.ConversationItemCreate(item=ev.FunctionCall(name="f", arguments="", call_id="c" * 33)), "item.call_id"),
        (ev.ResponseCreate(response=ev.ResponseConfig(conversation="other")), "response.conversation"),
        (ev.ResponseCreate(response=ev.ResponseConfig(input=[ev.ItemReference(id="x")])), "response.input[0].id"),
    ],
)
def test_other_values_that_cannot_be(serve, refusal, event, param) -> None:
    assert refusal(serve().say(event)).param == param


def test_an_id_is_given_once(serve, refusal) -> None:
    served = serve()
    assert served.write(item_id="mine") == "mine"
    again = ev.ConversationItemCreate(item=ev.Message(id="mine", role="user", content=[ev.InputText(text="x")]))
    assert refusal(served.say(again)).param == "item.id"
    served.say(ev.ConversationItemDelete(item_id="mine"))
    assert served.write(item_id="mine") == "mine"


def test_outputs_wait_for_the_response_in_a_bounded_queue(serve, refusal) -> None:
    served = serve()
    served.say(ev.ConversationItemCreate(item=ev.FunctionCall(name="f", arguments="{}", call_id="c")))
    response_id = served.respond().response_id
    item = ev.FunctionCallOutput(call_id="c", output="1", id="first")
    assert served.say(ev.ConversationItemCreate(item=item)) == []
    assert refusal(served.say(ev.ConversationItemCreate(item=item))).param == "item.id"
    for _ in range(limits.HELD_OUTPUTS_MAX - 1):
        assert served.say(ev.ConversationItemCreate(item=ev.FunctionCallOutput(call_id="c", output="1"))) == []
    assert refusal(served.say(ev.ConversationItemCreate(item=ev.FunctionCallOutput(call_id="c", output="1"))))
    assert len(served.finish(response_id)) == 2 + 2 * limits.HELD_OUTPUTS_MAX


def test_created_items_are_bounded_and_deleting_makes_room(serve, refusal, monkeypatch) -> None:
    monkeypatch.setattr(items, "CREATED_MAX_BYTES", 100)
    served = serve()
    large = served.write("x" * 200)
    more = ev.ConversationItemCreate(item=ev.Message(role="user", content=[ev.InputText(text="y")]))
    assert refusal(served.say(more)).param == "item"
    served.say(ev.ConversationItemDelete(item_id=large))
    assert len(served.say(more)) == 2


def test_responses_beside_are_bounded(serve, refusal) -> None:
    served = serve()
    beside = ev.ResponseCreate(response=ev.ResponseConfig(conversation="none"))
    assert (
        len(served.say(ev.ResponseCreate(), *[beside] * limits.RESPONSES_BESIDE_MAX)) == limits.RESPONSES_BESIDE_MAX + 1
    )
    assert refusal(served.say(beside)).param == "response"


def test_an_unknown_call_can_be_accepted(serve) -> None:
    served = serve(options=ServerOptions(unknown_call_output="accept"))
    output = ev.ConversationItemCreate(item=ev.FunctionCallOutput(call_id="call_x", output="1"))
    assert len(served.say(output)) == 2


@pytest.mark.parametrize(
    "outputs",
    [
        [CallDelta(arguments="{}")],
        [TextDelta(text="a"), SpeechDelta(transcript="b")],
        [SpeechDelta(transcript="a"), TextDelta(text="b")],
        [CallDelta(name="f"), TextDelta(text="b")],
        [TextDelta(text="a"), EndItem(), TextDelta(text="b")],
        [TextDelta(item=index, text="a") for index in range(limits.OUTPUT_ITEMS_MAX + 1)],
        [TextDelta(text="a lone surrogate: \ud800")],
    ],
)
def test_a_generator_that_breaks_its_contract_is_told_so(serve, outputs) -> None:
    served = serve()
    response_id = served.respond().response_id
    served.produce(response_id, *outputs[:-1])
    with pytest.raises(LocalProtocolError):
        served.endpoint.produce(response_id, outputs[-1], 0)
    assert served.finish(response_id)[-2].response.status == "completed"


def test_speech_of_the_user_can_be_created_and_heard_again(serve) -> None:
    served = serve()
    audio = b64encode(SECOND).decode()
    item = ev.Message(role="user", content=[ev.InputAudio(audio=audio), ev.InputText(text="and this")])
    added = served.say(ev.ConversationItemCreate(item=item))[0]
    assert added.item.content == [ev.InputAudio(transcript=None), ev.InputText(text="and this")]
    heard = served.actions[-1]
    assert (heard.audio, heard.transcribe, heard.buffered) == (SECOND, False, False)
    shown = served.say(ev.ConversationItemRetrieve(item_id=added.item.id))[0].item
    assert shown.content == [ev.InputAudio(transcript=None, audio=audio), ev.InputText(text="and this")]
