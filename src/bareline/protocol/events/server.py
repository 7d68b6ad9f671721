"""What may a server say? (GA: 46 events)

Source: REALTIME.md section 6. ``event_id`` is optional on receipt, so that a server that forgets it can be talked to.
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from bareline.protocol.events.items import Item, Part
from bareline.protocol.events.response import (
    ErrorDetail,
    LogProb,
    RateLimit,
    Response,
    TranscriptionError,
    TranscriptUsage,
)
from bareline.protocol.events.session import Session

__all__ = [
    "ConversationCreated",
    "ConversationInfo",
    "ConversationItemAdded",
    "ConversationItemCreated",
    "ConversationItemDeleted",
    "ConversationItemDone",
    "ConversationItemInputAudioTranscriptionCompleted",
    "ConversationItemInputAudioTranscriptionDelta",
    "ConversationItemInputAudioTranscriptionFailed",
    "ConversationItemInputAudioTranscriptionSegment",
    "ConversationItemRetrieved",
    "ConversationItemTruncated",
    "Error",
    "InputAudioBufferCleared",
    "InputAudioBufferCommitted",
    "InputAudioBufferDtmfEventReceived",
    "InputAudioBufferSpeechStarted",
    "InputAudioBufferSpeechStopped",
    "InputAudioBufferTimeoutTriggered",
    "McpListToolsCompleted",
    "McpListToolsFailed",
    "McpListToolsInProgress",
    "OutputAudioBufferCleared",
    "OutputAudioBufferStarted",
    "OutputAudioBufferStopped",
    "RateLimitsUpdated",
    "ResponseContentPartAdded",
    "ResponseContentPartDone",
    "ResponseCreated",
    "ResponseDone",
    "ResponseFunctionCallArgumentsDelta",
    "ResponseFunctionCallArgumentsDone",
    "ResponseMcpCallArgumentsDelta",
    "ResponseMcpCallArgumentsDone",
    "ResponseMcpCallCompleted",
    "ResponseMcpCallFailed",
    "ResponseMcpCallInProgress",
    "ResponseOutputAudioDelta",
    "ResponseOutputAudioDone",
    "ResponseOutputAudioTranscriptDelta",
    "ResponseOutputAudioTranscriptDone",
    "ResponseOutputItemAdded",
    "ResponseOutputItemDone",
    "ResponseOutputTextDelta",
    "ResponseOutputTextDone",
    "SessionCreated",
    "SessionUpdated",
    "TranscriptLanguage",
]


class ConversationInfo(msgspec.Struct, frozen=True, kw_only=True):
    """Names a conversation."""

    id: str | None = None
    object: str | None = None


class TranscriptLanguage(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A language found in the speech."""

    code: str


class _ServerEvent(msgspec.Struct, frozen=True, kw_only=True, tag_field="type"):
    event_id: str | UnsetType = UNSET


class ConversationCreated(_ServerEvent, frozen=True, tag="conversation.created"):
    """Typed by the SDK, never seen in GA traffic."""

    conversation: ConversationInfo


class ConversationItemAdded(_ServerEvent, frozen=True, tag="conversation.item.added"):
    """An item entered the conversation; assistant items start empty."""

    item: Item
    previous_item_id: str | None = None


class ConversationItemCreated(_ServerEvent, frozen=True, tag="conversation.item.created"):
    """Beta event still typed in the GA union; GA sends added and done."""

    item: Item
    previous_item_id: str | None = None


class ConversationItemDeleted(_ServerEvent, frozen=True, tag="conversation.item.deleted"):
    """Answer to delete."""

    item_id: str


class ConversationItemDone(_ServerEvent, frozen=True, tag="conversation.item.done"):
    """The item is final."""

    item: Item
    previous_item_id: str | None = None


class ConversationItemInputAudioTranscriptionCompleted(
    _ServerEvent, frozen=True, tag="conversation.item.input_audio_transcription.completed"
):
    """Final transcript of the user's item; may come at any time after the item."""

    item_id: str
    content_index: int
    transcript: str
    usage: TranscriptUsage
    logprobs: list[LogProb] | UnsetType | None = UNSET
    languages: list[TranscriptLanguage] | UnsetType | None = UNSET


class ConversationItemInputAudioTranscriptionDelta(
    _ServerEvent, frozen=True, tag="conversation.item.input_audio_transcription.delta"
):
    """Increment of the user's transcript."""

    item_id: str
    content_index: int = 0
    delta: str = ""
    logprobs: list[LogProb] | UnsetType | None = UNSET
    obfuscation: str | UnsetType = UNSET


class ConversationItemInputAudioTranscriptionFailed(
    _ServerEvent, frozen=True, tag="conversation.item.input_audio_transcription.failed"
):
    """Transcription failed for this item; the session stays open."""

    item_id: str
    content_index: int
    error: TranscriptionError


class ConversationItemInputAudioTranscriptionSegment(
    _ServerEvent, frozen=True, tag="conversation.item.input_audio_transcription.segment"
):
    """A diarised segment; ``start`` and ``end`` in seconds."""

    item_id: str
    content_index: int
    id: str
    speaker: str
    start: float
    end: float
    text: str


class ConversationItemRetrieved(_ServerEvent, frozen=True, tag="conversation.item.retrieved"):
    """Answer to retrieve; may hold audio."""

    item: Item


class ConversationItemTruncated(_ServerEvent, frozen=True, tag="conversation.item.truncated"):
    """The item was cut, by request or by the server after a barge-in (WebRTC, SIP)."""

    item_id: str
    content_index: int
    audio_end_ms: int


class Error(_ServerEvent, frozen=True, tag="error"):
    """Something was refused or failed; most errors leave the session open."""

    error: ErrorDetail


class InputAudioBufferCleared(_ServerEvent, frozen=True, tag="input_audio_buffer.cleared"):
    """Answer to clear."""


class InputAudioBufferCommitted(_ServerEvent, frozen=True, tag="input_audio_buffer.committed"):
    """The buffer became the user item ``item_id``."""

    item_id: str
    previous_item_id: str | None = None


class InputAudioBufferDtmfEventReceived(_ServerEvent, frozen=True, tag="input_audio_buffer.dtmf_event_received"):
    """SIP key press; has no event_id. ``received_at`` in Unix seconds."""

    event: str
    received_at: int


class InputAudioBufferSpeechStarted(_ServerEvent, frozen=True, tag="input_audio_buffer.speech_started"):
    """VAD start; ``audio_start_ms`` counts all audio of the session and includes the prefix padding."""

    audio_start_ms: int
    item_id: str


class InputAudioBufferSpeechStopped(_ServerEvent, frozen=True, tag="input_audio_buffer.speech_stopped"):
    """VAD end; ``audio_end_ms`` includes the configured silence."""

    audio_end_ms: int
    item_id: str


class InputAudioBufferTimeoutTriggered(_ServerEvent, frozen=True, tag="input_audio_buffer.timeout_triggered"):
    """The idle timeout fired; the silent span is committed."""

    audio_start_ms: int
    audio_end_ms: int
    item_id: str


class McpListToolsCompleted(_ServerEvent, frozen=True, tag="mcp_list_tools.completed"):
    """The tool list is ready."""

    item_id: str


class McpListToolsFailed(_ServerEvent, frozen=True, tag="mcp_list_tools.failed"):
    """The tool list could not be fetched."""

    item_id: str


class McpListToolsInProgress(_ServerEvent, frozen=True, tag="mcp_list_tools.in_progress"):
    """The tool list is being fetched."""

    item_id: str


class OutputAudioBufferCleared(_ServerEvent, frozen=True, tag="output_audio_buffer.cleared"):
    """WebRTC, SIP: the output queue was dropped."""

    response_id: str


class OutputAudioBufferStarted(_ServerEvent, frozen=True, tag="output_audio_buffer.started"):
    """WebRTC, SIP: the server began to play this response."""

    response_id: str


class OutputAudioBufferStopped(_ServerEvent, frozen=True, tag="output_audio_buffer.stopped"):
    """WebRTC, SIP: the output queue drained."""

    response_id: str


class RateLimitsUpdated(_ServerEvent, frozen=True, tag="rate_limits.updated"):
    """Advisory; never wait for it."""

    rate_limits: list[RateLimit]


class ResponseContentPartAdded(_ServerEvent, frozen=True, tag="response.content_part.added"):
    """A content part begins."""

    response_id: str
    item_id: str
    output_index: int
    content_index: int
    part: Part


class ResponseContentPartDone(_ServerEvent, frozen=True, tag="response.content_part.done"):
    """A content part is final."""

    response_id: str
    item_id: str
    output_index: int
    content_index: int
    part: Part


class ResponseCreated(_ServerEvent, frozen=True, tag="response.created"):
    """A response begins: in progress, no output, no usage."""

    response: Response


class ResponseDone(_ServerEvent, frozen=True, tag="response.done"):
    """Always the last event of a response, whatever its status; holds items and usage."""

    response: Response


class ResponseFunctionCallArgumentsDelta(_ServerEvent, frozen=True, tag="response.function_call_arguments.delta"):
    """Increment of the arguments' JSON text."""

    response_id: str
    item_id: str
    output_index: int
    call_id: str
    delta: str
    obfuscation: str | UnsetType = UNSET


class ResponseFunctionCallArgumentsDone(_ServerEvent, frozen=True, tag="response.function_call_arguments.done"):
    """The whole arguments."""

    response_id: str
    item_id: str
    output_index: int
    call_id: str
    name: str
    arguments: str


class ResponseMcpCallCompleted(_ServerEvent, frozen=True, tag="response.mcp_call.completed"):
    """An MCP call ended well."""

    item_id: str
    output_index: int


class ResponseMcpCallFailed(_ServerEvent, frozen=True, tag="response.mcp_call.failed"):
    """An MCP call failed."""

    item_id: str
    output_index: int


class ResponseMcpCallInProgress(_ServerEvent, frozen=True, tag="response.mcp_call.in_progress"):
    """The service is calling the MCP server."""

    item_id: str
    output_index: int


class ResponseMcpCallArgumentsDelta(_ServerEvent, frozen=True, tag="response.mcp_call_arguments.delta"):
    """Increment of MCP arguments."""

    response_id: str
    item_id: str
    output_index: int
    delta: str
    obfuscation: str | UnsetType | None = UNSET


class ResponseMcpCallArgumentsDone(_ServerEvent, frozen=True, tag="response.mcp_call_arguments.done"):
    """The whole MCP arguments."""

    response_id: str
    item_id: str
    output_index: int
    arguments: str


class ResponseOutputAudioDelta(_ServerEvent, frozen=True, tag="response.output_audio.delta"):
    """Audio in the output format; ``delta`` holds the bytes, the wire carries base64.

    Not on WebRTC, not on sidebands.
    """

    response_id: str
    item_id: str
    output_index: int
    content_index: int
    delta: bytes


class ResponseOutputAudioDone(_ServerEvent, frozen=True, tag="response.output_audio.done"):
    """No more audio for this part; comes before the transcript's done."""

    response_id: str
    item_id: str
    output_index: int
    content_index: int


class ResponseOutputAudioTranscriptDelta(_ServerEvent, frozen=True, tag="response.output_audio_transcript.delta"):
    """Increment of the spoken text; runs ahead of the audio."""

    response_id: str
    item_id: str
    output_index: int
    content_index: int
    delta: str
    obfuscation: str | UnsetType = UNSET


class ResponseOutputAudioTranscriptDone(_ServerEvent, frozen=True, tag="response.output_audio_transcript.done"):
    """The whole spoken text; also on cancel."""

    response_id: str
    item_id: str
    output_index: int
    content_index: int
    transcript: str


class ResponseOutputItemAdded(_ServerEvent, frozen=True, tag="response.output_item.added"):
    """A new output item, in progress, empty."""

    response_id: str
    output_index: int
    item: Item


class ResponseOutputItemDone(_ServerEvent, frozen=True, tag="response.output_item.done"):
    """The output item is final: completed or incomplete."""

    response_id: str
    output_index: int
    item: Item


class ResponseOutputTextDelta(_ServerEvent, frozen=True, tag="response.output_text.delta"):
    """Increment of text."""

    response_id: str
    item_id: str
    output_index: int
    content_index: int
    delta: str
    obfuscation: str | UnsetType = UNSET


class ResponseOutputTextDone(_ServerEvent, frozen=True, tag="response.output_text.done"):
    """The whole text; also on cancel."""

    response_id: str
    item_id: str
    output_index: int
    content_index: int
    text: str


class SessionCreated(_ServerEvent, frozen=True, tag="session.created"):
    """First event of a connection (not on sidebands): the effective default session."""

    session: Session


class SessionUpdated(_ServerEvent, frozen=True, tag="session.updated"):
    """The whole effective session after an update."""

    session: Session


class UnknownEvent(msgspec.Struct, frozen=True, kw_only=True):
    """An event of a type this version does not know; ``value`` is the whole object as it came."""

    type: str
    value: dict[str, Any]


ServerEvent = (
    ConversationCreated
    | ConversationItemAdded
    | ConversationItemCreated
    | ConversationItemDeleted
    | ConversationItemDone
    | ConversationItemInputAudioTranscriptionCompleted
    | ConversationItemInputAudioTranscriptionDelta
    | ConversationItemInputAudioTranscriptionFailed
    | ConversationItemInputAudioTranscriptionSegment
    | ConversationItemRetrieved
    | ConversationItemTruncated
    | Error
    | InputAudioBufferCleared
    | InputAudioBufferCommitted
    | InputAudioBufferDtmfEventReceived
    | InputAudioBufferSpeechStarted
    | InputAudioBufferSpeechStopped
    | InputAudioBufferTimeoutTriggered
    | McpListToolsCompleted
    | McpListToolsFailed
    | McpListToolsInProgress
    | OutputAudioBufferCleared
    | OutputAudioBufferStarted
    | OutputAudioBufferStopped
    | RateLimitsUpdated
    | ResponseContentPartAdded
    | ResponseContentPartDone
    | ResponseCreated
    | ResponseDone
    | ResponseFunctionCallArgumentsDelta
    | ResponseFunctionCallArgumentsDone
    | ResponseMcpCallCompleted
    | ResponseMcpCallFailed
    | ResponseMcpCallInProgress
    | ResponseMcpCallArgumentsDelta
    | ResponseMcpCallArgumentsDone
    | ResponseOutputAudioDelta
    | ResponseOutputAudioDone
    | ResponseOutputAudioTranscriptDelta
    | ResponseOutputAudioTranscriptDone
    | ResponseOutputItemAdded
    | ResponseOutputItemDone
    | ResponseOutputTextDelta
    | ResponseOutputTextDone
    | SessionCreated
    | SessionUpdated
    | UnknownEvent
)
