"""`bareline serve` in a process of its own, and the official SDK pointed at it."""

from __future__ import annotations

import asyncio
import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).parent
READY_WITHIN_S = 20
MODEL = "gpt-realtime-2.1"


class Served:
    """A running server process."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        ready, _, _ = select.select([process.stdout], [], [], READY_WITHIN_S)
        line = process.stdout.readline() if ready and process.stdout else ""
        word, _, self.url = line.strip().partition(" ")
        if word != "ready":
            self.stop()
            pytest.fail(f"the server said {line!r}")

    @property
    def socket_url(self) -> str:
        return self.url.replace("http", "ws", 1) + "/realtime"

    def client(self, key: str = "sk-any"):
        from openai import AsyncOpenAI

        return AsyncOpenAI(base_url=self.url, api_key=key, max_retries=0)

    def connect(self, key: str = "sk-any", model: str = MODEL, **options):
        """The SDK's own way in."""
        return self.client(key).realtime.connect(model=model, **options)

    def stop(self) -> int:
        with self.process:
            self.process.send_signal(signal.SIGTERM)
            return self.process.wait(20)


def _start(*options: str) -> Served:
    command = [Path(sys.executable).with_name("bareline"), "serve", "--port", "0", *options]
    if "--backend" not in options:
        command += ["--backend", "python:answering:Answering"]
    environment = os.environ | {"PYTHONPATH": str(HERE)}
    return Served(subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment))


@pytest.fixture
def start() -> Iterator[Callable[..., Served]]:
    """Start a server with other options; it is stopped after the test."""
    running: list[Served] = []

    def start(*options: str) -> Served:
        running.append(_start(*options))
        return running[-1]

    yield start
    for served in running:
        served.stop()


@pytest.fixture(scope="session")
def server() -> Iterator[Served]:
    """The server most tests share."""
    served = _start()
    yield served
    assert served.stop() == 0


async def _until(connection, kind: str, within_s: float = 20):
    """All events up to the first of ``kind``, which is the last."""
    events = []
    async with asyncio.timeout(within_s):
        while not events or events[-1].type != kind:
            events.append(await connection.recv())
    return events


@pytest.fixture
def until():
    """``await until(connection, type)``."""
    return _until
