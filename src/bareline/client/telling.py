"""Has the user been told what became of an irreversible execution?

The model has to know the outcome, and a response that began after it knew has to be whole and say something. Until
then the store keeps it as untold, so that a call after this one, if it ends here, tells it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from bareline.client.journal import Journal
from bareline.protocol import events as ev
from bareline.tools import ExecutionStore

__all__ = ["Telling"]


class Telling:
    """Follows what the model was told to what it said. ``all_told``: whether the server has every item of ours."""

    def __init__(
        self,
        store: ExecutionStore,
        journal: Journal,
        *,
        all_told: Callable[[], bool],
        spawn: Callable[[Coroutine[Any, Any, None]], object],
    ) -> None:
        self._store = store
        self._journal = journal
        self._all_told = all_told
        self._spawn = spawn
        self._known: list[str] = []
        self._saying: dict[str, list[str]] = {}

    def ended(self, key: str) -> None:
        """The outcome of this execution was just handed to the model."""
        self._known.append(key)

    def take(self, event: ev.ServerEvent) -> None:
        """Follow the responses of the conversation."""
        match event:
            case ev.ResponseCreated(response=response) if response.id and response.conversation_id is not None:
                if self._known and self._all_told():
                    self._saying[response.id], self._known = self._known, []
            case ev.ResponseDone(response=response) if response.id in self._saying:
                keys = self._saying.pop(response.id)
                if response.status == "completed" and any(
                    isinstance(item, ev.Message) for item in response.output or ()
                ):
                    self._spawn(self._told(keys))
                else:
                    self._known += keys
            case _:
                pass

    def connection_lost(self) -> None:
        """What was being said will not be."""
        for keys in self._saying.values():
            self._known += keys
        self._saying.clear()

    async def _told(self, keys: list[str]) -> None:
        for key in keys:
            try:
                await asyncio.to_thread(self._store.told, key)
            except Exception as error:  # noqa: BLE001 (whatever a store raises: it is told once more after this call)
                self._journal.decision("not_recorded", str(error), key=key)
                return
