"""Is the right audio in each item, is it bounded, and is what was not heard cut?"""

from __future__ import annotations

from base64 import b64decode

import pytest

from bareline.protocol import events as ev
from bareline.protocol import limits
from bareline.protocol.actions import (
    InputAppended,
    InputCleared,
    InputCommitted,
    OutputAppended,
    OutputDropped,
    ResponseStopped,
)
from bareline.protocol.authority.audio_ledger import AudioLedger
from bareline.protocol.authority.input_buffer import InputBuffer
from bareline.protocol.generation import EndItem, SpeechDelta, TextDelta
from bareline.protocol.server_endpoint import ServerOptions
from bareline.protocol.session_merge import PCM

G711 = ev.AudioFormat("audio/pcmu")


def ramp(ms: int, first: int = 0) -> bytes:
    """PCM in which every sample tells its position."""
    return b"".join((n % 65_536).to_bytes(2, "little") for n in range(first * 24, (first + ms) * 24))


def detection(**user) -> ev.SessionUpdate:
    return ev.SessionUpdate(session=ev.RealtimeSessionConfig(audio=ev.AudioConfig(input=ev.AudioInputConfig(**user))))


def committed(served) -> list[bytes]:
    return [action.audio for action in served.actions if isinstance(action, InputCommitted)]


def test_voice_activity_commits_the_span_and_what_follows_belongs_to_the_next_turn(serve) -> None:
    served = serve()
    for start in range(0, 3_000, 100):
        served.say(ev.InputAudioBufferAppend(audio=ramp(100, start)))
    served.speak(500, 1_200)
    served.speak(1_100, 2_000)
    assert committed(served) == [ramp(700, 500), ramp(800, 1_200)]
    assert sum(isinstance(action, InputAppended) for action in served.actions) == 30


def test_a_commit_by_hand_takes_all_since_the_last_commit_or_clear(serve, types) -> None:
    served = serve()
    served.say(detection(turn_detection=None), ev.InputAudioBufferAppend(audio=ramp(300)))
    assert types(served.say(ev.InputAudioBufferClear())) == ["input_audio_buffer.cleared"]
    assert isinstance(served.actions[-1], InputCleared)
    served.say(ev.InputAudioBufferAppend(audio=ramp(200, 300)[:-1]))
    served.say(ev.InputAudioBufferCommit())
    served.say(ev.InputAudioBufferAppend(audio=ramp(200, 300)[-1:] + ramp(200, 500)), ev.InputAudioBufferCommit())
    assert b"".join(committed(served)) == ramp(400, 300)


def test_a_commit_by_hand_ends_an_utterance_under_its_own_id(serve) -> None:
    served = serve()
    served.say(ev.InputAudioBufferAppend(audio=ramp(500)))
    item_id = served.endpoint.speech_started(200, 0)
    assert served.endpoint.speech_started(300, 0) == item_id
    assert served.say(ev.InputAudioBufferCommit())[1].item_id == item_id
    served.endpoint.speech_stopped(500, 0)
    assert served.heard() == []


@pytest.mark.parametrize("end", [ev.InputAudioBufferClear(), detection(turn_detection=None)])
def test_an_utterance_can_be_forgotten(serve, end) -> None:
    served = serve()
    served.say(detection(transcription=ev.TranscriptionConfig(model="whisper-1")))
    served.say(ev.InputAudioBufferAppend(audio=ramp(500)))
    item_id = served.endpoint.speech_started(200, 0)
    served.heard()
    served.say(end)
    served.endpoint.speech_stopped(500, 0)
    served.endpoint.transcript_delta(item_id, "x", 0)
    served.endpoint.idle_timeout(0, 100, 0) if end != ev.InputAudioBufferClear() else None
    assert served.heard() == []


def test_another_format_drops_what_is_held_and_keeps_the_count(serve) -> None:
    served = serve()
    served.say(ev.InputAudioBufferAppend(audio=ramp(500)))
    served.say(detection(format=G711))
    served.say(ev.InputAudioBufferAppend(audio=bytes(range(250)) * 8))
    served.speak(550, 600)
    assert committed(served) == [(bytes(range(250)) * 8)[400:800]]


def test_transcriptions_that_nobody_ends_are_bounded(serve) -> None:
    served = serve()
    served.say(detection(turn_detection=None, transcription=ev.TranscriptionConfig(model="whisper-1")))
    served.say(
        *[ev.InputAudioBufferAppend(audio=ramp(100)), ev.InputAudioBufferCommit()] * (limits.EARLY_MAX_ITEMS + 1)
    )
    first, second, *_ = served.endpoint.conversation.items
    served.endpoint.transcribed(first.id, 0)
    assert served.heard() == []
    served.endpoint.transcribed(second.id, 0)
    assert len(served.heard()) == 1


def test_an_empty_append_is_nothing(serve) -> None:
    served = serve()
    served.say(ev.InputAudioBufferAppend(audio=b""))
    assert served.actions == []


def test_silence_does_not_pile_up() -> None:
    buffer = InputBuffer(G711)
    second = bytes(8_000)
    for _ in range(100):
        buffer.append(second, detecting=True)
    assert buffer.held_ms == limits.INPUT_QUIET_MS + 1_000
    buffer.begin("item", 99_000)
    for _ in range(100):
        buffer.append(second, detecting=True)
    assert buffer.held_ms == limits.INPUT_QUIET_MS + 101_000
    for _ in range(1_000):
        buffer.append(second, detecting=False)
    assert buffer.held_ms == limits.INPUT_MAX_MS + 1_000


def test_speech_early_in_one_long_append_is_all_there(serve) -> None:
    served = serve()
    long = bytes(2 * limits.INPUT_QUIET_MS * 48)
    served.say(ev.InputAudioBufferAppend(audio=ramp(500) + long))
    served.speak(100, 400)
    served.speak(500, 1_000)
    assert committed(served) == [ramp(300, 100), bytes(500 * 48)]


def test_the_ledger_keeps_lengths_when_it_drops_audio() -> None:
    ledger = AudioLedger(100)
    for name in "ab":
        ledger.add(name, bytes(60), G711)
    assert (ledger.audio("a"), ledger.ms("a"), ledger.dropped) == (None, 7, 1)
    ledger.add("a", bytes(8), G711)
    assert (ledger.audio("a"), ledger.ms("a")) == (None, 8)
    ledger.cut("a", 5)
    ledger.add("b", bytes(200), G711)
    assert (ledger.ms("a"), ledger.audio("b"), ledger.ms("b"), ledger.dropped) == (5, None, 32, 2)
    for name in "abc":
        ledger.forget(name)
    ledger.cut("c", 0)
    ledger.add("c", bytes(60), G711)
    assert (ledger.ms("c"), ledger.audio("c")) == (0, None)
    ledger.add("d", bytes(100), PCM)
    ledger.cut("d", 1)
    ledger.add("d", bytes(100), PCM)
    assert (ledger.audio("d"), ledger.ms("d")) == (bytes(48), 1)
    ledger.forget("d")
    ledger.add("e", bytes(100), PCM)
    assert ledger.audio("e") == bytes(100)


def test_retrieve_gives_the_audio_of_both_sides(serve) -> None:
    served = serve()
    served.say(ev.InputAudioBufferAppend(audio=ramp(500)))
    item_id = served.speak(100, 400)[0].item_id
    part = served.say(ev.ConversationItemRetrieve(item_id=item_id))[0].item.content[0]
    assert b64decode(part.audio) == ramp(300, 100)
    response_id = served.requests[-1].response_id
    item_id = served.produce(response_id, SpeechDelta(transcript="one", audio=ramp(100)))[0].item.id
    served.finish(response_id)
    part = served.say(ev.ConversationItemRetrieve(item_id=item_id))[0].item.content[0]
    assert (part.transcript, b64decode(part.audio)) == ("one", ramp(100))
    served.say(ev.ConversationItemTruncate(item_id=item_id, content_index=0, audio_end_ms=30))
    part = served.say(ev.ConversationItemRetrieve(item_id=item_id))[0].item.content[0]
    assert (part.transcript, b64decode(part.audio)) == (None, ramp(30))


def test_retrieve_without_audio(serve) -> None:
    served = serve(options=ServerOptions(audio_kept_bytes=10, truncated_transcript=""))
    served.say(ev.InputAudioBufferAppend(audio=ramp(500)))
    item_id = served.speak(100, 400)[0].item_id
    assert served.say(ev.ConversationItemRetrieve(item_id=item_id))[0].item.content == [ev.InputAudio()]
    response_id = served.requests[-1].response_id
    item_id = served.produce(response_id, SpeechDelta(transcript="one", audio=ramp(100)))[0].item.id
    served.say(ev.ConversationItemTruncate(item_id=item_id, content_index=0, audio_end_ms=30))
    served.finish(response_id)
    assert served.say(ev.ConversationItemRetrieve(item_id=item_id))[0].item.content == [ev.OutputAudio(transcript="")]
    call = served.say(ev.ConversationItemCreate(item=ev.FunctionCall(name="f", arguments="{}")))[0].item
    assert served.say(ev.ConversationItemRetrieve(item_id=call.id))[0].item == call


def test_an_item_deleted_under_way_ends_first(serve, types) -> None:
    served = serve()
    response_id = served.respond().response_id
    item_id = served.produce(response_id, SpeechDelta(transcript="one", audio=ramp(100)))[0].item.id
    deleted = served.say(ev.ConversationItemDelete(item_id=item_id))
    assert types(deleted)[-3:] == [
        "conversation.item.done",
        "response.output_item.done",
        "conversation.item.deleted",
    ]
    assert served.produce(response_id, SpeechDelta(transcript="two"), EndItem()) == []
    assert served.finish(response_id)[0].response.output[0].status == "incomplete"
    assert not served.endpoint.conversation.items


# --- media: the server plays ----------------------------------------------------------------------------------------


def playing(serve, **settings):
    """Two spoken items of 300 and 200 ms under way, and 350 ms of them played."""
    served = serve(media=True, **settings)
    response_id = served.respond().response_id
    served.produce(response_id, SpeechDelta(transcript="one", audio=ramp(300)), EndItem())
    served.produce(response_id, SpeechDelta(item=1, transcript="two", audio=ramp(200)))
    served.endpoint.output_started(response_id)
    served.endpoint.output_played("resp_other", 1)
    served.endpoint.output_played(response_id, 350)
    return served, response_id


def test_media_sends_no_audio_and_takes_it_beside_the_events(serve, types) -> None:
    served, response_id = playing(serve)
    assert types(served.heard()) == ["output_audio_buffer.started"]
    served.endpoint.hear(ramp(300), 0)
    assert served.heard() == []
    assert served.actions[-1] == InputAppended(audio=ramp(300), format=PCM)
    ended = served.finish(response_id)
    served.endpoint.output_stopped("resp_other")
    served.endpoint.output_stopped(response_id)
    served.endpoint.output_stopped(response_id)
    assert [event.response_id for event in served.heard()] == [response_id]
    assert "response.output_audio.done" in types(ended)


@pytest.mark.parametrize("early", [True, False])
def test_barge_in_truncates_by_what_was_played(serve, types, early) -> None:
    served, response_id = playing(serve, options=ServerOptions(truncated_before_done=early))
    served.heard()
    served.endpoint.speech_started(0, 0)
    cut = types(served.heard())
    assert cut[:2] == ["input_audio_buffer.speech_started", "output_audio_buffer.cleared"]
    assert cut.index("conversation.item.truncated") == (2 if early else len(cut) - 1)
    assert cut.count("conversation.item.truncated") == cut.count("response.done") == 1
    first, second = served.endpoint.conversation.items
    assert (first.truncated_ms, second.truncated_ms) == (None, 50)
    dropped, stopped = served.actions[-2:]
    assert dropped == OutputDropped(response_id=response_id)
    assert stopped == ResponseStopped(response_id=response_id, reason="turn_detected")


def test_the_client_clears_what_is_queued(serve, types) -> None:
    served, response_id = playing(serve)
    served.heard()
    served.say(ev.ResponseCancel())
    assert types(served.say(ev.OutputAudioBufferClear())) == [
        "output_audio_buffer.cleared",
        "conversation.item.truncated",
    ]
    assert served.actions[-1] == OutputDropped(response_id=response_id)
    assert served.say(ev.OutputAudioBufferClear()) == []


def test_what_still_waits_to_be_played_is_dropped_and_cut_to_nothing(serve, types) -> None:
    served, playing_id = playing(serve)
    beside = served.respond(ev.ResponseConfig(conversation="none")).response_id
    served.produce(beside, SpeechDelta(transcript="beside", audio=ramp(100)))
    served.finish(playing_id)
    waiting = served.respond().response_id
    served.produce(waiting, SpeechDelta(transcript="never heard", audio=ramp(100)))
    served.heard()
    served.endpoint.speech_started(0, 0)
    cut = [event for event in served.heard() if isinstance(event, ev.ConversationItemTruncated)]
    assert [event.audio_end_ms for event in cut] == [50, 0]
    assert [a.response_id for a in served.actions if isinstance(a, OutputDropped)] == [playing_id, beside, waiting]
    assert [a.response_id for a in served.actions if isinstance(a, ResponseStopped)] == [waiting]


def test_audio_of_an_item_that_was_dropped_is_not_played_and_the_next_item_is(serve, types) -> None:
    served, response_id = playing(serve)
    served.say(ev.OutputAudioBufferClear())
    served.actions.clear()
    served.produce(response_id, SpeechDelta(item=1, transcript=" more", audio=ramp(100)), EndItem(item=1))
    assert served.actions == []
    served.produce(response_id, SpeechDelta(item=2, transcript="three", audio=ramp(100)))
    assert served.actions == [OutputAppended(response_id=response_id, audio=ramp(100))]
    served.endpoint.output_started(response_id)
    served.endpoint.output_played(response_id, 40)
    cut = [e for e in served.say(ev.OutputAudioBufferClear()) if isinstance(e, ev.ConversationItemTruncated)]
    assert [event.audio_end_ms for event in cut] == [40]


def test_deleted_items_and_those_beside_are_dropped_without_a_word(serve, types) -> None:
    served, response_id = playing(serve)
    second = served.endpoint.conversation.items[1].id
    served.say(ev.ConversationItemDelete(item_id=second))
    assert types(served.say(ev.OutputAudioBufferClear())) == ["output_audio_buffer.cleared"]
    served.finish(response_id)
    beside = served.respond(ev.ResponseConfig(conversation="none")).response_id
    served.produce(beside, SpeechDelta(transcript="beside", audio=ramp(100)))
    served.endpoint.output_started(beside)
    served.heard()
    assert types(served.say(ev.OutputAudioBufferClear())) == ["output_audio_buffer.cleared"]


def test_text_beside_is_not_played(serve) -> None:
    served = serve()
    beside = served.respond(ev.ResponseConfig(conversation="none", output_modalities=["text"])).response_id
    served.produce(beside, SpeechDelta(transcript="read this", audio=ramp(10)), TextDelta(text=""))
    assert served.finish(beside)[-2].response.output[0].content == [ev.OutputText(text="read this")]
