"""Where do the scenes take place: the built-in server and the tap before it, on a core of their own?"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from bareline.errors import BarelineError
from bareline.lab.bench_load import cores
from bareline.lab.peers.scenes import Scene

__all__ = ["Stage"]

_END_S = 5


class Stage:
    """Holds one tap and, for each scene, one server; a context manager. Processes end with it."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="bareline-peers-")
        self._servers: dict[str, tuple[subprocess.Popen[str], int]] = {}
        self._tap: subprocess.Popen[str] | None = None
        self._port = 0

    @property
    def folder(self) -> Path:
        """For what a scene needs on disk."""
        return Path(self._folder.name)

    @property
    def url(self) -> str:
        """What the peers are given as the address of the service."""
        return f"http://127.0.0.1:{self._port}/v1"

    @property
    def pids(self) -> list[int]:
        """Our processes, which are no foreign load."""
        tap = [self._tap.pid] if self._tap is not None else []
        return [*tap, *(process.pid for process, _ in self._servers.values())]

    def __enter__(self) -> Self:
        self._tap = _start(["-m", "bareline.lab.peers.tap"])
        self._port = json.loads(_line(self._tap))["port"]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for process in (self._tap, *(process for process, _ in self._servers.values())):
            if process is not None:
                _end(process)
        self._folder.cleanup()

    def begin(self, scene: Scene) -> None:
        """The curtain rises. A server is started for a scene that has none yet."""
        self._ask({"do": "begin", "target": self._server(scene), "after_ms": 0, **scene.rules})

    def end(self) -> dict[str, Any]:
        """What passed since ``begin``."""
        return self._ask({"do": "end"})

    def _ask(self, command: dict[str, Any]) -> dict[str, Any]:
        if self._tap is None or self._tap.stdin is None:
            raise BarelineError("the tap of the bench runs inside 'with' only")
        self._tap.stdin.write(json.dumps(command) + "\n")
        self._tap.stdin.flush()
        found: dict[str, Any] = json.loads(_line(self._tap))
        return found

    def _server(self, scene: Scene) -> int:
        if scene.name not in self._servers:
            script = self.folder / f"{len(self._servers)}.yaml"
            script.write_text(scene.script)
            faults = ["--fault", scene.faults] if scene.faults else []
            process = _start(["-m", "bareline", "serve", "--port", "0", "--backend", f"script:{script}", *faults])
            self._servers[scene.name] = (process, int(_line(process).rsplit(":", 1)[1].split("/")[0]))
        return self._servers[scene.name][1]


def _start(arguments: list[str]) -> subprocess.Popen[str]:
    process = subprocess.Popen(  # noqa: S603 - our own module
        [sys.executable, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(process.pid, {cores()[1]})
    return process


def _line(process: subprocess.Popen[str]) -> str:
    out: IO[str] | None = process.stdout
    line = out.readline() if out is not None else ""
    if not line:
        raise BarelineError("a server of the bench ended by itself; its last words are above")
    return line


def _end(process: subprocess.Popen[str]) -> None:
    process.terminate()
    try:
        process.communicate(timeout=_END_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
