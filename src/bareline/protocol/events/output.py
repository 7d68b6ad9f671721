"""What may a server say about a response under way?

Source: REALTIME.md section 6, rows 22-24 and 26-44.
"""

from __future__ import annotations

from msgspec import UNSET, UnsetType

from bareline.protocol.events.envelope import ServerEnvelope
from bareline.protocol.events.items import Item, Part
from bareline.protocol.events.response import Response

__all__ = [
    "OutputAudioBufferCleared",
    "OutputAudioBufferStarted",
    "OutputAudioBufferStopped",
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
]


class OutputAudioBufferCleared(ServerEnvelope, frozen=True, tag="output_audio_buffer.cleared"):
    """WebRTC, SIP: the output queue was dropped."""

    response_id: str


class OutputAudioBufferStarted(ServerEnvelope, frozen=True, tag="output_audio_buffer.started"):
    """WebRTC, SIP: the server began to play this response."""

    response_id: str


class OutputAudioBufferStopped(ServerEnvelope, frozen=True, tag="output_audio_buffer.stopped"):
    """WebRTC, SIP: the output queue drained."""

    response_id: str


class ResponseContentPartAdded(ServerEnvelope, frozen=True, tag="response.content_part.added"):
    """A content part begins."""

    response_id: str
    item_id: str
    output_index: int
    content_index: int
    part: Part


class ResponseContentPartDone(ServerEnvelope, frozen=True, tag="response.content_part.done"):
    """A content part is final."""

    response_id: str
    item_id: str
    output_index: int
    content_index: int
    part: Part


class ResponseCreated(ServerEnvelope, frozen=True, tag="response.created"):
    """A response begins: in progress, no output, no usage."""

    response: Response


class ResponseDone(ServerEnvelope, frozen=True, tag="response.done"):
    """Always the last event of a response, whatever its status; holds items and usage."""

    response: Response


class ResponseFunctionCallArgumentsDelta(ServerEnvelope, frozen=True, tag="response.function_call_arguments.delta"):
    """Increment of the arguments' JSON text."""

    response_id: str
    item_id: str
    output_index: int
    call_id: str
    delta: str
    obfuscation: str | UnsetType = UNSET


class ResponseFunctionCallArgumentsDone(ServerEnvelope, frozen=True, tag="response.function_call_arguments.done"):
    """The whole arguments. Servers of before general availability leave ``name`` out; the item has it."""

    response_id: str
    item_id: str
    output_index: int
    call_id: str
    arguments: str
    name: str = ""


class ResponseMcpCallCompleted(ServerEnvelope, frozen=True, tag="response.mcp_call.completed"):
    """An MCP call ended well."""

    item_id: str
    output_index: int


class ResponseMcpCallFailed(ServerEnvelope, frozen=True, tag="response.mcp_call.failed"):
    """An MCP call failed."""

    item_id: str
    output_index: int


class ResponseMcpCallInProgress(ServerEnvelope, frozen=True, tag="response.mcp_call.in_progress"):
    """The service is calling the MCP server."""

    item_id: str
    output_index: int


class ResponseMcpCallArgumentsDelta(ServerEnvelope, frozen=True, tag="response.mcp_call_arguments.delta"):
    """Increment of MCP arguments."""

    response_id: str
    item_id: str
    output_index: int
    delta: str
    obfuscation: str | UnsetType | None = UNSET


class ResponseMcpCallArgumentsDone(ServerEnvelope, frozen=True, tag="response.mcp_call_arguments.done"):
    """The whole MCP arguments."""

    response_id: str
    item_id: str
    output_index: int
    arguments: str


class ResponseOutputAudioDelta(ServerEnvelope, frozen=True, tag="response.output_audio.delta"):
    """Audio in the output format; ``delta`` holds the bytes, the wire carries base64.

    Not on WebRTC, not on sidebands.
    """

    response_id: str
    item_id: str
    output_index: int
    content_index: int
    delta: bytes


class ResponseOutputAudioDone(ServerEnvelope, frozen=True, tag="response.output_audio.done"):
    """No more audio for this part; comes before the transcript's done."""

    response_id: str
    item_id: str
    output_index: int
    content_index: int


class ResponseOutputAudioTranscriptDelta(ServerEnvelope, frozen=True, tag="response.output_audio_transcript.delta"):
    """Increment of the spoken text; runs ahead of the audio."""

    response_id: str
    item_id: str
    output_index: int
    content_index: int
    delta: str
    obfuscation: str | UnsetType = UNSET


class ResponseOutputAudioTranscriptDone(ServerEnvelope, frozen=True, tag="response.output_audio_transcript.done"):
    """The whole spoken text; also on cancel."""

    response_id: str
    item_id: str
    output_index: int
    content_index: int
    transcript: str


class ResponseOutputItemAdded(ServerEnvelope, frozen=True, tag="response.output_item.added"):
    """A new output item, in progress, empty."""

    response_id: str
    output_index: int
    item: Item


class ResponseOutputItemDone(ServerEnvelope, frozen=True, tag="response.output_item.done"):
    """The output item is final: completed or incomplete."""

    response_id: str
    output_index: int
    item: Item


class ResponseOutputTextDelta(ServerEnvelope, frozen=True, tag="response.output_text.delta"):
    """Increment of text."""

    response_id: str
    item_id: str
    output_index: int
    content_index: int
    delta: str
    obfuscation: str | UnsetType = UNSET


class ResponseOutputTextDone(ServerEnvelope, frozen=True, tag="response.output_text.done"):
    """The whole text; also on cancel."""

    response_id: str
    item_id: str
    output_index: int
    content_index: int
    text: str
