"""Does the demo's call go where it was told to, and does its summary say what became of the audio?"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from bareline.errors import ConfigurationError
from bareline.lab.demo.path import demo_path, media_figures
from bareline.transports.webrtc.settings import WebRtcSettings


async def path(transport: str, loss_percent: float, *, local: bool = True) -> WebRtcSettings | None:
    async with demo_path(transport, loss_percent=loss_percent, seed=1, local=local) as settings:
        return settings


def test_the_built_in_server_is_called_on_loopback_only() -> None:
    settings = asyncio.run(path("webrtc", 0))
    assert settings == WebRtcSettings(addresses=("127.0.0.1",))
    assert asyncio.run(path("webrtc", 0, local=False)) == WebRtcSettings()
    assert asyncio.run(path("websocket", 0)) is None


def test_loss_puts_a_link_between_both_sides() -> None:
    settings = asyncio.run(path("webrtc", 2.0))
    assert settings is not None
    assert settings.sdp_hook is not None


@pytest.mark.parametrize(("transport", "local"), [("websocket", True), ("webrtc", False)])
def test_loss_is_refused_where_it_cannot_be_had(transport: str, local: bool) -> None:
    with pytest.raises(ConfigurationError, match="packets can be lost"):
        asyncio.run(path(transport, 2.0, local=local))


def test_without_media_there_are_no_figures() -> None:
    assert media_figures(None) is None


WITHOUT_WEBRTC = """
import sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("aiortc", "aioice"):
            raise ModuleNotFoundError(f"No module named {name!r}")

sys.meta_path.insert(0, Missing())
from bareline.__main__ import run
raise SystemExit(run())
"""


def test_without_the_extra_the_demo_says_how_to_have_it_and_how_to_do_without(tmp_path: Path) -> None:
    command = [sys.executable, "-c", WITHOUT_WEBRTC, "demo", "--out", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=50, check=False)
    assert done.returncode == 2
    assert done.stderr == (
        "bareline demo: WebRTC needs the optional part 'webrtc': pip install 'bareline[webrtc]'; "
        "or hold the call over --transport websocket\n"
    )
