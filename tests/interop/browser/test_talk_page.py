"""Does the page of ``bareline talk --browser`` do what a person does with it, on wide and narrow screens?

Screenshots of every state are left in the test's temporary folder (``--basetemp DIR`` keeps them where one wants them).
"""

from __future__ import annotations

import os
import random
import re
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.interop, pytest.mark.timeout(120)]

WIDE = {"viewport": {"width": 1280, "height": 800}}
NARROW = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "has_touch": True}
SCREENS = pytest.mark.parametrize("screen", [WIDE, NARROW], ids=["wide", "narrow"])
LIGHTS = pytest.mark.parametrize("light", ["light", "dark"])


class Talk:
    """The command, running."""

    def __init__(self, *options: str, **surroundings: str) -> None:
        program = Path(sys.executable).with_name("bareline")
        self.process = subprocess.Popen(
            [program, "talk", "--browser", "--no-open", "--port", "0", *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={key: value for key, value in os.environ.items() if not key.startswith("OPENAI_")} | surroundings,
        )
        ready, _, _ = select.select([self.process.stdout], [], [], 30)
        line = self.process.stdout.readline() if ready else ""
        found = re.search(r"http://127\.0\.0\.1:\d+/", line)
        if found is None:
            self.stop()
            pytest.fail(f"the command said {line!r}")
        self.url = found[0]

    def stop(self, number: int = signal.SIGINT) -> tuple[int, str]:
        if self.process.poll() is None:
            self.process.send_signal(number)
        _, told = self.process.communicate(timeout=20)
        return self.process.returncode, told


@pytest.fixture
def talk():
    """Start the command; it is interrupted after the test, and ends without a word of complaint."""
    running: list[Talk] = []

    def talk(*options: str, **surroundings: str) -> Talk:
        running.append(Talk(*options, **surroundings))
        return running[-1]

    yield talk
    for command in running:
        if command.process.returncode is None:
            assert command.stop() == (0, "")


@pytest.fixture
def on_page(talk, open_page):
    """``on_page(microphone, **context)``: the page, with the built-in server behind it."""

    def on_page(microphone=None, **context):
        return open_page(talk("--base-url", "local").url, microphone=microphone, **context)

    return on_page


def entries(page, kind: str) -> list[str]:
    return page.locator(f"#entries .{kind} .words").all_inner_texts()


def tools(page) -> list[str]:
    return page.locator("#entries .tool-card").all_inner_texts()


def until(page, expression: str) -> None:
    """As a function: the page's policy lets no text become a program."""
    page.wait_for_function(f"() => {expression}", timeout=40_000)


def call(page) -> None:
    page.click("#call")
    page.wait_for_selector("body[data-phase=live]")


def fits(page) -> bool:
    """Nothing sticks out of the screen, and every button is in it."""
    return page.evaluate(
        """() => document.documentElement.scrollWidth <= innerWidth
            && [...document.querySelectorAll("button")].filter((button) => button.offsetParent)
                .map((button) => button.getBoundingClientRect())
                .every((box) => box.left >= 0 && box.right <= innerWidth && box.bottom <= innerHeight
                    && box.height >= 44)"""
    )


@SCREENS
@LIGHTS
def test_a_spoken_call_with_a_tool_an_interruption_and_figures(on_page, speech, tmp_path, screen, light) -> None:
    page = on_page("told", **screen, color_scheme=light)
    page.screenshot(path=tmp_path / "before.png")
    call(page)
    until(page, "[...document.querySelectorAll('#entries .agent .words')].some((e) => !e.matches('.open'))")
    page.wait_for_timeout(3_000)  # the greeting is over
    for attempt in (1, 2, 3):  # as to a person, one says it again when it was not understood
        page.evaluate("(wav) => window.say(wav)", speech.wav(tmp_path, "What is on my list?"))
        until(page, f"document.querySelectorAll('#entries .after').length === {attempt}")
        if tools(page):
            break
        page.wait_for_timeout(4_000)
    page.wait_for_timeout(2_000)
    page.evaluate("(wav) => window.say(wav)", speech.wav(tmp_path, "Stop."))
    until(page, "document.querySelectorAll('#entries .cut').length === 1")
    until(page, "document.querySelector('#silenced').textContent.endsWith('s')")
    page.screenshot(path=tmp_path / "call.png")
    assert fits(page)
    until(page, "[...document.querySelectorAll('#entries .agent')].some((e) => e.innerText.includes('All right'))")
    assert all(words[0] != "(" for words in entries(page, "you")), "what was understood stands there"
    assert any(text.startswith("There are 3 tasks") for text in entries(page, "agent"))
    assert "list_tasks" in tools(page)[0]
    assert "buy oat milk" in tools(page)[0]
    assert 50 < _ms(page.inner_text("#latency")) < 5_000
    assert _ms(page.inner_text("#silenced")) < 2_000
    assert page.broken == []
    page.click("#hang-up")
    page.wait_for_selector("body[data-phase=idle]")
    assert page.inner_text("#call") == "Call again"


@pytest.mark.parametrize("screen", [WIDE, {"viewport": NARROW["viewport"]}], ids=["wide", "narrow"])
def test_by_keyboard_alone(on_page, tmp_path, screen) -> None:
    """Call, mute, type, read, hang up, call again: without a pointer, and always with a visible focus."""
    page = on_page(**screen)
    until(page, "document.activeElement.id === 'call'")
    page.keyboard.press("Enter")
    page.wait_for_selector("body[data-phase=live]")
    assert page.evaluate("document.activeElement.id") == "mute"
    page.keyboard.press("Space")
    assert page.get_attribute("#mute", "aria-pressed") == "true"
    visited = []
    while (focused := page.evaluate("document.activeElement.id")) != "text":
        visited.append(focused)
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none", focused
        assert len(visited) < 20, visited
        page.keyboard.press("Tab")
    assert visited == ["mute", "hang-up"]
    page.keyboard.type("What is on my list?")
    page.keyboard.press("Enter")
    until(
        page, "[...document.querySelectorAll('#entries .agent')].some((e) => e.innerText.includes('There are 3 tasks'))"
    )
    assert "list_tasks" in tools(page)[0]
    page.screenshot(path=tmp_path / "typed.png")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector("body[data-phase=idle]")
    assert page.evaluate("document.activeElement.id") == "call"
    page.keyboard.press("Enter")
    page.wait_for_selector("body[data-phase=live]")


def test_consent_and_its_effect_are_seen(on_page) -> None:
    """The tools run in the command, which asks before it deletes; the page shows what happened."""
    page = on_page()
    call(page)
    for words, answer in (("Delete call the dentist.", "delete 'call the dentist'?"), ("Yes.", "removed")):
        before = page.locator("#entries .agent").count()
        page.fill("#text", words)
        page.press("#text", "Enter")
        page.wait_for_function(
            "([before, answer]) => [...document.querySelectorAll('#entries .agent')].slice(before)"
            ".some((entry) => entry.innerText.toLowerCase().includes(answer))",
            arg=[before, answer],
        )
        page.wait_for_timeout(4_000)  # what nobody heard asked is no question
    assert any("confirm_action" in text for text in tools(page))


@SCREENS
def test_a_picture_is_shown_and_asked_about(on_page, tmp_path, screen) -> None:
    """A photo larger than a message may be: it arrives whole, in the size that the service looks at."""
    image = pytest.importorskip("PIL.Image", reason="needs the devices extra")
    photo = image.new("RGB", (3000, 2000), "blue")
    photo.paste(
        image.frombytes("RGB", (500, 500), random.Random(1).randbytes(750_000)).resize((1500, 1500)), (900, 200)
    )
    photo.save(tmp_path / "photo.png")
    page = on_page(**screen)
    call(page)
    page.set_input_files("#picture-file", tmp_path / "photo.png")
    until(page, "[...document.querySelectorAll('#entries .you')].some((e) => e.innerText.includes('(a picture)'))")
    page.fill("#text", "What do you see?")
    page.press("#text", "Enter")
    until(page, "[...document.querySelectorAll('#entries .agent')].some((e) => /JPEG image.*blue/.test(e.innerText))")
    assert fits(page)
    assert page.broken == []
    (tmp_path / "none.png").write_bytes(b"no picture")
    page.set_input_files("#picture-file", tmp_path / "none.png")
    until(page, "document.querySelector('#trouble-title').textContent === 'That is no picture.'")


def test_typing_interrupts(on_page) -> None:
    page = on_page()
    call(page)
    page.fill("#text", "What is on my list?")
    page.press("#text", "Enter")
    until(page, "[...document.querySelectorAll('#entries .agent')].some((e) => e.innerText.includes('3 tasks'))")
    page.wait_for_timeout(1_000)
    page.fill("#text", "What can you do?")
    page.press("#text", "Enter")
    page.wait_for_selector("#entries .cut")


def test_what_is_written_before_the_greeting_has_begun_is_answered(on_page) -> None:
    """The greeting was asked for and does not know of it; another response cannot begin beside it."""
    page = on_page()
    page.evaluate(
        """() => { const { send } = RTCDataChannel.prototype;
            let written = false;
            RTCDataChannel.prototype.send = function (message) {
                send.call(this, message);
                if (written || !message.includes('"response.create"')) return;
                written = true;
                document.querySelector("#text").value = "What is on my list?";
                queueMicrotask(() => document.querySelector("#text").form.requestSubmit());
            }; }"""
    )
    call(page)
    until(page, "[...document.querySelectorAll('#entries .agent')].some((e) => e.innerText.includes('3 tasks'))")


def test_voice_and_model_are_those_chosen(on_page) -> None:
    page = on_page()
    page.select_option("#voice", "cedar")
    page.select_option("#model", "gpt-realtime-mini")
    page.evaluate(
        """() => { window.asked = []; const send = fetch;
            window.fetch = (path, options) => (asked.push(options?.body), send(path, options)); }"""
    )
    call(page)
    assert '"voice":"cedar"' in page.evaluate("asked.join()")
    assert '"model":"gpt-realtime-mini"' in page.evaluate("asked.join()")


@pytest.mark.parametrize(
    ("microphone", "words"),
    [("refused", "The microphone was refused."), ("missing", "No microphone was found.")],
)
def test_without_a_microphone_the_page_says_so_and_one_can_type(on_page, tmp_path, microphone, words) -> None:
    page = on_page(microphone, **NARROW)
    page.click("#call")
    page.wait_for_selector("#trouble:not([hidden])")
    assert page.inner_text("#trouble-title") == words
    page.screenshot(path=tmp_path / f"{microphone}.png")
    assert fits(page)
    page.click("#type-instead")
    page.wait_for_selector("body[data-phase=live]")
    assert page.evaluate("document.activeElement.id") == "text"
    page.keyboard.type("What is on my list?")
    page.keyboard.press("Enter")
    until(
        page, "[...document.querySelectorAll('#entries .agent')].some((e) => e.innerText.includes('There are 3 tasks'))"
    )


def test_an_insecure_address_is_named(on_page, tmp_path) -> None:
    page = on_page()
    page.evaluate("Object.defineProperty(window, 'isSecureContext', {value: false})")
    page.click("#call")
    page.wait_for_selector("#trouble:not([hidden])")
    assert page.inner_text("#trouble-title") == "This address may not use the microphone."
    page.screenshot(path=tmp_path / "insecure.png")


def test_a_refused_key_is_told_without_the_key(talk, start, open_page, tmp_path) -> None:
    server = start("--api-key", "sk-right")
    command = talk("--base-url", server.url, OPENAI_API_KEY="sk-wrong-and-secret")
    page = open_page(command.url)
    page.click("#call")
    page.wait_for_selector("#trouble:not([hidden])")
    assert page.inner_text("#trouble-title") == "The key was refused."
    assert "sk-wrong-and-secret" not in page.content()
    page.screenshot(path=tmp_path / "refused-key.png")


def test_the_end_of_the_command_is_told_as_a_lost_call(talk, open_page, tmp_path) -> None:
    command = talk("--base-url", "local")
    page = open_page(command.url)
    call(page)
    assert command.stop(signal.SIGTERM) == (0, "")
    page.wait_for_selector("#trouble:not([hidden])")
    assert page.inner_text("#trouble-title") == "The call was lost."
    page.screenshot(path=tmp_path / "lost.png")
    page.click("#call")
    until(page, "document.querySelector('#trouble-title').textContent.includes('server does not answer')")
    page.screenshot(path=tmp_path / "gone.png")


def test_a_call_that_nobody_configures_is_told(on_page, tmp_path) -> None:
    page = on_page()
    page.evaluate(
        """() => { const { set } = Object.getOwnPropertyDescriptor(RTCDataChannel.prototype, "onmessage");
            Object.defineProperty(RTCDataChannel.prototype, "onmessage", {
                set(take) { set.call(this, (event) => event.data.includes('"session.updated"') || take(event)); },
            }); }"""
    )
    call(page)
    page.wait_for_selector("#trouble:not([hidden])")
    assert page.inner_text("#trouble-title") == "The assistant answers without tools and instructions."
    page.screenshot(path=tmp_path / "unconfigured.png")


def test_leaving_the_page_ends_the_call_at_the_server(start, talk, open_page) -> None:
    server = start("--backend", "rules")
    page = open_page(talk("--base-url", server.url).url)
    with page.expect_response("**/calls") as opened:
        call(page)
    call_id = opened.value.json()["call_id"]
    page.goto("about:blank")
    page.wait_for_timeout(1_500)
    over = page.request.post(
        f"{server.url}/realtime/calls/{call_id}/hangup", headers={"Authorization": "Bearer sk-any"}
    )
    assert over.status == 404


def test_settings_on_a_narrow_screen(on_page, tmp_path) -> None:
    page = on_page(**NARROW)
    page.click("#panel-button")
    assert page.get_attribute("#panel-button", "aria-expanded") == "true"
    assert page.is_visible("#microphone")
    page.screenshot(path=tmp_path / "settings.png")
    page.click("#panel-button")
    assert not page.is_visible("#microphone")


def test_reduced_motion_shows_meters_in_place_of_the_moving_line(on_page, tmp_path) -> None:
    page = on_page(**WIDE, reduced_motion="reduce")
    assert not page.is_visible("#strip")
    assert page.is_visible("#level-you")
    page.screenshot(path=tmp_path / "reduced.png")


def test_everything_that_can_be_used_has_a_name(on_page) -> None:
    page = on_page()
    call(page)
    nameless = page.evaluate(
        """() => [...document.querySelectorAll('button, select, input, [role=meter], [tabindex="0"]')]
            .filter((e) => e.offsetParent && !(e.labels?.length || e.ariaLabel || e.textContent.trim()))
            .map((e) => e.id)"""
    )
    assert nameless == []


def _ms(text: str) -> float:
    number, unit = text.split()
    return float(number) * (1_000 if unit == "s" else 1)
