"""Does the fold know what was said, whatever the peer does wrong?"""

from __future__ import annotations

import pytest

from bareline.protocol import conversation_state
from bareline.protocol import events as ev
from bareline.protocol.conversation import Conversation, apply
from bareline.protocol.states import CallState

IN_PROGRESS, COMPLETED, INCOMPLETE = "in_progress", "completed", "incomplete"


def folded(*events: ev.ServerEvent) -> Conversation:
    conversation = Conversation()
    for event in events:
        apply(conversation, event)
    return conversation


def user(item_id: str, text: str = "hi", status: str | None = COMPLETED) -> ev.Message:
    return ev.Message(id=item_id, role="user", status=status, content=[ev.InputText(text=text)])


def speech(item_id: str) -> ev.Message:
    return ev.Message(id=item_id, role="user", status=COMPLETED, content=[ev.InputAudio()])


def answer(item_id: str, status: str = IN_PROGRESS, *content: ev.Part) -> ev.Message:
    return ev.Message(id=item_id, role="assistant", status=status, content=list(content))


def added(item: ev.Item, *previous: str | None) -> ev.ConversationItemAdded:
    return ev.ConversationItemAdded(item=item, previous_item_id=previous[0] if previous else ev.UNSET)


def output(item: ev.Item, index: int = 0, response_id: str = "r") -> ev.ResponseOutputItemAdded:
    return ev.ResponseOutputItemAdded(response_id=response_id, output_index=index, item=item)


def created(response_id: str = "r", conversation_id: str | None = "conv") -> ev.ResponseCreated:
    report = ev.Response(id=response_id, status=IN_PROGRESS, conversation_id=conversation_id)
    return ev.ResponseCreated(response=report)


def done(response_id: str = "r", status: str = COMPLETED, *items: ev.Item) -> ev.ResponseDone:
    return ev.ResponseDone(response=ev.Response(id=response_id, status=status, output=list(items)))


def transcript(item_id: str, text: str) -> ev.ConversationItemInputAudioTranscriptionDelta:
    return ev.ConversationItemInputAudioTranscriptionDelta(item_id=item_id, delta=text)


def transcribed(item_id: str, text: str) -> ev.ConversationItemInputAudioTranscriptionCompleted:
    return ev.ConversationItemInputAudioTranscriptionCompleted(item_id=item_id, content_index=0, transcript=text)


def said(item_id: str, text: str) -> ev.ResponseOutputAudioTranscriptDelta:
    return ev.ResponseOutputAudioTranscriptDelta(
        response_id="r", item_id=item_id, output_index=0, content_index=0, delta=text
    )


def order(conversation: Conversation) -> list[str]:
    return [entry.id for entry in conversation.items]


@pytest.mark.parametrize(
    ("previous", "expected"),
    [
        ("a", ["a", "new", "b"]),
        ("b", ["a", "b", "new"]),
        ("root", ["new", "a", "b"]),
        (None, ["new", "a", "b"]),
        (ev.UNSET, ["a", "b", "new"]),
        ("nobody", ["a", "b", "new"]),
    ],
)
def test_items_stand_after_the_one_they_name(previous, expected) -> None:
    conversation = folded(added(user("a"), None), added(user("b"), "a"), added(user("new"), previous))
    assert order(conversation) == expected
    assert conversation.previous_id("new") == ([None, *expected])[expected.index("new")]
    assert conversation.previous_id("nobody") is None


def test_output_of_the_model_is_never_put_at_the_head() -> None:
    item = answer("out")
    assert order(folded(added(user("a"), None), created(), output(item), added(item, None))) == ["a", "out"]


def test_an_item_beside_the_conversation_is_no_neighbour() -> None:
    conversation = folded(created("r", None), output(answer("beside")), added(user("a")), added(user("b"), "beside"))
    assert order(conversation) == ["a", "b"]
    assert conversation.item("beside") is not None


def test_a_second_added_changes_no_place() -> None:
    conversation = folded(added(user("a")), added(user("b")), added(user("a", "more"), "b"))
    assert order(conversation) == ["a", "b"]
    assert conversation.item("a").text == "more"


def test_done_alone_adds_and_items_without_an_id_are_ignored() -> None:
    item = ev.FunctionCallOutput(call_id="c", output="1", id="o")
    conversation = folded(
        ev.ConversationItemDone(item=item), added(user("")), ev.ConversationItemDone(item=user("")), output(user(""))
    )
    assert order(conversation) == ["o"]
    assert conversation.items[0].status == COMPLETED


def test_the_beta_event_adds_too() -> None:
    item = user("a", status=None)
    assert order(folded(ev.ConversationItemCreated(item=item, previous_item_id=None))) == ["a"]


def test_the_users_transcript_grows_and_is_replaced_by_the_whole() -> None:
    conversation = folded(added(speech("u")), transcript("u", "What "), transcript("u", "tim"))
    assert conversation.item("u").text == "What tim"
    assert conversation.item("u").has_audio
    apply(conversation, ev.ConversationItemDone(item=speech("u")))
    assert conversation.item("u").text == "What tim"
    apply(conversation, transcribed("u", "What time?"))
    assert conversation.item("u").item.content == [ev.InputAudio(transcript="What time?")]


def test_a_failed_transcript_is_unknown() -> None:
    error = ev.TranscriptionError(message="no")
    failed = ev.ConversationItemInputAudioTranscriptionFailed(item_id="u", content_index=0, error=error)
    conversation = folded(added(speech("u")), transcript("u", "Wha"), failed)
    assert conversation.item("u").item.content == [ev.InputAudio(transcript=None)]
    apply(conversation, ev.ConversationItemInputAudioTranscriptionFailed(item_id="x", content_index=0, error=error))


def test_transcripts_may_come_before_their_item() -> None:
    conversation = folded(transcript("u", "so "), transcript("u", "early"), added(speech("u")))
    assert conversation.item("u").text == "so early"
    assert folded(transcript("u", "so"), transcribed("u", "whole"), added(speech("u"))).item("u").text == "whole"


def test_early_transcripts_are_bounded(monkeypatch) -> None:
    monkeypatch.setattr(conversation_state, "EARLY_MAX_ITEMS", 2)
    early = [transcript(name, name) for name in "abc"]
    conversation = folded(*early, *(added(speech(name)) for name in "abc"))
    assert [entry.text for entry in conversation.items] == ["", "b", "c"]


def test_committed_makes_the_item_and_added_completes_it() -> None:
    committed = ev.InputAudioBufferCommitted(item_id="u", previous_item_id="a")
    conversation = folded(added(user("a")), added(user("b")), committed)
    assert order(conversation) == ["a", "u", "b"]
    assert conversation.item("u").status == IN_PROGRESS
    apply(conversation, added(speech("u"), "b"))
    apply(conversation, committed)
    assert (order(conversation), conversation.item("u").status) == (["a", "u", "b"], COMPLETED)
    deleted = ev.ConversationItemDeleted(item_id="u")
    assert order(folded(committed, deleted, committed)) == []


def test_speech_grows_and_done_settles_it() -> None:
    item = answer("o")
    conversation = folded(created(), output(item), added(item, None))
    part = ev.ResponseContentPartAdded(
        response_id="r", item_id="o", output_index=0, content_index=0, part=ev.AudioPart(transcript="")
    )
    apply(conversation, part)
    entry = conversation.item("o")
    assert (entry.role, entry.has_audio, entry.text, entry.status) == ("assistant", True, "", IN_PROGRESS)
    for text in ("Hel", "lo"):
        apply(conversation, said("o", text))
    assert entry.text == "Hello"
    whole = ev.ResponseOutputAudioTranscriptDone(
        response_id="r", item_id="o", output_index=0, content_index=0, transcript="Hello!"
    )
    apply(conversation, whole)
    assert entry.item.content == [ev.OutputAudio(transcript="Hello!")]
    apply(conversation, ev.ConversationItemDone(item=answer("o", INCOMPLETE, ev.OutputAudio(transcript="Hello!"))))
    assert entry.status == entry.item.status == INCOMPLETE


def test_text_grows_without_a_part_and_a_done_without_content_keeps_it() -> None:
    item = answer("o")
    delta = ev.ResponseOutputTextDelta(response_id="r", item_id="o", output_index=0, content_index=1, delta="b")
    conversation = folded(output(item), added(item), delta)
    assert conversation.item("o").item.content == [ev.OutputText(), ev.OutputText(text="b")]
    apply(conversation, ev.ConversationItemDone(item=answer("o", COMPLETED)))
    assert conversation.item("o").text == "b"
    whole = ev.ResponseOutputTextDone(response_id="r", item_id="o", output_index=0, content_index=1, text="bc")
    apply(conversation, whole)
    assert conversation.item("o").text == "bc"
    image = ev.ResponseContentPartDone(
        response_id="r", item_id="o", output_index=0, content_index=0, part=ev.InputImage()
    )
    apply(conversation, image)
    assert conversation.item("o").text == "bc"


def test_arguments_grow_and_the_call_is_followed() -> None:
    call = ev.FunctionCall(id="f", name="look", arguments="", call_id="c", status=IN_PROGRESS)
    ids = {"response_id": "r", "item_id": "f", "output_index": 0, "call_id": "c"}
    conversation = folded(created(), output(call), added(call, None))
    assert conversation.calls == {"c": CallState.WRITING}
    for text in ("{", "}"):
        apply(conversation, ev.ResponseFunctionCallArgumentsDelta(delta=text, **ids))
    assert conversation.item("f").text == "{}"
    apply(conversation, ev.ResponseFunctionCallArgumentsDone(name="look", arguments="{ }", **ids))
    assert conversation.item("f").item.arguments == "{ }"
    whole = ev.FunctionCall(id="f", name="look", arguments="{ }", call_id="c", status=COMPLETED)
    apply(conversation, ev.ResponseOutputItemDone(response_id="r", output_index=0, item=whole))
    assert conversation.calls == {"c": CallState.REQUESTED}
    apply(conversation, added(ev.FunctionCallOutput(id="o", call_id="c", output="1")))
    assert conversation.calls == {"c": CallState.ANSWERED}
    assert conversation.item("o").text == "1"
    apply(conversation, ev.ConversationItemDeleted(item_id="f"))
    assert conversation.calls == {}
    assert conversation.item("o").role is None


def test_a_call_that_is_cut_off_is_broken_and_an_unknown_one_is_not_there() -> None:
    cut = ev.FunctionCall(id="f", name="look", arguments="{", call_id="c", status=INCOMPLETE)
    orphan = ev.FunctionCallOutput(id="o", call_id="x", output="1")
    assert folded(added(cut), added(orphan)).calls == {"c": CallState.BROKEN}


def test_mcp_arguments_grow() -> None:
    call = ev.McpCall(id="m", server_label="s", name="n", arguments="")
    ids = {"response_id": "r", "item_id": "m", "output_index": 0}
    conversation = folded(output(call), ev.ResponseMcpCallArgumentsDelta(delta="{", **ids))
    assert conversation.item("m").text == "{"
    apply(conversation, ev.ResponseMcpCallArgumentsDone(arguments="{}", **ids))
    assert conversation.item("m").item.arguments == "{}"


def test_truncation_removes_the_transcript_for_good() -> None:
    truncated = ev.ConversationItemTruncated(item_id="o", content_index=0, audio_end_ms=640)
    late = ev.ConversationItemDone(item=answer("o", INCOMPLETE, ev.OutputAudio(transcript="all of it")))
    conversation = folded(output(answer("o")), added(answer("o")), said("o", "all of it"), truncated, late)
    entry = conversation.item("o")
    assert (entry.truncated_ms, entry.text, entry.has_audio) == (640, "", True)


def test_a_deleted_item_stays_away_until_it_is_added_anew() -> None:
    deleted = ev.ConversationItemDeleted(item_id="a")
    late = ev.ConversationItemDone(item=user("a"))
    conversation = folded(added(user("a")), deleted, late, transcript("a", "x"), transcribed("a", "y"), deleted)
    assert (order(conversation), conversation.item("a")) == ([], None)
    apply(conversation, added(user("a", "again")))
    assert conversation.item("a").text == "again"


def test_an_item_beside_the_conversation_can_be_deleted_too() -> None:
    conversation = folded(created("r", None), output(answer("o")), ev.ConversationItemDeleted(item_id="o"))
    assert conversation.item("o") is None


def test_parts_of_unknown_types_are_kept_whole() -> None:
    part = ev.UnknownPart(value={"type": "smell"})
    item = answer("o", COMPLETED, part)
    conversation = folded(output(item), added(item), said("o", "x"))
    assert conversation.item("o").item.content == [part]
    assert conversation.item("o").text == ""


def test_a_response_runs_and_ends_once() -> None:
    conversation = folded(created())
    assert conversation.active_response.id == "r"
    assert conversation.responses["r"].active
    apply(conversation, done("r", "cancelled"))
    apply(conversation, done("r", COMPLETED, answer("late", COMPLETED)))
    apply(conversation, created())
    response = conversation.responses["r"]
    assert (response.status, response.ended, conversation.active_response) == ("cancelled", True, None)
    assert conversation.item("late") is None


@pytest.mark.parametrize("status", [COMPLETED, "cancelled", "failed", INCOMPLETE, "a new one"])
def test_done_without_created_is_tolerated(status) -> None:
    conversation = folded(done("r", status, answer("o", COMPLETED, ev.OutputText(text="x"))))
    response = conversation.responses["r"]
    assert response.status == (COMPLETED if status == "a new one" else status)
    assert response.outputs[0].text == "x"
    assert order(conversation) == []


def test_done_settles_items_whose_own_done_never_came() -> None:
    item = answer("o")
    whole = answer("o", COMPLETED, ev.OutputText(text="x"))
    conversation = folded(created(), output(item), added(item), done("r", COMPLETED, whole, answer("")))
    assert conversation.item("o").status == COMPLETED


def test_a_response_beside_the_conversation_is_not_the_active_one() -> None:
    item = answer("o")
    conversation = folded(created("beside", None), output(item, response_id="beside"))
    assert conversation.active_response is None
    assert conversation.responses["beside"].out_of_band
    apply(conversation, added(item))
    assert conversation.active_response.id == "beside", "a peer that names no conversation is judged by its items"


def test_responses_without_an_id_and_events_for_unknown_ids_change_nothing() -> None:
    ids = {"response_id": "r", "item_id": "x", "output_index": 0}
    before = folded(added(user("a"))).snapshot()
    nothing = [
        ev.ResponseCreated(response=ev.Response()),
        ev.ResponseDone(response=ev.Response()),
        ev.ConversationItemTruncated(item_id="x", content_index=0, audio_end_ms=1),
        ev.ConversationItemDeleted(item_id="x"),
        said("x", "y"),
        ev.ResponseOutputAudioTranscriptDone(content_index=0, transcript="y", **ids),
        ev.ResponseOutputTextDelta(content_index=0, delta="y", **ids),
        ev.ResponseOutputTextDone(content_index=0, text="y", **ids),
        ev.ResponseContentPartAdded(content_index=0, part=ev.TextPart(text=""), **ids),
        ev.ResponseMcpCallArgumentsDelta(delta="y", **ids),
        ev.ResponseMcpCallArgumentsDone(arguments="y", **ids),
        ev.ResponseOutputItemDone(response_id="r", output_index=0, item=user("")),
        ev.ResponseOutputAudioDelta(content_index=0, delta=b"\0\0", **ids),
        ev.UnknownEvent(type="new", value={"type": "new"}),
    ]
    assert folded(added(user("a")), *nothing).snapshot() == before


def test_history_is_bounded(monkeypatch) -> None:
    monkeypatch.setattr(conversation_state, "RESPONSES_KEPT", 2)
    monkeypatch.setattr(conversation_state, "CONVERSATION_MAX_ITEMS", 3)
    conversation = Conversation()
    for number in range(5):
        inside, beside = answer(f"in{number}"), answer(f"beside{number}")
        name = f"r{number}"
        for event in (created(name), output(inside, 0, name), output(beside, 1, name), added(inside)):
            apply(conversation, event)
    assert order(conversation) == ["in2", "in3", "in4"]
    assert list(conversation.responses) == ["r3", "r4"]
    assert conversation.active_response.id == "r3"
    assert (conversation.item("beside2"), conversation.item("beside3") is not None) == (None, True)


def test_the_session_is_the_last_one_reported() -> None:
    session = ev.TranscriptionSession(object="realtime.transcription_session", id="s")
    assert folded(ev.SessionCreated(session=session)).session is session


def test_snapshots_tell_different_conversations_apart() -> None:
    kinds: list[ev.Item] = [
        user("a"),
        speech("a"),
        ev.Message(id="a", role="user", content=[ev.InputImage(image_url="data:")]),
        ev.FunctionCall(id="a", name="f", arguments="{}", call_id="c"),
        ev.FunctionCallOutput(id="a", call_id="c", output="1"),
        ev.McpApprovalRequest(id="a", server_label="s", name="n", arguments="{}"),
        ev.UnknownItem(value={"type": "hologram", "id": "a"}),
    ]
    shapes = [folded(added(item)).snapshot() for item in kinds]
    assert len(set(shapes)) == len(kinds)
    assert folded(added(kinds[-1])).items[0].text == ""
    assert folded(created()).snapshot() != folded(created(), done()).snapshot()
