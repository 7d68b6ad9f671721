"""What are the entries of a conversation, and the pieces of an entry?

One ``Message`` for all roles (a union discriminated by ``type`` and ``role`` cannot be expressed); its content parts
form one union for both directions. Keys that do not apply are omitted on the wire, except where a peer demands the null
(REALTIME.md sections 4, 7 and 18). Source: section 7.
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

__all__ = [
    "AudioPart",
    "FunctionCall",
    "FunctionCallOutput",
    "InputAudio",
    "InputImage",
    "InputText",
    "Item",
    "ItemReference",
    "McpApprovalRequest",
    "McpApprovalResponse",
    "McpCall",
    "McpError",
    "McpListTools",
    "McpListedTool",
    "Message",
    "OutputAudio",
    "OutputText",
    "Part",
    "TextPart",
    "UnknownItem",
    "UnknownPart",
]


class _Tagged(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", omit_defaults=True):
    pass


class InputText(_Tagged, frozen=True, tag="input_text", omit_defaults=False):
    """Text said by the user or the system."""

    text: str = ""


class InputAudio(_Tagged, frozen=True, tag="input_audio", omit_defaults=False):
    """Speech of the user. ``audio`` (base64) only on the way in; ``transcript`` null until transcription is done.

    The key ``transcript`` is always sent: agents-js throws without it (section 18).
    """

    transcript: str | None = None
    audio: str | UnsetType | None = UNSET


class InputImage(_Tagged, frozen=True, tag="input_image"):
    """A PNG or JPEG as a data URI. ``detail`` is auto, low or high."""

    image_url: str | None = None
    detail: str | None = None


class OutputText(_Tagged, frozen=True, tag="output_text", omit_defaults=False):
    """Text said by the assistant."""

    text: str | None = None


class OutputAudio(_Tagged, frozen=True, tag="output_audio"):
    """Speech of the assistant; ``audio`` (base64) only in the answer to retrieve."""

    transcript: str | None = None
    audio: str | None = None


class TextPart(_Tagged, frozen=True, tag="text", omit_defaults=False):
    """The text part of ``response.content_part.*``, which does not use the item's type names (section 17, row 9)."""

    text: str | None = None


class AudioPart(_Tagged, frozen=True, tag="audio", omit_defaults=False):
    """The audio part of ``response.content_part.*``."""

    transcript: str | None = None
    audio: str | UnsetType = UNSET


class UnknownPart(msgspec.Struct, frozen=True, tag_field="type", tag="bareline.unknown_part"):
    """A content part of a type this version does not know; ``value`` is the whole object as it came."""

    value: dict[str, Any]


Part = InputText | InputAudio | InputImage | OutputText | OutputAudio | TextPart | AudioPart | UnknownPart


class Message(_Tagged, frozen=True, tag="message"):
    """A message of role system, user or assistant. ``phase`` (commentary, final_answer) comes from the 2.x models."""

    role: str
    content: list[Part]
    id: str | None = None
    status: str | None = None
    phase: str | None = None
    object: str | None = None


class FunctionCall(_Tagged, frozen=True, tag="function_call"):
    """The model asks for a function; ``arguments`` is the model's own JSON text, never re-serialised."""

    name: str
    arguments: str
    call_id: str | None = None
    id: str | None = None
    status: str | None = None
    object: str | None = None


class FunctionCallOutput(_Tagged, frozen=True, tag="function_call_output"):
    """What the function gave, as text."""

    call_id: str
    output: str
    id: str | None = None
    status: str | None = None
    object: str | None = None


class McpListedTool(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One tool of an MCP server's list."""

    name: str
    input_schema: Any
    description: str | None = None
    annotations: Any = None


class McpError(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Why an MCP call failed; ``type`` is protocol_error, tool_execution_error or http_error."""

    type: str
    message: str
    code: int | None = None


class McpListTools(_Tagged, frozen=True, tag="mcp_list_tools"):
    """The tools of one MCP server, as the service listed them."""

    server_label: str
    tools: list[McpListedTool]
    id: str | None = None


class McpCall(_Tagged, frozen=True, tag="mcp_call", omit_defaults=False):
    """One call of an MCP tool by the service. The key ``output`` is always sent (section 18)."""

    id: str
    server_label: str
    name: str
    arguments: str
    output: str | None = None
    approval_request_id: str | UnsetType | None = UNSET
    error: McpError | UnsetType | None = UNSET
    status: str | UnsetType | None = UNSET


class McpApprovalRequest(_Tagged, frozen=True, tag="mcp_approval_request"):
    """The service asks whether it may call an MCP tool."""

    id: str
    server_label: str
    name: str
    arguments: str


class McpApprovalResponse(_Tagged, frozen=True, tag="mcp_approval_response"):
    """The answer to an approval request. ``id`` is optional: agents-js omits it (section 7)."""

    approval_request_id: str
    approve: bool
    id: str | None = None
    reason: str | None = None


class ItemReference(_Tagged, frozen=True, tag="item_reference"):
    """Names an item of the conversation; only in ``response.create`` input (section 17, row 41)."""

    id: str


class UnknownItem(msgspec.Struct, frozen=True, tag_field="type", tag="bareline.unknown_item"):
    """An item of a type this version does not know; ``value`` is the whole object as it came."""

    value: dict[str, Any]

    @property
    def id(self) -> str | None:
        """The item's id, if it has one."""
        found = self.value.get("id")
        return found if isinstance(found, str) else None


Item = (
    Message
    | FunctionCall
    | FunctionCallOutput
    | McpListTools
    | McpCall
    | McpApprovalRequest
    | McpApprovalResponse
    | ItemReference
    | UnknownItem
)
