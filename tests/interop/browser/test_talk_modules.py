"""Do the talk page's measurements say what really was? Its modules, fed with levels and events that are known."""

from __future__ import annotations

import pytest

pytestmark = [pytest.mark.interop, pytest.mark.timeout(60)]

FEED = """async ({blocks, events}) => {
    const { Turns } = await import('/turns.js');
    const found = [];
    const turns = new Turns({
        answered: (startS, endS) => found.push(['answered', endS - startS]),
        silenced: (s) => found.push(['silenced', s]),
    });
    for (const [endS, you, agent] of blocks) {
        for (const [at, name] of events) if (at > endS - 0.01 && at <= endS) turns[name]();
        turns.feed(endS, 0.01, you, agent);
    }
    return found;
}"""


@pytest.fixture(scope="module")
def modules(chromium):
    """A page that can import the modules."""
    import http.server
    import threading
    from functools import partial
    from importlib.resources import files

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    folder = str(files("bareline").joinpath("console", "talk"))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    browser = chromium()
    page = browser.new_page()
    page.goto(f"http://127.0.0.1:{server.server_port}/icon.svg")
    yield page
    browser.close()
    server.shutdown()
    server.server_close()
    thread.join(5)


def levels(seconds: float, *, you=(), agent=(), noise=-70) -> list:
    """Blocks of 10 ms; ``you`` and ``agent`` are stretches (from, to) of speech."""

    def level(at: float, stretches, quiet: float) -> float:
        return -20 if any(start <= at < end for start, end in stretches) else quiet

    count = round(seconds * 100)
    return [[(i + 1) / 100, level(i / 100, you, noise), level(i / 100, agent, -100)] for i in range(count)]


def measured(page, blocks, *events) -> list:
    return page.evaluate(FEED, {"blocks": blocks, "events": events})


@pytest.mark.parametrize("noise", [-90, -70, -52])
def test_the_wait_for_an_answer(modules, noise) -> None:
    blocks = levels(6, you=[(1, 1.6), (1.7, 2.5)], agent=[(3.14, 5)], noise=noise)
    assert measured(modules, blocks, [2.9, "turnOver"]) == [["answered", pytest.approx(0.64, abs=0.011)]]


def test_sound_that_was_no_turn_is_not_counted(modules) -> None:
    blocks = levels(8, you=[(1, 2), (3.9, 3.91)], agent=[(2.5, 3.5), (5, 6)])
    assert measured(modules, blocks, [2.3, "turnOver"]) == [["answered", pytest.approx(0.5, abs=0.011)]]


def test_pauses_in_an_answer_are_no_new_answers(modules) -> None:
    blocks = levels(8, you=[(1, 2)], agent=[(2.5, 3.5), (3.9, 5), (5.1, 6)])
    assert len(measured(modules, blocks, [2.3, "turnOver"])) == 1


def test_the_silence_after_an_interruption(modules) -> None:
    blocks = levels(8, you=[(1, 2), (4, 4.8)], agent=[(2.5, 4.31)])
    found = measured(modules, blocks, [2.3, "turnOver"], [4.25, "cleared"])
    assert found[1] == ["silenced", pytest.approx(0.31, abs=0.011)]


CONVERSATION = """async (events) => {
    const { Conversation } = await import('/conversation.js');
    const conversation = new Conversation();
    for (const event of events) conversation.fold(event, 0);
    return conversation.entries;
}"""


def test_events_in_any_number_and_of_any_kind_make_a_conversation(modules) -> None:
    """Unknown items, cut answers, outputs of others' calls, failures: nothing throws, and the words are in order."""
    call = {"type": "function_call", "id": "i2", "call_id": "c1", "name": "look", "arguments": ""}
    events = [
        {"type": "input_audio_buffer.speech_started", "item_id": "i1"},
        {"type": "conversation.item.added", "item": {"type": "mcp_list_tools", "id": "i0"}},
        {"type": "response.output_item.added", "item": call},
        {"type": "response.function_call_arguments.done", "item_id": "i2", "arguments": '{"a":1}'},
        {"type": "conversation.item.done", "item": {"type": "function_call_output", "call_id": "c1", "output": "[]"}},
        {"type": "conversation.item.added", "item": {"type": "function_call_output", "call_id": "c9", "output": "[]"}},
        {"type": "conversation.item.input_audio_transcription.completed", "item_id": "i1", "transcript": " look "},
        {"type": "response.output_item.added", "item": {"type": "message", "id": "i3", "role": "assistant"}},
        {"type": "response.output_audio_transcript.delta", "item_id": "i3", "delta": "Not"},
        {"type": "response.output_audio_transcript.done", "item_id": "i3", "transcript": "Nothing there."},
        {"type": "conversation.item.truncated", "item_id": "i3", "audio_end_ms": 700},
        {"type": "response.done", "response": {"status": "failed", "status_details": {"error": {"message": "no"}}}},
        {"type": "error", "error": {"code": "response_cancel_not_active", "message": "harmless"}},
        {"type": "something.new"},
    ]
    entries = modules.evaluate(CONVERSATION, events)
    assert [(entry["kind"], entry["text"]) for entry in entries] == [
        ("user", "look"),
        ("tool", ""),
        ("agent", "Nothing there."),
        ("notice", "The answer failed: no"),
    ]
    assert (entries[1]["arguments"], entries[1]["output"]) == ('{"a":1}', "[]")
    assert entries[2]["heardMs"] == 700
