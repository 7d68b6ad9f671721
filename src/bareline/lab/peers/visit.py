"""How does one peer play one scene, and what was seen of it?"""

from __future__ import annotations

import json
import os
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bareline.lab.bench_load import Load, cores
from bareline.lab.peers.contenders import PROGRAMS, Peer
from bareline.lab.peers.environments import Environment
from bareline.lab.peers.scenes import Scene
from bareline.lab.peers.stage import Stage

__all__ = ["Visit", "play"]

_START_S = 20


@dataclass(frozen=True, slots=True)
class Visit:
    """What the program (``seen``) and the tap (``passed``) saw; times are of one monotonic clock.

    ``problem``: why there is nothing to see. ``printed`` is what the program wrote to its standard output.
    """

    peer: Peer
    scene: Scene
    seen: dict[str, Any]
    passed: dict[str, Any]
    spawned_ns: int
    printed: str
    foreign_cores: float | None
    problem: str = ""


def play(stage: Stage, environment: Environment, scene: Scene, speech: list[Path]) -> Visit:
    """One visit, in a process of its own on a core of its own."""
    result = stage.folder / "seen.json"
    result.unlink(missing_ok=True)
    plan = {
        "url": stage.url,
        "sessions": scene.sessions,
        "speech": [str(path) for path in speech],
        "steps": scene.steps,
        "result": str(result),
    }
    stage.begin(scene)
    before = Load(stage.pids)
    spawned_ns = time.monotonic_ns()
    problem, printed = _run(environment.command, plan, scene.limit_s + _START_S, stage.folder)
    foreign = before.foreign_cores()
    passed = stage.end()
    seen: dict[str, Any] = json.loads(result.read_text()) if result.exists() else {}
    if not seen and not problem:
        problem = "it left nothing to see"
    return Visit(environment.peer, scene, seen, passed, spawned_ns, printed, foreign, problem)


def _run(command: tuple[str, ...], plan: dict[str, Any], limit_s: float, folder: Path) -> tuple[str, str]:
    """What went wrong, and what was printed."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("OPENAI_", "PYTHON"))}
    environment |= {"BARELINE_SCENE": json.dumps(plan), "PYTHONPATH": str(PROGRAMS / "shared")}
    environment |= {"PYTHONUNBUFFERED": "1", "OPENAI_API_KEY": "sk-local", "OPENAI_AGENTS_DISABLE_TRACING": "1"}
    out, err = folder / "stdout.txt", folder / "stderr.txt"
    with out.open("wb") as stdout, err.open("wb") as stderr:
        process = subprocess.Popen(  # noqa: S603 - a program of ours in an environment of ours
            command, env=environment, stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr
        )
        if hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(process.pid, {cores()[0]})
        try:
            code = process.wait(timeout=limit_s)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            return f"it took longer than {limit_s:g} s", out.read_text(errors="replace")
    last = err.read_text(errors="replace").strip().splitlines()[-1:]
    return (f"it ended with {code}: {''.join(last)}"[:300] if code else ""), out.read_text(errors="replace")
