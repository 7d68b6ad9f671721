"""Does the server say everything in the order of REALTIME.md section 10?"""

from __future__ import annotations

import pytest

from bareline.protocol import events as ev
from bareline.protocol.actions import InputCommitted, ResponseRequested, ResponseStopped, SessionChanged
from bareline.protocol.generation import CallDelta, EndItem, SpeechDelta, TextDelta
from bareline.testing.images import TINY_IMAGE

ADDED, DONE = "conversation.item.added", "conversation.item.done"
OPENING = ["response.output_item.added", ADDED, "response.content_part.added"]
CLOSING = ["response.content_part.done", DONE, "response.output_item.done"]
END = ["response.done", "rate_limits.updated"]
SPOKEN_CLOSING = ["response.output_audio.done", "response.output_audio_transcript.done", *CLOSING]
TURN = ["input_audio_buffer.committed", ADDED, DONE]
SECOND = b"\1\0" * 24_000


def manual() -> ev.SessionUpdate:
    user = ev.AudioInputConfig(turn_detection=None)
    return ev.SessionUpdate(session=ev.RealtimeSessionConfig(audio=ev.AudioConfig(input=user)))


def text_session() -> ev.SessionUpdate:
    return ev.SessionUpdate(session=ev.RealtimeSessionConfig(output_modalities=["text"]))


def test_connect_says_only_session_created_then_each_update_the_whole_session(serve, types) -> None:
    served = serve(quiet=False)
    assert types(served.opened) == ["session.created"]
    assert served.opened[0].session.expires_at == 4_600
    update = served.say(ev.SessionUpdate(session=ev.RealtimeSessionConfig(instructions="Be brief.")))
    assert types(update) == ["session.updated"]
    assert update[0].session.instructions == "Be brief."
    assert update[0].session.audio == served.opened[0].session.audio
    assert [type(action) for action in served.actions] == [SessionChanged, SessionChanged]
    assert served.actions[-1].session == served.endpoint.session == update[0].session


def test_a_text_turn(serve, types) -> None:
    served = serve()
    served.say(text_session())
    question = ev.Message(role="user", content=[ev.InputText(text="Prague?")])
    asked = served.say(ev.ConversationItemCreate(item=question))
    assert types(asked) == [ADDED, DONE]
    assert asked[0].item == asked[1].item
    assert (asked[0].previous_item_id, asked[0].item.status) == (None, "completed")

    created = served.say(ev.ResponseCreate())
    assert types(created) == ["response.created"]
    response = created[0].response
    assert (response.status, response.output, response.usage, response.metadata) == ("in_progress", [], None, None)
    assert response.audio.output.voice == "alloy"
    assert response.conversation_id.startswith("conv_")

    said = served.produce(response.id, TextDelta(text="It is "), TextDelta(text="sunny."))
    assert types(said) == [*OPENING, "response.output_text.delta", "response.output_text.delta"]
    assert said[1].previous_item_id == asked[0].item.id
    assert said[2].part == ev.TextPart(text="")
    assert all(isinstance(delta.obfuscation, str) for delta in said[3:])

    ended = served.finish(response.id)
    assert types(ended) == ["response.output_text.done", *CLOSING, *END]
    assert ended[0].text == "It is sunny."
    assert ended[2].item.content == [ev.OutputText(text="It is sunny.")]
    assert ended[4].response.output == [ended[2].item] == [ended[3].item]
    assert ended[4].response.status == "completed"


def test_a_spoken_turn_with_voice_activity(serve, types) -> None:
    served = serve()
    served.say(ev.InputAudioBufferAppend(audio=SECOND))
    item_id = served.endpoint.speech_started(100, 1)
    served.endpoint.speech_stopped(900, 2)
    turn = served.heard()
    assert types(turn) == [
        "input_audio_buffer.speech_started",
        "input_audio_buffer.speech_stopped",
        *TURN,
        "response.created",
    ]
    assert [turn[0].item_id, turn[1].item_id, turn[2].item_id, turn[3].item.id] == [item_id] * 4
    assert (turn[0].audio_start_ms, turn[1].audio_end_ms) == (100, 900)
    assert turn[3].item.content == [ev.InputAudio(transcript=None)]
    committed = next(action for action in served.actions if isinstance(action, InputCommitted))
    assert (committed.item_id, committed.audio, committed.transcribe) == (item_id, SECOND[4_800:43_200], False)

    response_id = served.requests[0].response_id
    assert served.requests[0].audio
    said = served.produce(response_id, SpeechDelta(transcript="Hi", audio=b"\2\0" * 240), SpeechDelta(audio=b"\3\0"))
    assert types(said) == [
        *OPENING,
        "response.output_audio_transcript.delta",
        "response.output_audio.delta",
        "response.output_audio.delta",
    ]
    assert said[2].part.transcript == ""
    assert said[4].delta + said[5].delta == b"\2\0" * 240 + b"\3\0"
    ended = served.finish(response_id)
    assert types(ended) == [*SPOKEN_CLOSING, *END]
    assert ended[1].transcript == ended[2].part.transcript == "Hi"
    assert ended[3].item.content == [ev.OutputAudio(transcript="Hi")]


def test_no_response_follows_when_the_session_creates_none(serve, types) -> None:
    served = serve()
    detection = ev.ServerVad(create_response=False)
    user = ev.AudioInputConfig(turn_detection=detection)
    served.say(ev.SessionUpdate(session=ev.RealtimeSessionConfig(audio=ev.AudioConfig(input=user))))
    served.say(ev.InputAudioBufferAppend(audio=SECOND))
    assert types(served.speak(0, 500))[-1] == DONE


def test_a_manual_turn(serve, types) -> None:
    served = serve()
    served.say(manual())
    assert served.say(ev.InputAudioBufferAppend(audio=SECOND)) == []
    assert types(served.say(ev.InputAudioBufferCommit())) == TURN
    assert types(served.say(ev.ResponseCreate())) == ["response.created"]
    assert served.endpoint.speech_started(0, 0) is None


def test_barge_in_ends_the_response_before_the_turn_goes_on(serve, types) -> None:
    served = serve()
    response_id = served.respond().response_id
    served.produce(response_id, SpeechDelta(transcript="Once upon", audio=SECOND))
    served.say(ev.InputAudioBufferAppend(audio=SECOND))
    served.endpoint.speech_started(200, 1)
    cut = served.heard()
    assert types(cut) == ["input_audio_buffer.speech_started", *SPOKEN_CLOSING, *END]
    assert cut[2].transcript == "Once upon"
    assert cut[4].item.status == cut[5].item.status == "incomplete"
    assert cut[6].response.status == "cancelled"
    assert cut[6].response.status_details == ev.StatusDetails(type="cancelled", reason="turn_detected")
    assert served.actions[-1] == ResponseStopped(response_id=response_id, reason="turn_detected")
    truncated = served.say(ev.ConversationItemTruncate(item_id=cut[5].item.id, content_index=0, audio_end_ms=640))
    assert types(truncated) == ["conversation.item.truncated"]
    assert served.endpoint.conversation.item(cut[5].item.id).item.content == [ev.OutputAudio()]
    served.endpoint.speech_stopped(900, 2)
    assert types(served.heard()) == ["input_audio_buffer.speech_stopped", *TURN, "response.created"]


@pytest.mark.parametrize(("busy_turn", "answered"), [("answer", True), ("skip", False)])
def test_a_turn_during_a_response_that_may_not_be_interrupted(serve, types, busy_turn, answered) -> None:
    from bareline.protocol.server_endpoint import ServerOptions

    served = serve(options=ServerOptions(busy_turn=busy_turn))
    user = ev.AudioInputConfig(turn_detection=ev.ServerVad(interrupt_response=False))
    served.say(ev.SessionUpdate(session=ev.RealtimeSessionConfig(audio=ev.AudioConfig(input=user))))
    response_id = served.respond().response_id
    served.say(ev.InputAudioBufferAppend(audio=SECOND))
    assert types(served.speak(0, 500))[-1] == DONE
    assert types(served.finish(response_id)) == [*END, *(["response.created"] if answered else [])]


@pytest.mark.parametrize("named", [True, False])
def test_cancel(serve, types, named) -> None:
    served = serve()
    response_id = served.respond().response_id
    served.produce(response_id, TextDelta(text="Half a sen"))
    cancel = ev.ResponseCancel(response_id=response_id) if named else ev.ResponseCancel()
    cancelled = served.say(cancel)
    assert types(cancelled) == ["response.output_text.done", *CLOSING, *END]
    assert cancelled[4].response.status_details.reason == "client_cancelled"
    assert served.actions[-1] == ResponseStopped(response_id=response_id, reason="client_cancelled")
    assert served.produce(response_id, TextDelta(text="late")) == served.finish(response_id) == []


def test_a_function_call_and_its_output(serve, types) -> None:
    served = serve()
    response_id = served.respond().response_id
    raw = '{ "city":  "Brno"}\n'
    begun = served.produce(response_id, CallDelta(name="weather", arguments=raw[:5]), CallDelta(arguments=raw[5:]))
    assert types(begun) == [*OPENING[:2], *["response.function_call_arguments.delta"] * 2]
    assert begun[0].item.arguments == ""
    ended = served.finish(response_id)
    assert types(ended) == ["response.function_call_arguments.done", *CLOSING[1:], *END]
    assert (ended[0].name, ended[0].arguments, ended[1].item.arguments) == ("weather", raw, raw)
    output = ev.FunctionCallOutput(call_id=ended[0].call_id, output="20 C", status="completed")
    answered = served.say(ev.ConversationItemCreate(item=output))
    assert types(answered) == [ADDED, DONE]
    assert answered[0].item.status is None
    assert types(served.say(ev.ResponseCreate())) == ["response.created"]


def test_an_output_sent_early_is_added_after_the_response(serve, types) -> None:
    served = serve()
    response_id = served.respond().response_id
    call_id = served.produce(response_id, CallDelta(name="f"))[0].item.call_id
    early = ev.ConversationItemCreate(item=ev.FunctionCallOutput(call_id=call_id, output="1"))
    assert served.say(early) == []
    assert types(served.finish(response_id))[-4:] == [*END, ADDED, DONE]


def test_items_of_one_response_interleave(serve, types) -> None:
    served = serve()
    response_id = served.respond().response_id
    served.produce(response_id, SpeechDelta(transcript="Let me look.", phase="commentary"))
    second = served.produce(response_id, CallDelta(item=1, name="look", arguments="{}"))
    assert types(second) == [*OPENING[:2], "response.function_call_arguments.delta"]
    assert second[0].output_index == 1
    assert types(served.produce(response_id, EndItem(item=0), EndItem(item=5))) == SPOKEN_CLOSING
    ended = served.finish(response_id)
    assert types(ended) == ["response.function_call_arguments.done", *CLOSING[1:], *END]
    message, call = ended[-2].response.output
    assert (message.phase, message.status, call.type if hasattr(call, "type") else call.name) == (
        "commentary",
        "completed",
        "look",
    )
    assert ended[1].previous_item_id == message.id


def test_out_of_band_runs_beside_and_leaves_the_conversation_alone(serve, types) -> None:
    served = serve()
    item_id = served.write("remember me")
    active = served.respond().response_id
    config = ev.ResponseConfig(
        conversation="none",
        metadata={"topic": "mood"},
        output_modalities=["text"],
        instructions="Name the mood.",
        input=[ev.ItemReference(id=item_id), ev.Message(role="user", content=[ev.InputText(text="now")])],
    )
    created = served.say(ev.ResponseCreate(response=config))
    assert types(created) == ["response.created"]
    assert (created[0].response.conversation_id, created[0].response.metadata) == (None, {"topic": "mood"})
    request = served.requests[-1]
    assert request.out_of_band
    assert not request.audio
    assert [item.content[0].text for item in request.context] == ["remember me", "now"]
    served.endpoint.speech_started(0, 0)
    served.heard()
    said = served.produce(request.response_id, TextDelta(text="calm"))
    assert types(said) == [OPENING[0], OPENING[2], "response.output_text.delta"]
    ended = served.finish(request.response_id)
    assert types(ended) == ["response.output_text.done", CLOSING[0], CLOSING[2], *END]
    assert ended[-2].response.metadata == {"topic": "mood"}
    assert active not in {entry.id for entry in served.endpoint.conversation.items}
    assert [entry.id for entry in served.endpoint.conversation.items] == [item_id]


def test_out_of_band_can_be_cancelled_by_id_alone(serve, types) -> None:
    served = serve()
    beside = served.respond(ev.ResponseConfig(conversation="none", input=[])).response_id
    assert served.requests[-1].context == ()
    cancelled = served.say(ev.ResponseCancel(response_id=beside))
    assert types(cancelled) == END


def test_an_image_is_added_as_it_came(serve, types) -> None:
    served = serve()
    image = ev.InputImage(image_url=TINY_IMAGE, detail="low")
    item = ev.Message(role="user", content=[image, ev.InputText(text="What is it?")])
    added = served.say(ev.ConversationItemCreate(item=item))
    assert types(added) == [ADDED, DONE]
    assert added[0].item.content == item.content


def test_a_request_holds_what_the_session_and_the_client_say(serve) -> None:
    served = serve()
    tool = ev.FunctionTool(name="f", parameters={"type": "object"})
    served.say(ev.SessionUpdate(session=ev.RealtimeSessionConfig(tools=[tool], instructions="A")))
    served.write("one")
    request = served.respond()
    assert (request.instructions, request.tools, request.tool_choice, request.voice) == ("A", (tool,), "auto", "alloy")
    assert (request.speed, request.max_output_tokens, len(request.context)) == (1.0, "inf", 1)
    served.finish(request.response_id)
    audio = ev.ResponseAudioConfig(
        output=ev.ResponseAudioOutputConfig(voice="echo", format=ev.AudioFormat("audio/pcmu"))
    )
    request = served.respond(ev.ResponseConfig(instructions=None))  # as LiveKit Agents sends it
    assert request.instructions == "A"
    served.finish(request.response_id)
    request = served.respond(ev.ResponseConfig(instructions="B", tools=[], tool_choice="none", audio=audio))
    assert (request.instructions, request.tools, request.tool_choice) == ("B", (), "none")
    assert (request.voice, request.format.type) == ("echo", "audio/pcmu")
    assert isinstance(served.actions[-1], ResponseRequested)


def test_speech_beside_the_conversation_does_not_lock_the_voice(serve, types) -> None:
    served = serve()
    beside = served.respond(ev.ResponseConfig(conversation="none")).response_id
    served.produce(beside, SpeechDelta(audio=SECOND))
    output = ev.AudioOutputConfig(voice="echo")
    change = ev.SessionUpdate(session=ev.RealtimeSessionConfig(audio=ev.AudioConfig(output=output)))
    assert types(served.say(change)) == ["session.updated"]
