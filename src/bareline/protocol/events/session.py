"""How does the service report a session?

Lenient on purpose: wire enumerations are ``str`` and nearly every key may be missing. Source: REALTIME.md section 8.
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from bareline.protocol.events.settings import (
    AudioFormat,
    Prompt,
    Reasoning,
    RetentionRatio,
    Tracing,
    UnknownTruncation,
    VoiceId,
)
from bareline.protocol.events.tools import Tool, ToolChoice

__all__ = [
    "NoiseReduction",
    "RealtimeSession",
    "Session",
    "SessionAudio",
    "SessionAudioInput",
    "SessionAudioOutput",
    "Transcription",
    "TranscriptionSession",
    "TurnDetection",
    "UnknownSession",
]


class TurnDetection(msgspec.Struct, kw_only=True, frozen=True):
    """Turn detection as reported; which keys are present depends on ``type`` (server_vad, semantic_vad)."""

    type: str | UnsetType = UNSET
    threshold: float | UnsetType | None = UNSET
    prefix_padding_ms: int | UnsetType | None = UNSET
    silence_duration_ms: int | UnsetType | None = UNSET
    idle_timeout_ms: int | UnsetType | None = UNSET
    eagerness: str | UnsetType | None = UNSET
    create_response: bool | UnsetType | None = UNSET
    interrupt_response: bool | UnsetType | None = UNSET


class Transcription(msgspec.Struct, kw_only=True, frozen=True):
    """Transcription settings as reported."""

    model: str | None = None
    language: str | None = None
    prompt: str | None = None
    languages: list[str] | UnsetType | None = UNSET
    keywords: list[str] | UnsetType | None = UNSET
    delay: str | UnsetType | None = UNSET


class NoiseReduction(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Noise reduction as reported."""

    type: str | None = None
    strength: float | None = None


class SessionAudioInput(msgspec.Struct, kw_only=True, frozen=True):
    """The user's side as reported."""

    format: AudioFormat | None = None
    transcription: Transcription | None = None
    noise_reduction: NoiseReduction | None = None
    turn_detection: TurnDetection | None = None


class SessionAudioOutput(msgspec.Struct, kw_only=True, frozen=True):
    """The assistant's side as reported."""

    format: AudioFormat | None = None
    voice: str | VoiceId | None = None
    speed: float | None = None


class SessionAudio(msgspec.Struct, kw_only=True, frozen=True):
    """Both directions as reported."""

    input: SessionAudioInput | None = None
    output: SessionAudioOutput | UnsetType | None = UNSET


class RealtimeSession(msgspec.Struct, kw_only=True, frozen=True, tag_field="type", tag="realtime"):
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
    truncation: str | RetentionRatio | UnknownTruncation | None = None
    prompt: Prompt | None = None
    expires_at: int | None = None
    audio: SessionAudio | None = None
    include: list[str] | None = None
    parallel_tool_calls: bool | UnsetType | None = UNSET
    reasoning: Reasoning | UnsetType | None = UNSET


class TranscriptionSession(msgspec.Struct, kw_only=True, frozen=True, tag_field="type", tag="transcription"):
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
