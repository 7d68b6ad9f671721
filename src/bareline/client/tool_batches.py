"""When has a response of the model all answers to its calls, and is another response to be asked for?

Outputs go out as tools settle; when all calls of a response are answered and the response is over, exactly one response
is asked for (REALTIME.md 10.8). A call that an interruption ended asks for none: the user's own turn brings one.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from bareline.client.tool_calls import ToolCall
from bareline.protocol import events as ev

__all__ = ["ToolBatches"]


class _Batch(msgspec.Struct):
    """The calls of one response that have no answer yet. ``ask``: the last answer given deserves a response."""

    waiting: set[str]
    over: bool = False
    ask: bool = False


class ToolBatches:
    """Gives outputs to the model. ``post`` sends an event, ``respond`` asks for a response."""

    def __init__(self, *, post: Callable[[ev.ClientEvent], object], respond: Callable[[str], None]) -> None:
        self._post = post
        self._respond = respond
        self._batches: dict[str, _Batch] = {}
        self._quiet = False

    @property
    def busy(self) -> bool:
        """Whether a call has no answer yet."""
        return any(batch.waiting for batch in self._batches.values())

    def expect(self, call: ToolCall) -> None:
        """A call that needs an answer."""
        batch = self._batches.get(call.response_id)
        if batch is None:
            batch = self._batches[call.response_id] = _Batch(set())
        batch.waiting.add(call.call_id)

    def give(self, call: ToolCall, output: str) -> None:
        """Give the output to the model; ``given`` follows."""
        self._post(ev.ConversationItemCreate(item=ev.FunctionCallOutput(call_id=call.call_id, output=output)))

    def given(self, call: ToolCall) -> None:
        """Its output was given: ask for a response when nothing else of that response is open."""
        batch = self._batches.get(call.response_id)
        if batch is not None:
            batch.waiting.discard(call.call_id)
            batch.ask = not self._quiet
            self._finish(call.response_id, batch)

    def quietly(self, give: Callable[[], None]) -> None:
        """Do what gives answers, none of which asks for a response."""
        self._quiet = True
        try:
            give()
        finally:
            self._quiet = False

    def response_done(self, response_id: str) -> None:
        """The response is over: no more calls of it come."""
        batch = self._batches.get(response_id)
        if batch is not None:
            batch.over = True
            self._finish(response_id, batch)

    def connection_lost(self) -> None:
        """The responses under way are over, whatever they still had to say."""
        for response_id in list(self._batches):
            self.response_done(response_id)

    def _finish(self, response_id: str, batch: _Batch) -> None:
        if batch.over and not batch.waiting:
            del self._batches[response_id]
            if batch.ask:
                self._respond("tools_answered")
