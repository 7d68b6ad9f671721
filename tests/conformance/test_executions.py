"""Do the stores of executions keep their contract, and does the kit notice one that does not?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bareline import ExecutionFile
from bareline.testing.conformance import ContractBroken, executions
from bareline.testing.conformance.executions import EXECUTIONS, OUTLIVING, MakeStore, Reopen
from bareline.tools.execution_memory import ExecutionMemory
from bareline.tools.executions import Execution, ExecutionState, ExecutionStore


@pytest.fixture
def reopen(tmp_path: Path) -> Iterator[Reopen]:
    opened: list[ExecutionFile] = []

    def open_again() -> ExecutionStore:
        opened.append(ExecutionFile(tmp_path / "executions.db"))
        return opened[-1]

    yield open_again
    for store in opened:
        store.close()


@pytest.mark.parametrize("check", [*EXECUTIONS, *OUTLIVING], ids=lambda check: check.__name__)
def test_the_file(check: Callable[[MakeStore], None], reopen: Reopen) -> None:
    check(reopen)


@pytest.mark.parametrize("check", EXECUTIONS, ids=lambda check: check.__name__)
def test_the_memory(check: Callable[[MakeStore], None]) -> None:
    check(ExecutionMemory)


class BeginsAlways(ExecutionMemory):
    def begin(self, execution: Execution) -> Execution | None:
        super().begin(execution)


class LastEndWins(ExecutionMemory):
    def end(self, key: str, state: ExecutionState, output: str, ended_at_ns: int) -> None:
        if key in self._executions:
            self._executions[key] = Execution(key=key, tool="", arguments="", digest="", call_id="", state=state)


class TakesWhatRuns(ExecutionMemory):
    def unfinished(self) -> list[Execution]:
        return list(self._executions.values())


class TellsAgain(ExecutionMemory):
    def told(self, key: str) -> None:
        pass


class ClosesOnce(ExecutionMemory):
    def close(self) -> None:
        del self._executions


@pytest.mark.parametrize(
    ("check", "make"),
    [
        (executions.a_key_is_begun_once, BeginsAlways),
        (executions.of_many_threads_one_begins, BeginsAlways),
        (executions.an_end_is_remembered, LastEndWins),
        (executions.a_second_end_is_ignored, LastEndWins),
        (executions.what_lives_is_not_unfinished, TakesWhatRuns),
        (executions.what_ended_untold_is_told_once, TellsAgain),
        (executions.it_closes_twice, ClosesOnce),
        (executions.what_was_left_is_unfinished, ExecutionMemory),
        (executions.one_finishes_what_was_left, ExecutionMemory),
        (executions.all_openings_know_the_same, ExecutionMemory),
    ],
)
def test_the_kit_notices(check: Callable[[MakeStore], None], make: MakeStore) -> None:
    with pytest.raises(ContractBroken):
        check(make)
