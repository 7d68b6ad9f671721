"""What may a client say? (GA: 11 events)

Source: REALTIME.md section 5.
"""

from __future__ import annotations

from msgspec import UNSET, UnsetType

from bareline.protocol.events.envelope import ClientEnvelope
from bareline.protocol.events.items import Item
from bareline.protocol.events.response import ResponseConfig
from bareline.protocol.events.session_config import SessionConfig

__all__ = [
    "ClientEvent",
    "ConversationItemCreate",
    "ConversationItemDelete",
    "ConversationItemRetrieve",
    "ConversationItemTruncate",
    "InputAudioBufferAppend",
    "InputAudioBufferClear",
    "InputAudioBufferCommit",
    "OutputAudioBufferClear",
    "ResponseCancel",
    "ResponseCreate",
    "SessionUpdate",
]


class SessionUpdate(ClientEnvelope, frozen=True, tag="session.update"):
    """Merge-patch the session; atomic. Answered by ``session.updated`` with the whole session, or ``error``."""

    session: SessionConfig


class InputAudioBufferAppend(ClientEnvelope, frozen=True, tag="input_audio_buffer.append"):
    """Audio in the session's input format, at most 15 MiB. ``audio`` holds the bytes; the wire carries base64.

    No acknowledgement.
    """

    audio: bytes


class InputAudioBufferCommit(ClientEnvelope, frozen=True, tag="input_audio_buffer.commit"):
    """Make a user item of the buffer (100 ms at least). Creates no response."""


class InputAudioBufferClear(ClientEnvelope, frozen=True, tag="input_audio_buffer.clear"):
    """Empty the input buffer."""


class OutputAudioBufferClear(ClientEnvelope, frozen=True, tag="output_audio_buffer.clear"):
    """WebRTC and SIP only: drop audio the server has queued. On a plain WebSocket an unknown type."""


class ConversationItemCreate(ClientEnvelope, frozen=True, tag="conversation.item.create"):
    """Insert an item after ``previous_item_id`` (absent appends, ``root`` prepends). Creates no response."""

    item: Item
    previous_item_id: str | UnsetType | None = UNSET


class ConversationItemRetrieve(ClientEnvelope, frozen=True, tag="conversation.item.retrieve"):
    """Ask for the server's copy of an item."""

    item_id: str


class ConversationItemTruncate(ClientEnvelope, frozen=True, tag="conversation.item.truncate"):
    """Cut assistant audio at ``audio_end_ms`` and remove the unheard transcript. ``content_index`` is 0."""

    item_id: str
    content_index: int
    audio_end_ms: int


class ConversationItemDelete(ClientEnvelope, frozen=True, tag="conversation.item.delete"):
    """Remove an item."""

    item_id: str


class ResponseCreate(ClientEnvelope, frozen=True, tag="response.create"):
    """Run inference. At most one response is active in the default conversation."""

    response: ResponseConfig | UnsetType | None = UNSET


class ResponseCancel(ClientEnvelope, frozen=True, tag="response.cancel"):
    """Cancel ``response_id`` or, if absent, the active response of the default conversation."""

    response_id: str | UnsetType | None = UNSET


ClientEvent = (
    SessionUpdate
    | InputAudioBufferAppend
    | InputAudioBufferCommit
    | InputAudioBufferClear
    | OutputAudioBufferClear
    | ConversationItemCreate
    | ConversationItemRetrieve
    | ConversationItemTruncate
    | ConversationItemDelete
    | ResponseCreate
    | ResponseCancel
)
