"""Does an ordinary page, with nothing but the browser's own WebRTC, hold a spoken conversation with the server?"""

from __future__ import annotations

import pytest

pytestmark = [pytest.mark.interop, pytest.mark.timeout(240)]

TASKS = [{"title": title} for title in ("buy oat milk", "call the dentist", "print the boarding passes")]
SESSION = {
    "instructions": "You are the voice of a task manager.",
    "tools": [
        {
            "type": "function",
            "name": "list_tasks",
            "description": 'List the user\'s tasks. Use when they ask "what is on my list".',
            "parameters": {"type": "object", "properties": {}},
        }
    ],
    "audio": {
        "input": {
            "transcription": {"model": "gpt-4o-mini-transcribe"},
            "turn_detection": {"type": "server_vad", "silence_duration_ms": 1_000},
        }
    },
}
ANSWERS = [
    "there are three tasks buy oat milk call the dentist and print the boarding passes",
    "there are three tasks",
    "all right",
    "you have nothing on your list",
    "hello what can i do for you",
    "goodbye",
]


@pytest.fixture
def plain(start, site, open_page):
    """``plain(microphone)``: a page in a call with the rules backend, and the server."""

    def plain(microphone, **options):
        server = start("--backend", "rules")
        page = open_page(f"{site.url}/pages/plain.html", microphone=microphone)
        page.wait_for_function("window.plain")
        called = {"url": server.url, "key": "sk-any", "session": SESSION, "results": {"list_tasks": TASKS}, **options}
        return page, page.evaluate("(options) => window.plain.call(options)", called)

    return plain


def events(page, kind: str = "") -> list[dict]:
    found = page.evaluate("window.plain.happened")
    return [event for event in found if event["type"].startswith(kind)]


def until(page, expression: str, timeout_s: float = 30) -> None:
    page.wait_for_function(
        f"() => {{ const all = window.plain.happened; return {expression}; }}", timeout=timeout_s * 1e3
    )


@pytest.fixture
def understood(plain, say):
    """``understood()``: a page whose question was understood, and its answer sounds.

    On a machine with much else to do the sound of a page has gaps, and the recogniser is so small that it then asks
    again; what is tested here comes after that, so another call is made.
    """

    def understood():
        for _ in range(6):
            page, _ = plain("told")
            until(page, "all.some(({type}) => type === 'session.updated')")
            say(page, "What is on my list?")
            until(page, "all.some(({type}) => type === 'output_audio_buffer.started')")
            if events(page, "response.function_call_arguments.done"):
                return page
            page.close()
        pytest.fail("the question was not understood in six calls")

    return understood


@pytest.fixture
def say(speech, tmp_path):
    """``say(page, text)``: into the microphone of the page, until the last sample."""
    return lambda page, text: page.evaluate("(wav) => window.say(wav)", speech.wav(tmp_path, text))


def recording(page) -> str:
    """Of all that the page heard: when the server has handed it all out, some is still on its way to the ear."""
    page.wait_for_timeout(500)
    return page.evaluate("window.plain.recording()")


def test_behaviour_4_the_answer_has_an_msid_so_the_page_gets_a_stream(plain) -> None:
    _, opened = plain(None)
    assert opened["streams"] == 1


def test_behaviour_3_a_page_of_another_origin_reads_status_and_call_id(plain) -> None:
    _, opened = plain(None)
    assert opened["status"] == 201
    assert opened["location"].startswith("/v1/realtime/calls/rtc_")


def test_a_conversation_by_voice_with_a_tool_and_an_interruption(understood, say, speech) -> None:
    """The microphone asks, lets the answer begin, and says stop into it."""
    page = understood()
    page.wait_for_timeout(2_500)
    say(page, "Stop.")
    until(page, "all.filter(({type}) => type === 'response.done').length >= 3")
    until(page, "all.some(({type}) => type === 'output_audio_buffer.cleared')")
    until(page, "all.filter(({type}) => type === 'output_audio_buffer.stopped').length >= 1")

    said = [event["transcript"] for event in events(page, "conversation.item.input_audio_transcription.completed")]
    assert ["what is on my list" in said[0], "stop" in said[1], len(said)] == [True, True, 2]
    calls = events(page, "response.function_call_arguments.done")
    assert [call["name"] for call in calls] == ["list_tasks"]
    told = events(page, "response.output_audio_transcript.done")
    assert told[0]["transcript"].startswith("There are 3 tasks: buy oat milk")
    assert not events(page, "response.output_audio.delta"), "sound travels as media"

    listing, answer = speech.stretches(speech.heard(recording(page)))
    assert speech.recognised(answer, ANSWERS) == "all right"
    cut = events(page, "conversation.item.truncated")[0]
    assert len(listing) / 48 == pytest.approx(cut["audio_end_ms"], abs=300), "it was told what the page heard"
    assert len(listing) / 48 < 4_500


def test_the_whole_answer_is_heard_word_for_word(understood, speech) -> None:
    page = understood()
    until(page, "all.some(({type}) => type === 'output_audio_buffer.stopped')")
    heard = speech.stretches(speech.heard(recording(page)))
    assert [speech.recognised(stretch, ANSWERS) for stretch in heard] == [ANSWERS[0]]


def test_behaviour_15_playback_events_name_their_response(understood) -> None:
    page = understood()
    until(page, "all.some(({type}) => type === 'output_audio_buffer.stopped')")
    spoken = {event["response_id"] for event in events(page, "output_audio_buffer")}
    assert spoken == {events(page, "response.output_audio.done")[0]["response_id"]}
    order = [event["type"] for event in events(page)]
    assert order.index("output_audio_buffer.started") < order.index("output_audio_buffer.stopped")
    assert order.index("response.output_audio.done") < order.index("output_audio_buffer.stopped")
