"""What has become of the persons who were asked to approve something?

Each is awaited in a task of the call, which is cancelled when nobody wants the answer any more. How long they may take
is the proposal's matter.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from bareline.client.journal import Journal
from bareline.tools import Approval
from bareline.tools.consent_policy import Approver

__all__ = ["Approvals"]


class Approvals:
    """Asks and waits. ``decided`` gets the proposal and the answer; in doubt it is a no."""

    def __init__(
        self,
        journal: Journal,
        *,
        spawn: Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]],
        decided: Callable[[str, bool], None],
    ) -> None:
        self._journal = journal
        self._spawn = spawn
        self._decided = decided
        self._asking: dict[str, asyncio.Task[None]] = {}

    def ask(self, approve: Approver, approval: Approval) -> None:
        """Ask, unless this is asked already."""
        if approval.proposal_id not in self._asking:
            self._asking[approval.proposal_id] = self._spawn(self._asked(approve, approval))

    def keep(self, pending: set[str]) -> None:
        """Ask for nothing else any more."""
        for proposal_id in [known for known in self._asking if known not in pending]:
            self._asking.pop(proposal_id).cancel()

    async def _asked(self, approve: Approver, approval: Approval) -> None:
        try:
            approved = await approve(approval)
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            approved = self._failed(approval, "it was cancelled by itself")
        except Exception as error:  # noqa: BLE001 (the application's code; what cannot be asked is not approved)
            approved = self._failed(approval, f"{type(error).__name__}: {error}")
        if self._asking.pop(approval.proposal_id, None) is not None:
            self._decided(approval.proposal_id, approved is True)

    def _failed(self, approval: Approval, why: str) -> bool:
        self._journal.decision("approval_failed", why, proposal_id=approval.proposal_id, tool=approval.tool)
        return False
