"""Which irreversible executions did this process begin, when nothing needs to outlive it?"""

from __future__ import annotations

import msgspec

from bareline.tools.executions import Execution, ExecutionState

__all__ = ["EXECUTIONS_REMEMBERED", "ExecutionMemory"]

EXECUTIONS_REMEMBERED = 1_000
"""Ended executions that are kept; what is not ended is never forgotten."""


class ExecutionMemory:
    """An ``ExecutionStore`` that ends with the process: at most once within it, and nothing to tell after it.

    ``unfinished`` gives what an earlier call ended and did not tell, when calls share it.
    """

    def __init__(self) -> None:
        self._executions: dict[str, Execution] = {}
        self._ended: dict[str, bool] = {}

    def begin(self, execution: Execution) -> Execution | None:
        """Note that it begins. What is known already of this key, or ``None`` when it is new and may run."""
        known = self._executions.get(execution.key)
        if known is None:
            self._executions[execution.key] = execution
        return known

    def end(self, key: str, state: ExecutionState, output: str, ended_at_ns: int) -> None:
        """Note how it ended; a second end of the same key is ignored, and so is one that never began."""
        known = self._executions.get(key)
        if known is None or known.state is not ExecutionState.BEGUN:
            return
        self._executions[key] = msgspec.structs.replace(known, state=state, output=output, ended_at_ns=ended_at_ns)
        self._ended[key] = False
        if len(self._ended) > EXECUTIONS_REMEMBERED:
            oldest = next(iter(self._ended))
            del self._ended[oldest], self._executions[oldest]

    def told(self, key: str) -> None:
        """Note that the user was told of its end; a second time changes nothing."""
        if key in self._ended:
            self._ended[key] = True

    def unfinished(self) -> list[Execution]:
        """What ended and nobody was told of, oldest first; all else that it remembers is of a process that lives."""
        return [self._executions[key] for key, told in self._ended.items() if not told]

    def get(self, key: str) -> Execution | None:
        """What is known of an execution."""
        return self._executions.get(key)

    def close(self) -> None:
        """Nothing to give back."""
