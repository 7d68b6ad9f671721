"""How may a session be configured?

Every key is optional: ``UNSET`` keeps, ``None`` clears. Source: REALTIME.md section 8.
"""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec import UNSET

from bareline.protocol.events.settings import (
    AudioFormat,
    Maybe,
    Nullable,
    Prompt,
    Reasoning,
    RetentionRatio,
    Tracing,
    UnknownTruncation,
    VoiceId,
)
from bareline.protocol.events.tools import Tool, ToolChoice

__all__ = [
    "AudioConfig",
    "AudioInputConfig",
    "AudioOutputConfig",
    "NoiseReductionConfig",
    "RealtimeSessionConfig",
    "SemanticVad",
    "ServerVad",
    "SessionConfig",
    "TranscriptionAudioConfig",
    "TranscriptionConfig",
    "TranscriptionSessionConfig",
]


class ServerVad(msgspec.Struct, kw_only=True, frozen=True, tag_field="type", tag="server_vad"):
    """Turn detection by silence. ``threshold`` 0-1, ``idle_timeout_ms`` 5000-30000."""

    threshold: Maybe[float] = UNSET
    prefix_padding_ms: Maybe[int] = UNSET
    silence_duration_ms: Maybe[int] = UNSET
    create_response: Maybe[bool] = UNSET
    interrupt_response: Maybe[bool] = UNSET
    idle_timeout_ms: Nullable[int] = UNSET


class SemanticVad(msgspec.Struct, kw_only=True, frozen=True, tag_field="type", tag="semantic_vad"):
    """Turn detection by meaning. ``eagerness``: low (waits up to 8 s), medium (4 s), high (2 s), auto (medium)."""

    eagerness: Maybe[Literal["low", "medium", "high", "auto"]] = UNSET
    create_response: Maybe[bool] = UNSET
    interrupt_response: Maybe[bool] = UNSET


class TranscriptionConfig(msgspec.Struct, kw_only=True, frozen=True):
    """Transcription of the user's speech, billed apart. ``keywords`` are phrases to expect."""

    model: Maybe[str] = UNSET
    language: Nullable[str] = UNSET
    languages: Nullable[list[str]] = UNSET
    prompt: Nullable[str] = UNSET
    keywords: Nullable[list[str]] = UNSET
    delay: Nullable[Literal["minimal", "low", "medium", "high", "xhigh"]] = UNSET


class NoiseReductionConfig(msgspec.Struct, kw_only=True, frozen=True):
    """``type``: near_field (headset) or far_field (laptop, room)."""

    type: Maybe[Literal["near_field", "far_field"]] = UNSET
    strength: Maybe[float] = UNSET


class AudioInputConfig(msgspec.Struct, kw_only=True, frozen=True):
    """What the service does with the user's audio."""

    format: Maybe[AudioFormat] = UNSET
    noise_reduction: Nullable[NoiseReductionConfig] = UNSET
    transcription: Nullable[TranscriptionConfig] = UNSET
    turn_detection: Nullable[ServerVad | SemanticVad] = UNSET


class AudioOutputConfig(msgspec.Struct, kw_only=True, frozen=True):
    """How the assistant sounds. ``speed`` 0.25-1.5; ``voice`` is locked once assistant audio exists."""

    format: Maybe[AudioFormat] = UNSET
    voice: Maybe[str | VoiceId] = UNSET
    speed: Maybe[float] = UNSET


class AudioConfig(msgspec.Struct, kw_only=True, frozen=True):
    """Both directions."""

    input: Maybe[AudioInputConfig] = UNSET
    output: Maybe[AudioOutputConfig] = UNSET


class RealtimeSessionConfig(msgspec.Struct, kw_only=True, frozen=True, tag_field="type", tag="realtime"):
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
    truncation: Maybe[Literal["auto", "disabled"] | RetentionRatio | UnknownTruncation] = UNSET
    tracing: Nullable[Literal["auto"] | Tracing] = UNSET
    prompt: Nullable[Prompt] = UNSET


class TranscriptionAudioConfig(msgspec.Struct, kw_only=True, frozen=True):
    """A transcription session has input only."""

    input: Maybe[AudioInputConfig] = UNSET


class TranscriptionSessionConfig(msgspec.Struct, kw_only=True, frozen=True, tag_field="type", tag="transcription"):
    """A transcription session as requested."""

    audio: Maybe[TranscriptionAudioConfig] = UNSET
    include: Nullable[list[str]] = UNSET


SessionConfig = RealtimeSessionConfig | TranscriptionSessionConfig
