"""Which values of a request does the service accept, beyond what their types say?

One table for single fields, one for rules between the fields of an object; ``strict`` applies both. Ranges, lengths and
enumerations: REALTIME.md sections 4, 7 and 8.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import msgspec

from bareline.protocol import limits
from bareline.protocol.bodies import ExpiresAfter
from bareline.protocol.events.client import (
    ConversationItemCreate,
    ConversationItemTruncate,
)
from bareline.protocol.events.items import (
    FunctionCall,
    FunctionCallOutput,
    InputAudio,
    InputImage,
    InputText,
    McpApprovalRequest,
    McpApprovalResponse,
    McpCall,
    McpListTools,
    Message,
    OutputAudio,
    OutputText,
)
from bareline.protocol.events.response import ResponseAudioOutputConfig, ResponseConfig
from bareline.protocol.events.session_config import (
    AudioOutputConfig,
    NoiseReductionConfig,
    RealtimeSessionConfig,
    ServerVad,
    TranscriptionSessionConfig,
)
from bareline.protocol.events.settings import AudioFormat, Reasoning, RetentionRatio, TokenLimits
from bareline.protocol.events.tools import FunctionTool, McpTool
from bareline.protocol.images import ImageFault, read_data_uri
from bareline.protocol.refusal import Refusal, quoted, too_long, unsupported

__all__ = ["NO_RULE", "VOICES", "Rule", "allowed_types", "rule_between", "rule_for"]

VOICES = ("alloy", "ash", "ballad", "coral", "echo", "sage", "shimmer", "verse", "marin", "cedar")
"""The service's own voices; a custom one is an object with an id."""

JsonObject = dict[str, Any]


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """What one field accepts; bounds are inclusive, and choices hold for the entries of a list too."""

    required: bool = False
    choices: tuple[str | int, ...] = ()
    least: float | None = None
    most: float | None = None
    max_chars: int | None = None
    base64: bool = False


NO_RULE = Rule()


def rule_for(owner: type, field: str) -> Rule:
    """The rule of a field; its name alone decides where no class is named."""
    return _FIELDS.get((owner, field)) or _EVERYWHERE.get(field, NO_RULE)


def allowed_types(owner: type, field: str, value: JsonObject) -> tuple[str, ...] | None:
    """The only types that the objects in this field of ``value`` may have, or None where all do."""
    if owner is Message and field == "content":
        return _PARTS_OF_ROLE.get(value.get("role"))
    return _TYPES.get((owner, field))


def rule_between(owner: type, value: JsonObject, path: str) -> Refusal | None:
    """What is wrong between the fields of ``value``, each of which is well by itself; the first thing."""
    found = (rule(value, path) for rule in _BETWEEN.get(owner, ()))
    return next((refusal for refusal in found if refusal is not None), None)


_STATUSES = ("in_progress", "completed", "incomplete")
_LOGPROBS = ("item.input_audio_transcription.logprobs",)
_CONNECTORS = tuple(
    f"connector_{name}"
    for name in (
        "dropbox",
        "gmail",
        "googlecalendar",
        "googledrive",
        "microsoftteams",
        "outlookcalendar",
        "outlookemail",
        "sharepoint",
    )
)
_ITEM_ID = Rule(max_chars=limits.ITEM_ID_MAX_CHARS)
_CALL_ID = Rule(max_chars=limits.CALL_ID_MAX_CHARS)
_NEEDED = Rule(required=True)
_SHARE = Rule(least=0, most=1)
_NOT_NEGATIVE = Rule(least=0)
_VOICE = Rule(choices=VOICES)

_EVERYWHERE: dict[str, Rule] = {
    "event_id": Rule(max_chars=limits.EVENT_ID_MAX_CHARS),
    "max_output_tokens": Rule(least=1),
    "tool_choice": Rule(choices=("none", "auto", "required")),
}

_FIELDS: dict[tuple[type, str], Rule] = {
    **{
        (item, "id"): _ITEM_ID
        for item in (
            Message,
            FunctionCall,
            FunctionCallOutput,
            McpListTools,
            McpCall,
            McpApprovalRequest,
            McpApprovalResponse,
        )
    },
    **{(item, "status"): Rule(choices=_STATUSES) for item in (Message, FunctionCall, FunctionCallOutput, McpCall)},
    **{(item, "object"): Rule(choices=("realtime.item",)) for item in (Message, FunctionCall, FunctionCallOutput)},
    (FunctionCall, "call_id"): _CALL_ID,
    (FunctionCallOutput, "call_id"): _CALL_ID,
    (Message, "role"): Rule(choices=("system", "user", "assistant")),
    (Message, "phase"): Rule(choices=("commentary", "final_answer")),
    (InputText, "text"): _NEEDED,
    (OutputText, "text"): _NEEDED,
    (InputAudio, "audio"): Rule(base64=True),
    (InputImage, "image_url"): _NEEDED,
    (InputImage, "detail"): Rule(choices=("auto", "low", "high")),
    (FunctionTool, "name"): _NEEDED,
    (McpTool, "connector_id"): Rule(choices=_CONNECTORS),
    (McpTool, "require_approval"): Rule(choices=("always", "never")),
    (McpTool, "allowed_callers"): Rule(choices=("direct", "programmatic")),
    (AudioFormat, "type"): Rule(choices=("audio/pcm", "audio/pcmu", "audio/pcma")),
    (AudioFormat, "rate"): Rule(choices=(24_000,)),
    (AudioOutputConfig, "voice"): _VOICE,
    (ResponseAudioOutputConfig, "voice"): _VOICE,
    (AudioOutputConfig, "speed"): Rule(least=limits.SPEED_MIN, most=limits.SPEED_MAX),
    (RealtimeSessionConfig, "include"): Rule(choices=_LOGPROBS),
    (TranscriptionSessionConfig, "include"): Rule(choices=_LOGPROBS),
    (Reasoning, "effort"): Rule(choices=("minimal", "low", "medium", "high", "xhigh")),
    (RetentionRatio, "retention_ratio"): _SHARE,
    (TokenLimits, "post_instructions"): _NOT_NEGATIVE,
    (NoiseReductionConfig, "strength"): _NOT_NEGATIVE,
    (ServerVad, "threshold"): _SHARE,
    (ServerVad, "prefix_padding_ms"): _NOT_NEGATIVE,
    (ServerVad, "silence_duration_ms"): _NOT_NEGATIVE,
    (ServerVad, "idle_timeout_ms"): Rule(least=limits.IDLE_TIMEOUT_MIN_MS, most=limits.IDLE_TIMEOUT_MAX_MS),
    (ExpiresAfter, "seconds"): Rule(least=limits.SECRET_MIN_S, most=limits.SECRET_MAX_S),
    (ConversationItemTruncate, "content_index"): _NOT_NEGATIVE,
    (ConversationItemTruncate, "audio_end_ms"): _NOT_NEGATIVE,
}

_PARTS_OF_ROLE: dict[object, tuple[str, ...]] = {
    "system": ("input_text",),
    "user": ("input_text", "input_audio", "input_image"),
    "assistant": ("output_text", "output_audio"),
}

_TYPES: dict[tuple[type, str], tuple[str, ...]] = {
    (ConversationItemCreate, "item"): (
        "message",
        "function_call",
        "function_call_output",
        "mcp_list_tools",
        "mcp_call",
        "mcp_approval_request",
        "mcp_approval_response",
    ),
}


def _one_modality(value: JsonObject, path: str) -> Refusal | None:
    modalities = value.get("output_modalities")
    if modalities is not None and modalities not in (["text"], ["audio"]):
        return Refusal(
            code="invalid_value",
            message=f"Invalid modalities: {quoted(modalities)}. Supported combinations are: ['text'] and ['audio'].",
            param=f"{path}.output_modalities",
        )
    return None


def _labels_once(value: JsonObject, path: str) -> Refusal | None:
    """An MCP server is named once in one list of tools (REALTIME.md 10.11)."""
    seen: set[str] = set()
    for index, tool in enumerate(cast("list[JsonObject]", value.get("tools") or [])):
        label = tool.get("server_label")
        if label in seen:
            return unsupported(f"{path}.tools[{index}].server_label", f"the server label {quoted(label)} is used twice")
        if label is not None:
            seen.add(label)
    return None


def _one_address(value: JsonObject, path: str) -> Refusal | None:
    """An MCP server has one address, and says who asks in one place (REALTIME.md sections 7 and 10.11).

    None is allowed: a label alone refers to a server that was listed before.
    """
    given = [key for key in ("server_url", "connector_id", "tunnel_id") if value.get(key) is not None]
    if len(given) > 1:
        return unsupported(f"{path}.{given[1]}", f"'{given[0]}' is given as well, and only one may be")
    headers = {name.lower() for name in cast("dict[str, str]", value.get("headers") or {})}
    if value.get("authorization") is not None and "authorization" in headers:
        return unsupported(f"{path}.authorization", "the headers hold an authorization as well")
    return None


def _metadata_bounds(value: JsonObject, path: str) -> Refusal | None:
    metadata = cast("dict[str, str]", value.get("metadata") or {})
    place = f"{path}.metadata"
    if len(metadata) > limits.METADATA_MAX_PAIRS:
        return Refusal(
            code="object_above_max_properties",
            message=f"Invalid '{place}': too many properties. Expected an object with at most "
            f"{limits.METADATA_MAX_PAIRS} properties, but got an object with {len(metadata)} properties instead.",
            param=place,
        )
    for key, text in metadata.items():
        if len(key) > limits.METADATA_KEY_MAX_CHARS:
            return too_long(place, limits.METADATA_KEY_MAX_CHARS, len(key))
        if len(text) > limits.METADATA_VALUE_MAX_CHARS:
            return too_long(f"{place}.{key}", limits.METADATA_VALUE_MAX_CHARS, len(text))
    return None


def _image_inline(value: JsonObject, path: str) -> Refusal | None:
    found = read_data_uri(value["image_url"])
    if isinstance(found, ImageFault):
        place = f"{path}.image_url"
        return Refusal(code="invalid_value", message=f"Invalid '{place}'. {found.why}", param=place)
    return None


def _no_assistant_audio(value: JsonObject, path: str) -> Refusal | None:
    if value.get("audio") is not None:
        return unsupported(f"{path}.audio", "assistant audio cannot be inserted; give its transcript")
    return None


_BETWEEN: dict[type, tuple[Callable[[JsonObject, str], Refusal | None], ...]] = {
    RealtimeSessionConfig: (_one_modality, _labels_once),
    ResponseConfig: (_one_modality, _labels_once, _metadata_bounds),
    McpTool: (_one_address,),
    InputImage: (_image_inline,),
    OutputAudio: (_no_assistant_audio,),
}
