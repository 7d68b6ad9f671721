"""Which tools may the model call, and which must it call?

Shared by requests and reports. Source: REALTIME.md section 7.
"""

from __future__ import annotations

from typing import Any

import msgspec

__all__ = [
    "FunctionTool",
    "McpApproval",
    "McpTool",
    "McpToolFilter",
    "Tool",
    "ToolChoice",
    "ToolChoiceFunction",
    "ToolChoiceMcp",
    "UnknownTool",
    "UnknownToolChoice",
]


class FunctionTool(msgspec.Struct, kw_only=True, frozen=True, tag_field="type", tag="function", omit_defaults=True):
    """A function the model may call; ``parameters`` is a JSON Schema object."""

    name: str | None = None
    description: str | None = None
    parameters: dict[str, Any] | None = None


class McpToolFilter(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Some tools of an MCP server: those named, or those that only read."""

    tool_names: list[str] | None = None
    read_only: bool | None = None


class McpApproval(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Which tools of an MCP server need the user's approval."""

    always: McpToolFilter | None = None
    never: McpToolFilter | None = None


class McpTool(msgspec.Struct, kw_only=True, frozen=True, tag_field="type", tag="mcp", omit_defaults=True):
    """A remote MCP server whose tools the service calls itself.

    Exactly one of ``server_url``, ``connector_id``, ``tunnel_id``. ``require_approval``: always (default), never, some.
    """

    server_label: str
    server_url: str | None = None
    connector_id: str | None = None
    tunnel_id: str | None = None
    authorization: str | None = None
    headers: dict[str, str] | None = None
    allowed_tools: list[str] | McpToolFilter | None = None
    require_approval: str | McpApproval | None = None
    server_description: str | None = None
    defer_loading: bool | None = None
    allowed_callers: list[str] | None = None


class UnknownTool(msgspec.Struct, frozen=True, tag_field="type", tag="bareline.unknown_tool"):
    """A tool of a type this version does not know; ``value`` is the whole object as it came."""

    value: dict[str, Any]


Tool = FunctionTool | McpTool | UnknownTool


class ToolChoiceFunction(msgspec.Struct, kw_only=True, frozen=True, tag_field="type", tag="function"):
    """The model must call this function."""

    name: str


class ToolChoiceMcp(msgspec.Struct, kw_only=True, frozen=True, tag_field="type", tag="mcp", omit_defaults=True):
    """The model must call this MCP server (and tool)."""

    server_label: str
    name: str | None = None


class UnknownToolChoice(msgspec.Struct, frozen=True, tag_field="type", tag="bareline.unknown_tool_choice"):
    """A choice of a type this version does not know; ``value`` is the whole object as it came."""

    value: dict[str, Any]


ToolChoice = str | ToolChoiceFunction | ToolChoiceMcp | UnknownToolChoice
"""``none``, ``auto``, ``required`` or one named tool."""
