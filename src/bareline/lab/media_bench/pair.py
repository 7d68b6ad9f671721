"""How do two processes of one stack get connected, each on a core of its own, and what do they use?"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

from bareline.errors import BarelineError
from bareline.lab.bench_load import cores
from bareline.lab.media_bench.peer import ENGINES

__all__ = ["Pair", "SdpHook", "peer_python"]

SdpHook = Callable[[Literal["offer", "answer"], str], str]
"""Changes a description on its way."""

_SOURCE = Path(__file__).parents[3]


def peer_python(engine: str, folder: Path) -> str | None:
    """The interpreter that can run this engine; ``None`` when its environment was not made (``scripts/peers``)."""
    if engine != "libwebrtc":
        return sys.executable
    found = folder / "libwebrtc" / "bin" / "python"
    return str(found) if found.exists() else None


class Pair:
    """A calling and an answering process of one engine. Not for concurrent use."""

    def __init__(self, engine: str, python: str = sys.executable) -> None:
        if engine not in ENGINES:
            raise ValueError(f"unknown engine {engine!r}")
        near, far = cores()
        self.engine = engine
        self.caller = _Process(engine, python, near)
        self.answerer = _Process(engine, python, far)
        self.sessions = 0

    def connect(self, hook: SdpHook | None = None) -> dict[str, Any]:
        """One more connection; ``setup_ms`` and ``parts_ms`` of the caller."""
        session = self.sessions
        self.sessions += 1
        offer = self.caller.ask(do="offer", session=session)["offer"]
        answer = self.answerer.ask(do="answer", session=session, offer=hook("offer", offer) if hook else offer)[
            "answer"
        ]
        found = self.caller.ask(do="accept", session=session, answer=hook("answer", answer) if hook else answer)
        self.answerer.ask(do="opened", session=session)
        return found

    @property
    def pids(self) -> tuple[int, int]:
        """The two processes."""
        return self.caller.pid, self.answerer.pid

    def disconnect(self) -> None:
        """End all connections."""
        for side in (self.caller, self.answerer):
            side.ask(do="close")

    def speak(self, seconds: float, *, marks: bool) -> tuple[dict[str, Any], dict[str, Any]]:
        """Audio both ways on all connections; what each side found."""
        for side in (self.caller, self.answerer):
            side.tell(do="speak", seconds=seconds, marks=marks)
        return self.caller.answer(), self.answerer.answer()

    def echo_ms(self, *, count: int, size: int) -> list[float]:
        """Round trips of messages of the last connection; large ones are acknowledged, not sent back."""
        return self.caller.ask(do="echo", session=self.sessions - 1, count=count, size=size)["taken_ms"]

    def reflect(self) -> None:
        """The answering side sends short messages back from now on."""
        self.answerer.ask(do="reflect", session=self.sessions - 1)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.caller.end()
        self.answerer.end()


class _Process:
    """One side in a process of its own."""

    def __init__(self, engine: str, python: str, core: int) -> None:
        command = [python, "-m", "bareline.lab.media_bench.peer", engine, str(core)]
        environment = {**os.environ, "PYTHONPATH": str(_SOURCE), "WRTC_ALLOW_LOOPBACK": "1"}
        self._engine = engine
        self._process = subprocess.Popen(  # noqa: S603
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
        )

    @property
    def pid(self) -> int:
        """Its number."""
        return self._process.pid

    def ask(self, **command: object) -> dict[str, Any]:
        """Tell and wait for the answer."""
        self.tell(**command)
        return self.answer()

    def tell(self, **command: object) -> None:
        """One command."""
        assert self._process.stdin is not None  # noqa: S101  (it is a pipe)
        self._process.stdin.write(json.dumps(command) + "\n")
        self._process.stdin.flush()

    def answer(self) -> dict[str, Any]:
        """Its answer. Raises ``BarelineError`` when it failed."""
        assert self._process.stdout is not None  # noqa: S101  (it is a pipe)
        line = self._process.stdout.readline()
        found: dict[str, Any] = json.loads(line) if line else {"error": self._last_words()}
        if "error" in found:
            raise BarelineError(f"the stack '{self._engine}' failed in the bench: {found['error']}")
        return found

    def end(self) -> None:
        """Stop it."""
        self._process.kill()
        self._process.communicate()

    def _last_words(self) -> str:
        self._process.kill()
        return self._process.communicate()[1].strip()[-500:]
