"""Is every response billed for its whole context, by modality, and for what it said?"""

from __future__ import annotations

import pytest

from bareline.protocol import events as ev
from bareline.protocol.authority.rates import Rates
from bareline.protocol.authority.tokens import ITEM_TOKENS, text_tokens, transcript_usage
from bareline.protocol.generation import CallDelta, SpeechDelta, TextDelta
from bareline.protocol.images import data_uri
from bareline.protocol.server_endpoint import ServerOptions
from bareline.testing.images import jpeg_header, png
from bareline.units import NS_PER_S

MS = 48


@pytest.fixture
def bare(serve):
    """A session without instructions, so that only items cost."""
    served = serve()
    served.say(ev.SessionUpdate(session=ev.RealtimeSessionConfig(instructions="")))
    return served


def bill(served, *outputs) -> ev.Usage:
    response_id = served.respond().response_id
    served.produce(response_id, *outputs)
    return served.finish(response_id)[-2].response.usage


def spoken_by_user(served, ms: int) -> None:
    served.say(
        ev.SessionUpdate(
            session=ev.RealtimeSessionConfig(audio=ev.AudioConfig(input=ev.AudioInputConfig(turn_detection=None)))
        ),
        ev.InputAudioBufferAppend(audio=bytes(ms * MS)),
        ev.InputAudioBufferCommit(),
    )


def test_the_users_audio_costs_what_it_did_in_live_traffic(bare) -> None:
    spoken_by_user(bare, 2_796)
    usage = bill(bare)
    assert usage.input_token_details.audio_tokens == 27
    assert usage.input_token_details.text_tokens == ITEM_TOKENS
    assert (usage.input_tokens, usage.output_tokens, usage.total_tokens) == (31, 0, 31)


def test_the_assistants_audio_and_transcript_both_count(bare) -> None:
    usage = bill(
        bare, SpeechDelta(transcript="Hello", audio=bytes(1_070 * MS)), CallDelta(item=1, name="f", arguments="{}")
    )
    assert usage.output_token_details == ev.OutputTokens(text_tokens=2 + 1, audio_tokens=21)
    assert usage.output_tokens == 24


def test_the_whole_context_is_billed_again_and_its_known_beginning_is_cached(bare) -> None:
    bare.write("12345678")
    first = bill(bare, TextDelta(text="1234"))
    assert (first.input_tokens, first.input_token_details.cached_tokens) == (ITEM_TOKENS + 2, 0)
    bare.write("1234")
    second = bill(bare)
    assert second.input_tokens == 3 * ITEM_TOKENS + 4
    assert second.input_token_details.cached_tokens == ITEM_TOKENS + 2
    assert second.input_token_details.cached_tokens_details.text_tokens == ITEM_TOKENS + 2
    third = bill(bare)
    assert third.input_token_details.cached_tokens == third.input_tokens


@pytest.mark.parametrize(
    "change",
    [ev.RealtimeSessionConfig(instructions="new"), ev.RealtimeSessionConfig(tools=[ev.FunctionTool(name="f")])],
)
def test_other_instructions_or_tools_leave_no_cache(bare, change) -> None:
    bare.write("one")
    before = bill(bare)
    bare.say(ev.SessionUpdate(session=change))
    after = bill(bare)
    assert after.input_token_details.cached_tokens == 0
    assert after.input_tokens > before.input_tokens


def test_a_truncated_item_leaves_the_cache_before_it(bare) -> None:
    bare.write("one")
    bill(bare, SpeechDelta(transcript="two", audio=bytes(1_000 * MS)))
    full = bill(bare)
    item_id = bare.endpoint.conversation.items[1].id
    bare.say(ev.ConversationItemTruncate(item_id=item_id, content_index=0, audio_end_ms=500))
    cut = bill(bare)
    assert full.input_token_details.audio_tokens - cut.input_token_details.audio_tokens == 10
    assert cut.input_token_details.cached_tokens == ITEM_TOKENS + 1


def test_images_calls_outputs_and_other_items_count(bare) -> None:
    url, large = data_uri("png", png(300, 200)), data_uri("jpeg", jpeg_header(1024, 1024))
    images = [ev.InputImage(image_url=url, detail="low"), ev.InputImage(image_url=url), ev.InputImage(image_url=large)]
    for item in (
        ev.Message(role="user", content=images),
        ev.FunctionCall(name="four", arguments="1234", call_id="c"),
        ev.FunctionCallOutput(call_id="c", output="1234"),
        ev.McpApprovalResponse(id="m", approval_request_id="r", approve=True),
    ):
        bare.say(ev.ConversationItemCreate(item=item))
    details = bill(bare).input_token_details
    assert (details.image_tokens, details.text_tokens) == (85 + 255 + 765, 3 * ITEM_TOKENS + 2 + 1)


def test_items_given_with_the_request_are_billed_without_an_id(bare) -> None:
    item = ev.Message(role="user", content=[ev.InputText(text="1234")])
    config = ev.ResponseConfig(conversation="none", input=[item])
    usages = []
    for _ in range(2):
        response_id = bare.respond(config).response_id
        usages.append(bare.finish(response_id)[-2].response.usage)
    assert [usage.input_tokens for usage in usages] == [ITEM_TOKENS + 1] * 2
    assert [usage.input_token_details.cached_tokens for usage in usages] == [0, ITEM_TOKENS + 1]


def test_text_is_estimated_upwards() -> None:
    assert [text_tokens("x" * count) for count in (0, 1, 4, 5)] == [0, 1, 1, 2]


def test_transcripts_are_billed_by_seconds_or_by_tokens() -> None:
    assert transcript_usage("whisper-1", 2_001, "hi") == ev.TranscriptUsage(type="duration", seconds=3)
    usage = transcript_usage("gpt-4o-transcribe", 2_001, "hello")
    assert (usage.input_tokens, usage.output_tokens, usage.total_tokens) == (20, 2, 22)


def test_the_rate_limit_refills_over_a_minute() -> None:
    rates = Rates(600)
    assert rates.after(100, 0).remaining == 500
    limit = rates.after(0, 5 * NS_PER_S)
    assert (limit.name, limit.limit, limit.remaining, limit.reset_seconds) == ("tokens", 600, 550, 5.0)
    assert rates.after(10_000, 3_600 * NS_PER_S).remaining == 0


def test_rate_limits_and_padding_can_be_left_out(serve, types) -> None:
    served = serve(options=ServerOptions(tokens_per_minute=None, obfuscation=False))
    response_id = served.respond().response_id
    assert served.produce(response_id, TextDelta(text="x"))[-1].obfuscation is ev.UNSET
    assert types(served.finish(response_id))[-1] == "response.done"


def test_padding_is_the_same_for_the_same_seed_and_varies_in_length(serve) -> None:
    def lengths() -> list[int]:
        served = serve()
        response_id = served.respond().response_id
        deltas = served.produce(response_id, *[TextDelta(text="x")] * 50)[3:]
        return [len(delta.obfuscation) for delta in deltas]

    assert lengths() == lengths()
    assert set(lengths()) >= {1, 16}
    assert len(set(lengths())) > 8


def test_the_session_of_a_client_secret_is_in_force_from_the_start(serve) -> None:
    initial = ev.RealtimeSessionConfig(model="other", instructions="Be kind.", output_modalities=["text"])
    session = serve(initial=initial).endpoint.session
    assert (session.model, session.instructions, session.output_modalities) == ("gpt-realtime", "Be kind.", ["text"])
    assert isinstance(serve(initial=initial, intent="transcription").endpoint.session, ev.RealtimeSession)
