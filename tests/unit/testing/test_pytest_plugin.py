"""Do users get virtual time and seeds in their own suites?"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SUITE = """
import asyncio
from urllib.request import urlopen
import pytest
from bareline.protocol import events as ev
from bareline.protocol.generation import TextDelta
from bareline.testing.function_backend import FunctionBackend

async def answer(request):
    yield TextDelta(text="hello")

@pytest.mark.virtual
async def test_a_session_in_virtual_time(in_process_server, seed):
    async with in_process_server(FunctionBackend(answer), seed=seed) as server:
        line = await server.dial()
        await line.send(ev.ResponseCreate())
        while not isinstance(event := await line.receive(), ev.ResponseDone):
            pass
        assert event.response.output[0].content[0].text == "hello"
        await line.close()

def test_a_real_port(local_server):
    with urlopen(local_server(FunctionBackend(answer)).removesuffix("/v1") + "/healthz") as answered:
        assert answered.status == 200

@pytest.mark.virtual
async def test_an_hour(seed):
    await asyncio.sleep(3600)
    assert asyncio.get_running_loop().time() == 3600
    assert isinstance(seed, int)

def test_plain(virtual):
    assert virtual(asyncio.sleep(60, "woken")) == "woken"

@pytest.mark.virtual(limit_s=10)
async def test_runs_away():
    await asyncio.sleep(11)

@pytest.mark.virtual
async def test_fails(seed):
    assert seed == "something else"
"""


def run(tmp_path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    (tmp_path / "test_suite.py").write_text(SUITE)
    command = [sys.executable, "-m", "pytest", "-p", "bareline.testing.pytest_plugin", "-p", "no:cacheprovider"]
    return subprocess.run(
        [*command, "--strict-markers", *arguments],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_marked_tests_run_in_virtual_time_and_a_failure_prints_its_seed(tmp_path: Path) -> None:
    output = run(tmp_path).stdout
    assert "2 failed, 4 passed" in output
    assert "more than 10 s of virtual time" in output
    assert "run again with --bareline-seed=" in output


def test_a_seed_can_be_given(tmp_path: Path) -> None:
    output = run(tmp_path, "--bareline-seed=4711", "-k", "test_fails").stdout
    assert "seed 4711: run again" in output
