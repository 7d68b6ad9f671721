"""Does a store in memory forget only what ended, and the oldest first?"""

from __future__ import annotations

from bareline.tools import Execution, ExecutionState
from bareline.tools.execution_memory import EXECUTIONS_REMEMBERED, ExecutionMemory


def begun(key: str) -> Execution:
    return Execution(key=key, tool="erase", arguments="{}", digest="d", call_id="call_1")


def test_the_oldest_that_ended_are_forgotten_and_what_runs_is_not() -> None:
    store = ExecutionMemory()
    store.begin(begun("running"))
    for number in range(EXECUTIONS_REMEMBERED + 1):
        store.begin(begun(f"key_{number}"))
        store.end(f"key_{number}", ExecutionState.ANSWERED, "gone", number)
    assert store.get("key_0") is None
    assert store.get("key_1") is not None
    assert store.get("running") == begun("running")


def test_what_is_known_already_is_told_instead_of_begun_and_told_marks_only_what_ended() -> None:
    store = ExecutionMemory()
    assert store.begin(begun("key")) is None
    store.told("key")
    assert store.begin(begun("key")) == begun("key")
    store.end("key", ExecutionState.ANSWERED, "gone", 5)
    assert [execution.output for execution in store.unfinished()] == ["gone"]
    store.told("key")
    assert store.unfinished() == []
