"""Looking at a screen: a real X server without a monitor, where one is installed."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator

import pytest

from bareline.devices.screens import screen
from bareline.errors import ConfigurationError

pytest.importorskip("mss", reason="needs the devices extra")


@pytest.fixture
def display(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An X server of 320 x 200 pixels."""
    if shutil.which("Xvfb") is None:
        pytest.skip("needs Xvfb (Debian: xvfb)")
    reading, writing = os.pipe()
    command = ["Xvfb", "-displayfd", str(writing), "-screen", "0", "320x200x24", "-nolisten", "tcp", "-noreset"]
    server = subprocess.Popen(command, pass_fds=[writing], stderr=subprocess.DEVNULL)
    os.close(writing)
    try:
        with os.fdopen(reading) as told:
            monkeypatch.setenv("DISPLAY", f":{told.readline().strip()}")
        monkeypatch.setenv("XDG_SESSION_TYPE", "x11")
        yield
    finally:
        server.terminate()
        server.wait(10)


@pytest.mark.interop
def test_a_monitor_and_a_part_of_it_are_seen(display) -> None:
    whole = screen(1).grab()
    assert (whole.width, whole.height, len(whole.bgrx)) == (320, 200, 320 * 200 * 4)
    part = screen(1, region=(10, 20, 30, 40)).grab()
    assert (part.width, part.height) == (30, 40)
    with pytest.raises(ConfigurationError, match="there is no monitor 9: there are 1 to 1"):
        screen(9).grab()


def test_without_a_screen_it_is_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    with pytest.raises(ConfigurationError, match="no screen can be looked at here"):
        screen().grab()
