"""What was done, and what is the user told, when the process is killed at any step of an irreversible call?

This file is the program that is killed, too: ``python test_killed.py FOLDER KIND STEP`` makes a whole call, whose
tool's effect is a line in a file, and kills itself at that step.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bareline import Call, ExecutionFile, Toolbox, ToolContext
from bareline.client.call_events import AgentSaid, CallEvent, ConfirmationAsked, ExecutionRecovered
from bareline.protocol import events as ev
from bareline.protocol.generation import CallDelta, TextDelta
from bareline.testing.function_backend import FunctionBackend
from bareline.testing.in_process import InProcessServer
from bareline.testing.virtual import run_virtual
from bareline.tools.executions import Execution, ExecutionState

NOTHING_BEGUN = ("before begin", "during begin")
BEFORE_THE_EFFECT = ("after begin", "before the effect")
BEFORE_THE_RECORD = ("after the effect", "before end", "during end")
UNTOLD = ("after end", "before the answer", "before told", "during told")
TOLD = ("after told", "never")
STEPS = (*NOTHING_BEGUN, *BEFORE_THE_EFFECT, *BEFORE_THE_RECORD, *UNTOLD, *TOLD)
QUESTION = "Pay 5 euros to Ada?"


class Steps:
    """Dies at its step."""

    def __init__(self, step: str = "never") -> None:
        self.step = step

    def reached(self, step: str) -> None:
        if step == self.step:
            os.kill(os.getpid(), signal.SIGKILL)


class SteppedFile(ExecutionFile):
    """Passes through the steps of a store; 'during' is after the writing and before it is committed."""

    def __init__(self, path: Path, steps: Steps) -> None:
        super().__init__(path)
        self._steps = steps
        self._doing = ""

    def begin(self, execution: Execution) -> Execution | None:
        with self._step("begin"):
            return super().begin(execution)

    def end(self, key: str, state: ExecutionState, output: str, ended_at_ns: int) -> None:
        with self._step("end"):
            super().end(key, state, output, ended_at_ns)

    def told(self, key: str) -> None:
        with self._step("told"):
            super().told(key)

    @contextmanager
    def _step(self, name: str) -> Generator[None]:
        self._steps.reached(f"before {name}")
        self._doing = name
        yield
        self._doing = ""
        self._steps.reached(f"after {name}")

    @contextmanager
    def _transaction(self):  # type: ignore[no-untyped-def]
        with super()._transaction() as connection:
            yield connection
            self._steps.reached(f"during {self._doing}")


class Bank:
    """A payment is a line in a file, on disk before the function returns."""

    def __init__(self, folder: Path, *, keyed: bool, steps: Steps) -> None:
        self.file = folder / "payments"
        self.keyed = keyed
        self.steps = steps
        self.box = Toolbox()
        self.box.add(self.pay, effect="irreversible", keyed=keyed, confirm="Pay {euros} euros to {name}?")

    def pay(self, name: str, euros: int, context: ToolContext) -> str:
        """Pay somebody."""
        self.steps.reached("before the effect")
        if not (self.keyed and context.idempotency_key in self.payments):
            with self.file.open("a") as file:
                file.write(f"{context.idempotency_key}\n")
                file.flush()
                os.fsync(file.fileno())
        self.steps.reached("after the effect")
        return f"{name} has got {euros} euros"

    @property
    def payments(self) -> list[str]:
        return self.file.read_text().split() if self.file.exists() else []


async def paying(bank: Bank, store: ExecutionFile) -> None:
    """The user wants to pay and consents; the model says what came of it."""

    async def respond(request) -> AsyncIterator[CallDelta | TextDelta]:  # type: ignore[no-untyped-def]
        outputs = [item.output for item in request.context if isinstance(item, ev.FunctionCallOutput)]
        results = [item for item in request.context if isinstance(item, ev.Message) and item.role == "system"]
        if not outputs:
            yield CallDelta(name="pay", arguments='{"name":"Ada","euros":5}')
        elif "needs_confirmation" in outputs[-1] and not results:
            yield TextDelta(text=QUESTION)
        else:
            bank.steps.reached("before the answer")
            yield TextDelta(text="It is done.")

    server = InProcessServer(FunctionBackend(respond))
    async with server, Call(dial=server.dial, tools=bank.box, executions=store) as call:
        call.send_text("Pay Ada five euros.")
        async for event in call.events():
            if isinstance(event, ConfirmationAsked):
                call.confirm(event.proposal_id)
            if isinstance(event, AgentSaid) and event.text == "It is done.":
                break
        await call.quiet()


async def restarted(bank: Bank, store: ExecutionFile) -> tuple[list[str], list[CallEvent]]:
    """What a model is told by a new call before its first response, which says it, and the events."""
    told: list[str] = []

    async def respond(request) -> AsyncIterator[TextDelta]:  # type: ignore[no-untyped-def]
        system = [item for item in request.context if isinstance(item, ev.Message) and item.role == "system"]
        told.extend(part.text for item in system for part in item.content if isinstance(part, ev.InputText))
        yield TextDelta(text="About your payment: so it is. ")

    seen: list[CallEvent] = []
    server = InProcessServer(FunctionBackend(respond))
    async with server, Call(dial=server.dial, tools=bank.box, executions=store) as call:
        call.send_text("Hello again.")
        async for event in call.events():
            seen.append(event)
            if isinstance(event, AgentSaid):
                break
        await call.quiet()
    return told, seen


def killed(folder: Path, kind: str, step: str) -> int:
    command = [sys.executable, __file__, str(folder), kind, step]
    return subprocess.run(command, timeout=50, check=False).returncode


def restart(folder: Path, kind: str) -> tuple[list[str], list[ExecutionState], list[str]]:
    """What is told after a restart, as which states, and the payments; a second restart has nothing to tell."""
    bank = Bank(folder, keyed=kind == "keyed", steps=Steps())
    store = ExecutionFile(folder / "executions.db")
    told, seen = run_virtual(restarted(bank, store))
    store.close()
    again = ExecutionFile(folder / "executions.db")
    assert run_virtual(restarted(bank, again))[0] == [], "what was told is told once"
    again.close()
    states = [event.execution.state for event in seen if isinstance(event, ExecutionRecovered)]
    return told, states, bank.payments


@pytest.mark.slow
@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("kind", ["keyed", "plain"])
def test_at_most_once_and_the_truth(tmp_path: Path, kind: str, step: str) -> None:
    assert killed(tmp_path, kind, step) == (0 if step == "never" else -signal.SIGKILL)
    told, states, payments = restart(tmp_path, kind)
    if step in NOTHING_BEGUN:
        assert (told, states, payments) == ([], [], [])
    elif step in TOLD:
        assert (told, states, len(payments)) == ([], [], 1)
    else:
        assert len(told) == 1
        assert 'pay with {"name":"Ada","euros":5}' in told[0]
        assert QUESTION in told[0]
        if kind == "keyed" or step in UNTOLD:
            assert len(payments) == 1
            assert states == [ExecutionState.ANSWERED]
            assert "It was carried out. Its result: Ada has got 5 euros" in told[0]
        else:
            assert len(payments) == (0 if step in BEFORE_THE_EFFECT else 1)
            assert states == [ExecutionState.UNKNOWN]
            assert "It is not known whether it took effect" in told[0]
            assert "Do not carry it out again unless they ask" in told[0]


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["keyed", "plain"])
@pytest.mark.parametrize("after_ms", range(0, 60, 2))
def test_killed_at_any_moment(tmp_path: Path, kind: str, after_ms: int) -> None:
    killed(tmp_path, kind, f"after {after_ms} ms")
    told, _, payments = restart(tmp_path, kind)
    assert len(told) <= 1
    assert len(payments) <= 1
    carried_out = told and "It was carried out" in told[0]
    assert len(payments) == 1 or not carried_out
    if kind == "keyed" and told:
        assert len(payments) == 1


def main(folder: Path, kind: str, step: str) -> None:
    steps = Steps(step)
    bank = Bank(folder, keyed=kind == "keyed", steps=steps)
    store = SteppedFile(folder / "executions.db", steps)
    if step.endswith(" ms"):
        threading.Timer(int(step.split()[1]) / 1_000, steps.reached, (step,)).start()
    run_virtual(paying(bank, store))
    store.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3])
