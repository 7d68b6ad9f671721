"""Can a tool know that nobody waits for it any more, and use its context without a call?"""

from __future__ import annotations

import pytest

from bareline.errors import ToolCancelled
from bareline.tools import CancellationScope, ToolContext


def test_nobody_waiting_is_said_with_the_first_reason() -> None:
    scope = CancellationScope()
    scope.check()
    scope.cancel("the user interrupted")
    scope.cancel("the call is over")
    assert (scope.cancelled, scope.reason) == (True, "the user interrupted")
    with pytest.raises(ToolCancelled, match="the user interrupted"):
        scope.check()


def test_a_context_made_by_hand_hears_progress_and_does_nothing_with_it() -> None:
    context = ToolContext("look_up", "call_1", "key_1")
    context.progress("half of it")
    assert not context.scope.cancelled
