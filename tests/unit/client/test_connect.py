"""Does ``connect`` find the right server with the right key, and say what to do when it cannot?"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest

from bareline.client import address
from bareline.client.address import Address, register_endpoint
from bareline.client.connect import OPENERS, Opening, connect
from bareline.errors import Closed, ConfigurationError, ConnectFailed, LocalProtocolError
from bareline.protocol import events as ev
from bareline.testing.media_link import MediaLinkTransport, media_link_pair
from bareline.testing.virtual import run_virtual
from bareline.transports.memory import MemoryTransport, memory_pair


class Switchboard:
    """A transport named ``test`` that connects to nothing and notes how it was opened."""

    def __init__(self) -> None:
        self.opening: Opening | None = None
        self.far: MemoryTransport | None = None

    async def open(self, opening: Opening) -> MemoryTransport:
        self.opening = opening
        near, self.far = memory_pair()
        return near


@pytest.fixture
def board(monkeypatch: pytest.MonkeyPatch) -> Iterator[Switchboard]:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"):
        monkeypatch.delenv(name, raising=False)
    board = Switchboard()
    monkeypatch.setitem(OPENERS, "test", board.open)
    monkeypatch.setattr(address, "_STARTERS", {})
    return board


def opened(board: Switchboard, **options: Any) -> Opening:
    async def main() -> None:
        async with connect(transport="test", **options) as line:
            assert line.info.kind == "memory"
        with pytest.raises(Closed):
            await line.receive()

    run_virtual(main())
    assert board.opening is not None
    return board.opening


def test_environment_gives_server_and_key(board: Switchboard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "https://proxy.example/v1")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-environment")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "proj_1")
    found = opened(board)
    assert found.base_url == "https://proxy.example/v1"
    assert found.headers["Authorization"] == "Bearer sk-environment"
    assert found.headers["OpenAI-Project"] == "proj_1"
    assert found.target.model == "gpt-realtime-2.1"
    assert "sk-environment" not in repr(found)


def test_arguments_win(board: Switchboard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "https://proxy.example/v1")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-environment")
    found = opened(board, base_url="https://other/v1", api_key="ek_mine", headers={"User-Agent": "mine", "X": "1"})
    assert (found.base_url, found.headers["Authorization"]) == ("https://other/v1", "Bearer ek_mine")
    assert (found.headers["User-Agent"], found.headers["X"]) == ("mine", "1")


def test_the_service_is_the_default(board: Switchboard) -> None:
    assert opened(board, api_key="sk-1").base_url == "https://api.openai.com/v1"


def test_missing_key_says_what_to_do_and_this_machine_needs_none(board: Switchboard) -> None:
    with pytest.raises(ConfigurationError, match=r"OPENAI_API_KEY.*base_url=\"local\""):
        opened(board)
    assert opened(board, base_url="http://127.0.0.1:1/v1").headers["Authorization"] == "Bearer local"


@pytest.mark.parametrize("address", ["nope", "ftp://host/v1", "http://[::1"])
def test_an_impossible_address_is_told_before_a_missing_key(board: Switchboard, address: str) -> None:
    with pytest.raises(ConfigurationError, match="base_url must be a URL"):
        opened(board, base_url=address)


def test_sideband_and_transcription_leave_the_model_out(board: Switchboard) -> None:
    assert opened(board, api_key="k", call_id="rtc_1").target == _target(call_id="rtc_1")
    assert opened(board, api_key="k", intent="transcription").target == _target(intent="transcription")


def test_session_goes_out_first(board: Switchboard) -> None:
    async def main() -> None:
        config = ev.RealtimeSessionConfig(instructions="Be brief.")
        line = await connect(transport="test", api_key="k", session=config)
        assert board.far is not None
        sent = json.loads(await board.far.receive())
        assert sent == {"type": "session.update", "session": {"type": "realtime", "instructions": "Be brief."}}
        await line.close()

    run_virtual(main())


def test_forbidden_session_closes_the_connection(board: Switchboard) -> None:
    async def main() -> None:
        audio = ev.AudioConfig(output=ev.AudioOutputConfig(speed=9))
        config = ev.RealtimeSessionConfig(audio=audio)
        with pytest.raises(LocalProtocolError):
            await connect(transport="test", api_key="k", session=config, checks=True)
        assert board.far is not None
        with pytest.raises(Exception, match="closed the connection"):
            await board.far.receive()

    run_virtual(main())


def test_sideband_may_clear_the_output_buffer(board: Switchboard) -> None:
    async def main() -> None:
        async with connect(transport="test", api_key="k", call_id="rtc_1", checks=True) as line:
            await line.send(ev.OutputAudioBufferClear())
            assert line.conversation is not None
        async with connect(transport="test", api_key="k", checks=True, fold=False) as line:
            assert line.conversation is None
            with pytest.raises(LocalProtocolError):
                await line.send(ev.OutputAudioBufferClear())

    run_virtual(main())


def test_whoever_brings_a_transport_with_audio_may_clear_the_output_buffer(
    board: Switchboard, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def opener(_: Opening) -> MediaLinkTransport:
        return media_link_pair()[0]

    async def main() -> None:
        monkeypatch.setitem(OPENERS, "test", opener)
        async with connect(transport="test", api_key="k", checks=True) as line:
            assert line.carries_audio
            await line.send(ev.OutputAudioBufferClear())

    run_virtual(main())


def test_named_server_is_started_and_stopped_with_the_line(board: Switchboard) -> None:
    events: list[str] = []

    async def stop() -> None:
        events.append("stopped")

    async def start() -> Address:
        events.append("started")
        return Address("http://127.0.0.1:9/v1", None, stop)

    register_endpoint("local", start)
    opened(board, base_url="local")
    assert events == ["started", "stopped"]

    async def fail(opening: Opening) -> MemoryTransport:
        raise ConnectFailed("no", stage="tcp")

    OPENERS["test"] = fail
    with pytest.raises(ConnectFailed):
        opened(board, base_url="local")
    assert events == ["started", "stopped"] * 2


def test_local_server_without_its_module_is_explained(board: Switchboard) -> None:
    with pytest.raises(ConfigurationError, match=r"bareline\.connect"):
        opened(board, base_url="local")


def test_unknown_transport_is_explained(board: Switchboard) -> None:
    async def main() -> None:
        with pytest.raises(ConfigurationError, match="'pigeon' is unknown; there is 'websocket', 'webrtc'"):
            await connect(transport="pigeon", api_key="k")

    run_virtual(main())


def test_base_url_that_is_none_is_refused(board: Switchboard) -> None:
    async def main() -> None:
        with pytest.raises(ConfigurationError, match="base_url"):
            await connect(base_url="ftp://x", api_key="k")

    asyncio.run(main())


def _target(**keys: str) -> Any:
    from bareline.protocol.signalling import Target

    return Target(**keys)
