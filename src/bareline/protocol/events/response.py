"""What is a response, what did it cost, and what may one ask for?

Source: REALTIME.md section 7.
"""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

from bareline.protocol.events.items import Item
from bareline.protocol.events.settings import AudioFormat, Maybe, Nullable, Prompt, Reasoning, VoiceId
from bareline.protocol.events.tools import Tool, ToolChoice

__all__ = [
    "CachedTokens",
    "ErrorDetail",
    "InputTokens",
    "LogProb",
    "OutputTokens",
    "RateLimit",
    "Response",
    "ResponseAudio",
    "ResponseAudioConfig",
    "ResponseAudioOutput",
    "ResponseAudioOutputConfig",
    "ResponseConfig",
    "StatusDetails",
    "StatusError",
    "TranscriptInputTokens",
    "TranscriptUsage",
    "TranscriptionError",
    "Usage",
]


class _Report(msgspec.Struct, frozen=True, kw_only=True):
    pass


class CachedTokens(_Report, frozen=True):
    """The part of the input that the prompt cache served."""

    text_tokens: int = 0
    audio_tokens: int = 0
    image_tokens: int = 0


class InputTokens(_Report, frozen=True):
    """Input tokens by modality; cached ones are included in the sums."""

    text_tokens: int = 0
    audio_tokens: int = 0
    image_tokens: int = 0
    cached_tokens: int = 0
    cached_tokens_details: CachedTokens | None = None


class OutputTokens(_Report, frozen=True):
    """Output tokens by modality; ``reasoning_tokens`` from the 2.x models."""

    text_tokens: int = 0
    audio_tokens: int = 0
    reasoning_tokens: int | UnsetType = UNSET


class Usage(_Report, frozen=True):
    """What one response is billed for. The whole context counts again as input each time."""

    total_tokens: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    input_token_details: InputTokens | None = None
    output_token_details: OutputTokens | None = None


class StatusError(_Report, frozen=True):
    """Why a response failed."""

    type: str | None = None
    code: str | None = None
    message: str | None = None


class StatusDetails(_Report, frozen=True, omit_defaults=True):
    """Why a response ended. ``reason``: turn_detected, client_cancelled, max_output_tokens, content_filter."""

    type: str | None = None
    reason: str | None = None
    error: StatusError | None = None


class ResponseAudioOutput(_Report, frozen=True):
    """Format and voice of this response."""

    format: AudioFormat | None = None
    voice: str | VoiceId | None = None


class ResponseAudio(_Report, frozen=True):
    """Present even for text responses (section 17, row 27)."""

    output: ResponseAudioOutput | None = None


class Response(_Report, frozen=True):
    """One generation by the model.

    ``status``: in_progress, completed, cancelled, failed, incomplete. ``conversation_id`` is null out of band.
    """

    object: str | None = "realtime.response"
    id: str | None = None
    status: str | None = None
    status_details: StatusDetails | None = None
    output: list[Item] | None = None
    conversation_id: str | None = None
    output_modalities: list[str] | None = None
    max_output_tokens: int | str | None = None
    audio: ResponseAudio | None = None
    usage: Usage | None = None
    metadata: dict[str, str] | None = None


class ResponseAudioOutputConfig(_Report, frozen=True):
    """Format and voice asked for this response only."""

    format: Maybe[AudioFormat] = UNSET
    voice: Maybe[str | VoiceId] = UNSET


class ResponseAudioConfig(_Report, frozen=True):
    """Audio settings asked for this response only."""

    output: Maybe[ResponseAudioOutputConfig] = UNSET


class ResponseConfig(_Report, frozen=True):
    """What ``response.create`` may override for one response.

    ``conversation``: auto (default) or none (out of band). ``input`` present replaces the conversation as context.
    ``instructions`` of null are those of the session: so LiveKit Agents sends them with the service.
    ``metadata``: at most 16 pairs, keys of 64 and values of 512 characters; echoed in created and done.
    """

    conversation: Maybe[Literal["auto", "none"]] = UNSET
    input: Maybe[list[Item]] = UNSET
    instructions: Nullable[str] = UNSET
    output_modalities: Maybe[list[Literal["text", "audio"]]] = UNSET
    audio: Maybe[ResponseAudioConfig] = UNSET
    max_output_tokens: Maybe[int | Literal["inf"]] = UNSET
    tools: Maybe[list[Tool]] = UNSET
    tool_choice: Maybe[ToolChoice] = UNSET
    parallel_tool_calls: Maybe[bool] = UNSET
    reasoning: Nullable[Reasoning] = UNSET
    prompt: Nullable[Prompt] = UNSET
    metadata: Nullable[dict[str, str]] = UNSET


class TranscriptInputTokens(_Report, frozen=True):
    """Input of a transcription by modality."""

    text_tokens: int | None = None
    audio_tokens: int | None = None


class TranscriptUsage(_Report, frozen=True, omit_defaults=True):
    """``type`` tokens (the counts) or duration (``seconds``, rounded up)."""

    type: str
    total_tokens: int | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    input_token_details: TranscriptInputTokens | None = None
    seconds: float | None = None


class TranscriptionError(_Report, frozen=True):
    """Why transcription of an item failed; the conversation goes on."""

    type: str | None = None
    code: str | None = None
    message: str | None = None
    param: str | None = None


class ErrorDetail(_Report, frozen=True):
    """The error object; ``event_id`` is the client event's, if it had one."""

    type: str
    message: str
    code: str | None = None
    param: str | None = None
    event_id: str | None = None


class LogProb(_Report, frozen=True):
    """One token of a transcript and its log probability."""

    token: str
    logprob: float
    bytes: list[int] | None = None


class RateLimit(_Report, frozen=True):
    """What is left of a limit; advisory."""

    name: str | None = None
    limit: int | None = None
    remaining: int | None = None
    reset_seconds: float | None = None
