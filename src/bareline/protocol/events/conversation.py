"""What may a server say about the items of a conversation?

Source: REALTIME.md section 6, rows 1-11.
"""

from __future__ import annotations

import msgspec
from msgspec import UNSET, UnsetType

from bareline.protocol.events.envelope import ServerEnvelope
from bareline.protocol.events.items import Item
from bareline.protocol.events.response import LogProb, TranscriptionError, TranscriptUsage

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
    "TranscriptLanguage",
]


class ConversationInfo(msgspec.Struct, frozen=True, kw_only=True):
    """Names a conversation."""

    id: str | None = None
    object: str | None = None


class TranscriptLanguage(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A language found in the speech."""

    code: str


class ConversationCreated(ServerEnvelope, frozen=True, tag="conversation.created"):
    """Typed by the SDK, never seen in GA traffic."""

    conversation: ConversationInfo


class ConversationItemAdded(ServerEnvelope, frozen=True, tag="conversation.item.added"):
    """An item entered the conversation; assistant items start empty."""

    item: Item
    previous_item_id: str | UnsetType | None = UNSET


class ConversationItemCreated(ServerEnvelope, frozen=True, tag="conversation.item.created"):
    """Beta event still typed in the GA union; GA sends added and done."""

    item: Item
    previous_item_id: str | UnsetType | None = UNSET


class ConversationItemDeleted(ServerEnvelope, frozen=True, tag="conversation.item.deleted"):
    """Answer to delete."""

    item_id: str


class ConversationItemDone(ServerEnvelope, frozen=True, tag="conversation.item.done"):
    """The item is final."""

    item: Item
    previous_item_id: str | UnsetType | None = UNSET


class ConversationItemInputAudioTranscriptionCompleted(
    ServerEnvelope, frozen=True, tag="conversation.item.input_audio_transcription.completed"
):
    """Final transcript of the user's item; may come at any time after the item."""

    item_id: str
    content_index: int
    transcript: str
    usage: TranscriptUsage | None = None
    logprobs: list[LogProb] | UnsetType | None = UNSET
    languages: list[TranscriptLanguage] | UnsetType | None = UNSET


class ConversationItemInputAudioTranscriptionDelta(
    ServerEnvelope, frozen=True, tag="conversation.item.input_audio_transcription.delta"
):
    """Increment of the user's transcript."""

    item_id: str
    content_index: int = 0
    delta: str = ""
    logprobs: list[LogProb] | UnsetType | None = UNSET
    obfuscation: str | UnsetType = UNSET


class ConversationItemInputAudioTranscriptionFailed(
    ServerEnvelope, frozen=True, tag="conversation.item.input_audio_transcription.failed"
):
    """Transcription failed for this item; the session stays open."""

    item_id: str
    content_index: int
    error: TranscriptionError


class ConversationItemInputAudioTranscriptionSegment(
    ServerEnvelope, frozen=True, tag="conversation.item.input_audio_transcription.segment"
):
    """A diarised segment; ``start`` and ``end`` in seconds."""

    item_id: str
    content_index: int
    id: str
    speaker: str
    start: float
    end: float
    text: str


class ConversationItemRetrieved(ServerEnvelope, frozen=True, tag="conversation.item.retrieved"):
    """Answer to retrieve; may hold audio."""

    item: Item


class ConversationItemTruncated(ServerEnvelope, frozen=True, tag="conversation.item.truncated"):
    """The item was cut, by request or by the server after a barge-in (WebRTC, SIP)."""

    item_id: str
    content_index: int
    audio_end_ms: int
