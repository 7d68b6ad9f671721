"""Does the unmodified ``@openai/agents-realtime``, in a page, hold a spoken conversation with the server?"""

from __future__ import annotations

from pathlib import Path

import pytest

pytestmark = [pytest.mark.interop, pytest.mark.timeout(120)]

BUNDLE = Path(__file__).parent / "node_modules/@openai/agents-realtime/dist/bundle/openai-realtime-agents.umd.js"
AGENT = {
    "instructions": "You are the voice of a task manager.",
    "name": "list_tasks",
    "description": 'List the user\'s tasks. Use when they ask "what is on my list".',
    "result": '[{"title": "buy oat milk"}, {"title": "call the dentist"}, {"title": "print the boarding passes"}]',
}
ANSWERS = [
    "there are three tasks buy oat milk call the dentist and print the boarding passes",
    "there are three tasks",
    "all right",
    "you have nothing on your list",
    "goodbye",
]


@pytest.fixture
def agents(start, site, open_page, speech):
    """A page with the SDK, connected with a client secret as in production; sounds to say lie beside it."""
    if not BUNDLE.exists():
        pytest.skip("@openai/agents-realtime is not there: npm ci --prefix tests/interop/browser")
    server = start("--backend", "rules")
    for name, text in {"ask": "What is on my list?", "stop": "Stop."}.items():
        speech.write(site.sounds / f"{name}.wav", bytes(48 * 50) + speech.spoken(text) + bytes(48 * 50))
    page = open_page(f"{site.url}/pages/agents.html")
    page.wait_for_function("window.agents")
    page.connected = page.evaluate(
        "(options) => window.agents.connect(options)", {**AGENT, "url": server.url, "key": _secret(server)}
    )
    return page


def _secret(server) -> str:
    import asyncio
    from concurrent.futures import ThreadPoolExecutor

    import bareline as bl

    with ThreadPoolExecutor(1) as apart:  # Playwright keeps an event loop running in this thread
        mint = bl.mint_client_secret(base_url=server.url, api_key="sk-any", ttl=60)
        return apart.submit(asyncio.run, mint).result().value


def received(page, kind: str = "") -> list[dict]:
    return [event for event in page.evaluate("window.agents.happened") if event["type"].startswith(kind)]


def until(page, expression: str, timeout_s: float = 30) -> None:
    wanted = f"() => {{ const all = window.agents.happened; return {expression}; }}"
    page.wait_for_function(wanted, timeout=timeout_s * 1000)


def say(page, name: str) -> None:
    page.evaluate("(url) => window.agents.say(url)", f"/sounds/{name}.wav")


def ask(page) -> int:
    """Until it is understood, as one does with people; how often that was. The answer sounds then."""
    for tries in (1, 2, 3):
        say(page, "ask")
        until(page, f"all.filter(({{type}}) => type === 'output_audio_buffer.started').length === {tries}")
        if page.evaluate("window.agents.ran"):
            return tries
        page.wait_for_timeout(4_000)
    pytest.fail("it was not understood three times")


def test_behaviour_36_connect_resolves_on_session_updated(agents) -> None:
    """Had no ``session.updated`` come, the SDK would have waited five seconds and warned."""
    assert agents.connected["status"] == "connected"
    assert agents.connected["callId"].startswith("rtc_")
    order = [event["type"] for event in received(agents)]
    assert "session.updated" in order
    connected = received(agents, "sdk.connected")[0]["pageMs"]
    assert connected - received(agents, "session.updated")[0]["pageMs"] < 500
    assert connected < 4_000
    assert agents.evaluate("window.agents.errors") == []


def test_a_conversation_by_voice_with_a_tool_and_an_interruption(agents, speech) -> None:
    page = agents
    ask(page)
    page.wait_for_timeout(2_500)
    say(page, "stop")
    until(page, "all.some(({type}) => type === 'conversation.item.truncated')")
    until(page, "all.some(({type}) => type === 'output_audio_buffer.stopped')")

    assert [call["name"] for call in page.evaluate("window.agents.ran")] == ["list_tasks"]
    assert received(page, "output_audio_buffer.cleared")
    page.wait_for_timeout(500)  # what the server has handed out is still on its way to the ear
    # The silence is that of a turn, about 900 ms; between words there are 200.
    *_, listing, answer = speech.stretches(speech.heard(page.evaluate("window.agents.recording()")), pause_ms=500)
    assert speech.recognised(answer, ANSWERS) == "all right"
    assert 1_500 < len(listing) / 48 < 4_500, "the list was cut"
    assert page.evaluate("window.agents.errors") == []


def test_the_sdk_reads_every_event_as_its_own_type(agents, speech) -> None:
    """What its schema does not know it passes on as generic, and its own events then stay away."""
    page = agents
    tries = ask(page)
    until(page, f"all.filter(({{type}}) => type === 'output_audio_buffer.stopped').length === {tries}")
    messages = [item for item in page.evaluate("window.agents.history()") if item["type"] == "message"][-2:]
    assert [message["role"] for message in messages] == ["user", "assistant"]
    assert "what is on my list" in messages[0]["content"][0]["transcript"]
    assert messages[1]["content"][0]["transcript"].startswith("There are 3 tasks: buy oat milk")
    page.wait_for_timeout(500)
    heard = speech.stretches(speech.heard(page.evaluate("window.agents.recording()")))
    assert speech.recognised(heard[-1], ANSWERS) == ANSWERS[0]


def test_the_applications_own_interruption_silences_the_agent(agents, speech) -> None:
    page = agents
    page.evaluate("window.agents.send('What is on my list?')")
    until(page, "all.some(({type}) => type === 'output_audio_buffer.started')")
    page.wait_for_timeout(1_000)
    page.evaluate("window.agents.interrupt()")
    until(page, "all.some(({type}) => type === 'output_audio_buffer.cleared')")
    page.wait_for_timeout(1_000)
    heard = speech.stretches(speech.heard(page.evaluate("window.agents.recording()")))
    assert [len(stretch) / 48 < 2_000 for stretch in heard] == [True]
    assert page.evaluate("window.agents.errors") == []
