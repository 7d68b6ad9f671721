"""What may a server say? (GA: 46 events)

Here are the session, the input buffer, tool lists, limits and errors; the items are in ``conversation``, responses in
``output``. Source: REALTIME.md section 6.
"""

from __future__ import annotations

from msgspec import UNSET, UnsetType

from bareline.protocol.events.conversation import (
    ConversationCreated,
    ConversationItemAdded,
    ConversationItemCreated,
    ConversationItemDeleted,
    ConversationItemDone,
    ConversationItemInputAudioTranscriptionCompleted,
    ConversationItemInputAudioTranscriptionDelta,
    ConversationItemInputAudioTranscriptionFailed,
    ConversationItemInputAudioTranscriptionSegment,
    ConversationItemRetrieved,
    ConversationItemTruncated,
)
from bareline.protocol.events.envelope import ServerEnvelope, UnknownEvent
from bareline.protocol.events.output import (
    OutputAudioBufferCleared,
    OutputAudioBufferStarted,
    OutputAudioBufferStopped,
    ResponseContentPartAdded,
    ResponseContentPartDone,
    ResponseCreated,
    ResponseDone,
    ResponseFunctionCallArgumentsDelta,
    ResponseFunctionCallArgumentsDone,
    ResponseMcpCallArgumentsDelta,
    ResponseMcpCallArgumentsDone,
    ResponseMcpCallCompleted,
    ResponseMcpCallFailed,
    ResponseMcpCallInProgress,
    ResponseOutputAudioDelta,
    ResponseOutputAudioDone,
    ResponseOutputAudioTranscriptDelta,
    ResponseOutputAudioTranscriptDone,
    ResponseOutputItemAdded,
    ResponseOutputItemDone,
    ResponseOutputTextDelta,
    ResponseOutputTextDone,
)
from bareline.protocol.events.response import ErrorDetail, RateLimit
from bareline.protocol.events.session import Session

__all__ = [
    "Error",
    "InputAudioBufferCleared",
    "InputAudioBufferCommitted",
    "InputAudioBufferDtmfEventReceived",
    "InputAudioBufferSpeechStarted",
    "InputAudioBufferSpeechStopped",
    "InputAudioBufferTimeoutTriggered",
    "KnownServerEvent",
    "McpListToolsCompleted",
    "McpListToolsFailed",
    "McpListToolsInProgress",
    "RateLimitsUpdated",
    "ServerEvent",
    "SessionCreated",
    "SessionUpdated",
]


class Error(ServerEnvelope, frozen=True, tag="error"):
    """Something was refused or failed; most errors leave the session open."""

    error: ErrorDetail


class InputAudioBufferCleared(ServerEnvelope, frozen=True, tag="input_audio_buffer.cleared"):
    """Answer to clear."""


class InputAudioBufferCommitted(ServerEnvelope, frozen=True, tag="input_audio_buffer.committed"):
    """The buffer became the user item ``item_id``."""

    item_id: str
    previous_item_id: str | UnsetType | None = UNSET


class InputAudioBufferDtmfEventReceived(ServerEnvelope, frozen=True, tag="input_audio_buffer.dtmf_event_received"):
    """SIP key press; has no event_id. ``received_at`` in Unix seconds."""

    event: str
    received_at: int


class InputAudioBufferSpeechStarted(ServerEnvelope, frozen=True, tag="input_audio_buffer.speech_started"):
    """VAD start; ``audio_start_ms`` counts all audio of the session and includes the prefix padding."""

    audio_start_ms: int
    item_id: str


class InputAudioBufferSpeechStopped(ServerEnvelope, frozen=True, tag="input_audio_buffer.speech_stopped"):
    """VAD end; ``audio_end_ms`` includes the configured silence."""

    audio_end_ms: int
    item_id: str


class InputAudioBufferTimeoutTriggered(ServerEnvelope, frozen=True, tag="input_audio_buffer.timeout_triggered"):
    """The idle timeout fired; the silent span is committed."""

    audio_start_ms: int
    audio_end_ms: int
    item_id: str


class McpListToolsCompleted(ServerEnvelope, frozen=True, tag="mcp_list_tools.completed"):
    """The tool list is ready."""

    item_id: str


class McpListToolsFailed(ServerEnvelope, frozen=True, tag="mcp_list_tools.failed"):
    """The tool list could not be fetched."""

    item_id: str


class McpListToolsInProgress(ServerEnvelope, frozen=True, tag="mcp_list_tools.in_progress"):
    """The tool list is being fetched."""

    item_id: str


class RateLimitsUpdated(ServerEnvelope, frozen=True, tag="rate_limits.updated"):
    """Advisory; never wait for it."""

    rate_limits: list[RateLimit]


class SessionCreated(ServerEnvelope, frozen=True, tag="session.created"):
    """First event of a connection (not on sidebands): the effective default session."""

    session: Session


class SessionUpdated(ServerEnvelope, frozen=True, tag="session.updated"):
    """The whole effective session after an update."""

    session: Session


KnownServerEvent = (
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
)

ServerEvent = KnownServerEvent | UnknownEvent
