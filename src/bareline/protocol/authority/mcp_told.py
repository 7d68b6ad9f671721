"""How is a generator told of calls that the server made itself?

As of its own: a function call and its output. So a backend that knows function calls knows MCP tools too.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bareline.protocol import events as ev

__all__ = ["told_as_calls"]

_WAITS = '{"status":"waiting","message":"Nothing was done yet: the user has to approve it first."}'
_DENIED = '{"status":"denied","message":"The user did not approve it; it was not done."}'


def told_as_calls(items: Sequence[ev.Item]) -> tuple[ev.Item, ...]:
    """The same conversation without any kind of item that only MCP has."""
    answers = {item.approval_request_id: item.approve for item in items if isinstance(item, ev.McpApprovalResponse)}
    return tuple(told for item in items for told in _told(item, answers))


def _told(item: ev.Item, answers: dict[str, bool]) -> Iterable[ev.Item]:
    match item:
        case ev.McpCall(id=item_id, name=name, arguments=arguments):
            return _pair(item_id, name, arguments, _outcome(item))
        case ev.McpApprovalRequest(id=item_id, name=name, arguments=arguments):
            approved = answers.get(item_id)  # of an approved one the call itself tells
            return [] if approved else _pair(item_id, name, arguments, _WAITS if approved is None else _DENIED)
        case ev.McpApprovalResponse() | ev.McpListTools():
            return []
        case _:
            return [item]


def _pair(item_id: str, name: str, arguments: str, output: str) -> list[ev.Item]:
    return [
        ev.FunctionCall(id=item_id, name=name, arguments=arguments, call_id=item_id, status="completed"),
        ev.FunctionCallOutput(id=f"{item_id}_output", call_id=item_id, output=output),
    ]


def _outcome(item: ev.McpCall) -> str:
    if isinstance(item.error, ev.McpError):
        return f"The call failed: {item.error.message}"
    return item.output or ""
