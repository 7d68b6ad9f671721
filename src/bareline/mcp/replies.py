"""What is the model told of a server's answer, and of its failures?

What a tool says of its own failure is meant for the model. What went wrong between us and the server is not: that is
logged, and said in plain words.
"""

from __future__ import annotations

import logging
from typing import Any

from bareline.errors import InvalidRequest, Permanent, Temporary, ToolError
from bareline.mcp.values import ServerGone, ServerRefused, ToolReply
from bareline.tools import Effect

__all__ = ["FAILURE_MAX_CHARS", "gone", "refused", "reply_value"]

FAILURE_MAX_CHARS = 2_000
"""Of what a tool says of its failure."""

_INVALID_PARAMS = -32602
_NOT_DONE = "That did not work."

_log = logging.getLogger(__name__)


def reply_value(reply: ToolReply) -> Any:
    """What the tool gave: the structured value if there is one, else its text. Raises ``Permanent`` if it failed."""
    if reply.failed:
        raise Permanent(reply.text[:FAILURE_MAX_CHARS] or "the tool failed and did not say why", say=_NOT_DONE)
    value: Any = reply.text
    if reply.structured is not None:
        alone = list(reply.structured) == ["result"]  # so is wrapped what is no object (specification 2025-06-18)
        value = reply.structured["result"] if alone else reply.structured
    if reply.left_out:
        note = f"The tool also gave {', '.join(reply.left_out)}, which cannot be said and was left out."
        return {"note": note} if value == "" else {"result": value, "note": note}
    return None if value == "" else value


def refused(error: ServerRefused, tool: str) -> ToolError:
    """The server would not call the tool."""
    _log.warning("the MCP server refused %s: %s (%s)", tool, error, error.code)
    if error.code == _INVALID_PARAMS:
        return InvalidRequest(str(error)[:FAILURE_MAX_CHARS], say=_NOT_DONE)
    return Permanent(f"the server of '{tool}' could not carry it out", say=_NOT_DONE)


def gone(error: ServerGone, tool: str, effect: Effect) -> ToolError:
    """The server is not there. What may have happened before it went is not called failed."""
    _log.warning("the MCP server of %s is gone: %s", tool, error)
    if error.sent and effect == "irreversible":
        words = "Its server stopped meanwhile, and it is not known whether it took effect. Do not repeat it; say so."
        return Permanent(words, say="I cannot tell whether that worked.")
    return Temporary(f"the server of '{tool}' cannot be reached", say="I cannot reach that service just now.")
