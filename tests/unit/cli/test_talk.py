"""Does ``talk`` refuse what does not go together, end with a summary, and speak to programs?"""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from bareline.cli.call_view import CallView
from bareline.cli.talk_levels import LoudnessTap
from bareline.cli.talk_summary import TalkCount
from bareline.cli.talk_view import JsonView, PersonView
from bareline.cli.terminal import Terminal
from bareline.client.call_events import AgentSaid, AgentStarted, CallStarted, UserSaid, UserStarted, UserStopped
from bareline.media.frames import AudioFrame
from bareline.media.levels import SILENCE_DBFS
from bareline.units import ms_to_ns

TALK = [sys.executable, "-m", "bareline", "talk"]
NO_SOUND = Path(__file__).parents[2] / "data" / "asound-without-devices.conf"
QUIET = {"OPENAI_API_KEY": "", "OPENAI_BASE_URL": "", "ALSA_CONFIG_PATH": str(NO_SOUND)}


def talk(*arguments: str, text: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*TALK, *arguments],
        input=text,
        capture_output=True,
        text=True,
        timeout=50,
        env={**os.environ, **QUIET, **environment},
        check=False,
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--text", "--out", "x.wav"], "--out goes with --wav, not with --text"),
        (["--out", "x.wav"], "--out goes with --wav, not with microphone and speakers"),
        (["--wav", "x.wav", "--input-device", "1"], "--input-device goes with microphone and speakers, not with --wav"),
        (["--text", "--interruptions", "eager"], "--interruptions goes with microphone and speakers or --wav, not"),
        (["--browser", "--json"], "--json goes with microphone and speakers or --wav or --text or --list-devices, not"),
        (["--text", "--port", "0"], "--port goes with --browser, not with --text"),
        (["--browser", "--port", "70000"], "--port 70000 is outside 0-65535"),
        (["--text", "--no-open"], "--no-open goes with --browser, not with --text"),
        (["--text", "--wav", "x.wav"], "argument --wav: not allowed with argument --text"),
        (["--text", "--transport", "pigeon"], "argument --transport: invalid choice: 'pigeon'"),
        (["--wav", "nowhere.wav"], "nowhere.wav"),
    ],
)
def test_what_does_not_go_together_is_one_line(arguments: list[str], message: str) -> None:
    done = talk(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr
    assert done.stderr.count("\n") == 1


def test_without_a_device_one_line_says_what_to_do_instead() -> None:
    pytest.importorskip("sounddevice", exc_type=OSError)
    done = talk()
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "bareline talk: there is no microphone here: "
        "connect one, or use bareline talk --browser, --wav FILE (and --out FILE) or --text\n"
    )
    listed = talk("--list-devices")
    assert (listed.returncode, listed.stderr) == (0, "")
    assert "No microphones or speakers were found" in listed.stdout


@pytest.mark.parametrize(
    ("prelude", "message"),
    [
        ("sys.modules['sounddevice'] = None", "pip install 'bareline[devices]'"),
        (
            "import ctypes.util; ctypes.util.find_library = lambda name: None",
            "PortAudio, which microphone and speakers need, is not installed: apt install libportaudio2",
        ),
    ],
)
def test_what_is_not_installed_is_told_with_its_cure(prelude: str, message: str) -> None:
    program = f"import sys; {prelude}; from bareline.cli.main import main; sys.exit(main(['talk']))"
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        timeout=50,
        env={**os.environ, **QUIET},
        check=False,
    )
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert message in done.stderr


@pytest.mark.slow
def test_a_program_gets_one_object_in_each_line() -> None:
    done = talk("--text", "--json", text="Who are you?\n")
    assert (done.returncode, done.stderr) == (0, "")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [lines[0]["type"], lines[-1]["type"]] == ["talk", "summary"]
    assert lines[0]["transport"] == "websocket"
    assert "rule-based voice" in next(line["text"] for line in lines if line["type"] == "agent_said")
    assert [line["at_ms"] for line in lines] == sorted(line["at_ms"] for line in lines)
    assert (lines[-1]["user_turns"], lines[-1]["answers"]) == (1, 1)


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_the_call_with_its_summary(number: signal.Signals, status: int) -> None:
    with subprocess.Popen(
        [*TALK, "--text"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **QUIET},
    ) as running:
        assert running.stdout is not None
        assert any("connected to" in line for line in iter(running.stdout.readline, ""))
        running.send_signal(number)
        shown, errors = running.communicate(timeout=20)
        assert (running.returncode, errors) == (status, "")
        assert shown.startswith("The call ended after ")


def test_a_missing_webrtc_extra_is_told_and_websocket_used() -> None:
    program = """
import sys
from importlib.machinery import PathFinder
found = PathFinder.find_spec
PathFinder.find_spec = classmethod(lambda cls, name, *rest: None if name == "aiortc" else found(name, *rest))
from bareline.cli.main import main
sys.exit(main(["talk", "--wav", "nowhere.wav"]))
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=50, env=os.environ | QUIET, check=False
    )
    assert done.stdout.startswith("Over WebSocket: WebRTC needs the optional part 'webrtc' (pip install")
    assert "nowhere.wav" in done.stderr


class Screen(io.StringIO):
    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def test_a_terminal_shows_levels_and_words_as_they_come(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    screen = Screen()
    view = PersonView(Terminal(screen))
    view.levels(-20.0, SILENCE_DBFS)
    view.partial("agent", "Hello ")
    view.partial("agent", "there")
    view.levels(0.0, -30.0)
    assert "you       ▅█  agent        ▄  agent: Hello there" in screen.getvalue()
    view.show(AgentSaid(at_ns=0, item_id="i", text="Hello there."))
    view.levels(0.0, 0.0)
    assert screen.getvalue().rsplit("\r", 1)[1].endswith("agent       ▄█\x1b[K\x1b[?7h")


def test_a_pipe_sees_plain_lines_only() -> None:
    pipe = io.StringIO()
    view = PersonView(Terminal(pipe))
    assert not view.live
    view.levels(-20.0, -20.0)
    view.partial("agent", "Hello")
    view.show(UserSaid(at_ns=0, item_id="i", text="Hi"))
    assert pipe.getvalue() == "  0.00  understood        Hi\n"
    assert isinstance(view._lines, CallView)


def test_levels_are_of_the_loudest_frame_since_the_last_look() -> None:
    tap = LoudnessTap()
    tap(AudioFrame(bytes(960)))
    assert tap.digital_silence
    assert tap.take() == SILENCE_DBFS
    loud = AudioFrame(b"\x00\x40" * 480)
    assert tap(loud) is loud
    tap(AudioFrame(bytes(960)))
    assert not tap.digital_silence
    assert round(tap.take()) == -6
    assert tap.take() == SILENCE_DBFS


def test_the_summary_counts_turns_and_names_both_ends_of_the_wait() -> None:
    count = TalkCount()
    assert str(count.summary(0)) == "The call ended before it was connected."
    count.count(CallStarted(at_ns=0, session_id=None, model="m"))
    for turn, wait_ms in enumerate((300, 500, 900)):
        at_ns = ms_to_ns(10_000 * turn)
        count.count(UserStarted(at_ns=at_ns, item_id="u"))
        count.count(UserStopped(at_ns=at_ns, item_id="u"))
        count.count(AgentStarted(at_ns=at_ns + ms_to_ns(wait_ms), item_id="a", response_id="r"))
        count.count(AgentStarted(at_ns=at_ns + ms_to_ns(9_000), item_id="b", response_id="s"))
        count.count(UserSaid(at_ns=at_ns, item_id="u", text="Hi"))
    count.count(AgentSaid(at_ns=0, item_id="a", text="Hello"))
    assert str(count.summary(ms_to_ns(61_999))) == (
        "The call ended after 61.9 s: 3 turns of yours, 1 answer, 0 tool calls, 0 interruptions; "
        "heard 500 ms after your turn (median)."
    )


@pytest.mark.virtual
async def test_a_line_for_programs_names_the_event_as_the_reference_does() -> None:
    pipe = io.StringIO()
    view = JsonView(pipe)
    view.show(UserSaid(at_ns=ms_to_ns(1_500), item_id="i", text="Hi"))
    assert json.loads(pipe.getvalue()) == {"type": "user_said", "at_ms": 1500, "item_id": "i", "text": "Hi"}
