"""Which tools may the model call, and which must it call?

Shared by requests and reports. Source: REALTIME.md section 7.
"""

from __future__ import annotations

from typing import Any

import msgspec

__all__ = [
    "FunctionTool",
    "McpTool",
    "Tool",
    "ToolChoice",
    "ToolChoiceFunction",
    "ToolChoiceMcp",
    "UnknownTool",
]


class FunctionTool(msgspec.Struct, kw_only=True, frozen=True, tag_field="type", tag="function", omit_defaults=True):
    """A function the model may call; ``parameters`` is a JSON Schema object."""

    name: str | None = None
    description: str | None = None
    parameters: Any = None


class McpTool(msgspec.Struct, kw_only=True, frozen=True, tag_field="type", tag="mcp", omit_defaults=True):
    """A remote MCP server whose tools the service calls itself."""

    server_label: str
    server_url: str | None = None
    connector_id: str | None = None
    tunnel_id: str | None = None
    authorization: str | None = None
    headers: dict[str, str] | None = None
    allowed_tools: Any = None
    require_approval: Any = None
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


ToolChoice = str | ToolChoiceFunction | ToolChoiceMcp
"""``none``, ``auto``, ``required`` or one named tool."""
