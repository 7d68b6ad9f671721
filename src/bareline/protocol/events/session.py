"""How is a session configured, and how does the service report it?

Two families: requests (every key optional, ``UNSET`` keeps, ``None`` clears) and reports (lenient, wire enumerations are
``str``). Source: REALTIME.md section 8.
"""

from __future__ import annotations

from typing import Any, Literal, TypeVar, Union

import msgspec
from msgspec import UNSET, UnsetType

__all__ = [
    "AudioConfig",
    "AudioFormat",
    "AudioInputConfig",
    "AudioOutputConfig",
    "FunctionTool",
    "McpTool",
    "NoiseReduction",
    "NoiseReductionConfig",
    "Prompt",
    "RealtimeSession",
    "RealtimeSessionConfig",
    "Reasoning",
    "RetentionRatio",
    "SemanticVad",
    "ServerVad",
    "Session",
    "SessionAudio",
    "SessionAudioInput",
    "SessionAudioOutput",
    "SessionConfig",
    "TokenLimits",
    "Tool",
    "ToolChoiceFunction",
    "ToolChoiceMcp",
    "Tracing",
    "Transcription",
    "TranscriptionConfig",
    "TranscriptionSession",
    "TranscriptionSessionConfig",
    "TurnDetection",
    "UnknownSession",
    "UnknownTool",
    "VoiceId",
]

T = TypeVar("T")
Maybe = Union[T, UnsetType]  # noqa: UP007  (a generic alias must be a Union at run time)
Nullable = Union[T, UnsetType, None]  # noqa: UP007


class _Request(msgspec.Struct, frozen=True, kw_only=True):
    pass


class _Report(msgspec.Struct, frozen=True, kw_only=True):
    pass


# --- shared by both families -------------------------------------------------------------------------------------------


class AudioFormat(msgspec.Struct, frozen=True, omit_defaults=True):
    """``audio/pcm`` (``rate`` 24000), ``audio/pcmu`` or ``audio/pcma`` (no rate)."""

    type: str = "audio/pcm"
    rate: int | None = None


class FunctionTool(_Request, frozen=True, tag_field="type", tag="function", omit_defaults=True):
    """A function the model may call; ``parameters`` is a JSON Schema object."""

    name: str | None = None
    description: str | None = None
    parameters: Any = None


class McpTool(_Request, frozen=True, tag_field="type", tag="mcp", omit_defaults=True):
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


class ToolChoiceFunction(_Request, frozen=True, tag_field="type", tag="function"):
    """The model must call this function."""

    name: str


class ToolChoiceMcp(_Request, frozen=True, tag_field="type", tag="mcp", omit_defaults=True):
    """The model must call this MCP server (and tool)."""

    server_label: str
    name: str | None = None


ToolChoice = str | ToolChoiceFunction | ToolChoiceMcp
"""``none``, ``auto``, ``required`` or one named tool."""


class VoiceId(_Request, frozen=True):
    """A custom voice."""

    id: str


class Prompt(_Request, frozen=True, omit_defaults=True):
    """A stored prompt of the service."""

    id: str
    version: str | None = None
    variables: dict[str, Any] | None = None


class Reasoning(_Request, frozen=True, omit_defaults=True):
    """``effort``: minimal, low, medium, high or xhigh; 2.x models only."""

    effort: str | None = None


class TokenLimits(_Request, frozen=True, omit_defaults=True):
    """Limits below the model's own."""

    post_instructions: int | None = None


class RetentionRatio(_Request, frozen=True, tag_field="type", tag="retention_ratio", omit_defaults=True):
    """Truncate the context down to this share of the limit."""

    retention_ratio: float
    token_limits: TokenLimits | None = None


class Tracing(_Request, frozen=True, omit_defaults=True):
    """Names of the service's own trace."""

    workflow_name: str | None = None
    group_id: str | None = None
    metadata: Any = None


# --- requests ----------------------------------------------------------------------------------------------------------


class ServerVad(_Request, frozen=True, tag_field="type", tag="server_vad"):
    """Turn detection by silence. ``threshold`` 0-1, ``idle_timeout_ms`` 5000-30000."""

    threshold: Maybe[float] = UNSET
    prefix_padding_ms: Maybe[int] = UNSET
    silence_duration_ms: Maybe[int] = UNSET
    create_response: Maybe[bool] = UNSET
    interrupt_response: Maybe[bool] = UNSET
    idle_timeout_ms: Nullable[int] = UNSET


class SemanticVad(_Request, frozen=True, tag_field="type", tag="semantic_vad"):
    """Turn detection by meaning. ``eagerness``: low (waits up to 8 s), medium (4 s), high (2 s), auto (medium)."""

    eagerness: Maybe[Literal["low", "medium", "high", "auto"]] = UNSET
    create_response: Maybe[bool] = UNSET
    interrupt_response: Maybe[bool] = UNSET


class TranscriptionConfig(_Request, frozen=True):
    """Transcription of the user's speech, billed apart. ``keywords`` are phrases to expect."""

    model: Maybe[str] = UNSET
    language: Nullable[str] = UNSET
    languages: Nullable[list[str]] = UNSET
    prompt: Nullable[str] = UNSET
    keywords: Nullable[list[str]] = UNSET
    delay: Nullable[Literal["minimal", "low", "medium", "high", "xhigh"]] = UNSET


class NoiseReductionConfig(_Request, frozen=True):
    """``type``: near_field (headset) or far_field (laptop, room)."""

    type: Maybe[Literal["near_field", "far_field"]] = UNSET
    strength: Maybe[float] = UNSET


class AudioInputConfig(_Request, frozen=True):
    """What the service does with the user's audio."""

    format: Maybe[AudioFormat] = UNSET
    noise_reduction: Nullable[NoiseReductionConfig] = UNSET
    transcription: Nullable[TranscriptionConfig] = UNSET
    turn_detection: Nullable[ServerVad | SemanticVad] = UNSET


class AudioOutputConfig(_Request, frozen=True):
    """How the assistant sounds. ``speed`` 0.25-1.5; ``voice`` is locked once assistant audio exists."""

    format: Maybe[AudioFormat] = UNSET
    voice: Maybe[str | VoiceId] = UNSET
    speed: Maybe[float] = UNSET


class AudioConfig(_Request, frozen=True):
    """Both directions."""

    input: Maybe[AudioInputConfig] = UNSET
    output: Maybe[AudioOutputConfig] = UNSET


class RealtimeSessionConfig(_Request, frozen=True, tag_field="type", tag="realtime"):
    """A speech-to-speech session as requested (``session.update``, client secrets, calls)."""

    model: Maybe[str] = UNSET
    output_modalities: Maybe[list[Literal["text", "audio"]]] = UNSET
    instructions: Maybe[str] = UNSET
    audio: Maybe[AudioConfig] = UNSET
    include: Nullable[list[str]] = UNSET
    max_output_tokens: Maybe[int | Literal["inf"]] = UNSET
    tools: Maybe[list[Tool]] = UNSET
    tool_choice: Maybe[ToolChoice] = UNSET
    parallel_tool_calls: Maybe[bool] = UNSET
    reasoning: Nullable[Reasoning] = UNSET
    truncation: Maybe[Literal["auto", "disabled"] | RetentionRatio] = UNSET
    tracing: Nullable[Literal["auto"] | Tracing] = UNSET
    prompt: Nullable[Prompt] = UNSET


class TranscriptionAudioConfig(_Request, frozen=True):
    """A transcription session has input only."""

    input: Maybe[AudioInputConfig] = UNSET


class TranscriptionSessionConfig(_Request, frozen=True, tag_field="type", tag="transcription"):
    """A transcription session as requested."""

    audio: Maybe[TranscriptionAudioConfig] = UNSET
    include: Nullable[list[str]] = UNSET


SessionConfig = RealtimeSessionConfig | TranscriptionSessionConfig


# --- reports -----------------------------------------------------------------------------------------------------------


class TurnDetection(_Report, frozen=True):
    """Turn detection as reported; which keys are present depends on ``type`` (server_vad, semantic_vad)."""

    type: str | UnsetType = UNSET
    threshold: float | UnsetType | None = UNSET
    prefix_padding_ms: int | UnsetType | None = UNSET
    silence_duration_ms: int | UnsetType | None = UNSET
    idle_timeout_ms: int | UnsetType | None = UNSET
    eagerness: str | UnsetType | None = UNSET
    create_response: bool | UnsetType | None = UNSET
    interrupt_response: bool | UnsetType | None = UNSET


class Transcription(_Report, frozen=True):
    """Transcription settings as reported."""

    model: str | None = None
    language: str | None = None
    prompt: str | None = None
    languages: list[str] | UnsetType | None = UNSET
    keywords: list[str] | UnsetType | None = UNSET
    delay: str | UnsetType | None = UNSET


class NoiseReduction(_Report, frozen=True, omit_defaults=True):
    """Noise reduction as reported."""

    type: str | None = None
    strength: float | None = None


class SessionAudioInput(_Report, frozen=True):
    """The user's side as reported."""

    format: AudioFormat | None = None
    transcription: Transcription | None = None
    noise_reduction: NoiseReduction | None = None
    turn_detection: TurnDetection | None = None


class SessionAudioOutput(_Report, frozen=True):
    """The assistant's side as reported."""

    format: AudioFormat | None = None
    voice: str | VoiceId | None = None
    speed: float | None = None


class SessionAudio(_Report, frozen=True):
    """Both directions as reported."""

    input: SessionAudioInput | None = None
    output: SessionAudioOutput | UnsetType | None = UNSET


class RealtimeSession(_Report, frozen=True, tag_field="type", tag="realtime"):
    """The whole effective session, in ``session.created`` and ``session.updated``; keys in the service's order."""

    object: str
    id: str
    model: str | None = None
    output_modalities: list[str] | None = None
    instructions: str | None = None
    tools: list[Tool] | None = None
    tool_choice: ToolChoice | None = None
    max_output_tokens: int | str | None = None
    tracing: str | Tracing | None = None
    truncation: str | RetentionRatio | None = None
    prompt: Prompt | None = None
    expires_at: int | None = None
    audio: SessionAudio | None = None
    include: list[str] | None = None
    parallel_tool_calls: bool | UnsetType | None = UNSET
    reasoning: Reasoning | UnsetType | None = UNSET


class TranscriptionSession(_Report, frozen=True, tag_field="type", tag="transcription"):
    """A transcription session as reported; ``object`` is ``realtime.transcription_session``."""

    object: str
    id: str
    expires_at: int | None = None
    audio: SessionAudio | None = None
    include: list[str] | None = None


class UnknownSession(msgspec.Struct, frozen=True, tag_field="type", tag="bareline.unknown_session"):
    """A session of a type this version does not know; ``value`` is the whole object as it came."""

    value: dict[str, Any]


Session = RealtimeSession | TranscriptionSession | UnknownSession
