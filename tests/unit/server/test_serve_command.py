"""Does `bareline serve` say when it is ready, end cleanly, and explain what cannot work in one line?"""

from __future__ import annotations

import asyncio
import select
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

import bareline as bl

BARELINE = Path(sys.executable).with_name("bareline")


def serve(*options: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [BARELINE, "serve", "--port", "0", *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


@pytest.fixture
def scene(tmp_path: Path) -> str:
    (tmp_path / "scene.yaml").write_text("turns:\n  - do:\n      - text: Hello.\n")
    return f"script:{tmp_path / 'scene.yaml'}"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_prints_one_line_serves_and_ends_cleanly(scene: str, number: signal.Signals) -> None:
    with serve("--backend", scene) as process:
        assert select.select([process.stdout], [], [], 20)[0], "not ready in time"
        word, url = process.stdout.readline().split()
        assert word == "ready"
        with urllib.request.urlopen(url.removesuffix("/v1") + "/healthz", timeout=5) as answer:  # noqa: S310 (ours)
            assert answer.status == 200
        process.send_signal(number)
        rest, errors = process.communicate(timeout=20)
        assert (process.returncode, rest, errors) == (0, "", "")


def test_one_v_tells_of_sessions_and_not_of_every_packet(scene: str) -> None:
    pytest.importorskip("aiortc", reason="WebRTC needs the extra 'webrtc'")

    async def call(url: str) -> None:
        async with bl.connect(base_url=url, transport="webrtc") as line:
            await line.receive()

    with serve("--backend", scene, "-v") as process:
        assert select.select([process.stdout], [], [], 20)[0], "not ready in time"
        asyncio.run(call(process.stdout.readline().split()[1]))
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=20)
    assert "session opened" in told
    assert "aioice" not in told


def test_a_backend_of_ones_own_lies_where_one_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "from bareline.server.backends.rules import RulesBackend as Mine\n"
    (tmp_path / "backend_of_mine.py").write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    with serve("--backend", "python:backend_of_mine:Mine") as process:
        assert select.select([process.stdout], [], [], 20)[0], "not ready in time"
        assert process.stdout.readline().startswith("ready ")
        process.terminate()
        assert process.wait(timeout=20) == 0


@pytest.mark.parametrize(
    ("options", "hint"),
    [
        (["--ice-address", "nowhere"], "--ice-address nowhere is no IP address"),
        (["--ice-server", "http://stun"], "is no ICE server"),
        (["--ice-server", "turn:127.0.0.1,me"], "needs a username and a credential"),
        (["--backend", "nonsense"], "there are rules, script:FILE and python:MODULE:NAME"),
        (["--backend", "script:/no/such/scene.yaml"], "/no/such/scene.yaml"),
        (["--backend", "python:nowhere:Nothing"], "No module named 'nowhere'"),
        (["--backend", "python:nowhere"], "python:nowhere"),
        (["--backend", "python:..:Nothing"], "python:..:Nothing"),
        (["--backend", "python:math:pi"], "'float' object is not callable"),
        (["--backend", "python:uuid:uuid4"], "it made a UUID, which is no Backend"),
        (["--host", ""], "--host is empty"),
        (["--fault", "flood@1s"], "flood@1s"),
        (["--fault", "error=quota@response:0"], "error=quota@response:0"),
        (["--fault", ",,,"], "',,,' has an empty entry"),
        (["--models", ","], "',' has an empty entry"),
        (["--session-limit", "soon"], "'soon' is not a time like 60m"),
        (["--port", "70000"], "--port 70000 is outside 0-65535"),
        (["--tls-cert", "cert.pem"], "--tls-cert and --tls-key go together"),
        (["--host", "192.0.2.1"], "cannot listen on 192.0.2.1:0"),
    ],
)
def test_what_cannot_work_is_one_line(options: list[str], hint: str, scene: str) -> None:
    with serve(*(() if "--backend" in options else ("--backend", scene)), *options) as process:
        out, errors = process.communicate(timeout=20)
    assert (process.returncode, out) == (2, "")
    assert errors.count("\n") == 1
    assert errors.startswith("bareline serve: ")
    assert hint in errors


def test_the_help_shows_faults_as_they_are_written() -> None:
    with serve("--help") as process:
        shown, _ = process.communicate(timeout=20)
    assert process.returncode == 0
    assert "loss=2%  duplicate=1%" in shown


def test_an_address_in_use_is_one_line(scene: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with serve("--backend", scene, "--port", str(port)) as process:
            out, errors = process.communicate(timeout=20)
    assert (process.returncode, out) == (2, "")
    assert errors == f"bareline serve: cannot listen on 127.0.0.1:{port}: Address already in use\n"
