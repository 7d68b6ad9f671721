"""Does the server take anything that a client may send, and stay in order?"""

from __future__ import annotations

import json

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bareline.protocol import events as ev
from bareline.protocol.generation import SpeechDelta

IDS = st.sampled_from(["a", "root", "", "item_x", "a" * 40])
TEXTS = st.text(max_size=8)
PARTS = st.fixed_dictionaries(
    {"type": st.sampled_from(["input_text", "input_audio", "input_image", "output_text", "output_audio", "x"])},
    optional={
        "text": TEXTS,
        "audio": st.sampled_from(["", "AAAA", "AAA", "ä", "A\n==", "AA==", "\ud800"]),
        "transcript": st.none() | TEXTS,
        "image_url": st.sampled_from(["data:image/png;base64,AAAA", "http://x"]),
    },
)
ITEMS = st.fixed_dictionaries(
    {"type": st.sampled_from(["message", "function_call", "function_call_output", "mcp_approval_response", "x"])},
    optional={
        "id": IDS,
        "role": st.sampled_from(["user", "assistant", "system"]),
        "content": st.lists(PARTS, max_size=2),
        "name": TEXTS,
        "arguments": TEXTS,
        "call_id": IDS,
        "output": TEXTS,
        "approval_request_id": IDS,
        "approve": st.booleans(),
    },
)
RESPONSES = st.fixed_dictionaries(
    {},
    optional={
        "conversation": st.sampled_from(["auto", "none", "x", None]),
        "input": st.lists(ITEMS | st.just({"type": "item_reference", "id": "a"}), max_size=2) | st.none(),
        "max_output_tokens": st.sampled_from(["inf", 0, 1, 5, None]),
        "metadata": st.none() | st.dictionaries(TEXTS, TEXTS, max_size=2),
        "output_modalities": st.sampled_from([["text"], ["audio"], ["text", "audio"], None]),
        "instructions": st.none() | TEXTS,
        "tools": st.just([]) | st.none(),
        "audio": st.sampled_from([None, {}, {"output": None}, {"output": {"voice": "echo", "format": None}}]),
    },
)
SESSIONS = st.fixed_dictionaries(
    {"type": st.sampled_from(["realtime", "transcription"])},
    optional={
        "instructions": TEXTS | st.none(),
        "tracing": st.sampled_from(["auto", None]),
        "audio": st.sampled_from(
            [None, {"input": {"turn_detection": None}}, {"input": {"format": {"type": "audio/pcmu"}}}, {"output": {}}]
        ),
    },
)
MESSAGES = st.one_of(
    *(
        st.fixed_dictionaries({"type": st.just(kind), **fields}, optional={"event_id": IDS})
        for kind, fields in {
            "conversation.item.create": {"item": ITEMS, "previous_item_id": IDS | st.none()},
            "conversation.item.delete": {"item_id": IDS},
            "conversation.item.retrieve": {"item_id": IDS},
            "conversation.item.truncate": {
                "item_id": IDS,
                "content_index": st.integers(-1, 1),
                "audio_end_ms": st.integers(-1, 9),
            },
            "response.create": {"response": RESPONSES | st.none()},
            "response.cancel": {"response_id": IDS | st.none()},
            "session.update": {"session": SESSIONS},
            "input_audio_buffer.append": {"audio": st.sampled_from(["", "A", "AAAA", "A" * 8_000, 1])},
            "input_audio_buffer.commit": {},
            "input_audio_buffer.clear": {},
            "output_audio_buffer.clear": {},
        }.items()
    )
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(messages=st.lists(MESSAGES.map(json.dumps).map(str.encode) | st.binary(max_size=20), max_size=25))
def test_no_message_of_a_client_raises_or_goes_unanswered(serve, messages) -> None:
    served = serve()
    for message in messages:
        answers = served.raw(message)
        for request in served.requests:
            if len(answers) < 3:
                served.produce(request.response_id, SpeechDelta(transcript="x", audio=bytes(96)))
        errors = [answer for answer in answers if isinstance(answer, ev.Error)]
        assert len(errors) in ({0, 1} if len(answers) <= 1 else {0})
