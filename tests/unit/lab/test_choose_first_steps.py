"""The first steps that are ours run as they stand: against the server in the box, and GPT-Live's against its wire."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection, serve

from bareline.lab.choose.knowledge import shipped_knowledge

STEPS = shipped_knowledge().first_steps


def surroundings(**more: str) -> dict[str, str]:
    """The environment of a program, without a key."""
    return {name: value for name, value in os.environ.items() if not name.startswith("OPENAI_")} | more


@pytest.mark.slow
@pytest.mark.parametrize("option", ["websocket", "webrtc", "gateway"])
def test_a_first_step_answers_from_its_tool(option: str) -> None:
    command = [sys.executable, "-W", "error::RuntimeWarning", "-c", STEPS[option].code]
    done = subprocess.run(command, env=surroundings(), capture_output=True, text=True, timeout=50, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "We are open from nine to five." in done.stdout


@pytest.mark.slow
def test_the_first_step_of_gpt_live_keeps_to_its_wire() -> None:
    heard: list[dict[str, Any]] = []

    async def live(connection: ServerConnection) -> None:
        """As LIVE.md 4 has it: nothing before the start, and a clock of input audio."""
        async for message in connection:
            heard.append(event := json.loads(message))
            sound = sum(each["type"] == "session.input_audio.append" for each in heard)
            if event["type"] == "session.start":
                await connection.send('{"type": "session.started", "session": {"id": "live_1"}}')
            elif sound == 3:
                await connection.send('{"type": "session.output_transcript.delta", "delta": "Welcome.", "start_ms": 0}')
                usage = '"usage": {"seconds": 2}, "session": {}'
                await connection.send(f'{{"type": "session.closed", "reason": "close_requested", {usage}}}')

    async def run() -> tuple[int | None, str, str]:
        async with serve(live, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            env = surroundings(OPENAI_API_KEY="sk-any", OPENAI_BASE_URL=f"http://127.0.0.1:{port}/v1")
            command = (sys.executable, "-c", STEPS["gpt_live"].code)
            pipes = {"stdout": asyncio.subprocess.PIPE, "stderr": asyncio.subprocess.PIPE}
            process = await asyncio.create_subprocess_exec(*command, env=env, **pipes)
            out, err = await asyncio.wait_for(process.communicate(), 30)
            return process.returncode, out.decode(), err.decode()

    assert asyncio.run(run()) == (0, "Welcome.\n[close_requested, 2 s]\n", "")
    kinds = [event["type"] for event in heard]
    assert kinds[:3] == ["session.start", "session.commentary.append", "session.input_audio.append"]
    assert heard[0]["session"]["model"] == "gpt-live-1.1"
    assert heard[1]["delegation_id"] is None
