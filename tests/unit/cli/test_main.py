"""Does every command end in one line, whatever it is given and wherever it runs?"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from bareline.errors import ConfigurationError
from bareline.lab.task_manager.tasks import TaskStore
from bareline.observe.recorder import read_trace

BARELINE = [sys.executable, "-m", "bareline"]


def run(
    *arguments: str, cwd: Path | None = None, text: str = "", **environment: str
) -> subprocess.CompletedProcess[str]:
    names = {"OPENAI_API_KEY": "", "OPENAI_BASE_URL": "", **environment}
    return subprocess.run(
        [*BARELINE, *arguments],
        input=text,
        capture_output=True,
        text=True,
        timeout=50,
        cwd=cwd,
        env={**os.environ, **names},
        check=False,
    )


def one_line(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 2, done.stderr
    assert done.stderr.count("\n") == 1, done.stderr
    return done.stderr


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (["talk", "--text", "--tools", "broken:tools"], "--tools broken:tools: RuntimeError: one two"),
        (["talk", "--text", "--tools", "unreadable"], "--tools unreadable:tools: SyntaxError"),
        (["talk", "--text", "--tools", ":x"], "--tools :x: expected MODULE:NAME"),
        (["talk", "--text", "--tools", "math:pi"], "--tools math:pi: that is a float, not a bareline.Toolbox"),
        (["talk", "--text", "--base-url", "http://127.0.0.1:x/v1"], "base_url must be a URL"),
        (["talk", "--wav", "broken.py"], "broken.py: not a WAV file"),
        (["demo", "--base-url", "http://127.0.0.1:99999/v1"], "base_url must be a URL"),
        (["demo", "--out", "taken"], "taken/tasks.sqlite"),
        (["bench", "wire", "--runs", "9", "--attempts", "8"], "--attempts 8 can never give --runs 9"),
        (["bench", "media", "--runs", "9", "--attempts", "8"], "--attempts 8 can never give --runs 9"),
        (["bench", "wire", "--runs", "0"], "'0' is not a number from 1 on"),
        (["bench", "wire", "--seconds", "nan"], "'nan' is not a number of seconds"),
    ],
)
def test_what_cannot_work_is_one_line(arguments: list[str], hint: str, tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("raise RuntimeError('one\\ntwo')\n")
    (tmp_path / "unreadable.py").write_text("def (\n")
    (tmp_path / "taken" / "tasks.sqlite").mkdir(parents=True)
    assert hint in one_line(run(*arguments, cwd=tmp_path))


@pytest.mark.parametrize("base_url", ["nonsense", "http://127.0.0.1:x/v1", "http://[::1"])
def test_the_doctor_says_which_address_is_wrong(base_url: str) -> None:
    done = run("doctor", OPENAI_API_KEY="sk-nobody", OPENAI_BASE_URL=base_url)
    assert (done.returncode, done.stderr) == (1, "")
    assert (
        f"wrong  endpoint         base_url must be a URL like https://api.openai.com/v1, not '{base_url}'"
        in done.stdout
    )


@pytest.mark.slow
def test_a_locale_without_the_letters_ends_nothing() -> None:
    plain = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    assert run("talk", "--help", **plain).stderr == ""
    done = run("talk", "--text", text="What is on my list?\n", **plain)
    assert (done.returncode, done.stderr) == (0, "")
    assert "list_tasks()" in done.stdout


def test_an_interruption_while_the_commands_are_loaded_is_quiet() -> None:
    program = """
import sys

class Interrupted:
    def find_spec(self, name, path=None, target=None):
        if name == "bareline.cli.doctor":
            raise KeyboardInterrupt

sys.meta_path.insert(0, Interrupted())
from bareline.cli.main import main
sys.exit(main(["doctor"]))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=50, check=False)
    assert (done.returncode, done.stderr) == (130, "")


def test_an_interruption_while_the_program_is_loaded_is_quiet() -> None:
    program = """
import sys

class Interrupted:
    def find_spec(self, name, path=None, target=None):
        if name == "bareline.cli.main":
            raise KeyboardInterrupt

sys.meta_path.insert(0, Interrupted())
from bareline.__main__ import run
sys.exit(run())
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=50, check=False)
    assert (done.returncode, done.stderr) == (130, "")


def test_the_parser_loads_no_server() -> None:
    program = (
        "import sys; from bareline.cli.main import make_parser; make_parser(); print('bareline.server' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=50, check=True)
    assert done.stdout == "False\n"


def test_tasks_that_cannot_be_kept_are_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"cannot be kept in .*nowhere"):
        TaskStore(tmp_path / "nowhere" / "tasks.sqlite")


@pytest.mark.slow
def test_whoever_stops_reading_ends_the_call() -> None:
    with subprocess.Popen(
        [*BARELINE, "talk", "--text"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as talk:
        assert talk.stdin is not None
        assert talk.stdout is not None
        assert "Talking to" in talk.stdout.readline()
        talk.stdout.close()
        talk.stdin.write("Hello!\n")
        talk.stdin.flush()
        assert talk.wait(timeout=30) == 0
        assert talk.stderr is not None
        assert talk.stderr.read() == ""


@pytest.mark.slow
def test_closed_streams_end_nothing() -> None:
    program = "import os; [os.close(number) for number in (0, 1)]; os.execv(os.sys.executable, {!r})"
    command = program.format([*BARELINE, "talk", "--text"])
    done = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True, timeout=50, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_demo_shows_the_protocol_when_asked(tmp_path: Path) -> None:
    command = [*BARELINE, "demo", "-v", "--transport", "websocket", "--out", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as demo:
        assert demo.stderr is not None
        assert any("session.created" in line for line in demo.stderr)
        demo.send_signal(signal.SIGINT)
        demo.communicate(timeout=30)  # reads on: a full pipe would hold the demo up
    assert demo.returncode == 130


@pytest.mark.slow
def test_a_demo_that_is_terminated_hangs_up(tmp_path: Path) -> None:
    with subprocess.Popen([*BARELINE, "demo", "--out", str(tmp_path)], stdout=subprocess.PIPE, text=True) as demo:
        assert demo.stdout is not None
        assert any("connected to" in line for line in demo.stdout)
        demo.terminate()
        demo.communicate(timeout=30)
    assert demo.returncode == 143
    connection = [record.name for record in read_trace(tmp_path / "trace.jsonl") if record.kind == "connection"]
    assert connection[-1] == "closed"


@pytest.mark.parametrize("key", ["sk-one\ntwo", "sk-schlüssel"])
def test_a_key_that_no_header_can_carry_is_not_shown(key: str) -> None:
    message = one_line(run("talk", "--text", "--base-url", "http://127.0.0.1:9/v1", OPENAI_API_KEY=key))
    assert "the API key holds characters that no header can carry" in message
    assert "sk-" not in message
