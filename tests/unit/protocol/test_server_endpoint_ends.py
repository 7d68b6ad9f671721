"""Do responses, transcripts, waits and sessions end in order, and once?"""

from __future__ import annotations

import pytest

from bareline.protocol import events as ev
from bareline.protocol.actions import InputCommitted, ResponseStopped
from bareline.protocol.authority.outbox import ErrorMessage
from bareline.protocol.generation import CallDelta, Failed, Incomplete, SpeechDelta, TextDelta
from bareline.protocol.refusal import Refusal

ADDED, DONE = "conversation.item.added", "conversation.item.done"
OPENING = ["response.output_item.added", ADDED, "response.content_part.added"]
CLOSING = ["response.content_part.done", DONE, "response.output_item.done"]
END = ["response.done", "rate_limits.updated"]
SPOKEN_CLOSING = ["response.output_audio.done", "response.output_audio_transcript.done", *CLOSING]
TURN = ["input_audio_buffer.committed", ADDED, DONE]
SECOND = b"\1\0" * 24_000


def test_input_transcription(serve, types) -> None:
    served = serve()
    user = ev.AudioInputConfig(turn_detection=None, transcription=ev.TranscriptionConfig(model="gpt-4o-transcribe"))
    served.say(ev.SessionUpdate(session=ev.RealtimeSessionConfig(audio=ev.AudioConfig(input=user))))
    served.say(ev.InputAudioBufferAppend(audio=SECOND))
    item_id = served.say(ev.InputAudioBufferCommit())[0].item_id
    assert next(action for action in served.actions if isinstance(action, InputCommitted)).transcribe
    for text in ("What ", "", "time?"):
        served.endpoint.transcript_delta(item_id, text, 0)
    served.endpoint.transcribed(item_id, 0)
    served.endpoint.transcribed(item_id, 0)
    heard = served.heard()
    prefix = "conversation.item.input_audio_transcription."
    assert types(heard) == [prefix + "delta", prefix + "delta", prefix + "completed"]
    assert heard[2].transcript == "What time?"
    assert (heard[2].usage.type, heard[2].usage.input_tokens, heard[2].usage.output_tokens) == ("tokens", 10, 3)
    assert served.say(ev.ConversationItemRetrieve(item_id=item_id))[0].item.content[0].transcript == "What time?"


def test_a_failed_transcription_leaves_the_session_open(serve, types) -> None:
    served = serve()
    user = ev.AudioInputConfig(turn_detection=None, transcription=ev.TranscriptionConfig(model="whisper-1"))
    served.say(ev.SessionUpdate(session=ev.RealtimeSessionConfig(audio=ev.AudioConfig(input=user))))
    served.say(ev.InputAudioBufferAppend(audio=SECOND))
    item_id = served.say(ev.InputAudioBufferCommit())[0].item_id
    served.endpoint.transcript_delta(item_id, "Wha", 0)
    served.endpoint.transcription_failed(item_id, "no engine", 0)
    served.endpoint.transcribed(item_id, 0)
    served.endpoint.transcription_failed(item_id, "again", 0)
    heard = served.heard()
    assert types(heard)[1:] == ["conversation.item.input_audio_transcription.failed"]
    assert (heard[1].error.message, heard[1].error.param) == ("no engine", None)
    assert served.endpoint.conversation.item(item_id).text == ""


def test_idle_timeout(serve, types) -> None:
    served = serve()
    served.say(ev.InputAudioBufferAppend(audio=SECOND))
    served.endpoint.idle_timeout(250, 750, 0)
    idle = served.heard()
    assert types(idle) == ["input_audio_buffer.timeout_triggered", *TURN, "response.created"]
    committed = next(action for action in served.actions if isinstance(action, InputCommitted))
    assert len(committed.audio) == 500 * 48
    served.endpoint.speech_started(800, 0)
    served.heard()
    served.endpoint.idle_timeout(800, 900, 0)
    assert served.heard() == []


def test_expiry(serve, types) -> None:
    minute_ns = 60_000_000_000
    served = serve(session_limit_ns=2 * minute_ns)
    response_id = served.respond().response_id
    served.produce(response_id, TextDelta(text="So"))
    assert served.endpoint.deadline() == 2 * minute_ns
    served.endpoint.tick(2 * minute_ns - 1)
    assert served.heard() == []
    served.endpoint.tick(2 * minute_ns)
    ended = served.heard()
    assert types(ended) == ["response.output_text.done", *CLOSING, *END, "error"]
    assert (ended[4].response.status, ended[-1].error.code) == ("failed", "session_expired")
    assert ended[-1].error.message == "Your session hit the maximum duration of 2 minutes."
    stopped, close = served.actions[-2:]
    assert stopped == ResponseStopped(response_id=response_id, reason="session_ended")
    assert (close.code, close.reason) == (1001, ended[-1].error.message)
    assert served.endpoint.deadline() is None


def test_the_driver_says_what_it_could_not_do_and_errors_are_told_apart(serve) -> None:
    served = serve()
    served.endpoint.refuse(Refusal(code="event_too_large", message="Too large.", type="server_error"), 0)
    (message,) = served.endpoint.outgoing()
    assert isinstance(message, ErrorMessage)
    assert b'"event_too_large"' in message


def test_nothing_is_said_after_the_end(serve) -> None:
    served = serve(session_limit_ns=1_500_000_000)
    served.endpoint.tick(1_500_000_000)
    assert served.heard()[-1].error.message == "Your session hit the maximum duration of 1 seconds."
    endpoint = served.endpoint
    endpoint.tick(2_000_000_000)
    endpoint.receive(b"{", 0)
    endpoint.receive_binary(0)
    endpoint.hear(b"\0\0", 0)
    endpoint.refuse(Refusal(code="event_too_large", message="Too large."), 0)
    assert endpoint.speech_started(0, 0) is None
    endpoint.speech_stopped(0, 0)
    endpoint.idle_timeout(0, 0, 0)
    endpoint.transcript_delta("i", "x", 0)
    endpoint.transcribed("i", 0)
    endpoint.transcription_failed("i", "x", 0)
    endpoint.produce("r", TextDelta(text="x"), 0)
    endpoint.finish("r", Failed(code="c", message="m"), 0)
    endpoint.output_started("r")
    endpoint.output_played("r", 1)
    endpoint.output_stopped("r")
    assert served.heard() == []


def test_a_transcription_session(serve, types, refusal) -> None:
    served = serve(intent="transcription")
    assert isinstance(served.opened[0].session, ev.TranscriptionSession)
    user = ev.AudioInputConfig(transcription=ev.TranscriptionConfig(model="gpt-realtime-whisper"))
    config = ev.TranscriptionSessionConfig(audio=ev.TranscriptionAudioConfig(input=user))
    assert types(served.say(ev.SessionUpdate(session=config))) == ["session.updated"]
    served.say(ev.InputAudioBufferAppend(audio=SECOND))
    item_id = served.endpoint.speech_started(0, 0)
    served.endpoint.transcript_delta(item_id, "early", 0)
    served.endpoint.speech_stopped(1_000, 0)
    served.endpoint.transcribed(item_id, 0)
    heard = served.heard()
    prefix = "conversation.item.input_audio_transcription."
    speech = "input_audio_buffer.speech_"
    assert types(heard) == [speech + "started", prefix + "delta", speech + "stopped", *TURN, prefix + "completed"]
    assert (heard[-1].transcript, heard[-1].usage) == ("early", ev.TranscriptUsage(type="duration", seconds=1))
    error = refusal(served.say(ev.ResponseCreate(event_id="mine")))
    assert (error.code, error.param, error.event_id) == ("invalid_value", "type", "mine")


@pytest.mark.parametrize(
    ("outcome", "status", "details"),
    [
        (Incomplete(reason="content_filter"), "incomplete", {"type": "incomplete", "reason": "content_filter"}),
        (
            Failed(code="rate_limit_exceeded", message="slow down", type="rate_limit_error"),
            "failed",
            {"type": "failed", "error": {"type": "rate_limit_error", "code": "rate_limit_exceeded"}},
        ),
    ],
)
def test_every_end_has_the_whole_done_chain(serve, types, outcome, status, details) -> None:
    served = serve()
    response_id = served.respond().response_id
    served.produce(response_id, TextDelta(text="a"), CallDelta(item=1, name="f"))
    ended = served.finish(response_id, outcome)
    assert types(ended) == [
        "response.output_text.done",
        *CLOSING,
        "response.function_call_arguments.done",
        *CLOSING[1:],
        *END,
    ]
    assert {ended[2].item.status, ended[5].item.status} == {"incomplete"}
    response = ended[-2].response
    assert (response.status, response.status_details.type) == (status, details["type"])
    assert response.status_details.reason == details.get("reason")
    if "error" in details:
        assert response.status_details.error.code == details["error"]["code"]


def test_the_budget_of_tokens_ends_a_response(serve, types) -> None:
    served = serve()
    request = served.respond(ev.ResponseConfig(max_output_tokens=10))
    said = served.produce(request.response_id, SpeechDelta(transcript="12345678", audio=b"\0" * 48 * 1_000))
    assert types(said) == [
        *OPENING,
        "response.output_audio_transcript.delta",
        "response.output_audio.delta",
        *SPOKEN_CLOSING,
        *END,
    ]
    assert len(said[4].delta) == 8 * 50 * 48
    response = said[-2].response
    assert (response.status, response.status_details.reason) == ("incomplete", "max_output_tokens")
    assert (response.usage.output_tokens, response.max_output_tokens) == (10, 10)
    assert served.actions[-1] == ResponseStopped(response_id=request.response_id, reason="max_output_tokens")


@pytest.mark.parametrize(
    ("delta", "said"),
    [(TextDelta(text="123456789"), "12345678"), (CallDelta(name="f", arguments="123456789"), "12345678")],
)
def test_the_budget_cuts_text_and_arguments(serve, delta, said) -> None:
    served = serve()
    request = served.respond(ev.ResponseConfig(max_output_tokens=2))
    served.produce(request.response_id, delta)
    assert served.endpoint.conversation.items[-1].text == said
    assert served.endpoint.conversation.active_response is None


def test_a_waiting_turn_is_overtaken_by_the_next(serve, types) -> None:
    served = serve()
    served.say(ev.InputAudioBufferAppend(audio=SECOND))
    served.endpoint.speech_started(0, 0)
    response_id = served.respond().response_id
    served.endpoint.speech_stopped(300, 0)
    served.heard()
    served.endpoint.speech_started(400, 0)
    assert types(served.heard()) == ["input_audio_buffer.speech_started", *END]
    assert served.finish(response_id) == []


def test_the_transcript_of_a_deleted_item_is_dropped(serve) -> None:
    served = serve()
    user = ev.AudioInputConfig(turn_detection=None, transcription=ev.TranscriptionConfig(model="whisper-1"))
    served.say(ev.SessionUpdate(session=ev.RealtimeSessionConfig(audio=ev.AudioConfig(input=user))))
    served.say(ev.InputAudioBufferAppend(audio=SECOND))
    item_id = served.say(ev.InputAudioBufferCommit())[0].item_id
    served.say(ev.ConversationItemDelete(item_id=item_id))
    served.endpoint.transcript_delta(item_id, "late", 0)
    served.endpoint.transcribed(item_id, 0)
    assert served.heard() == []
