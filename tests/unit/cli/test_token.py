"""Does ``bareline token`` print a secret, and nothing but the secret?"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator

import pytest

import bareline as bl
from bareline.cli.main import main
from bareline.protocol.generation import ResponseRequest, TextDelta
from bareline.testing.function_backend import FunctionBackend
from bareline.testing.server_thread import ServerThread


async def _say_nothing(_: ResponseRequest) -> AsyncIterator[TextDelta]:
    yield TextDelta(text="")


@pytest.fixture
def url(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with ServerThread(FunctionBackend(_say_nothing)) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        yield server.url


def test_the_secret_alone_is_printed_and_opens_a_session(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["token", "--base-url", url, "--voice", "cedar", "--instructions", "Be brief.", "--ttl", "30"]) == 0
    printed = capsys.readouterr()
    secret, end = printed.out.removesuffix("\n"), printed.err
    assert secret.startswith("ek_")
    assert "\n" not in secret
    assert end.startswith("ends at 20")
    assert end.endswith((" UTC, in 30 s\n", " UTC, in 29 s\n"))

    async def session() -> object:
        async with bl.connect(api_key=secret) as line:
            await line.receive()
            return line.session

    opened = asyncio.run(session())
    assert isinstance(opened, bl.events.RealtimeSession)
    assert opened.instructions == "Be brief."
    assert "cedar" in repr(opened)


def test_everything_as_json(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert url
    assert main(["token", "--json", "--model", "gpt-realtime"]) == 0
    printed = capsys.readouterr()
    answer = json.loads(printed.out)
    assert answer["value"].startswith("ek_")
    assert answer["session"]["model"] == "gpt-realtime"
    assert printed.err == ""


@pytest.mark.parametrize(
    ("arguments", "words"),
    [(["--ttl", "5"], "10 to 7200 seconds"), (["--base-url", "local"], "bareline serve"), (["--ttl", "x"], "--ttl")],
)
def test_what_cannot_be_is_one_line(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-1")
    try:
        status = main(["token", *arguments])
    except SystemExit as ended:
        status = ended.code
    printed = capsys.readouterr()
    assert (status, printed.out) == (2, "")
    assert words in printed.err


def test_a_secret_makes_no_other(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "ek_1")
    assert main(["token"]) == 2
    assert "a server key is needed" in capsys.readouterr().err
