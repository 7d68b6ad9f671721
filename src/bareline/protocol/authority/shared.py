"""What do all parts of the authority know?"""

from __future__ import annotations

from dataclasses import dataclass, field

from bareline.ids import IdSource
from bareline.protocol import events as ev
from bareline.protocol.actions import OutputAppended
from bareline.protocol.authority.audio_ledger import AudioLedger
from bareline.protocol.authority.mcp_offer import McpOffer
from bareline.protocol.authority.options import ServerOptions
from bareline.protocol.authority.outbox import Outbox
from bareline.protocol.authority.output_queue import OutputQueue
from bareline.protocol.conversation import Conversation
from bareline.protocol.session_formats import input_format, output_format
from bareline.protocol.session_merge import PCM
from bareline.protocol.states import ItemState

__all__ = ["Shared"]


@dataclass(slots=True)
class Shared:
    """The session as it is in force, and what is written to by more than one part.

    ``media``: audio runs beside the events (WebRTC, SIP), as PCM, and the server plays what is in ``queue``.
    ``voice_locked``: assistant audio exists. ``approvals``: MCP calls that wait for the client's, with their arguments.
    """

    ids: IdSource
    options: ServerOptions
    out: Outbox
    audio: AudioLedger
    session: ev.RealtimeSession | ev.TranscriptionSession
    conversation_id: str
    media: bool
    voice_locked: bool = False
    queue: OutputQueue = field(default_factory=OutputQueue)
    approvals: dict[str, tuple[McpOffer, str]] = field(default_factory=dict[str, "tuple[McpOffer, str]"])

    @property
    def conversation(self) -> Conversation:
        """The fold of everything that was said."""
        return self.out.conversation

    @property
    def input_format(self) -> ev.AudioFormat:
        """The format of the user's audio."""
        return PCM if self.media else input_format(self.session) or PCM

    @property
    def output_format(self) -> ev.AudioFormat:
        """The format of the assistant's audio."""
        return PCM if self.media else output_format(self.session) or PCM

    @property
    def detection(self) -> ev.TurnDetection | None:
        """Turn detection, if it is on."""
        user = self.session.audio and self.session.audio.input
        return user.turn_detection if user else None

    @property
    def transcription(self) -> ev.Transcription | None:
        """Transcription of the user's speech, if it is on."""
        user = self.session.audio and self.session.audio.input
        return user.transcription if user else None

    def item_state(self, item_id: str) -> ItemState:
        """The state of an item of the conversation."""
        entry = self.conversation.item(item_id)
        return entry.state if entry is not None and entry.in_conversation else ItemState.ABSENT

    def last_item_id(self) -> str | None:
        """The id of the conversation's last item."""
        items = self.conversation.items
        return items[-1].id if items else None

    def play(self, response_id: str, item_id: str, audio: bytes) -> None:
        """Have the driver play this (media)."""
        self.queue.append(response_id, item_id, len(audio))
        self.out.act(OutputAppended(response_id=response_id, audio=audio))

    def truncate(self, item_id: str, end_ms: int) -> None:
        """Cut an item's audio and say so."""
        self.audio.cut(item_id, end_ms)
        self.out.emit(ev.ConversationItemTruncated(item_id=item_id, content_index=0, audio_end_ms=end_ms))
