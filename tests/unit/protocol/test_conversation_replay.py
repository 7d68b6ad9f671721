"""What of a conversation does a new session learn, and is the rest reported?"""

from __future__ import annotations

from bareline.protocol import events as ev
from bareline.protocol.conversation import Conversation, apply, replay_items

COMPLETED, INCOMPLETE = "completed", "incomplete"


def folded(*events: ev.ServerEvent) -> Conversation:
    conversation = Conversation()
    for event in events:
        apply(conversation, event)
    return conversation


def added(item: ev.Item) -> ev.ConversationItemAdded:
    return ev.ConversationItemAdded(item=item)


def speech(item_id: str) -> ev.Message:
    return ev.Message(id=item_id, role="user", status=COMPLETED, content=[ev.InputAudio()])


def answer(item_id: str, status: str = "in_progress", *content: ev.Part) -> ev.Message:
    return ev.Message(id=item_id, role="assistant", status=status, content=list(content))


def transcribed(item_id: str, text: str) -> ev.ConversationItemInputAudioTranscriptionCompleted:
    usage = ev.TranscriptUsage(type="duration", seconds=1)
    return ev.ConversationItemInputAudioTranscriptionCompleted(
        item_id=item_id, content_index=0, transcript=text, usage=usage
    )


def said(item_id: str, text: str) -> ev.ResponseOutputAudioTranscriptDelta:
    return ev.ResponseOutputAudioTranscriptDelta(
        response_id="r", item_id=item_id, output_index=0, content_index=0, delta=text
    )


def test_a_conversation_is_told_again_as_text() -> None:
    call = ev.FunctionCall(id="f", name="look", arguments="{}", call_id="c", status=COMPLETED)
    result = ev.FunctionCallOutput(id="o", call_id="c", output="1")
    image = ev.InputImage(image_url="data:image/png;base64,AAAA")
    conversation = folded(
        added(ev.Message(id="s", role="system", content=[ev.InputText(text="Be kind.")], status=COMPLETED)),
        added(ev.Message(id="i", role="user", content=[image], status=COMPLETED)),
        added(speech("u")),
        transcribed("u", "What is on my list?"),
        added(call),
        added(result),
        added(answer("a", COMPLETED, ev.OutputAudio(transcript="Milk."), ev.OutputText(text="Bread."))),
    )
    replayed = replay_items(conversation)
    assert replayed.lost == []
    assert replayed.items == [
        ev.Message(id="s", role="system", content=[ev.InputText(text="Be kind.")]),
        ev.Message(id="i", role="user", content=[image]),
        ev.Message(id="u", role="user", content=[ev.InputText(text="What is on my list?")]),
        ev.FunctionCall(id="f", name="look", arguments="{}", call_id="c"),
        ev.FunctionCallOutput(id="o", call_id="c", output="1"),
        ev.Message(id="a", role="assistant", content=[ev.OutputText(text="Milk."), ev.OutputText(text="Bread.")]),
    ]


def test_what_cannot_be_told_again_is_reported() -> None:
    conversation = folded(
        added(speech("unheard")),
        added(answer("cut", INCOMPLETE, ev.OutputAudio(transcript="never heard"))),
        ev.ConversationItemTruncated(item_id="cut", content_index=0, audio_end_ms=500),
        added(ev.FunctionCall(id="f", name="look", arguments="{", call_id="c", status=INCOMPLETE)),
        added(ev.FunctionCallOutput(id="o", call_id="c", output="1")),
        added(ev.McpListTools(id="m", server_label="s", tools=[])),
        added(answer("half")),
        said("half", "I was say"),
        added(answer("empty", COMPLETED)),
    )
    replayed = replay_items(conversation)
    assert replayed.items == [ev.Message(id="half", role="assistant", content=[ev.OutputText(text="I was say")])]
    assert [(lost.item_id, lost.why) for lost in replayed.lost] == [
        ("unheard", "a part has no text"),
        ("cut", "it was interrupted after 500 ms; what was heard of it has no text"),
        ("f", "the function call was cut off"),
        ("o", "the output's function call is not kept"),
        ("m", "only messages and function calls can be told again"),
        ("half", "it was not finished"),
        ("empty", "it is empty"),
    ]
